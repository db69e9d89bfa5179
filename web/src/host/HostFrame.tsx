import { useMemo, useState } from "react";
import type { GameSnapshot, GameStore } from "../live/game-store";
import { useSecondsLeft } from "../live/use-game";
import { useTitle } from "../shell/Page";
import { Announcer } from "../stage/Announcer";
import { Banner, Skeleton } from "../ui/Surfaces";
import { t } from "../words/words";
import { CohostsSheet } from "./CohostsSheet";
import { Controls, type Panel } from "./Controls";
import { KeysDialog } from "./KeysDialog";
import { MissingDialog } from "./MissingDialog";
import { PlayersSheet } from "./PlayersSheet";
import { Board } from "./phases/Board";
import { Countdown } from "./phases/Countdown";
import { Ended } from "./phases/Ended";
import { Lobby } from "./phases/Lobby";
import { Paused } from "./phases/Paused";
import { Podium } from "./phases/Podium";
import { Question } from "./phases/Question";
import { Reveal } from "./phases/Reveal";
import { useSound } from "./sound";
import { TopLine } from "./TopLine";
import { useHostCommands } from "./use-host";
import { useKeys } from "./use-keys";
import styles from "./host.module.css";

/** The big screen: what the room sees in the middle, the PIN above, the host's controls below. */
export function HostFrame({ store, snapshot }: { store: GameStore | null; snapshot: GameSnapshot }) {
  const { view, link } = snapshot;
  const state = view?.state ?? null;
  const [panel, setPanel] = useState<Panel | null>(null);
  const commands = useHostCommands(store, state);
  const paused = state !== null && state.pause !== null;
  const seconds = useSecondsLeft(store, state?.phase === "open" ? state.closes_at : null, paused);
  const { muted, toggle } = useSound(state?.phase ?? null, seconds);
  useTitle(state ? t("host.page", { title: state.title }) : t("app.name"));

  const keys = useMemo(
    () => ({
      " ": commands.next,
      ArrowRight: commands.next,
      l: commands.lock,
      p: commands.pause,
      s: commands.skip,
      "+": commands.addTime,
      "=": commands.addTime,
      m: toggle,
      n: () => setPanel("players"),
      c: () => setPanel("cohosts"),
      f: toggleFullscreen,
      "?": () => setPanel("keys"),
    }),
    // `toggle` only sets state; a new one does the same.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [commands],
  );
  useKeys(keys);

  if (store === null || view === null || state === null) {
    return (
      <main className={styles.loading}>
        <h1 className="visually-hidden">{t("host.connecting")}</h1>
        <Skeleton lines={[64, 320, 64]} />
      </main>
    );
  }
  const inGame = state.phase !== "lobby" && state.phase !== "ended";
  const news = state.phase === "open" || state.phase === "countdown" ? (state.question?.prompt ?? "") : "";
  return (
    <div className={styles.frame} data-phase={state.phase}>
      <TopLine state={state} />
      <Announcer text={news} />
      <main className={styles.stage}>
        {paused && inGame && state.pause ? (
          <Paused reason={state.pause} />
        ) : state.phase === "lobby" ? (
          <Lobby store={store} view={view} />
        ) : state.phase === "countdown" ? (
          <Countdown store={store} state={state} />
        ) : state.phase === "open" || state.phase === "closed" ? (
          <Question store={store} state={state} onMissing={() => setPanel("missing")} />
        ) : state.phase === "reveal" ? (
          <Reveal state={state} />
        ) : state.phase === "board" ? (
          <Board key={state.phase_seq} board={state.board} />
        ) : state.phase === "podium" ? (
          <Podium board={state.board} />
        ) : (
          <Ended state={state} />
        )}
        {link === "connecting" && (
          <div className={styles.bannerPlace}>
            <Banner tone="warn" busy>
              {t("host.reconnecting")}
            </Banner>
          </div>
        )}
      </main>
      {state.phase !== "ended" && <Controls state={state} commands={commands} muted={muted} onMute={toggle} onPanel={setPanel} onFullscreen={toggleFullscreen} />}
      <PlayersSheet store={store} view={view} commands={commands} isOpen={panel === "players"} onClose={() => setPanel(null)} />
      <CohostsSheet store={store} state={state} commands={commands} isOpen={panel === "cohosts"} onClose={() => setPanel(null)} />
      <MissingDialog store={store} answered={state.host?.answered ?? 0} isOpen={panel === "missing"} onClose={() => setPanel(null)} />
      <KeysDialog isOpen={panel === "keys"} onClose={() => setPanel(null)} />
    </div>
  );
}

function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.();
}
