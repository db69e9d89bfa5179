import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { GameId } from "../api/types";
import { openLink, type OpenLink } from "./connection";
import { GameStore, type GameSnapshot } from "./game-store";

/** How pages open their link; replaced only by the gallery. */
export const LinkContext = createContext<OpenLink>(openLink);

const nothing: GameSnapshot = { view: null, link: "connecting", problem: null, answer: { kind: "none" } };
const never = (): (() => void) => () => undefined;
const readNothing = (): GameSnapshot => nothing;

export interface FollowedGame {
  /** Null for the moment before it is open. */
  store: GameStore | null;
  snapshot: GameSnapshot;
  /** Begins anew with a new connection, as a refused channel stays refused on the old one. */
  reopen: () => void;
}

/** Follows a game for as long as the page shows it. */
export function useGame(game: GameId, token: string, asHost: boolean): FollowedGame {
  const open = useContext(LinkContext);
  const [store, setStore] = useState<GameStore | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const opened = new GameStore(game, token, asHost, open);
    setStore(opened);
    return () => {
      opened.close();
      setStore(null);
    };
  }, [game, token, asHost, open, attempt]);
  const snapshot = useSyncExternalStore(store?.subscribe ?? never, store?.read ?? readNothing);
  return { store, snapshot, reopen: () => setAttempt((n) => n + 1) };
}

/** Whole seconds until server time `at`, counted down; null without a time. Stands still while `paused`. */
export function useSecondsLeft(store: GameStore | null, at: number | null | undefined, paused: boolean): number | null {
  const [, tick] = useState(0);
  const running = store !== null && at !== null && at !== undefined && !paused;
  useEffect(() => {
    if (!running) return;
    // Four looks a second show every second within its first quarter.
    const timer = window.setInterval(() => tick((n) => n + 1), 250);
    return () => window.clearInterval(timer);
  }, [running, at]);
  if (store === null || at === null || at === undefined) return null;
  return Math.max(0, Math.ceil((at - store.clock.now()) / 1000));
}

/** Whether the device itself says that it has a network. */
export function useDeviceOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener("online", listener);
      window.addEventListener("offline", listener);
      return () => {
        window.removeEventListener("online", listener);
        window.removeEventListener("offline", listener);
      };
    },
    () => navigator.onLine,
  );
}
