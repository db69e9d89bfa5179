import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useLocation, useSearchParams } from "wouter";
import { errorText } from "../api/client";
import { signInDemo, useServer } from "../api/queries";
import { keepSession } from "../api/session";
import { roleName, teaches } from "../shell/Header";
import { Page } from "../shell/Page";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Card, EmptyState, ErrorState, Skeleton } from "../ui/Surfaces";
import { TextField } from "../ui/TextField";
import { t } from "../words/words";
import styles from "./signin.module.css";

/** The demo's accounts share this password; the server prints it at its start. */
const DEMO_PASSWORD = "schoolbell";

/** `?next=/path` is where the person wanted to go. */
export default function SignIn() {
  const server = useServer();
  const [search] = useSearchParams();
  const [, go] = useLocation();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: (who: { login: string; password: string }) => signInDemo(who.login, who.password),
    onSuccess: (session) => {
      keepSession(session);
      const to = search.get("next") ?? "";
      // Only addresses of this app: "//elsewhere" would be another site.
      const own = to.startsWith("/") && !to.startsWith("//");
      go(own ? to : teaches(session.me.role) ? "/library" : "/home");
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    signIn.mutate({ login: login.trim(), password });
  }

  return (
    <Page title={t("signin.title")} width="narrow">
      <div className={styles.stack}>
        <h1>{t("signin.title")}</h1>
        {server.isPending && <Skeleton lines={[56, 56, 56]} />}
        {server.isError && <ErrorState title={errorText(server.error)} onRetry={() => void server.refetch()} />}
        {server.data && !server.data.demo && <EmptyState icon="lock" title={t("signin.platform")} hint={t("signin.platform.hint")} />}
        {server.data?.demo && (
          <>
            <Card className={styles.card}>
              <h2 className={styles.heading}>{t("signin.demo.title")}</h2>
              <p className={styles.soft}>{t("signin.demo.hint")}</p>
              <ul className={styles.accounts}>
                {server.data.demo_accounts.map((account) => (
                  <li key={account.login}>
                    <Button tone="outline" wide isDisabled={signIn.isPending} onPress={() => signIn.mutate({ login: account.login, password: DEMO_PASSWORD })}>
                      <span className={styles.accountName}>{account.name}</span>
                      <span className={styles.soft}>{roleName(account.role)}</span>
                      <Icon name="next" />
                    </Button>
                  </li>
                ))}
              </ul>
            </Card>
            <Card className={styles.card}>
              <form onSubmit={submit} className={styles.form}>
                <TextField label={t("signin.login")} value={login} onChange={setLogin} autoComplete="username" isRequired />
                <TextField label={t("signin.password")} type="password" value={password} onChange={setPassword} autoComplete="current-password" isRequired />
                {signIn.isError && (
                  <p role="alert" className={styles.fault}>
                    {errorText(signIn.error, { unauthorized: "signin.wrong", invalid: "signin.wrong" })}
                  </p>
                )}
                <Button type="submit" tone="primary" size="large" wide isDisabled={signIn.isPending}>
                  {t("signin.submit")}
                </Button>
              </form>
            </Card>
          </>
        )}
      </div>
    </Page>
  );
}
