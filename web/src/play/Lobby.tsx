import type { GameState, YouPlayer } from "../api/types";
import { Bell } from "../shell/Bell";
import { useFocusOn } from "../stage/use-focus";
import { t } from "../words/words";
import styles from "./play.module.css";

export function Lobby({ state, you }: { state: GameState; you: YouPlayer }) {
  const heading = useFocusOn<HTMLHeadingElement>("lobby");
  return (
    <section className={styles.center}>
      <span className={styles.bell}>
        <Bell size={72} />
      </span>
      <p className={styles.soft}>{state.title}</p>
      <h1 ref={heading} tabIndex={-1}>
        {t("play.lobby.title", { name: you.nickname })}
      </h1>
      <p className={styles.soft}>{t("play.lobby.hint")}</p>
      <p className={styles.pill}>{t("play.lobby.players", { n: state.players })}</p>
    </section>
  );
}
