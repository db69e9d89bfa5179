import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { newOp } from "../api/op";
import { WHOLE_PPM, type LessonId, type Progress, type ProgressOp } from "../api/record-types";
import { useSession } from "../api/session";
import { myCalls } from "../records/calls";
import { keys } from "../records/keys";
import { deviceStore, Outbox } from "../records/outbox";
import { furthest, type Reached } from "./reached";

/** What a student did in lessons on its way to the server; kept on the device until the server has it, also offline. */
class ProgressDesk {
  private listeners = new Set<() => void>();
  private readonly outbox: Outbox<ProgressOp>;

  constructor(person: string, queries: QueryClient) {
    this.outbox = new Outbox<ProgressOp>({
      store: deviceStore(`schoolbell.progress.${person}`),
      send: async (ops) => {
        await myCalls.sendProgress(ops);
      },
      later: (run, ms) => window.setTimeout(run, ms),
      // A lesson that is gone is nothing to tell a student of.
      onSent: () => void queries.invalidateQueries({ queryKey: keys.allMyProgress }),
      onRefused: () => void queries.invalidateQueries({ queryKey: keys.allMyProgress }),
      onChange: () => this.listeners.forEach((listener) => listener()),
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  waiting = (): readonly ProgressOp[] => this.outbox.waiting();

  reach(lesson: LessonId, { state, fraction_ppm }: Reached): void {
    // What is further makes what waits for the same lesson needless.
    this.outbox.add([{ op: newOp(), lesson, state, fraction_ppm, happened_at: Date.now() }], (old) => old.lesson === lesson && old.fraction_ppm <= fraction_ppm && (old.state !== "completed" || state === "completed"));
  }

  retry(): void {
    this.outbox.retry();
  }
}

/** One for each person as long as the app is open: what waits survives a change of pages. */
const desks = new Map<string, ProgressDesk>();

export interface MyProgressDesk {
  /** How far a lesson is: what the server has, and what was done since. */
  of: (lesson: LessonId, kept: readonly Progress[] | undefined) => Reached;
  /** Whether something of this lesson is only on this device. */
  waits: (lesson: LessonId) => boolean;
  reach: (lesson: LessonId, reached: Reached) => void;
}

export function useProgressDesk(): MyProgressDesk {
  const queries = useQueryClient();
  const me = useSession()?.me.id ?? "";
  const [desk] = useState(() => {
    const known = desks.get(me) ?? new ProgressDesk(me, queries);
    desks.set(me, known);
    return known;
  });
  const waiting = useSyncExternalStore(desk.subscribe, desk.waiting);
  useEffect(() => {
    const retry = (): void => desk.retry();
    window.addEventListener("online", retry);
    return () => window.removeEventListener("online", retry);
  }, [desk]);
  return useMemo(
    () => ({
      of: (lesson, kept) => furthest([...(kept ?? []), ...waiting].filter((one) => one.lesson === lesson)),
      waits: (lesson) => waiting.some((op) => op.lesson === lesson),
      reach: (lesson, reached) => desk.reach(lesson, reached),
    }),
    [desk, waiting],
  );
}

export const DONE: Reached = { state: "completed", fraction_ppm: WHOLE_PPM };
