import type { GameState } from "../api/types";
import { groupPin } from "../landing/pin";
import { Bell } from "../shell/Bell";
import { ThemeSwitch } from "../shell/Header";
import { Icon } from "../ui/Icon";
import { t } from "../words/words";
import styles from "./host.module.css";

/** What stays on the big screen all the time: title, progress, and how to join. */
export function TopLine({ state }: { state: GameState }) {
  const question = state.question;
  const inQuestion = question !== null && state.phase !== "lobby" && state.phase !== "podium" && state.phase !== "ended";
  return (
    <header className={styles.top}>
      <Bell size={28} />
      <span className={styles.title} dir="auto">
        {state.title}
      </span>
      {inQuestion && <span className={styles.soft}>{t("play.question_of", { index: question.index + 1, of: question.of })}</span>}
      <span className={styles.topEnd}>
        {state.locked && (
          <span className={styles.locked}>
            <Icon name="lock" size={18} /> {t("host.locked")}
          </span>
        )}
        <span className={styles.players}>
          <Icon name="people" size={20} /> {t("host.players", { n: state.players })}
        </span>
        {state.pin !== null && state.phase !== "lobby" && (
          <span className={styles.pinSmall}>
            <span className={styles.soft}>{window.location.host}</span> <span className="visually-hidden">{t("host.pin")}</span> <strong>{groupPin(state.pin)}</strong>
          </span>
        )}
        <ThemeSwitch />
      </span>
    </header>
  );
}
