// The public SDK in each of its ways to speak: JSON and protobuf, over WebSocket, HTTP streaming and SSE.
import { Centrifuge as Json } from "centrifuge";
import { Centrifuge as Protobuf } from "centrifuge/build/protobuf";
import { EventSource } from "eventsource";
import { describe, it } from "node:test";
import WebSocket from "ws";
import { Cable } from "../../../../web/e2e/cable.mjs";
import { Events } from "./events.mjs";
import { OPEN } from "./server.mjs";

const CLIENT_EVENTS =
  "connecting connected disconnected message error subscribed subscribing unsubscribed publication join leave";
const SUBSCRIPTION_EVENTS = "subscribing subscribed unsubscribed publication join leave error";

const json = { Centrifuge: Json, encoding: "json", payload: (value) => value, value: (payload) => payload };
// SDKs hand bytes through as they are: by convention they hold JSON.
const protobuf = {
  Centrifuge: Protobuf,
  encoding: "protobuf",
  payload: (value) => new TextEncoder().encode(JSON.stringify(value)),
  value: (payload) => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)),
};

const way = (encoding, transport) => ({ ...encoding, transport, name: `${encoding.encoding} over ${transport}` });

/** SSE carries text, so there is no protobuf over it. */
export const WAYS = [
  way(json, "websocket"),
  way(json, "http_stream"),
  way(json, "sse"),
  way(protobuf, "websocket"),
  way(protobuf, "http_stream"),
];
/** Commands of these go by requests of their own. */
export const EMULATED_WAYS = WAYS.filter((one) => one.transport !== "websocket");
export const [JSON_WEBSOCKET] = WAYS;
export const SOCKET_WAYS = WAYS.filter((one) => one.transport === "websocket");
export const PROTOBUF_WEBSOCKET = SOCKET_WAYS[1];

/**
 * The same sentences for each way: calls `tests` with the way and an `it` that names it, so that a failure says where.
 * A few run at a time: what waits does not hold up the rest.
 */
export function inEachWay(tests, { ways = WAYS, concurrency = 3 } = {}) {
  for (const one of ways) {
    const say = (sentence, test) => it(`${one.name}: ${sentence}`, test);
    describe(one.name, { concurrency }, () => tests(one, say));
  }
}

export function endpoint(transport, server) {
  return {
    websocket: `${server.replace(/^http/, "ws")}/connection/websocket`,
    http_stream: `${server}/connection/http_stream`,
    sse: `${server}/connection/sse`,
  }[transport];
}

/** What the SDK takes from a browser and Node lacks, and delays that suit a test. */
export function settings(server) {
  return {
    websocket: WebSocket,
    eventsource: EventSource,
    fetch: globalThis.fetch,
    readableStream: globalThis.ReadableStream,
    emulationEndpoint: `${server}/emulation`,
    minReconnectDelay: 50,
    maxReconnectDelay: 300,
    timeout: 10_000,
  };
}

/** A client of the SDK with everything that it said. It is closed when its test ends. */
export class Member {
  constructor(t, way, { server = OPEN, ...options } = {}) {
    this.way = way;
    const transports = [{ transport: way.transport, endpoint: endpoint(way.transport, server) }];
    this.client = new way.Centrifuge(transports, { ...settings(server), ...options });
    this.events = new Events("client", this.client, CLIENT_EVENTS.split(" "));
    t.after(() => this.client.disconnect());
  }

  /** A client that is connected. */
  static async connected(t, way, options) {
    const member = new Member(t, way, options);
    member.client.connect();
    member.connection = await member.events.take("connected", undefined, { unless: "disconnected" });
    return member;
  }

  /** Begins to subscribe; gives the subscription and what it says. */
  subscribe(channel, options = {}) {
    const sub = this.client.newSubscription(channel, {
      minResubscribeDelay: 50,
      maxResubscribeDelay: 300,
      ...options,
    });
    const events = new Events(channel, sub, SUBSCRIPTION_EVENTS.split(" "));
    sub.subscribe();
    return { sub, events, channel };
  }

  /** Subscribes and waits until it holds. */
  async subscribed(channel, options) {
    const subscription = this.subscribe(channel, options);
    subscription.context = await subscription.events.take("subscribed", undefined, { unless: "unsubscribed" });
    return subscription;
  }

  publish(channel, value) {
    return this.client.publish(channel, this.way.payload(value));
  }

  /** What publications hold. */
  values(contexts) {
    return contexts.map((context) => this.way.value(context.data));
  }

  /** Ends the connection as an application would, and waits for it. */
  async gone() {
    this.client.disconnect();
    await this.events.take("disconnected");
  }
}

/** A network between a client and `server` that can be cut and mended. */
export async function cableTo(t, server) {
  const cable = await Cable.to(Number(new URL(server).port));
  t.after(() => cable.close());
  return cable;
}

/** The code of an SDK call that must fail. */
export async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return error.code;
  }
  throw new Error("it was not refused");
}
