import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { GameId, GameState, PersonId } from "../api/types";
import type { LinkHandlers, OpenLink } from "./connection";
import { CODES } from "./errors";
import { GameStore } from "./game-store";

const GAME = "g" as GameId;
const COLLEAGUE = "c" as PersonId;
const UNSUBSCRIBED = 2000;
const hosted = (cohosts: PersonId[]): GameState => ({ game: GAME, seq: 1, now: 0, phase: "lobby", you: { role: "host", owner: false, cohosts } }) as unknown as GameState;

/** A link whose states are answered by hand, one call after the other. */
function scripted(): { open: OpenLink; handlers: () => LinkHandlers; asked: { reply: (state: GameState) => void; refuse: (code: number) => void }[] } {
  let kept: LinkHandlers | null = null;
  const asked: { reply: (state: GameState) => void; refuse: (code: number) => void }[] = [];
  const open: OpenLink = (_game, _token, _asHost, handlers) => {
    kept = handlers;
    return {
      state: () => new Promise<GameState>((reply, reject) => asked.push({ reply, refuse: (code) => reject(Object.assign(new Error("made-up refusal"), { code })) })),
      answer: () => Promise.resolve({ accepted: true, seq: 1 }),
      command: <T,>() => Promise.resolve({} as T),
      close: () => undefined,
    };
  };
  return {
    open,
    asked,
    handlers: () => {
      if (kept === null) throw new Error("the link is not open");
      return kept;
    },
  };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

beforeEach(() => vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined }));
afterEach(() => vi.unstubAllGlobals());

describe("a host's game", () => {
  it("is shut when the co-host is removed while looking", async () => {
    const link = scripted();
    const store = new GameStore(GAME, "token", true, link.open);
    link.handlers().onReady();
    link.asked[0]?.reply(hosted([COLLEAGUE]));
    await settled();
    expect(store.read().problem).toBeNull();
    link.handlers().onRefused(UNSUBSCRIBED);
    link.asked[1]?.refuse(CODES.not_in_game);
    await settled();
    expect(store.read().problem).toBe("not_in_game");
  });

  it("is asked for once more when somebody asked while a state was under way", async () => {
    const link = scripted();
    const store = new GameStore(GAME, "token", true, link.open);
    link.handlers().onReady();
    link.handlers().onRefused(UNSUBSCRIBED);
    expect(link.asked.length).toBe(1);
    link.asked[0]?.reply(hosted([COLLEAGUE]));
    await settled();
    expect(link.asked.length).toBe(2);
    link.asked[1]?.refuse(CODES.not_in_game);
    await settled();
    expect(store.read().problem).toBe("not_in_game");
  });

  it("shows a co-host as soon as the server has made them one", async () => {
    const link = scripted();
    const store = new GameStore(GAME, "token", true, link.open);
    link.handlers().onReady();
    link.asked[0]?.reply(hosted([]));
    await settled();
    store.cohostChanged(COLLEAGUE, true);
    store.cohostChanged(COLLEAGUE, true);
    expect(store.read().view?.state.you).toMatchObject({ cohosts: [COLLEAGUE] });
    store.cohostChanged(COLLEAGUE, false);
    expect(store.read().view?.state.you).toMatchObject({ cohosts: [] });
  });
});
