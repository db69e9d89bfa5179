import { lazy, type ComponentType } from "react";

/** The teacher's pages: each `screen` is a `lazy(() => import(…))` of a default export. */
export const deskRoutes: { path: string; screen: ComponentType }[] = [
  { path: "/home", screen: lazy(() => import("./home/HomePage")) },
  { path: "/library", screen: lazy(() => import("./library/LibraryPage")) },
  { path: "/library/:quiz", screen: lazy(() => import("./editor/EditorPage")) },
  { path: "/courses", screen: lazy(() => import("./courses/CoursesPage")) },
  { path: "/courses/:course", screen: lazy(() => import("./courses/CoursePage")) },
  { path: "/courses/:course/lessons/:lesson", screen: lazy(() => import("./courses/LessonPage")) },
  { path: "/classes", screen: lazy(() => import("./classes/ClassesPage")) },
  { path: "/classes/:class/:tab?", screen: lazy(() => import("./classes/ClassPage")) },
  { path: "/games/:game/report", screen: lazy(() => import("./report/ReportPage")) },
  { path: "/school/writing", screen: lazy(() => import("./school/WritingPage")) },
  { path: "/developers/api", screen: lazy(() => import("./developers/ApiPage")) },
];
