import { lazy, type ComponentType } from "react";

/** Friends, of teachers and students alike. */
export const friendRoutes: { path: string; screen: ComponentType }[] = [{ path: "/friends", screen: lazy(() => import("./FriendsPage")) }];
