// The teacher at the projector.
import { PROJECTOR } from "./looks.mjs";
import { Watch } from "./watch.mjs";

export class Host {
  static async open(browser, address) {
    const host = new Host();
    host.address = address;
    host.context = await browser.newContext({ viewport: PROJECTOR });
    host.page = await host.context.newPage();
    host.page.setDefaultTimeout(15_000);
    host.watch = new Watch(host.page, "host", [address]);
    return host;
  }

  async sees(text) {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  async press(name) {
    await this.page.getByRole("button", { name, exact: typeof name === "string" }).first().click();
  }

  async signIn(account) {
    await this.page.goto(`${this.address}/signin`);
    await this.page.getByRole("button", { name: new RegExp(account.name) }).click();
    await this.page.getByRole("heading", { name: "My quizzes" }).waitFor();
  }

  /** Starts a game of the quiz from the library and gives its id. */
  async startGame(title) {
    await this.page.getByRole("button", { name: `Start a game with ${title}` }).click();
    await this.press("Open the lobby");
    await this.page.waitForURL(/\/host\//);
    await this.sees("Waiting for the first player…");
    return this.page.url().split("/").at(-1);
  }

  /** Removes a player by the open sheet of players. */
  async removePlayer(name) {
    await this.press(`Actions for ${name}`);
    await this.page.getByRole("menuitem", { name: /^Remove/ }).click();
    await this.page.getByRole("dialog", { name: `Remove ${name} from the game?` }).getByRole("button", { name: "Remove" }).click();
    await this.sees(`${name} was removed.`);
    // By its button, which waits until the question above it has gone.
    const sheet = this.page.getByRole("dialog", { name: "Players", exact: true });
    await sheet.getByRole("button", { name: "Close", exact: true }).click();
    await sheet.waitFor({ state: "hidden" });
  }

  /** The PIN as the projector shows it. */
  async pin() {
    const text = await this.page.locator("body").innerText();
    return text.match(/\b(\d{3})\s?(\d{3})\b/).slice(1).join("");
  }

  async close() {
    await this.context.close();
  }
}
