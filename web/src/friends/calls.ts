import { api } from "../api/client";
import type { Page } from "../api/desk-types";
import type { BlockedPerson, Friend, NewBond, SuggestedFriend } from "../api/friend-types";
import type { PersonId } from "../api/types";

/** The calls of `/api/v1` about friends and blocks. */

type Signal = { signal: AbortSignal };
const FRIENDS = "/api/v1/friends";
const BLOCKS = "/api/v1/blocks";

export const friendCalls = {
  list: async ({ signal }: Signal) => (await api<Page<Friend>>(FRIENDS, { signal })).items,
  suggestions: async ({ signal }: Signal) => (await api<Page<SuggestedFriend>>(`${FRIENDS}/suggestions`, { signal })).items,
  /** Asks, or says yes to whoever asked. */
  ask: (person: PersonId) => api<NewBond>(`${FRIENDS}/${person}`, { method: "PUT" }),
  askByCode: (code: string) => api<NewBond>(`${FRIENDS}/by-code`, { method: "POST", body: { code } }),
  /** Takes back, declines or ends. */
  end: (person: PersonId) => api<undefined>(`${FRIENDS}/${person}`, { method: "DELETE" }),
  code: async ({ signal }: Signal) => (await api<{ code: string }>(`${FRIENDS}/code`, { signal })).code,
  newCode: async () => (await api<{ code: string }>(`${FRIENDS}/code`, { method: "POST" })).code,
  blocked: async ({ signal }: Signal) => (await api<Page<BlockedPerson>>(BLOCKS, { signal })).items,
  block: (person: PersonId) => api<undefined>(`${BLOCKS}/${person}`, { method: "PUT" }),
  unblock: (person: PersonId) => api<undefined>(`${BLOCKS}/${person}`, { method: "DELETE" }),
};
