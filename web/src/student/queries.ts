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

/** Cards that are due by now. */
export function useDueCards(): UseQueryResult<ReviewCard[]> {
  return useQuery({ queryKey: keys.reviews, queryFn: (context) => myCalls.reviews(Date.now(), context) });
}
