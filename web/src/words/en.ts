import { app } from "./en/app";
import { classes } from "./en/classes";
import { desk } from "./en/desk";
import { editor } from "./en/editor";
import { gradebook } from "./en/gradebook";
import { host } from "./en/host";
import { join } from "./en/join";
import { play } from "./en/play";
import { records } from "./en/records";
import { report } from "./en/report";
import { student } from "./en/student";

/** All texts of the app, in English, but those that come with their pages (`more/`). One file per surface; keys begin with the surface's name. */
export const en = { ...app, ...join, ...play, ...host, ...desk, ...editor, ...report, ...records, ...classes, ...gradebook, ...student } as const;
