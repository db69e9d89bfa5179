import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type QueryClient, type UseInfiniteQueryResult, type UseQueryResult } from "@tanstack/react-query";
import type { ChatNote, Conversation, ConversationId, Member, Unread } from "../api/chat-types";
import type { Page } from "../api/desk-types";
import { conversationCalls } from "./calls";

/** Keys of what the chat's pages keep. */
export const chatKeys = {
  all: ["chat"] as const,
  list: ["chat", "list"] as const,
  unread: ["chat", "unread"] as const,
  /** Which conversation is a class's. */
  ofClass: ["chat", "class"] as const,
  conversation: (id: ConversationId) => ["chat", "conversation", id] as const,
  people: (id: ConversationId) => ["chat", "conversation", id, "people"] as const,
  pins: (id: ConversationId) => ["chat", "conversation", id, "pins"] as const,
  message: (id: ConversationId, seq: number) => ["chat", "conversation", id, "message", seq] as const,
  edits: (id: ConversationId, seq: number, version: number) => ["chat", "conversation", id, "edits", seq, version] as const,
  readers: (id: ConversationId, seq: number) => ["chat", "conversation", id, "readers", seq] as const,
  search: (id: ConversationId, words: string) => ["chat", "conversation", id, "search", words] as const,
  reachable: (words: string) => ["chat", "reachable", words] as const,
};

/** What a big conversation has got is told to no person by itself: an open page looks from time to time. */
const LOOK_MS = 60_000;

export type Conversations = InfiniteData<Page<Conversation>>;

export function useConversations(): UseInfiniteQueryResult<Conversations> {
  return useInfiniteQuery({
    queryKey: chatKeys.list,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => conversationCalls.list(pageParam, { signal }),
    getNextPageParam: (last) => last.next ?? null,
    refetchInterval: LOOK_MS,
  });
}

export function useUnread(enabled: boolean): UseQueryResult<Unread> {
  return useQuery({ queryKey: chatKeys.unread, queryFn: (context) => conversationCalls.unread(context), refetchInterval: LOOK_MS, enabled });
}

export function useConversation(id: ConversationId): UseQueryResult<Conversation> {
  return useQuery({ queryKey: chatKeys.conversation(id), queryFn: (context) => conversationCalls.get(id, context) });
}

/** Most pages of people that are read to be mentioned. */
const MOST_PAGES = 5;

/** Who is in a conversation; of a very large one, its first thousand. */
export function usePeople(id: ConversationId, enabled: boolean): UseQueryResult<Member[]> {
  return useQuery({
    queryKey: chatKeys.people(id),
    queryFn: async (context) => {
      const people: Member[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const { items, next }: Page<Member> = await conversationCalls.people(id, cursor, context);
        people.push(...items);
        cursor = next ?? null;
        if (cursor === null) break;
      }
      return people;
    },
    enabled,
    staleTime: 60_000,
  });
}

/** Changes what is kept of a conversation, in the list and by itself. */
export function patchConversation(queries: QueryClient, id: ConversationId, change: (conversation: Conversation) => Conversation): void {
  queries.setQueryData<Conversation>(chatKeys.conversation(id), (kept) => (kept === undefined ? kept : change(kept)));
  queries.setQueryData<Conversations>(chatKeys.list, (kept) =>
    kept === undefined ? kept : { ...kept, pages: kept.pages.map((page) => ({ ...page, items: page.items.map((one) => (one.id === id ? change(one) : one)) })) },
  );
}

export function usePatchConversation(): (id: ConversationId, change: (conversation: Conversation) => Conversation) => void {
  const queries = useQueryClient();
  return (id, change) => patchConversation(queries, id, change);
}

export function isChatNote(data: unknown): data is ChatNote {
  return typeof data === "object" && data !== null && (data as { type?: unknown }).type === "chat" && typeof (data as { what?: unknown }).what === "string";
}
