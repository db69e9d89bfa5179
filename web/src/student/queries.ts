import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { Transcript } from "../api/record-types";
import type { Mastery, ReviewCard } from "../api/skill-types";
import { myCalls } from "../records/calls";
import { keys } from "../records/keys";

/** The student's classes with their grades: the transcript is that list. */
export function useTranscript(): UseQueryResult<Transcript> {
  return useQuery({ queryKey: keys.transcript, queryFn: (context) => myCalls.transcript(context) });
}

export function useMastery(): UseQueryResult<Mastery[]> {
  return useQuery({ queryKey: keys.mastery, queryFn: (context) => myCalls.mastery(context) });
}

/** A card becomes due without anybody telling: an open page looks by itself. */
const LOOK_MS = 60_000;

/** Cards that are due by now. */
export function useDueCards(): UseQueryResult<ReviewCard[]> {
  return useQuery({ queryKey: [...keys.reviews, "due"], queryFn: (context) => myCalls.reviews(Date.now(), context), refetchInterval: LOOK_MS });
}

/** Reviews are told of so many days ahead. */
const AHEAD_MS = 60 * 86_400_000;

/** When the next card is due that is not due by now; null for none. */
export function useNextReview(): number | null {
  const later = useQuery({ queryKey: [...keys.reviews, "later"], queryFn: (context) => myCalls.reviews(Date.now() + AHEAD_MS, context) });
  const now = Date.now();
  const times = (later.data ?? []).map((card) => card.due_at).filter((due) => due > now);
  return times.length === 0 ? null : Math.min(...times);
}
