import type { GameState } from "../../api/types";
import { ButtonLink } from "../../ui/Button";
import { EmptyState } from "../../ui/Surfaces";
import { t } from "../../words/words";
import styles from "./phases.module.css";

export function Ended({ state }: { state: GameState }) {
  return (
    <section className={styles.center}>
      <EmptyState icon="flag" title={t("host.ended")} hint={t(`host.ended.${state.ended ?? "finished"}`)} focus>
        <ButtonLink href={`/games/${state.game}/report`} tone="primary" size="large">
          {t("host.report")}
        </ButtonLink>
        <ButtonLink href="/library" tone="outline" size="large">
          {t("host.library")}
        </ButtonLink>
      </EmptyState>
    </section>
  );
}
