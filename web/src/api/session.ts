import { useSyncExternalStore } from "react";
import type { GameId, Joined, Session } from "./types";

const SESSION_KEY = "schoolbell.session";
const guestKey = (game: GameId): string => `schoolbell.guest.${game}`;
const listeners = new Set<() => void>();
let cached: { raw: string | null; session: Session | null } = { raw: null, session: null };

/** Who is signed in on this device, if anybody; a session past its end counts as none. */
export function currentSession(): Session | null {
  const raw = localStorage.getItem(SESSION_KEY);
  if (raw !== cached.raw) cached = { raw, session: parse<Session>(raw) };
  const session = cached.session;
  return session !== null && session.expires_at > Date.now() ? session : null;
}

/** Calls `listener` when the session changes, in this tab or another. Listeners are told in the order they came. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

export function keepSession(session: Session | null): void {
  if (session === null) localStorage.removeItem(SESSION_KEY);
  else localStorage.setItem(SESSION_KEY, JSON.stringify(session));
  for (const listener of listeners) listener();
}

/** The session, following sign-in and sign-out also in other tabs. */
export function useSession(): Session | null {
  return useSyncExternalStore(onSession, currentSession);
}

/** A guest's place in one game; it survives a reload and a closed tab. */
export interface GuestPlace {
  token: string;
  nickname: string;
  pin: string;
}

export function guestPlace(game: GameId): GuestPlace | null {
  return parse<GuestPlace>(localStorage.getItem(guestKey(game)));
}

export function keepGuestPlace(game: GameId, joined: Joined, pin: string): void {
  if (joined.token === null) return;
  const place: GuestPlace = { token: joined.token, nickname: joined.nickname, pin };
  localStorage.setItem(guestKey(game), JSON.stringify(place));
}

export function forgetGuestPlace(game: GameId): void {
  localStorage.removeItem(guestKey(game));
}

function parse<T>(raw: string | null): T | null {
  if (raw === null) return null;
  try {
    return JSON.parse(raw) as T;
  } catch {
    return null;
  }
}
