import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Component, lazy, Suspense, type ComponentType, type ReactNode } from "react";
import { Route, Switch } from "wouter";
import { ApiError } from "./api/client";
import { SERVER } from "./api/queries";
import { currentSession, onSession } from "./api/session";
import { chatRoutes } from "./chat/routes";
import { deskRoutes } from "./desk/routes";
import { friendRoutes } from "./friends/routes";
import { Page } from "./shell/Page";
import { studentRoutes } from "./student/routes";
import { Button } from "./ui/Button";
import { ErrorState, Skeleton } from "./ui/Surfaces";
import { Toasts } from "./ui/toast";
import { NotFound } from "./shell/NotFound";
import { t } from "./words/words";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays one; only a lost connection is worth another try.
      retry: (count, error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
    },
  },
});

// What one person was shown is not for the next one at the same computer.
let person = currentSession()?.me.id;
onSession(() => {
  const now = currentSession()?.me.id;
  if (now !== person) queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SERVER[0] });
  person = now;
});

/** Every address of the app on one screen; each screen is a chunk of its own. */
const routes: { path: string; screen: ComponentType }[] = [
  { path: "/", screen: lazy(() => import("./landing/Landing")) },
  { path: "/join/:pin", screen: lazy(() => import("./landing/Landing")) },
  { path: "/play/:game", screen: lazy(() => import("./play/Play")) },
  { path: "/host/:game", screen: lazy(() => import("./host/Host")) },
  { path: "/signin", screen: lazy(() => import("./signin/SignIn")) },
  ...deskRoutes,
  ...studentRoutes,
  ...chatRoutes,
  ...friendRoutes,
  ...(import.meta.env.DEV ? [{ path: "/gallery/:name?", screen: lazy(() => import("./gallery/Gallery")) }] : []),
];

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <CrashGuard>
        <Suspense fallback={<Loading />}>
          <Switch>
            {routes.map(({ path, screen }) => (
              <Route key={path} path={path} component={screen} />
            ))}
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </CrashGuard>
      <Toasts />
    </QueryClientProvider>
  );
}

function Loading() {
  return (
    <Page title={t("app.loading")}>
      <Skeleton lines={[40, 220, 56]} />
    </Page>
  );
}

/** A fault of the app itself still leaves a page that says what to do. */
class CrashGuard extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };
  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }
  override render(): ReactNode {
    if (!this.state.crashed) return this.props.children;
    return (
      <main>
        <ErrorState title={t("app.crash")} hint={t("app.crash.hint")} focus>
          <Button tone="primary" onPress={() => window.location.reload()}>
            {t("app.reload")}
          </Button>
        </ErrorState>
      </main>
    );
  }
}
