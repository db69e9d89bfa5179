import type { Block, LessonContent, LessonId } from "../../api/record-types";
import type { QuizId } from "../../api/types";

/** A part of a lesson in the editor; the key stays with it when it moves. */
export interface Part {
  key: string;
  block: Block;
}
/** What is being written. `version` is the one that it began from. */
export interface LessonDraft {
  version: number;
  title: string;
  parts: Part[];
}
export type BlockKind = Block["kind"];

/** Most parts of a lesson; the server's own bound. */
export const PARTS_MAX = 200;

export function draftOf({ version, title, content }: { version: number; title: string; content: LessonContent }): LessonDraft {
  return { version, title, parts: content.blocks.map((block, n) => ({ key: `saved-${n}`, block })) };
}

export function contentOf(draft: LessonDraft): LessonContent {
  return { blocks: draft.parts.map((part) => part.block) };
}

/** Whether both say the same to a reader. */
export function sayTheSame(a: LessonDraft, b: LessonDraft): boolean {
  return a.title === b.title && JSON.stringify(contentOf(a)) === JSON.stringify(contentOf(b));
}

export function blankBlock(kind: BlockKind): Block {
  switch (kind) {
    case "text":
      return { kind, text: "" };
    case "link":
      return { kind, url: "", label: "" };
    case "quiz":
      return { kind, quiz: "" as QuizId };
  }
}

export function put(draft: LessonDraft, part: Part, at: number): LessonDraft {
  return { ...draft, parts: [...draft.parts.slice(0, at), part, ...draft.parts.slice(at)] };
}
export function without(draft: LessonDraft, key: string): LessonDraft {
  return { ...draft, parts: draft.parts.filter((part) => part.key !== key) };
}
export function changed(draft: LessonDraft, key: string, block: Block): LessonDraft {
  return { ...draft, parts: draft.parts.map((part) => (part.key === key ? { key, block } : part)) };
}

/** The list with the thing at `from` standing at `to`; a place beyond the ends is the end. */
export function shifted<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const rest = items.filter((_, n) => n !== from);
  const at = Math.max(0, Math.min(rest.length, to));
  return [...rest.slice(0, at), ...items.slice(from, from + 1), ...rest.slice(at)];
}

/** Only what a browser opens as a page: an address from a lesson must not run as a script. */
export function isAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text.trim()).protocol);
  } catch {
    return false;
  }
}

export type PartFault = "url" | "label" | "quiz";

/** What a part lacks before it can be saved. */
export function faultOf(block: Block): PartFault | null {
  if (block.kind === "link" && !isAddress(block.url)) return "url";
  if (block.kind === "link" && block.label.trim() === "") return "label";
  return block.kind === "quiz" && block.quiz === "" ? "quiz" : null;
}

const place = (id: LessonId): string => `schoolbell.lesson.${id}`;

/** What was written on this device and not saved. */
export function keptDraft(id: LessonId): LessonDraft | null {
  try {
    return JSON.parse(localStorage.getItem(place(id)) ?? "null") as LessonDraft | null;
  } catch {
    return null;
  }
}

/** Keeps it through reloads; null forgets it. */
export function keepDraft(id: LessonId, draft: LessonDraft | null): void {
  try {
    if (draft === null) localStorage.removeItem(place(id));
    else localStorage.setItem(place(id), JSON.stringify(draft));
  } catch {
    // A device without room keeps the draft as long as the page is open.
  }
}
