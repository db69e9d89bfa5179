// A network cable that can be pulled: a TCP proxy between one browser and the server. Unlike a browser's offline switch
// it also breaks connections that are open, which is what a school's Wi-Fi does.
import { connect, createServer } from "node:net";

export class Cable {
  #server = null;
  #sockets = new Set();
  #cut = false;

  static async to(port) {
    const cable = new Cable();
    cable.#server = createServer((near) => cable.#join(near, port));
    await new Promise((done) => cable.#server.listen(0, "127.0.0.1", done));
    return cable;
  }

  get address() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  #join(near, port) {
    if (this.#cut) return near.destroy();
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [[near, far], [far, near]]) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }

  /** Breaks every connection, and each new one until `mend`. */
  cut() {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.#cut = false;
  }

  async close() {
    this.cut();
    await new Promise((done) => this.#server.close(done));
  }
}
