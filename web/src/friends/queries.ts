import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import type { BlockedPerson, Friend, FriendNote, SuggestedFriend } from "../api/friend-types";
import { useEars } from "../records/LiveRecords";
import { friendCalls } from "./calls";

/** Keys of what is kept about friends. */
export const friendKeys = {
  all: ["friends"] as const,
  list: ["friends", "list"] as const,
  suggestions: ["friends", "suggestions"] as const,
  code: ["friends", "code"] as const,
  blocked: ["friends", "blocked"] as const,
};

export function useFriends(enabled = true): UseQueryResult<Friend[]> {
  return useQuery({ queryKey: friendKeys.list, queryFn: (context) => friendCalls.list(context), enabled });
}

export function useSuggestions(enabled: boolean): UseQueryResult<SuggestedFriend[]> {
  return useQuery({ queryKey: friendKeys.suggestions, queryFn: (context) => friendCalls.suggestions(context), enabled });
}

export function useFriendCode(): UseQueryResult<string> {
  return useQuery({ queryKey: friendKeys.code, queryFn: (context) => friendCalls.code(context), staleTime: 60_000 });
}

export function useBlocked(): UseQueryResult<BlockedPerson[]> {
  return useQuery({ queryKey: friendKeys.blocked, queryFn: (context) => friendCalls.blocked(context) });
}

/** Looks again when the person's own channel says that somebody asked, said yes, or ended it. */
export function useFriendNotes(): void {
  const queries = useQueryClient();
  const look = (): void => {
    void queries.invalidateQueries({ queryKey: friendKeys.list });
    void queries.invalidateQueries({ queryKey: friendKeys.suggestions });
  };
  useEars(null, { onNote: (note) => isFriendNote(note) && look(), onJoined: look });
}

export function isFriendNote(data: unknown): data is FriendNote {
  return typeof data === "object" && data !== null && (data as { type?: unknown }).type === "friend" && typeof (data as { person?: unknown }).person === "string";
}
