import type { ConversationId } from "../../api/chat-types";
import type { PersonId } from "../../api/types";
import type { Nameable } from "./mentions";

/** What was begun and not sent. */
export interface Draft {
  text: string;
  /** Who was chosen from the list behind an `@`. */
  chosen: Nameable[];
  /** The message that it quotes. */
  reply_to: number | null;
}
export const BLANK: Draft = { text: "", chosen: [], reply_to: null };

interface Kept extends Draft {
  at: number;
}

/** The part of `localStorage` that is needed here. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Most drafts of one person on one device; the oldest leave. */
export const MOST_DRAFTS = 50;

/** The drafts of one person on this device, one for each conversation and each thread of it. They survive a reload. */
export class Drafts {
  private readonly prefix: string;

  constructor(
    person: PersonId,
    private readonly shelf: Shelf,
    private readonly now: () => number = Date.now,
  ) {
    this.prefix = `schoolbell.chat.draft.${person}.`;
  }

  read(conversation: ConversationId, thread: number | null): Draft {
    return this.kept(this.name(conversation, thread)) ?? BLANK;
  }

  write(conversation: ConversationId, thread: number | null, draft: Draft): void {
    const name = this.name(conversation, thread);
    try {
      if (draft.text.trim() === "" && draft.reply_to === null) this.shelf.removeItem(name);
      else {
        this.shelf.setItem(name, JSON.stringify({ ...draft, at: this.now() } satisfies Kept));
        this.prune();
      }
    } catch {
      // A device without room keeps the text as long as the page is open.
    }
  }

  /** The conversations in whose main part something was begun. */
  conversations(): Set<ConversationId> {
    const names = this.names().map((name) => name.slice(this.prefix.length));
    return new Set(names.filter((name) => !name.includes(".")) as ConversationId[]);
  }

  private name(conversation: ConversationId, thread: number | null): string {
    return `${this.prefix}${conversation}${thread === null ? "" : `.${thread}`}`;
  }

  private names(): string[] {
    return Array.from({ length: this.shelf.length }, (_, at) => this.shelf.key(at) ?? "").filter((name) => name.startsWith(this.prefix));
  }

  private kept(name: string): Kept | null {
    try {
      const kept = JSON.parse(this.shelf.getItem(name) ?? "null") as Partial<Kept> | null;
      if (typeof kept?.text !== "string") return null;
      return { text: kept.text, chosen: kept.chosen ?? [], reply_to: kept.reply_to ?? null, at: kept.at ?? 0 };
    } catch {
      // What cannot be read is as good as nothing.
      return null;
    }
  }

  private prune(): void {
    const names = this.names();
    if (names.length <= MOST_DRAFTS) return;
    const oldest = names.map((name) => ({ name, at: this.kept(name)?.at ?? 0 })).sort((a, b) => a.at - b.at);
    for (const { name } of oldest.slice(0, names.length - MOST_DRAFTS)) this.shelf.removeItem(name);
  }
}
