// Somebody signed in to the demo, in a browser of their own.
import { Watch } from "./watch.mjs";

export class Person {
  static async open(browser, address, account, viewport) {
    const person = new Person();
    person.address = address;
    person.context = await browser.newContext({ viewport, reducedMotion: "reduce" });
    await person.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: address });
    person.page = await person.context.newPage();
    person.page.setDefaultTimeout(15_000);
    person.watch = new Watch(person.page, account.name, [address]);
    await person.page.goto(`${address}/signin`);
    await person.page.getByRole("button", { name: new RegExp(account.name) }).click();
    await person.page.waitForURL((url) => url.pathname !== "/signin");
    return person;
  }

  /** With a session from elsewhere, on a server without a demo. */
  static async signedIn(browser, address, session, viewport) {
    const person = new Person();
    person.address = address;
    person.context = await browser.newContext({ viewport, reducedMotion: "reduce" });
    await person.context.addInitScript((text) => localStorage.setItem("schoolbell.session", text), JSON.stringify(session));
    person.name = session.me.name;
    await person.newPage();
    return person;
  }

  /** A tab of the same browser; the one before stays open. */
  async newPage() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(15_000);
    const before = this.watch;
    this.watch = new Watch(this.page, this.name, [this.address]);
    if (before) this.watch.complaints.push(...before.complaints);
  }

  async goto(path) {
    await this.page.goto(this.address + path);
  }

  async sees(text) {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  async press(name) {
    await this.page.getByRole("button", { name, exact: typeof name === "string" }).first().click();
  }

  dialog() {
    return this.page.getByRole("dialog");
  }

  async closeDialog() {
    await this.page.keyboard.press("Escape");
    await this.dialog().waitFor({ state: "hidden" });
  }

  /** The cell of a student's score, by its place in the grid. */
  cell(row, column) {
    return this.page.locator(`[role="gridcell"][data-row="${row}"][data-col="${column}"]`);
  }

  async keys(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }
}
