import { useEffect } from "react";
import { forgetGuestPlace, guestPlace } from "../api/session";
import type { GameId } from "../api/types";
import type { Problem } from "../live/game-store";
import { Page } from "../shell/Page";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState, ErrorState } from "../ui/Surfaces";
import { t } from "../words/words";

/** Why there is no game to show, and the way on. */
export function NotHere({ problem, game, onRetry }: { problem: Problem; game?: GameId; onRetry?: () => void }) {
  // A guest's token that the server will not have again only leads back here.
  const guest = game !== undefined && guestPlace(game) !== null;
  useEffect(() => {
    if (guest && (problem === "gone" || problem === "not_in_game")) forgetGuestPlace(game);
  }, [guest, game, problem]);

  return (
    <Page title={t("play.page")} width="narrow">
      {problem === "unknown" ? (
        <ErrorState title={t("play.problem.title")} hint={t("play.problem.hint")} focus {...(onRetry ? { onRetry } : {})} />
      ) : problem === "signed_out" ? (
        <EmptyState icon="lock" title={t("play.session.title")} hint={t("play.session.hint")} focus>
          <ButtonLink href={`/signin?next=${encodeURIComponent(window.location.pathname)}`} tone="primary">
            {t("app.sign_in")}
          </ButtonLink>
          <ButtonLink href="/">{t("app.join_game")}</ButtonLink>
        </EmptyState>
      ) : problem === "kicked" ? (
        <EmptyState icon="warning" title={t("play.kicked.title")} hint={t("play.kicked.hint")} focus>
          <ButtonLink href="/" tone="primary">
            {t("play.ended.again")}
          </ButtonLink>
        </EmptyState>
      ) : (
        <EmptyState icon={problem === "gone" ? "flag" : "search"} title={t(`play.${problem}.title`)} hint={t(`play.${problem}.hint`)} focus>
          <ButtonLink href="/" tone="primary">
            {t("app.join_game")}
          </ButtonLink>
          {problem === "not_in_game" && onRetry && <Button onPress={onRetry}>{t("app.retry")}</Button>}
        </EmptyState>
      )}
    </Page>
  );
}
