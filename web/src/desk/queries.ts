import { useInfiniteQuery, useQuery, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from "@tanstack/react-query";
import { api, apiBlob } from "../api/client";
import type { GameReport, GameSummary, Page, Quiz, QuizContent, QuizSummary, SchoolClass } from "../api/desk-types";
import type { GameId, GameSettings, QuizId } from "../api/types";

/** One saved version of a quiz, as its history lists it. */
export interface VersionSummary {
  version: number;
  title: string;
  questions: number;
  /** Server milliseconds. */
  saved_at: number;
}

const QUIZZES_PER_PAGE = 24;
const GAMES_PER_PAGE = 8;

/** Keys of what the desk keeps, so that a change knows what to fetch again. */
export const keys = {
  quizzes: ["quizzes"] as const,
  quiz: (id: QuizId) => ["quiz", id] as const,
  versions: (id: QuizId) => ["quiz", id, "versions"] as const,
  games: ["games"] as const,
  report: (game: GameId) => ["report", game] as const,
};

type Pages<Item> = UseInfiniteQueryResult<InfiniteData<Page<Item>>>;

/** The library, newest first; `text` narrows it. */
export function useQuizzes(text: string): Pages<QuizSummary> {
  return usePages<QuizSummary>([...keys.quizzes, text], "/api/v1/quizzes", { limit: String(QUIZZES_PER_PAGE), ...(text && { query: text }) });
}

/** The caller's games, newest first. */
export function useGames(): Pages<GameSummary> {
  return usePages<GameSummary>(keys.games, "/api/v1/games", { limit: String(GAMES_PER_PAGE) });
}

function usePages<Item>(queryKey: readonly unknown[], path: string, parameters: Record<string, string>): Pages<Item> {
  return useInfiniteQuery({
    queryKey,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ ...parameters, ...(pageParam !== null && { cursor: pageParam }) });
      return api<Page<Item>>(`${path}?${query.toString()}`, { signal });
    },
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: (previous) => previous,
  });
}

export function useQuiz(id: QuizId): UseQueryResult<Quiz> {
  return useQuery({
    queryKey: keys.quiz(id),
    queryFn: ({ signal }) => api<Quiz>(quizPath(id), { signal }),
    // The editor holds a draft of it: a refetch behind its back would help nobody.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
}

export function useVersions(id: QuizId, enabled: boolean): UseQueryResult<VersionSummary[]> {
  return useQuery({
    queryKey: keys.versions(id),
    queryFn: async ({ signal }) => (await api<Page<VersionSummary>>(`${quizPath(id)}/versions`, { signal })).items,
    enabled,
  });
}

/** The caller's classes; a school without any is an empty list. */
export function useClasses(enabled: boolean): UseQueryResult<SchoolClass[]> {
  return useQuery({
    queryKey: ["classes"],
    queryFn: async ({ signal }) => (await api<Page<SchoolClass>>("/api/v1/classes", { signal })).items,
    enabled,
  });
}

export function useReport(game: GameId): UseQueryResult<GameReport> {
  return useQuery({ queryKey: keys.report(game), queryFn: ({ signal }) => api<GameReport>(`/api/v1/games/${game}/report`, { signal }) });
}

export const fetchQuiz = (id: QuizId): Promise<Quiz> => api<Quiz>(quizPath(id));
export const fetchVersion = (id: QuizId, version: number): Promise<Quiz> => api<Quiz>(`${quizPath(id)}/versions/${version}`);
export const createQuiz = (content: QuizContent): Promise<Quiz> => api<Quiz>("/api/v1/quizzes", { method: "POST", body: content });
export const archiveQuiz = (id: QuizId): Promise<void> => api<undefined>(quizPath(id), { method: "DELETE" });
export const restoreQuiz = (id: QuizId): Promise<void> => api<undefined>(`${quizPath(id)}/restore`, { method: "POST" });
export const exportQuiz = (id: QuizId, format: "json" | "csv"): Promise<Blob> => apiBlob(`${quizPath(id)}/export?format=${format}`);
export const reportFile = (game: GameId, format: "json" | "csv"): Promise<Blob> => apiBlob(`/api/v1/games/${game}/report?format=${format}`);

/** Saves a new version; refused with 409 if `version` is not the newest any more. */
export function saveQuiz(id: QuizId, version: number, content: QuizContent): Promise<Quiz> {
  return api<Quiz>(quizPath(id), { method: "PUT", body: content, headers: { "If-Match": `"${version}"` } });
}

/** Creates a quiz from the text of a file. */
export function importQuiz(text: string, contentType: "application/json" | "text/csv"): Promise<Quiz> {
  return api<Quiz>("/api/v1/quizzes/import", { method: "POST", body: text, contentType });
}

/** Opens the lobby of a new game. */
export function startGame(quiz: QuizId, settings: GameSettings): Promise<{ game: GameId; pin: string }> {
  return api("/api/v1/games", { method: "POST", body: { quiz_id: quiz, settings } });
}

function quizPath(id: QuizId): string {
  return `/api/v1/quizzes/${encodeURIComponent(id)}`;
}
