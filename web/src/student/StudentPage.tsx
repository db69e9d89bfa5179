import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useSession } from "../api/session";
import { ChatLink } from "../chat/ChatLink";
import { FriendsLink } from "../friends/FriendsLink";
import { LiveRecords, OfflineBanner } from "../records/LiveRecords";
import { teaches } from "../shell/Header";
import { Page } from "../shell/Page";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/Surfaces";
import { t } from "../words/words";
import styles from "./student.module.css";

const PLACES = [
  { path: "/home", label: "my.classes", under: /^\/(home|my\/(classes|assignments|lessons))/ },
  { path: "/my/progress", label: "my.progress", under: /^\/my\/(progress|review|practise|transcript)/ },
] as const;

export interface StudentPageProps {
  title: string;
  children: ReactNode;
  width?: "normal" | "screen";
  bare?: boolean;
}

/** The frame of a student's pages. */
export function StudentPage({ title, children, width = "normal", bare = false }: StudentPageProps) {
  const session = useSession();
  const [path] = useLocation();
  const allowed = session !== null && !teaches(session.me.role);
  const page = (
    <Page
      title={title}
      width={allowed ? width : "normal"}
      bare={bare && allowed}
      header={
        allowed && (
          <nav className={styles.nav} aria-label={t("my.nav")}>
            {PLACES.map((place) => (
              <Link key={place.path} href={place.path} className={styles.navLink} aria-current={place.under.test(path) ? "page" : undefined}>
                {t(place.label)}
              </Link>
            ))}
            <ChatLink className={styles.navLink ?? ""} />
            <FriendsLink className={styles.navLink ?? ""} />
          </nav>
        )
      }
    >
      {session === null ? (
        <EmptyState icon="lock" title={t("my.signed_out.title")} hint={t("desk.signed_out.hint")} focus>
          <ButtonLink tone="primary" href={`/signin?next=${encodeURIComponent(path)}`}>
            {t("app.sign_in")}
          </ButtonLink>
        </EmptyState>
      ) : allowed ? (
        <>
          {width === "normal" && <OfflineBanner />}
          {children}
        </>
      ) : (
        <EmptyState icon="lock" title={t("my.not_student.title")} hint={t("my.not_student.hint", { name: session.me.name })} focus>
          <ButtonLink tone="primary" href="/classes">
            {t("my.to_desk")}
          </ButtonLink>
        </EmptyState>
      )}
    </Page>
  );
  // Always around it: a session that ends must not take away what is being written.
  return <LiveRecords>{page}</LiveRecords>;
}
