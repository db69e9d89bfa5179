// Keeps a record of everything a page receives and of everything it complains about.

/** Errors that a browser logs for a connection that the test itself has cut. */
const OF_A_CUT = /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED|ERR_NETWORK|ERR_SOCKET_NOT_CONNECTED|WebSocket connection to/;

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

  /** Whether any of these words has arrived until now. */
  has(words) {
    const text = this.received.map(({ text }) => text).join("\n").toLowerCase();
    return words.filter((word) => text.includes(word));
  }

  /**
   * What arrived too early: walks through everything received and gives each of a question's words that came before the
   * question's reveal did, either as a push or in a state asked for after it.
   */
  early(wordsByQuestion) {
    const found = [];
    let current = 0;
    let revealed = 0;
    for (const { text } of this.received) {
      for (const message of messages(text)) {
        for (const { type, question } of publications(message)) {
          if (question?.index !== undefined) current = question.index;
          if (type === "reveal") revealed = current + 1;
        }
        const state = message.rpc?.data;
        if (state?.question) current = state.question.index;
        if (state?.reveal) revealed = current + 1;
      }
      const folded = text.toLowerCase();
      for (const word of wordsByQuestion.slice(revealed).flat()) if (folded.includes(word)) found.push(word);
    }
    return found;
  }
}

/** What a message publishes: pushed, or caught up with at a subscription. */
function publications({ push, subscribe }) {
  return [push?.pub, ...(subscribe?.publications ?? [])].filter(Boolean).map(({ data }) => data);
}

/** The messages of a frame, or nothing if it is not one: an API's answer, a ping. */
function messages(text) {
  try {
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
