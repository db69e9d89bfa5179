import { describe, expect, it } from "vitest";
import type { ConversationId } from "../../api/chat-types";
import type { PersonId } from "../../api/types";
import { BLANK, Drafts, MOST_DRAFTS, type Draft } from "./drafts";
import { MemoryShelf } from "./memory-shelf";

const maya = "maya" as PersonId;
const c = (name: string): ConversationId => name as ConversationId;
const draft = (text: string): Draft => ({ ...BLANK, text });

function setUp() {
  const shelf = new MemoryShelf();
  let clock = 0;
  return { shelf, drafts: new Drafts(maya, shelf, () => (clock += 1)) };
}

describe("drafts", () => {
  it("are kept for each conversation and each thread by itself", () => {
    const { drafts, shelf } = setUp();
    drafts.write(c("a"), null, { text: "to @Ali", chosen: [{ id: "ali" as PersonId, name: "Ali" }], reply_to: 7 });
    drafts.write(c("a"), 3, draft("in the thread"));
    drafts.write(c("b"), null, draft("elsewhere"));
    const again = new Drafts(maya, shelf);
    expect(again.read(c("a"), null)).toMatchObject({ text: "to @Ali", chosen: [{ id: "ali", name: "Ali" }], reply_to: 7 });
    expect(again.read(c("a"), 3).text).toBe("in the thread");
    expect(again.read(c("b"), null).text).toBe("elsewhere");
    expect(again.conversations()).toEqual(new Set(["a", "b"]));
  });
  it("are nobody else's", () => {
    const { drafts, shelf } = setUp();
    drafts.write(c("a"), null, draft("mine"));
    expect(new Drafts("ali" as PersonId, shelf).read(c("a"), null)).toEqual(BLANK);
  });
  it("leave nothing behind once sent", () => {
    const { drafts, shelf } = setUp();
    drafts.write(c("a"), null, draft("text"));
    drafts.write(c("a"), null, draft("  \n"));
    expect(shelf.items.size).toBe(0);
  });
  it("are bounded: the oldest leave", () => {
    const { drafts } = setUp();
    for (let n = 0; n <= MOST_DRAFTS; n += 1) drafts.write(c(`c${n}`), null, draft("x"));
    expect(drafts.conversations().size).toBe(MOST_DRAFTS);
    expect(drafts.read(c("c0"), null)).toEqual(BLANK);
    expect(drafts.read(c(`c${MOST_DRAFTS}`), null).text).toBe("x");
  });
  it("do without a device that has no room, and with what cannot be read", () => {
    const { drafts, shelf } = setUp();
    shelf.full = true;
    drafts.write(c("a"), null, draft("text"));
    shelf.items.set("schoolbell.chat.draft.maya.a", "{broken");
    expect(drafts.read(c("a"), null)).toEqual(BLANK);
  });
});
