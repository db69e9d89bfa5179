// What an emitter of the SDK says, kept from the start: nothing is lost between two awaits of a test.
import assert from "node:assert/strict";

/** Longer than anything here takes on a busy machine, shorter than a ping interval. */
export const PATIENCE = 15_000;

export class Events {
  #who;
  #kept = [];
  #waiting = new Set();

  constructor(who, emitter, names) {
    this.#who = who;
    for (const name of names) emitter.on(name, (context) => this.#heard({ name, context, taken: false }));
  }

  #heard(event) {
    this.#kept.push(event);
    for (const look of this.#waiting) look();
  }

  /** Contexts of all events of this name so far, taken or not. */
  all(name) {
    return this.#kept.filter((event) => event.name === name).map((event) => event.context);
  }

  #find(name, fits = () => true) {
    return this.#kept.find((event) => !event.taken && event.name === name && fits(event.context));
  }

  /**
   * The first event of this name that nobody has taken and for which `fits` holds; waits for it, at most `patience`
   * milliseconds and not beyond an event named `unless`.
   */
  take(name, fits, { patience = PATIENCE, unless } = {}) {
    return new Promise((resolve, reject) => {
      let clock = null;
      const end = (settle, value) => {
        clearTimeout(clock);
        this.#waiting.delete(look);
        settle(value);
      };
      const look = () => {
        const found = this.#find(name, fits);
        if (found) {
          found.taken = true;
          end(resolve, found.context);
        } else if (unless && this.#find(unless)) {
          end(reject, new Error(`${this.#who}: "${unless}" instead of "${name}"; heard ${this}`));
        }
      };
      const late = () =>
        end(reject, new Error(`${this.#who}: no "${name}" that fits in ${patience} ms; heard ${this}`));
      clock = setTimeout(late, patience);
      this.#waiting.add(look);
      look();
    });
  }

  /** The next `count` events of this name, in order. */
  async takeMany(name, count) {
    const taken = [];
    while (taken.length < count) taken.push(await this.take(name));
    return taken;
  }

  /** Asserts that no event of this name was heard that fits. */
  none(name, fits = () => true) {
    const heard = this.all(name).filter(fits);
    assert.deepEqual(heard, [], `${this.#who}: unexpected "${name}"`);
  }

  toString() {
    const shown = this.#kept.slice(-20).map(({ name, context }) => {
      const { code, reason, error, offset } = context ?? {};
      return `${name} ${JSON.stringify({ code, reason, error, offset })}`;
    });
    return shown.join("; ") || "nothing";
  }
}

/** Waits until `holds` gives a truthy value, and gives it. */
export async function eventually(what, holds, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const held = await holds();
    if (held) return held;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`);
    await sleep(25);
  }
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
