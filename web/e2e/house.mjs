// Two nodes over one Redis and one database, with the people of the demo school: no demo runs beside stores that others use,
// so one fills the data first, signs its people in, and leaves.
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { Api } from "./api.mjs";
import { freePort, Server } from "./server.mjs";

const PATIENCE_MS = 15_000;

export class House {
  #redis = null;
  /** Two servers. */
  nodes = [];
  /** Sessions by name. */
  sessions = new Map();

  static async start() {
    const house = new House();
    const demo = await Server.start();
    const api = new Api(demo.address);
    const { demo_accounts: accounts } = await api.get("/api/v1/server");
    for (const account of accounts) house.sessions.set(account.name, await api.signIn(account));
    house.accounts = accounts;
    house.data = demo.data;
    await demo.rest();
    const port = await freePort();
    house.#redis = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", demo.data], { stdio: "ignore" });
    await answers(port);
    const url = `redis://127.0.0.1:${port}`;
    house.nodes = [await Server.node(demo.data, url), await Server.node(demo.data, url)];
    return house;
  }

  /** Signs in an admin, whom the demo has none of. */
  async admin(name) {
    const { school } = this.sessions.values().next().value.me;
    const token = await this.nodes[0].token(crypto.randomUUID(), "school_admin", school.id, name);
    const me = await Api.of(this.nodes[0].address, { token }).get("/api/v1/me");
    const session = { token, expires_at: Date.now() + 3_600_000, me };
    this.sessions.set(name, session);
    return session;
  }

  /** The API of a node, as one of the people. */
  api(node, name) {
    return Api.of(this.nodes[node].address, this.sessions.get(name));
  }

  get log() {
    return this.nodes.map(({ log }) => log.split("\n").slice(-15).join("\n")).join("\n---\n");
  }

  async stop() {
    await Promise.all(this.nodes.map((node) => node.rest()));
    this.#redis?.kill("SIGTERM");
    await rm(this.data, { recursive: true, force: true });
  }
}

async function answers(port) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const open = await new Promise((done) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => done(true)).on("error", () => done(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    if (Date.now() > deadline) throw new Error("redis-server did not start");
    await new Promise((done) => setTimeout(done, 50));
  }
}
