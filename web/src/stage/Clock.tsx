import { useEffect, useMemo, useRef, useState } from "react";
import type { GameStore } from "../live/game-store";
import { useSecondsLeft } from "../live/use-game";
import { t } from "../words/words";
import styles from "./stage.module.css";

export interface ClockProps {
  store: GameStore;
  /** Server times, milliseconds. */
  from: number;
  to: number;
  /** The clock has ended or stands: an empty bar in the same place, so that nothing moves. */
  stopped?: boolean;
}

/** The time left as a shrinking bar and a number; 10 and 5 s before the end are read out. */
export function Clock({ store, from, to, stopped = false }: ClockProps) {
  const seconds = useSecondsLeft(store, to, stopped) ?? 0;
  const total = Math.max(1, to - from);
  // The animation runs by itself; its start is computed once per time window.
  const elapsed = useMemo(() => Math.max(0, store.clock.now() - from), [store, from]);
  const shown = stopped ? 0 : seconds;
  return (
    <div className={styles.clock} role="timer" aria-label={t("host.time_left")} data-low={shown <= 5 ? "" : undefined}>
      <span className={styles.track} aria-hidden="true">
        {!stopped && (
          <span
            key={`${from}-${to}`}
            data-clock=""
            className={styles.bar}
            style={{ animationDuration: `${total}ms`, animationDelay: `${-elapsed}ms`, ["--clock-duration" as string]: `${total}ms` }}
          />
        )}
      </span>
      <span className={styles.seconds} aria-hidden="true">
        {shown}
      </span>
      <TimeCalls seconds={shown} stopped={stopped} />
    </div>
  );
}

const CALLS = [10, 5];

function TimeCalls({ seconds, stopped }: { seconds: number; stopped: boolean }) {
  const [call, setCall] = useState("");
  const before = useRef(seconds);
  useEffect(() => {
    const due = CALLS.find((mark) => before.current > mark && seconds <= mark && seconds > 0);
    before.current = seconds;
    if (due !== undefined && !stopped) setCall(t("play.time_left", { n: due }));
  }, [seconds, stopped]);
  return (
    <span className="visually-hidden" role="status">
      {call}
    </span>
  );
}
