import { lazy, type ComponentType } from "react";

/** Chat, of teachers and students alike. */
export const chatRoutes: { path: string; screen: ComponentType }[] = [{ path: "/chat/:conversation?/:thread?", screen: lazy(() => import("./ChatPage")) }];
