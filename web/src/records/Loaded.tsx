import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError, errorText } from "../api/client";
import { EmptyState, ErrorState, Skeleton } from "../ui/Surfaces";
import { t } from "../words/words";

interface LoadedProps<Data> {
  query: UseQueryResult<Data>;
  /** Heights of what is to come, pixels. */
  lines: number[];
  /** Whether it is the whole screen. */
  focus?: boolean;
  /** What to do where there is nothing for this person. */
  way?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** What was asked for, or why it is not there. What was there before stays while it is asked for again. */
export function Loaded<Data>({ query, lines, focus = false, way, children }: LoadedProps<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return <Skeleton lines={lines} />;
  const status = query.error instanceof ApiError ? query.error.status : 0;
  if (status === 404 || status === 403) {
    return (
      <EmptyState icon={status === 404 ? "search" : "lock"} title={t("records.not_found")} hint={t("records.not_found.hint")} focus={focus}>
        {way}
      </EmptyState>
    );
  }
  return <ErrorState title={t("records.problem")} hint={errorText(query.error)} onRetry={() => void query.refetch()} />;
}
