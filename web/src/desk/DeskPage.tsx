import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useSession } from "../api/session";
import { teaches } from "../shell/Header";
import { ChatLink } from "../chat/ChatLink";
import { FriendsLink } from "../friends/FriendsLink";
import { LiveRecords } from "../records/LiveRecords";
import { hasUnsavedWork } from "../shell/leave";
import { Page } from "../shell/Page";
import { Button, ButtonLink } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Banner, EmptyState } from "../ui/Surfaces";
import { t } from "../words/words";
import styles from "./desk.module.css";

const Palette = lazy(() => import("./palette/Palette"));
const onApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

export interface DeskPageProps {
  title: string;
  children: ReactNode;
  width?: "normal" | "wide" | "screen";
  bare?: boolean;
}

/** The frame of the desk: navigation and command palette around `children`, for teachers only. */
export function DeskPage({ title, children, width = "wide", bare = false }: DeskPageProps) {
  const session = useSession();
  const teacher = session !== null && teaches(session.me.role);
  // The session may end by time or in another tab; what is being written stays on the screen.
  const kept = !teacher && hasUnsavedWork();
  const allowed = teacher || kept;
  const page = (
    <Page title={title} width={allowed ? width : "normal"} bare={bare && allowed} header={teacher && <Navigation />}>
      {kept && (
        <div className={styles.notice}>
          <Banner tone="warn">
            {t("desk.signed_out.kept")}{" "}
            <a href="/signin" target="_blank" rel="noreferrer">
              {t("app.sign_in")}
            </a>
          </Banner>
        </div>
      )}
      {allowed ? children : <NotAllowed name={session?.me.name ?? null} />}
    </Page>
  );
  // Always around it: a session that ends must not take away what is being written.
  return <LiveRecords>{page}</LiveRecords>;
}

function Navigation() {
  const [open, setOpen] = useState(false);
  const [path] = useLocation();
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      setOpen((before) => !before);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  return (
    <>
      <nav className={styles.nav} aria-label={t("desk.nav")}>
        <Link href="/library" className={styles.navLink} aria-current={path === "/library" ? "page" : undefined}>
          {t("desk.quizzes")}
        </Link>
        <Link href="/courses" className={styles.navLink} aria-current={path.startsWith("/courses") ? "page" : undefined}>
          {t("course.title")}
        </Link>
        <Link href="/classes" className={styles.navLink} aria-current={path.startsWith("/classes") ? "page" : undefined}>
          {t("class.title")}
        </Link>
        <ChatLink className={styles.navLink ?? ""} />
        <FriendsLink className={styles.navLink ?? ""} />
      </nav>
      <Button tone="outline" onPress={() => setOpen(true)}>
        <Icon name="search" />
        <span className={styles.paletteText}>{t("palette.open")}</span>
        <kbd className={styles.key}>{onApple ? "⌘" : "Ctrl"} K</kbd>
      </Button>
      {open && (
        <Suspense>
          <Palette onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

/** What people see who are not signed in as a teacher; `name` is null for nobody. */
function NotAllowed({ name }: { name: string | null }) {
  const [path] = useLocation();
  if (name === null) {
    return (
      <EmptyState icon="lock" title={t("desk.signed_out.title")} hint={t("desk.signed_out.hint")} focus>
        <ButtonLink tone="primary" href={`/signin?next=${encodeURIComponent(path)}`}>
          {t("app.sign_in")}
        </ButtonLink>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="lock" title={t("desk.students.title")} hint={t("desk.students.hint", { name })} focus>
      <ButtonLink tone="primary" href="/">
        {t("app.join_game")}
      </ButtonLink>
    </EmptyState>
  );
}
