import { Centrifuge, type Subscription } from "centrifuge";
import type { AnswerAccepted, GameId, GamePush, GameState, HostPush, PlayerPush } from "../api/types";
import { asLiveError } from "./errors";
import { transports } from "./transports";

/** `online`: subscribed and served. `connecting`: not yet, or again. `refused`: the server will not have this token. */
export type LinkState = "connecting" | "online" | "refused";

export interface LinkHandlers {
  onLink: (state: LinkState) => void;
  /** The game's channel is subscribed: pushes flow from here, now is the time for `quiz.state`. */
  onReady: () => void;
  /** The game's channel is refused with this code. */
  onRefused: (code: number) => void;
  onGame: (push: GamePush) => void;
  onPlayer: (push: PlayerPush) => void;
  onHost: (push: HostPush) => void;
}

/** The commands of a game; they fail with a `LiveError`. */
export interface GameCalls {
  state: () => Promise<GameState>;
  answer: (params: object) => Promise<AnswerAccepted>;
  command: <T = { seq: number }>(verb: string, params?: object) => Promise<T>;
}

export interface GameLink extends GameCalls {
  close: () => void;
}

/** What a page needs to open the link to a game; the gallery puts a scripted one in its place. */
export type OpenLink = (game: GameId, token: string, asHost: boolean, handlers: LinkHandlers) => GameLink;

/** Opens the one connection of this page and follows the game's channels. */
export const openLink: OpenLink = (game, token, asHost, handlers) => {
  const client = new Centrifuge(transports(), {
    token,
    emulationEndpoint: `${window.location.origin}/emulation`,
    name: "web",
    // A class on one access point comes back together; the SDK adds jitter to these.
    minReconnectDelay: 300,
    maxReconnectDelay: 5_000,
    timeout: 6_000,
  });
  client.on("connecting", () => handlers.onLink("connecting"));
  client.on("disconnected", (context) => {
    // Code 0 is our own close; every other terminal code means that this token is not welcome.
    if (context.code !== 0) handlers.onLink("refused");
  });
  client.on("publication", (context) => {
    if (context.channel.startsWith("user:")) handlers.onPlayer(context.data as PlayerPush);
  });

  const main = client.newSubscription(`quiz:${game}`);
  main.on("publication", (context) => handlers.onGame(context.data as GamePush));
  main.on("subscribed", () => {
    handlers.onLink("online");
    handlers.onReady();
  });
  main.on("subscribing", () => handlers.onLink("connecting"));
  main.on("unsubscribed", (context) => {
    if (context.code !== 0) handlers.onRefused(context.code);
  });
  main.subscribe();

  let hostChannel: Subscription | null = null;
  if (asHost) {
    hostChannel = client.newSubscription(`quiz-host:${game}`);
    hostChannel.on("publication", (context) => handlers.onHost(context.data as HostPush));
    hostChannel.subscribe();
  }
  client.connect();

  async function rpc<T>(method: string, params: object): Promise<T> {
    try {
      const result = await client.rpc(method, { game, ...params });
      return result.data as T;
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- callers match on the wire's own code
      throw asLiveError(error);
    }
  }

  return {
    state: () => rpc<GameState>("quiz.state", {}),
    answer: (params) => rpc<AnswerAccepted>("quiz.answer", params),
    command: (verb, params = {}) => rpc(`quiz.${verb}`, params),
    close: () => {
      hostChannel?.unsubscribe();
      client.disconnect();
    },
  };
};
