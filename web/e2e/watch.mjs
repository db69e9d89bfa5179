// Keeps a record of everything a page receives and of everything it complains about.

/** Errors that a browser logs for a connection that the test itself has cut. */
const OF_A_CUT = /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED|ERR_NETWORK|WebSocket connection to/;

export class Watch {
  /** All that arrived, in order: `{ from: "socket" | path, text }`. */
  received = [];
  complaints = [];
  foreign = [];
  /** Set while the test cuts the network of this page on purpose. */
  expectsCuts = false;

  constructor(page, name, ownAddresses) {
    this.name = name;
    const own = new Set(ownAddresses.map((address) => new URL(address).host));
    page.on("websocket", (socket) => {
      if (!own.has(new URL(socket.url()).host)) this.foreign.push(socket.url());
      socket.on("framereceived", ({ payload }) => this.received.push({ from: "socket", text: payload.toString() }));
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (/^https?:$/.test(url.protocol) && !own.has(url.host)) this.foreign.push(request.url());
    });
    page.on("response", (response) => {
      const path = new URL(response.url()).pathname;
      if (!path.startsWith("/api/")) return;
      // A body is lost when its page reloads first; nothing can have been shown from it then.
      response.text().then((text) => this.received.push({ from: path, text }), () => {});
    });
    page.on("console", (message) => {
      if (message.type() === "error") this.#complain(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#complain(String(error.stack ?? error)));
  }

  #complain(text) {
    if (this.expectsCuts && OF_A_CUT.test(text)) return;
    this.complaints.push(text);
  }

  /** The publications that this page received, in order. */
  get publications() {
    const found = [];
    for (const { from, text } of this.received) {
      if (from !== "socket") continue;
      for (const line of text.split("\n")) {
        if (!line) continue;
        const push = JSON.parse(line).push;
        if (push?.pub) found.push(push.pub.data);
      }
    }
    return found;
  }

  /** Everything received until now, folded for a search. */
  text() {
    return this.received.map(({ text }) => text).join("\n").toLowerCase();
  }
}
