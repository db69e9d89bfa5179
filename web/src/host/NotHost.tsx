import type { Problem } from "../live/game-store";
import { Page } from "../shell/Page";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState, ErrorState } from "../ui/Surfaces";
import { t } from "../words/words";

/** Why this page cannot host, and the way on. */
export function NotHost({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  const signIn = `/signin?next=${encodeURIComponent(window.location.pathname)}`;
  return (
    <Page title={t("app.name")} width="narrow">
      {problem === "signed_out" ? (
        <EmptyState icon="lock" title={t("host.signed_out.title")} hint={t("host.signed_out.hint")} focus>
          <ButtonLink href={signIn} tone="primary">
            {t("app.sign_in")}
          </ButtonLink>
        </EmptyState>
      ) : problem === "gone" ? (
        <EmptyState icon="flag" title={t("host.gone.title")} hint={t("host.gone.hint")} focus>
          <ButtonLink href="/library" tone="primary">
            {t("host.library")}
          </ButtonLink>
        </EmptyState>
      ) : problem === "unknown" ? (
        <ErrorState title={t("host.problem.title")} hint={t("host.problem.hint")} focus {...(onRetry ? { onRetry } : {})} />
      ) : (
        <EmptyState icon="lock" title={t("host.not_host.title")} hint={t("host.not_host.hint")} focus>
          {onRetry && (
            <Button tone="primary" onPress={onRetry}>
              {t("app.retry")}
            </Button>
          )}
          <ButtonLink href={signIn}>{t("host.not_host.other")}</ButtonLink>
          <ButtonLink href="/library">{t("host.library")}</ButtonLink>
        </EmptyState>
      )}
    </Page>
  );
}
