import type { Centrifuge, Subscription } from "centrifuge";
import { transports } from "../live/transports";

export type RecordLinkState = "connecting" | "online" | "refused";

export interface RecordLinkHandlers {
  onState: (state: RecordLinkState) => void;
  /** A message on `channel`, or on the person's own channel (null). */
  onNote: (channel: string | null, data: unknown) => void;
  /** Messages on this channel were missed while the connection was gone; null for the person's own channel. */
  onGap: (channel: string | null) => void;
  /** The channel is subscribed for the first time. */
  onJoined: (channel: string) => void;
  /** The server will not have the caller on this channel, or no longer. */
  onRefused: (channel: string) => void;
}

/** The connection by which a page hears of changes. `follow` counts, so that two parts of a page may ask for one channel. */
export interface RecordLink {
  follow: (channel: string) => () => void;
  /** Calls a method where there is a connection; for what may be lost. */
  tell: (method: string, params: object) => void;
  close: () => void;
}

export type OpenRecordLink = (token: string, handlers: RecordLinkHandlers) => RecordLink;

/** Opens the link. The protocol's client is loaded after the page is there: the page can be read without it. */
export const openRecordLink: OpenRecordLink = (token, handlers) => {
  const wanted = new Map<string, number>();
  const subscriptions = new Map<string, Subscription>();
  let client: Centrifuge | null = null;
  let closed = false;

  const subscribe = (channel: string): void => {
    if (client === null || subscriptions.has(channel)) return;
    const subscription = client.newSubscription(channel);
    let before = false;
    subscription.on("publication", (context) => handlers.onNote(channel, context.data));
    subscription.on("subscribed", (context) => {
      if (!before) handlers.onJoined(channel);
      else if (!(context.wasRecovering && context.recovered)) handlers.onGap(channel);
      before = true;
    });
    subscription.on("unsubscribed", (context) => {
      // Code 0 is our own leaving.
      if (context.code !== 0) handlers.onRefused(channel);
    });
    subscription.subscribe();
    subscriptions.set(channel, subscription);
  };

  void import("centrifuge").then(({ Centrifuge: Client }) => {
    if (closed) return;
    client = new Client(transports(), {
      token,
      emulationEndpoint: `${window.location.origin}/emulation`,
      name: "web",
      minReconnectDelay: 300,
      maxReconnectDelay: 8_000,
      timeout: 6_000,
    });
    let before = false;
    client.on("connecting", () => handlers.onState("connecting"));
    client.on("connected", () => {
      handlers.onState("online");
      // The person's own channel is the server's to subscribe; whether it was recovered is not told for all servers.
      if (before) handlers.onGap(null);
      before = true;
    });
    client.on("disconnected", (context) => {
      if (context.code !== 0) handlers.onState("refused");
    });
    client.on("publication", (context) => handlers.onNote(null, context.data));
    for (const channel of wanted.keys()) subscribe(channel);
    client.connect();
  });

  return {
    follow: (channel) => {
      wanted.set(channel, (wanted.get(channel) ?? 0) + 1);
      subscribe(channel);
      let done = false;
      return () => {
        if (done) return;
        done = true;
        const left = (wanted.get(channel) ?? 1) - 1;
        if (left > 0) {
          wanted.set(channel, left);
          return;
        }
        wanted.delete(channel);
        const subscription = subscriptions.get(channel);
        subscriptions.delete(channel);
        if (subscription && client) {
          subscription.unsubscribe();
          client.removeSubscription(subscription);
        }
      };
    },
    tell: (method, params) => {
      if (client !== null && (client.state as string) === "connected") void client.rpc(method, params).catch(() => undefined);
    },
    close: () => {
      closed = true;
      client?.disconnect();
    },
  };
};
