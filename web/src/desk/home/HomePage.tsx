import { Redirect } from "wouter";
import { useSession } from "../../api/session";
import { teaches } from "../../shell/Header";
import { Page } from "../../shell/Page";
import { ButtonLink } from "../../ui/Button";
import { EmptyState } from "../../ui/Surfaces";
import { t } from "../../words/words";

/** `/home`: where signing in leads. Teachers go to their library, students to the PIN. */
export default function HomePage() {
  const session = useSession();
  if (session === null) return <Redirect to="/signin" replace />;
  if (teaches(session.me.role)) return <Redirect to="/library" replace />;
  return (
    <Page title={t("app.join_game")} width="narrow">
      <EmptyState icon="bell" title={t("desk.student.welcome", { name: session.me.name })} hint={t("desk.student.hint")} focus>
        <ButtonLink tone="primary" size="large" href="/">
          {t("app.join_game")}
        </ButtonLink>
      </EmptyState>
    </Page>
  );
}
