// A player on a phone: what one does with the thumb, by the names that a screen reader reads out.
import assert from "node:assert/strict";
import { PHONE } from "./looks.mjs";
import { Watch } from "./watch.mjs";

export class Player {
  static async open(browser, name, address, ownAddresses) {
    const player = new Player();
    player.name = name;
    player.address = address;
    player.context = await browser.newContext({ viewport: PHONE, hasTouch: true, isMobile: true, reducedMotion: "reduce" });
    player.page = await player.context.newPage();
    player.page.setDefaultTimeout(15_000);
    player.watch = new Watch(player.page, name, ownAddresses);
    return player;
  }

  async typePin(pin) {
    await this.page.goto(this.address);
    await this.page.getByLabel("Game PIN").fill(pin);
    // The sixth digit is enough: the form sends itself.
    await this.page.getByLabel("Your name in this game").waitFor();
  }

  async typeName() {
    await this.page.getByLabel("Your name in this game").fill(this.name);
    await this.page.getByRole("button", { name: "Join the game" }).click();
    await this.page.waitForURL(/\/play\//);
  }

  async join(pin) {
    await this.typePin(pin);
    await this.typeName();
  }

  async sees(text) {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  /** Gives an answer as `right` of quiz.mjs writes it, and waits until it is locked in. */
  async answer(value) {
    await this.#give(value);
    await this.sees("Answer locked in");
  }

  /** Gives an answer without waiting for anybody to take it. */
  async sendBlind(value) {
    await this.#give(value);
  }

  async #give(value) {
    const { page } = this;
    const press = (name) => page.getByRole("button", { name }).filter({ visible: true }).click();
    if ("choice" in value) return press(value.choice);
    if ("choices" in value) {
      for (const choice of value.choices) await press(choice);
      return press(/^Confirm/);
    }
    if ("order" in value) {
      for (const [place, item] of value.order.entries()) await this.#moveUpTo(place, item);
      return press("Confirm this order");
    }
    await page.getByRole("textbox").fill(value.text ?? value.number);
    return press("Send answer");
  }

  async #moveUpTo(place, item) {
    const items = this.page.getByLabel("Items to put in order").getByRole("row");
    const texts = await items.allInnerTexts();
    const from = texts.findIndex((text) => text.split("\n").includes(item));
    assert.ok(from >= place, `${item} is among the items: ${texts.join(" | ")}`);
    for (let at = from; at > place; at -= 1) await this.page.getByRole("button", { name: `Move ${item} up` }).click();
  }

  /** The score that the phone shows in its top line. */
  async score() {
    const text = await this.page.locator("header").getByText("Score").locator("xpath=..").innerText();
    return Number(text.replaceAll(/\D/g, ""));
  }

  async close() {
    await this.context.close();
  }
}
