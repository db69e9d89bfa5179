import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { ApiError, errorText } from "../../../api/client";
import type { Gradebook, LineItemId, NewScore } from "../../../api/grade-types";
import { newId, newOp } from "../../../api/op";
import type { ClassId, PersonId } from "../../../api/types";
import { gradeCalls } from "../../../records/calls";
import { keys } from "../../../records/keys";
import { deviceStore, Outbox } from "../../../records/outbox";
import { toast } from "../../../ui/toast";
import { t } from "../../../words/words";
import { sameValue, type CellValue } from "../../../records/cell-text";

/** A new value for one cell. */
export interface CellEdit {
  student: PersonId;
  line_item: LineItemId;
  before: CellValue;
  after: CellValue;
}

/** What waits to be sent, by student and line item. */
export type Overlay = ReadonlyMap<PersonId, ReadonlyMap<LineItemId, CellValue>>;

/** After the last score the grades are asked for once. */
const REFETCH_MS = 350;
/** Steps of undo that are kept. */
const UNDO_MAX = 200;

/** Scores of a class on their way to the server: shown at once, kept on the device until the server has them. */
class ScoreDesk {
  private overlay: Overlay = new Map();
  private listeners = new Set<() => void>();
  private past: CellEdit[][] = [];
  private future: CellEdit[][] = [];
  private timer: number | undefined;
  readonly outbox: Outbox<NewScore>;

  constructor(
    private readonly id: ClassId,
    private readonly queries: QueryClient,
  ) {
    this.outbox = new Outbox<NewScore>({
      store: deviceStore(`schoolbell.scores.${id}`),
      send: (ops) => this.send(ops),
      later: (run, ms) => window.setTimeout(run, ms),
      onSent: (ops) => this.sent(ops),
      onRefused: (ops, error) => this.refused(ops, error),
      onChange: () => this.show(),
    });
    this.show();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  waiting = (): Overlay => this.overlay;

  /** Gives cells new values as one step of undo. Unchanged cells are left out; gives how many were changed. */
  edit(edits: CellEdit[]): number {
    const real = edits.filter((edit) => !sameValue(edit.before, edit.after));
    if (real.length === 0) return 0;
    this.past = [...this.past, real].slice(-UNDO_MAX);
    this.future = [];
    this.post(real);
    return real.length;
  }

  undo(): boolean {
    const step = this.past.pop();
    if (step === undefined) return false;
    this.future.push(step);
    this.post(step.map((edit) => ({ ...edit, before: edit.after, after: edit.before })));
    return true;
  }

  redo(): boolean {
    const step = this.future.pop();
    if (step === undefined) return false;
    this.past.push(step);
    this.post(step);
    return true;
  }

  private post(edits: CellEdit[]): void {
    // A fetch that began before would show the old scores for a moment.
    void this.queries.cancelQueries({ queryKey: keys.gradebooks(this.id) });
    const ops = edits.map(({ student, line_item, after }): NewScore => ({ id: newId() as NewScore["id"], student, line_item, given: after.given, excused: after.excused }));
    this.outbox.add(ops);
  }

  /** All at once; if the server refuses one of many, each by itself, so that the good ones are kept. */
  private async send(ops: NewScore[]): Promise<void> {
    try {
      await gradeCalls.score(this.id, ops, newOp());
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 422 || ops.length === 1) throw error;
      for (const op of ops) {
        try {
          await gradeCalls.score(this.id, [op], newOp());
        } catch (alone) {
          if (!(alone instanceof ApiError) || alone.status !== 422) throw alone;
          this.refused([op], alone);
        }
      }
    }
  }

  private sent(ops: NewScore[]): void {
    this.queries.setQueryData<Gradebook>(keys.gradebook(this.id), (book) => book && withScores(book, ops));
    this.refetchSoon();
  }

  private refused(_ops: NewScore[], error: unknown): void {
    toast({ text: t("grid.refused", { why: refusal(error) }), tone: "bad" });
    this.refetchSoon();
  }

  private refetchSoon(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (this.outbox.waiting().length > 0) return;
      void this.queries.invalidateQueries({ queryKey: keys.gradebooks(this.id) });
      void this.queries.invalidateQueries({ queryKey: keys.grades(this.id) });
      void this.queries.invalidateQueries({ queryKey: keys.histories(this.id) });
    }, REFETCH_MS);
  }

  private show(): void {
    const next = new Map<PersonId, Map<LineItemId, CellValue>>();
    for (const op of this.outbox?.waiting() ?? []) {
      const of = next.get(op.student) ?? new Map<LineItemId, CellValue>();
      of.set(op.line_item, { given: op.given, excused: op.excused });
      next.set(op.student, of);
    }
    this.overlay = next;
    for (const listener of this.listeners) listener();
  }
}

function refusal(error: unknown): string {
  const first = error instanceof ApiError ? error.errors[0]?.problem : undefined;
  return first ?? errorText(error);
}

/** The gradebook with newer scores in their cells; grades are the server's to compute. */
function withScores(book: Gradebook, ops: NewScore[]): Gradebook {
  const byStudent = grouped(ops);
  const now = Date.now();
  return {
    ...book,
    students: book.students.map((student) => {
      const own = byStudent.get(student.id);
      if (!own) return student;
      const scores = { ...student.scores };
      for (const { line_item, given, excused, id } of own) scores[line_item] = { given, excused, id, scored_at: now };
      return { ...student, scores };
    }),
  };
}

function grouped(ops: NewScore[]): Map<PersonId, NewScore[]> {
  const map = new Map<PersonId, NewScore[]>();
  for (const op of ops) map.set(op.student, [...(map.get(op.student) ?? []), op]);
  return map;
}

/** One desk for each class as long as the app is open: undo and what waits survive a change of tabs. */
const desks = new Map<ClassId, ScoreDesk>();

export interface Scores {
  waiting: Overlay;
  stuck: boolean;
  edit: (edits: CellEdit[]) => number;
  undo: () => boolean;
  redo: () => boolean;
}

export function useScores(id: ClassId): Scores {
  const queries = useQueryClient();
  const [desk] = useState(() => {
    const known = desks.get(id) ?? new ScoreDesk(id, queries);
    desks.set(id, known);
    return known;
  });
  const waiting = useSyncExternalStore(desk.subscribe, desk.waiting);
  useEffect(() => {
    const retry = (): void => desk.outbox.retry();
    window.addEventListener("online", retry);
    return () => window.removeEventListener("online", retry);
  }, [desk]);
  const stuck = desk.outbox.stuck();
  return useMemo(() => ({ waiting, stuck, edit: (edits) => desk.edit(edits), undo: () => desk.undo(), redo: () => desk.redo() }), [desk, waiting, stuck]);
}
