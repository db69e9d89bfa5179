// The real `schoolbell` binary in demo mode on a port and a data directory of its own.
import { execFile, spawn } from "node:child_process";
import { access, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const repository = resolve(import.meta.dirname, "../..");
const binary =
  process.env.SCHOOLBELL_BIN ??
  join(resolve(repository, process.env.CARGO_TARGET_DIR ?? "target"), "debug", "schoolbell");
// A debug binary migrates and seeds in well under a second; the rest is for a busy build machine.
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
// The server takes every variable that begins so for a setting.
const environment = { ...process.env, NO_COLOR: "1", SCHOOLBELL_BIN: undefined };

export async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

export class Server {
  #child = null;
  #log = "";
  #redisUrl = null;

  /** Starts the server and waits until `/ready` says yes. */
  static async start() {
    await access(binary).catch(() => {
      throw new Error(`${binary} is missing; run: cargo build -p schoolbell-gateway`);
    });
    const server = new Server();
    server.port = await freePort();
    server.data = await mkdtemp(join(tmpdir(), "schoolbell-e2e-"));
    await server.#spawn();
    return server;
  }

  get address() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What the process has written so far, for the message of a failed test. */
  get log() {
    return this.#log;
  }

  /** Starts a node without a demo over the data that is there, together with others through a Redis. */
  static async node(data, redisUrl) {
    const node = new Server();
    node.port = await freePort();
    node.data = data;
    node.#redisUrl = redisUrl;
    await node.#spawn();
    return node;
  }

  /** A token of somebody of the school, as its platform would make it. */
  async token(person, role, school, name) {
    const { stdout } = await promisify(execFile)(binary, ["token", "--data-dir", this.data, "--sub", person, "--role", role, "--school", school, "--name", name], { cwd: this.data, env: environment });
    return stdout.trim();
  }

  async #spawn() {
    const listen = ["--listen", `127.0.0.1:${this.port}`, "--data-dir", this.data];
    const alone = this.#redisUrl === null;
    // From a folder without a schoolbell.toml, so that a developer's own settings do not take part.
    this.#child = spawn(binary, ["serve", ...(alone ? ["--demo"] : []), ...listen], {
      cwd: this.data,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...environment, ...(!alone && { SCHOOLBELL_REDIS_URL: this.#redisUrl }) },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.#log += text));
    }
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#ready())) {
      if (this.#child.exitCode !== null || Date.now() > deadline) throw new Error(`the server did not start:\n${this.#log}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  async #ready() {
    return fetch(`${this.address}/ready`).then((reply) => reply.ok, () => false);
  }

  async #end(signal) {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = new Promise((done) => child.once("exit", (code) => done(code)));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    const code = await ended;
    clearTimeout(timer);
    return code;
  }

  /** Kills the process without warning and starts it again on the same port and data, as after a crash. */
  async crashAndRestart() {
    await this.#end("SIGKILL");
    await this.#spawn();
  }

  /** Asks the server to stop, keeps its data, and gives the exit code. */
  rest() {
    return this.#end("SIGTERM");
  }

  /** Asks the server to stop, removes its data, and gives the exit code. */
  async stop() {
    const code = await this.rest();
    await rm(this.data, { recursive: true, force: true });
    return code;
  }
}
