import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/Surfaces";
import { t } from "../words/words";
import { Page } from "./Page";

export function NotFound() {
  return (
    <Page title={t("app.page_not_found")}>
      <EmptyState icon="search" title={t("app.page_not_found")} hint={t("app.page_not_found.hint")} focus>
        <ButtonLink href="/" tone="primary">
          {t("app.to_start")}
        </ButtonLink>
      </EmptyState>
    </Page>
  );
}
