import { api } from "../api/client";
import type { ChatMode, ChatPerson, Conversation, ConversationId, Found, Member, Message, MessageEdit, NewMessage, Readers, ReadMarks, Unread } from "../api/chat-types";
import type { Page } from "../api/desk-types";
import type { ClassId, PersonId } from "../api/types";
import type { Part, Span } from "./room";

/** The calls of `/api/v1` about chat. */

type Signal = { signal: AbortSignal };
const V1 = "/api/v1";
const room = (id: ConversationId): string => `${V1}/conversations/${id}`;
const message = (id: ConversationId, seq: number): string => `${room(id)}/messages/${seq}`;

function query(values: Record<string, string | number | null | undefined>): string {
  const given = Object.entries(values).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]]));
  return new URLSearchParams(given).toString();
}

export const conversationCalls = {
  list: (cursor: string | null, { signal }: Signal) => api<Page<Conversation>>(`${V1}/conversations?${query({ limit: 50, cursor })}`, { signal }),
  get: (id: ConversationId, { signal }: Partial<Signal> = {}) => api<Conversation>(room(id), signal ? { signal } : {}),
  direct: (person: PersonId) => api<Conversation>(`${V1}/conversations`, { method: "POST", body: { kind: "direct", with: person } }),
  group: (title: string, people: PersonId[]) => api<Conversation>(`${V1}/conversations`, { method: "POST", body: { kind: "group", title, people } }),
  /** Opens the chat of a class; again, it is the same one. */
  ofClass: (id: ClassId) => api<Conversation>(`${V1}/classes/${id}/conversation`, { method: "PUT", body: {} }),
  save: (id: ConversationId, version: number, content: { title?: string; mode?: ChatMode; slow_s?: number }) =>
    api<Conversation>(room(id), { method: "PUT", body: content, headers: { "If-Match": `"${version}"` } }),
  unread: ({ signal }: Signal) => api<Unread>(`${V1}/conversations/unread`, { signal }),
  read: (id: ConversationId, seq: number) => api<ReadMarks>(`${room(id)}/read`, { method: "PUT", body: { seq } }),
  mute: (id: ConversationId, until: number | null) => api<undefined>(`${room(id)}/mute`, { method: "PUT", body: { until } }),
  people: (id: ConversationId, cursor: string | null, { signal }: Signal) => api<Page<Member>>(`${room(id)}/people?${query({ limit: 200, cursor })}`, { signal }),
  add: (id: ConversationId, person: PersonId) => api<undefined>(`${room(id)}/people/${person}`, { method: "PUT", body: {} }),
  remove: (id: ConversationId, person: PersonId) => api<undefined>(`${room(id)}/people/${person}`, { method: "DELETE" }),
  reachable: async (words: string, { signal }: Signal) => (await api<Page<ChatPerson>>(`${V1}/people/reachable?${query({ q: words })}`, { signal })).items,
};

export const messageCalls = {
  page: (id: ConversationId, { before, after, limit }: Span, thread?: number) => api<Part>(`${room(id)}/messages?${query({ before, after, limit, thread })}`),
  get: (id: ConversationId, seq: number, { signal }: Signal) => api<Message>(message(id, seq), { signal }),
  send: (id: ConversationId, body: NewMessage) => api<Message>(`${room(id)}/messages`, { method: "POST", body }),
  edit: (id: ConversationId, seq: number, body: string) => api<Message>(message(id, seq), { method: "PUT", body: { body } }),
  delete: (id: ConversationId, seq: number, keepalive = false) => api<Message>(message(id, seq), { method: "DELETE", keepalive }),
  edits: async (id: ConversationId, seq: number, { signal }: Signal) => (await api<Page<MessageEdit>>(`${message(id, seq)}/edits`, { signal })).items,
  react: (id: ConversationId, seq: number, emoji: string, on: boolean) => api<Message>(`${message(id, seq)}/reactions/${encodeURIComponent(emoji)}`, { method: on ? "PUT" : "DELETE" }),
  pin: (id: ConversationId, seq: number, on: boolean) => api<Message>(`${message(id, seq)}/pin`, { method: on ? "PUT" : "DELETE" }),
  readers: (id: ConversationId, seq: number, { signal }: Signal) => api<Readers>(`${message(id, seq)}/readers`, { signal }),
  pins: async (id: ConversationId, { signal }: Signal) => (await api<Page<Message>>(`${room(id)}/pins`, { signal })).items,
  search: (id: ConversationId, words: string, before: number | null, { signal }: Signal) => api<Found>(`${room(id)}/search?${query({ q: words, before, limit: 20 })}`, { signal }),
};
