import { useCallback, useMemo, useRef, useState } from "react";
import type { GameState } from "../api/types";
import { CODES, isRetryable, type LiveError } from "../live/errors";
import type { GameStore } from "../live/game-store";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import { allowed } from "./steps";

export const ADD_SECONDS = 15;

/** The host's commands, with failures told in a toast. */
export interface HostCommands {
  /** A command is under way: the same key twice does one step. */
  busy: boolean;
  next: () => void;
  lock: () => void;
  pause: () => void;
  skip: () => void;
  addTime: () => void;
  end: () => void;
  /** Any other command; true when it was done. */
  run: (verb: string, params?: object) => Promise<boolean>;
}

export function useHostCommands(store: GameStore | null, state: GameState | null): HostCommands {
  const [busy, setBusy] = useState(false);
  const inFlight = useRef(false);

  const run = useCallback(
    async (verb: string, params: object = {}): Promise<boolean> => {
      if (store === null) return false;
      try {
        await store.link.command(verb, params);
        return true;
      } catch (error) {
        report(error as LiveError);
        return false;
      }
    },
    [store],
  );

  return useMemo(() => {
    const step = (verb: string, params: object = {}): void => {
      if (inFlight.current) return;
      inFlight.current = true;
      setBusy(true);
      void run(verb, params).finally(() => {
        inFlight.current = false;
        setBusy(false);
      });
    };
    const can = state === null ? null : allowed(state);
    return {
      busy,
      run,
      next: () => {
        if (state === null || state.phase === "ended") return;
        if (state.pause !== null && can?.pause) step("resume");
        // The phase this host looked at: a co-host's press at the same moment must not skip a step.
        else step("next", { seq: state.phase_seq });
      },
      lock: () => state !== null && can?.lock && step("lock", { locked: !state.locked }),
      pause: () => state !== null && can?.pause && step(state.pause === null ? "pause" : "resume"),
      skip: () => can?.skip && step("skip"),
      addTime: () => can?.addTime && step("add_time", { seconds: ADD_SECONDS }),
      end: () => can?.end && step("end"),
    };
  }, [busy, run, state]);
}

function report(error: LiveError): void {
  if (error.code === CODES.stale_command) toast({ text: t("host.stale") });
  else if (isRetryable(error)) toast({ text: t("app.error.network"), tone: "bad" });
  else toast({ text: sentence(error.message), tone: "bad" });
}

function sentence(text: string): string {
  return text === "" ? t("app.error.unknown") : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
