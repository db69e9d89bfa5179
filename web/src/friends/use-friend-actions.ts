import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useRef, type RefObject } from "react";
import { useLocation } from "wouter";
import { chatKeys } from "../chat/queries";
import { conversationCalls } from "../chat/calls";
import type { PersonId } from "../api/types";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import { friendCalls } from "./calls";
import { friendKeys } from "./queries";
import { refusalText } from "./refusals";

/** Whom something is about. */
export interface Somebody {
  id: PersonId;
  name: string;
}

export interface FriendActions {
  write: (who: Somebody) => Promise<void>;
  ask: (who: Somebody) => Promise<void>;
  accept: (who: Somebody) => Promise<void>;
  decline: (who: Somebody) => Promise<void>;
  takeBack: (who: Somebody) => Promise<void>;
  end: (who: Somebody) => Promise<void>;
  block: (who: Somebody) => Promise<void>;
  unblock: (who: Somebody) => Promise<void>;
}

/** What can be done about a person; `heading` takes the focus of a button that leaves with its row. */
export function useFriendActions(heading: RefObject<HTMLElement | null>): FriendActions {
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const busy = useRef(new Set<PersonId>());
  const run = async ({ id }: Somebody, call: () => Promise<unknown>, done: string, undo?: () => void): Promise<void> => {
    // A second press while the first is on its way would say the same twice.
    if (busy.current.has(id)) return;
    busy.current.add(id);
    try {
      await call();
      toast({ text: done, ...(undo !== undefined && { action: { label: t("app.undo"), onPress: undo } }) });
    } catch (error) {
      toast({ text: refusalText(error), tone: "bad" });
    } finally {
      busy.current.delete(id);
      await queries.invalidateQueries({ queryKey: friendKeys.all });
      // Rows leave with the next frame.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) heading.current?.focus();
      });
    }
  };
  const ask = (who: Somebody): Promise<void> => run(who, () => friendCalls.ask(who.id), t("friends.ask.done", { name: who.name }));
  const block = (who: Somebody): Promise<void> =>
    run(
      who,
      async () => {
        await friendCalls.block(who.id);
        // What both have stays readable, and says that nobody writes there.
        void queries.invalidateQueries({ queryKey: chatKeys.all });
      },
      t("friends.block.done", { name: who.name }),
    );
  return {
    ask,
    block,
    accept: (who) => run(who, () => friendCalls.ask(who.id), t("friends.accepted", { name: who.name })),
    decline: (who) => run(who, () => friendCalls.end(who.id), t("friends.declined", { name: who.name })),
    takeBack: (who) => run(who, () => friendCalls.end(who.id), t("friends.taken_back", { name: who.name }), () => void ask(who)),
    end: (who) => run(who, () => friendCalls.end(who.id), t("friends.ended", { name: who.name })),
    unblock: (who) => run(who, () => friendCalls.unblock(who.id), t("friends.unblock.done", { name: who.name }), () => void block(who)),
    write: async (who) => {
      try {
        const { id } = await conversationCalls.direct(who.id);
        void queries.invalidateQueries({ queryKey: chatKeys.list });
        navigate(`/chat/${id}`);
      } catch (error) {
        toast({ text: refusalText(error), tone: "bad" });
      }
    },
  };
}

export const ActionsContext = createContext<FriendActions | null>(null);

export function useActions(): FriendActions {
  const actions = useContext(ActionsContext);
  if (actions === null) throw new Error("only within the page of friends");
  return actions;
}
