// The HTTP API, as a teacher's program would use it.
export class Api {
  #headers = {};

  constructor(address) {
    this.address = address;
  }

  async #call(method, path, body) {
    const reply = await fetch(this.address + path, {
      method,
      headers: { ...this.#headers, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return reply.status === 204 ? null : reply.json();
  }

  /** As somebody who is signed in. */
  static of(address, session) {
    const api = new Api(address);
    api.#headers = { authorization: `Bearer ${session.token}` };
    return api;
  }

  get(path) {
    return this.#call("GET", path);
  }

  post(path, body) {
    return this.#call("POST", path, body);
  }

  put(path, body) {
    return this.#call("PUT", path, body);
  }

  /** Signs in with a demo account of this role, and gives the account. */
  async signInAs(role) {
    const { demo_accounts: accounts } = await this.get("/api/v1/server");
    const account = accounts.find((one) => one.role === role);
    await this.signIn(account);
    return account;
  }

  async signIn(account) {
    const session = await this.post("/api/v1/demo/session", { login: account.login, password: "schoolbell" });
    this.#headers = { authorization: `Bearer ${session.token}` };
    return session;
  }
}
