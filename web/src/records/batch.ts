import type { QueryKey } from "@tanstack/react-query";

export interface BatchParts {
  flush: (keys: QueryKey[]) => void;
  later: (run: () => void, ms: number) => void;
  random: () => number;
}

/** One refetch for all that comes within this time: who types scores makes a note with each. */
const GATHER_MS = 300;
/** A note to a whole class reaches everybody in the same moment; the questions that follow are spread over this time. */
const SPREAD_MS = 1_200;

/** Gathers what became stale and hands it on once. */
export class StaleBatch {
  private readonly gathered = new Map<string, QueryKey>();
  private waiting = false;

  constructor(private readonly parts: BatchParts) {}

  /** `crowd`: many people were told the same. */
  add(keys: readonly QueryKey[], crowd: boolean): void {
    for (const key of keys) this.gathered.set(JSON.stringify(key), key);
    if (this.waiting || this.gathered.size === 0) return;
    this.waiting = true;
    this.parts.later(() => this.flush(), GATHER_MS + (crowd ? this.parts.random() * SPREAD_MS : 0));
  }

  private flush(): void {
    const keys = [...this.gathered.values()];
    this.gathered.clear();
    this.waiting = false;
    this.parts.flush(keys);
  }
}
