import { useState } from "react";
import { Link, useLocation, useParams } from "wouter";
import { useSession } from "../api/session";
import type { FoundGame } from "../api/types";
import { teaches } from "../shell/Header";
import { Page } from "../shell/Page";
import { ButtonLink } from "../ui/Button";
import { t } from "../words/words";
import { NameStep } from "./NameStep";
import { PinStep } from "./PinStep";
import { pinDigits } from "./pin";
import styles from "./landing.module.css";

/** The way into a game: the PIN, then a name. `/join/123456`, from the QR code, begins with the PIN filled in. */
export default function Landing() {
  const params = useParams<{ pin?: string }>();
  const session = useSession();
  const [, go] = useLocation();
  const [found, setFound] = useState<{ pin: string; game: FoundGame } | null>(null);
  const isTeacher = session !== null && teaches(session.me.role);

  return (
    <Page title={t("join.title")} width="narrow">
      <div className={styles.middle}>
        {found === null ? (
          <PinStep key={params.pin ?? ""} initial={pinDigits(params.pin ?? "")} onFound={(pin, game) => setFound({ pin, game })} />
        ) : (
          <NameStep pin={found.pin} game={found.game} onJoined={() => go(`/play/${found.game.game}`)} onBack={() => setFound(null)} />
        )}
        <div className={styles.teacher}>
          {isTeacher ? (
            <ButtonLink href="/library" tone="outline">
              {t("app.my_quizzes")}
            </ButtonLink>
          ) : session !== null ? (
            <ButtonLink href="/home" tone="outline">
              {t("my.classes")}
            </ButtonLink>
          ) : (
            <p>
              {t("join.teacher")} <Link href="/signin">{t("join.teacher.link")}</Link>
            </p>
          )}
        </div>
      </div>
    </Page>
  );
}
