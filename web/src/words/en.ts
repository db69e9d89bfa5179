import { app } from "./en/app";
import { desk } from "./en/desk";
import { editor } from "./en/editor";
import { host } from "./en/host";
import { join } from "./en/join";
import { play } from "./en/play";
import { report } from "./en/report";

/** All texts of the app, in English. One file per surface; keys begin with the surface's name. */
export const en = { ...app, ...join, ...play, ...host, ...desk, ...editor, ...report } as const;
