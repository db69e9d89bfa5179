import { useEffect, useRef, useState } from "react";
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
  const shown = stopped ? 0 : seconds;
  return (
    <div className={styles.clock} role="timer" aria-label={t("host.time_left")} data-low={shown <= 5 ? "" : undefined}>
      <span className={styles.track} aria-hidden="true">
        {!stopped && <Bar key={`${from}-${to}`} store={store} from={from} to={to} />}
      </span>
      <span className={styles.seconds} aria-hidden="true">
        {shown}
      </span>
      <TimeCalls seconds={shown} stopped={stopped} />
    </div>
  );
}

/** The animation runs by itself from where the time stands; mount anew for each time window, also for one made longer. */
function Bar({ store, from, to }: { store: GameStore; from: number; to: number }) {
  const [elapsed] = useState(() => Math.max(0, store.clock.now() - from));
  const duration = `${Math.max(1, to - from)}ms`;
  return <span data-clock="" className={styles.bar} style={{ animationDuration: duration, animationDelay: `${-elapsed}ms`, ["--clock-duration" as string]: duration }} />;
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
