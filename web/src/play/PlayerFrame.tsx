import { useEffect, useRef, useState } from "react";
import type { YouPlayer } from "../api/types";
import type { GameSnapshot, GameStore } from "../live/game-store";
import { useDeviceOnline } from "../live/use-game";
import { useTitle } from "../shell/Page";
import { Announcer } from "../stage/Announcer";
import { Banner, Skeleton } from "../ui/Surfaces";
import { toast } from "../ui/toast";
import { number, t } from "../words/words";
import { announcement } from "./announce";
import { Countdown } from "./Countdown";
import { Lobby } from "./Lobby";
import { Paused } from "./Paused";
import { Ended, Podium } from "./Podium";
import { Question } from "./Question";
import { BoardScreen, Result } from "./Result";
import { NotHere } from "./NotHere";
import styles from "./play.module.css";

/** One thing per screen, by the phase of the game; the top line and the banner stay in place. */
export function PlayerFrame({ store, snapshot }: { store: GameStore | null; snapshot: GameSnapshot }) {
  const { view, link, answer } = snapshot;
  useTitle(view?.state.title ?? t("play.page"));
  const you = view?.state.you;

  if (view === null || store === null) {
    return (
      <div className={styles.frame}>
        <ConnectionBanner reconnecting={false} />
        <main className={styles.main}>
          <h1 className="visually-hidden">{t("play.connecting")}</h1>
          <Skeleton lines={[32, 96, 88, 88, 88]} />
        </main>
      </div>
    );
  }
  if (you?.role !== "player") return <NotHere problem="not_in_game" />;

  const { state } = view;
  const running = state.phase !== "lobby" && state.phase !== "ended";
  return (
    <div className={styles.frame} data-phase={state.phase}>
      <ConnectionBanner reconnecting={link === "connecting"} />
      <header className={styles.top}>
        <span className={styles.name}>{you.nickname}</span>
        {running && state.question && (
          <span className={styles.count}>{t("play.question_of", { index: state.question.index + 1, of: state.question.of })}</span>
        )}
        <span className={styles.score}>
          <span className="visually-hidden">{t("play.score_label")} </span>
          {number(you.score)}
        </span>
      </header>
      <Announcer text={announcement(state, you)} />
      <NameNews you={you} />
      <main className={styles.main}>
        {state.pause !== null && running ? (
          <Paused reason={state.pause} />
        ) : state.phase === "lobby" ? (
          <Lobby state={state} you={you} />
        ) : state.phase === "countdown" ? (
          <Countdown store={store} state={state} you={you} />
        ) : state.phase === "open" || state.phase === "closed" ? (
          <Question key={state.question?.index} store={store} state={state} you={you} answer={answer} />
        ) : state.phase === "reveal" ? (
          <Result state={state} you={you} />
        ) : state.phase === "board" ? (
          <BoardScreen state={state} you={you} />
        ) : state.phase === "podium" ? (
          <Podium state={state} you={you} />
        ) : (
          <Ended state={state} you={you} />
        )}
      </main>
    </div>
  );
}

/** The slim line that says that nothing is lost, and goes by itself. */
function ConnectionBanner({ reconnecting }: { reconnecting: boolean }) {
  const deviceOnline = useDeviceOnline();
  const down = reconnecting || !deviceOnline;
  const wasDown = useRef(false);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (down) {
      wasDown.current = true;
      setBack(false);
      return;
    }
    if (!wasDown.current) return;
    wasDown.current = false;
    setBack(true);
    const timer = window.setTimeout(() => setBack(false), 2_500);
    return () => window.clearTimeout(timer);
  }, [down]);
  return (
    <div className={styles.bannerPlace}>
      {down ? (
        <Banner tone="warn" busy>
          {t(deviceOnline ? "play.reconnecting" : "play.offline")}
        </Banner>
      ) : (
        back && <Banner tone="good">{t("play.back_online")}</Banner>
      )}
    </div>
  );
}

/** Tells what the host has changed about this player. */
function NameNews({ you }: { you: YouPlayer }) {
  const before = useRef({ nickname: you.nickname, factor: you.time_factor });
  useEffect(() => {
    if (before.current.nickname !== you.nickname) toast({ text: t("play.renamed", { name: you.nickname }) });
    if (you.time_factor > before.current.factor) toast({ text: t("play.extra_time") });
    before.current = { nickname: you.nickname, factor: you.time_factor };
  }, [you.nickname, you.time_factor]);
  return null;
}
