import type { ReactNode } from "react";
import { Link } from "wouter";
import { useServer } from "../api/queries";
import { keepSession, useSession } from "../api/session";
import type { Role } from "../api/types";
import { chooseTheme, useTheme } from "../theme";
import { Button, ButtonLink, IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Banner } from "../ui/Surfaces";
import { t, type Key } from "../words/words";
import { Bell } from "./Bell";
import { leaveTo } from "./leave";
import styles from "./shell.module.css";

const roles: Record<Role, Key> = {
  student: "app.role.student",
  teacher: "app.role.teacher",
  admin: "app.role.admin",
  school_admin: "app.role.school_admin",
  super_admin: "app.role.super_admin",
};

/** Whether this role may write quizzes and host games. */
export function teaches(role: Role): boolean {
  return role !== "student";
}

/** Whether this role sets what holds for the whole school. */
export function administers(role: Role): boolean {
  return role === "admin" || role === "school_admin" || role === "super_admin";
}

export function Header({ children }: { children?: ReactNode }) {
  const session = useSession();
  const server = useServer();
  return (
    <>
      {server.data?.demo && (
        <div className={styles.demo}>
          <Banner tone="warn">{t("app.demo")}</Banner>
        </div>
      )}
      <header className={styles.header} data-crowded={children ? "" : undefined}>
        <Link href="/" className={styles.brand} aria-label={t("app.home")}>
          <Bell />
          <span className={styles.brandName}>{t("app.name")}</span>
        </Link>
        <div className={styles.headerMiddle}>{children}</div>
        <ThemeSwitch />
        {session ? (
          <>
            <span className={styles.who}>
              <span>{session.me.name}</span>
              <span className={styles.role}>{t(roles[session.me.role])}</span>
            </span>
            <Button tone="outline" onPress={() => leaveTo(() => keepSession(null))}>
              {t("app.sign_out")}
            </Button>
          </>
        ) : (
          <ButtonLink href="/signin" tone="outline">
            {t("app.sign_in")}
          </ButtonLink>
        )}
      </header>
    </>
  );
}

export function ThemeSwitch() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <IconButton label={t(other === "dark" ? "app.theme.dark" : "app.theme.light")} onPress={() => chooseTheme(other)}>
      <Icon name={other === "dark" ? "moon" : "sun"} />
    </IconButton>
  );
}

/** The name of a role in words. */
export function roleName(role: Role): string {
  return t(roles[role]);
}
