import { WHOLE_PPM, type ProgressState } from "../api/record-types";

/** How far a lesson is. */
export interface Reached {
  state: ProgressState;
  fraction_ppm: number;
}

const ORDER: readonly ProgressState[] = ["not_started", "in_progress", "completed"];

/** The furthest of them, by the server's own rule: of two fractions the greater, of two states the later one. */
export function furthest(all: readonly Reached[]): Reached {
  let reached: Reached = { state: "not_started", fraction_ppm: 0 };
  for (const { state, fraction_ppm } of all) {
    reached = { state: ORDER.indexOf(state) > ORDER.indexOf(reached.state) ? state : reached.state, fraction_ppm: Math.max(reached.fraction_ppm, fraction_ppm) };
  }
  return reached;
}

/** What having seen `seen` of `of` parts comes to. */
export function read(seen: number, of: number): Reached {
  return { state: "in_progress", fraction_ppm: of === 0 ? 0 : Math.round((Math.min(seen, of) / of) * WHOLE_PPM) };
}

export function percentOf({ fraction_ppm }: Reached): number {
  return Math.round((fraction_ppm / WHOLE_PPM) * 100);
}

/** The lesson to go on with: the first that is not done; null if all are. */
export function nextOf<Lesson>(lessons: readonly Lesson[], reached: (lesson: Lesson) => Reached): Lesson | null {
  return lessons.find((lesson) => reached(lesson).state !== "completed") ?? null;
}
