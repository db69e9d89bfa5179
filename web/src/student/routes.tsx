import { lazy, type ComponentType } from "react";

/** The students' pages; `/home` is shared with teachers, who go on to their library. */
export const studentRoutes: { path: string; screen: ComponentType }[] = [
  { path: "/my/classes/:class/:tab?", screen: lazy(() => import("./StudentClass")) },
  { path: "/my/classes/:class/lessons/:lesson", screen: lazy(() => import("./LessonReader")) },
  { path: "/my/progress", screen: lazy(() => import("./MyProgress")) },
  { path: "/my/review", screen: lazy(() => import("./Review")) },
  { path: "/my/practise/:skill?", screen: lazy(() => import("./Practise")) },
  { path: "/my/transcript", screen: lazy(() => import("./TranscriptPage")) },
];
