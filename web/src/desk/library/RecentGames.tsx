import { errorText } from "../../api/client";
import type { GameSummary } from "../../api/desk-types";
import type { Phase } from "../../api/types";
import { Button, ButtonLink } from "../../ui/Button";
import { Skeleton } from "../../ui/Surfaces";
import { dateTime, t, type Key } from "../../words/words";
import desk from "../desk.module.css";
import { useGames } from "../queries";
import styles from "./library.module.css";

/** Games that run, to go on hosting, and games that are over, with their reports. */
export function RecentGames() {
  const games = useGames();
  return (
    <aside className={styles.games} aria-labelledby="recent-games">
      <h2 id="recent-games" className={styles.gamesTitle}>
        {t("games.title")}
      </h2>
      {games.isPending && <Skeleton lines={[72, 72, 72]} />}
      {games.isError && (
        <div role="alert" className={styles.gamesEmpty}>
          <p>
            {t("games.problem")}. {errorText(games.error)}
          </p>
          <Button tone="outline" onPress={() => void games.refetch()}>
            {t("app.retry")}
          </Button>
        </div>
      )}
      {games.isSuccess && <Games items={games.data.pages.flatMap((page) => page.items)} />}
      {games.hasNextPage && (
        <Button isDisabled={games.isFetchingNextPage} onPress={() => void games.fetchNextPage()}>
          {t("games.more")}
        </Button>
      )}
    </aside>
  );
}

function Games({ items }: { items: GameSummary[] }) {
  if (items.length === 0) return <p className={`${desk.soft} ${styles.gamesEmpty}`}>{t("games.empty")}</p>;
  const running = items.filter((game) => game.phase !== "ended");
  const over = items.filter((game) => game.phase === "ended");
  return (
    <ul className={styles.gameList}>
      {[...running, ...over].map((game) => (
        <li key={game.game} className={styles.game} data-running={game.phase === "ended" ? undefined : ""}>
          <div className={styles.gameText}>
            <h3 className={styles.gameName}>{game.title}</h3>
            <p className={`${desk.soft} ${desk.small} ${styles.facts} tabular`}>
              <span>{dateTime(game.opened_at)}</span>
              <span>{t("games.players", { n: game.players })}</span>
              {game.pin !== null && game.phase !== "ended" && <span>{t("games.pin", { pin: grouped(game.pin) })}</span>}
            </p>
          </div>
          {game.phase === "ended" ? (
            <ButtonLink href={`/games/${game.game}/report`} tone="quiet">
              {t("games.report")} <span className="visually-hidden">: {t("games.report_named", { title: game.title, when: dateTime(game.opened_at) })}</span>
            </ButtonLink>
          ) : (
            <>
              <span className={desk.pill} data-tone="good">
                {t(phaseKey(game.phase))}
              </span>
              <ButtonLink href={`/host/${game.game}`} tone="outline">
                {t("games.continue")} <span className="visually-hidden">: {game.title}</span>
              </ButtonLink>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function phaseKey(phase: Phase): Key {
  if (phase === "lobby" || phase === "podium" || phase === "ended") return `desk.phase.${phase}`;
  return "desk.phase.running";
}

/** 123 456, as PINs are shown everywhere. */
function grouped(pin: string): string {
  return `${pin.slice(0, 3)} ${pin.slice(3)}`;
}
