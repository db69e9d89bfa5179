import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { api } from "./client";
import type { Colleague, FoundGame, GameId, Joined, ServerInfo, Session } from "./types";

export const SERVER = ["server"] as const;

/** What this server is, and whether it is a demo. */
export function useServer(): UseQueryResult<ServerInfo> {
  return useQuery({
    queryKey: SERVER,
    queryFn: ({ signal }) => api<ServerInfo>("/api/v1/server", { signal, token: null }),
    staleTime: Infinity,
  });
}

export const COLLEAGUES = ["colleagues"] as const;

/** The other staff of the school, whom a host may ask to help. */
export function useColleagues(): UseQueryResult<Colleague[]> {
  return useQuery({
    queryKey: COLLEAGUES,
    queryFn: async ({ signal }) => (await api<{ items: Colleague[] }>("/api/v1/colleagues", { signal })).items,
  });
}

export function signInDemo(login: string, password?: string): Promise<Session> {
  const body = password === undefined ? { login } : { login, password };
  return api<Session>("/api/v1/demo/session", { method: "POST", body, token: null });
}

/** The open game with this PIN (six digits). */
export function findGame(pin: string): Promise<FoundGame> {
  return api<FoundGame>("/api/v1/games/find", { method: "POST", body: { pin } });
}

/** Joins as a guest with `nickname`, or with the session when it is null. The same `op` leads a guest to the same place. */
export function joinGame(game: GameId, pin: string, nickname: string | null, op: string): Promise<Joined> {
  const body = nickname === null ? { pin } : { pin, nickname, op };
  const call = { method: "POST" as const, body };
  return api<Joined>(`/api/v1/games/${game}/join`, nickname === null ? call : { ...call, token: null });
}
