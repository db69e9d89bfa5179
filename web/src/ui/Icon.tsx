/** Line icons on a 24 px grid, drawn for this app. */
const paths = {
  close: "M6 6l12 12M18 6L6 18",
  tick: "M5 12.5l4.5 4.5L19 7.500",
  cross: "M6.500 6.500l11 11M17.500 6.500l-11 11",
  down: "M6 9.500l6 6 6-6",
  up: "M6 14.500l6-6 6 6",
  next: "M5 12h13M12.500 6l6 6-6 6",
  lock: "M7 11V8a5 5 0 0110 0v3M5.500 11h13v9h-13z",
  unlock: "M7 11V8a5 5 0 019.600-2M5.500 11h13v9h-13z",
  pause: "M8.500 5.500v13M15.500 5.500v13",
  play: "M8 5.500l10.500 6.500L8 18.500z",
  skip: "M6 5.500l9 6.500-9 6.500zM18 5.500v13",
  clock: "M12 3.500a8.500 8.500 0 110 17 8.500 8.500 0 010-17M12 7.500V12l3 2",
  sound: "M4.500 9.500v5H8l4.500 4v-13L8 9.500zM16 9a4 4 0 010 6M18.500 6.500a8 8 0 010 11",
  mute: "M4.500 9.500v5H8l4.500 4v-13L8 9.500zM16.500 9.500l5 5M21.500 9.500l-5 5",
  people: "M9 11.500a3.500 3.500 0 100-7 3.500 3.500 0 000 7M2.500 19.500c.5-3.500 3-5.500 6.500-5.500s6 2 6.500 5.500M16 5a3.300 3.300 0 010 6.300M18 14.300c2 .8 3.200 2.500 3.500 5.200",
  invite: "M9 11.500a3.500 3.500 0 100-7 3.500 3.500 0 000 7M2.500 19.500c.5-3.500 3-5.500 6.500-5.500s6 2 6.500 5.500M18.500 7.500v6M15.500 10.500h6",
  keys: "M3.500 6.500h17v11h-17zM7 10h.01M10.300 10h.01M13.700 10h.01M17 10h.01M8 14h8",
  full: "M4.500 9V4.500H9M15 4.500h4.500V9M19.500 15v4.500H15M9 19.500H4.500V15",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  sun: "M12 8a4 4 0 110 8 4 4 0 010-8M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400",
  moon: "M19.500 14.500A8 8 0 019.500 4.500a8 8 0 1010 10z",
  warning: "M12 4l9 16H3zM12 10v4.500M12 17.300h.01",
  search: "M10.500 4a6.500 6.500 0 110 13 6.500 6.500 0 010-13M15.500 15.500l5 5",
  plus: "M12 5v14M5 12h14",
  trash: "M4.500 7h15M9.500 7V4.500h5V7M6.500 7l1 13h9l1-13M10.300 11v5.500M13.700 11v5.500",
  edit: "M4 20l1-4.500L16 4.500l3.500 3.500L8.500 19z",
  copy: "M8.500 8.500h11v11h-11zM15.500 8.500v-4h-11v11h4",
  flag: "M6 21V4M6 4.500h11l-2 4 2 4H6",
  drag: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  bell: "M12 4a5.500 5.500 0 015.500 5.500c0 5 1.800 6 1.800 7.500H4.700c0-1.500 1.800-2.500 1.800-7.500A5.500 5.500 0 0112 4M10 20a2 2 0 004 0",
  flame: "M12 3.500c1 3 5 5 5 10a5 5 0 01-10 0c0-2 1-3.500 2.200-4.500.3 1.500.9 2.300 1.800 2.800 0-3-.2-5.500 1-8.300z",
  hourglass: "M6.500 3.500h11M6.500 20.500h11M8 3.500c0 4 4 5.500 4 8.500s-4 4.500-4 8.500M16 3.500c0 4-4 5.500-4 8.500s4 4.500 4 8.500",
  download: "M12 4v11M7 10.500l5 5 5-5M4.500 20h15",
  upload: "M12 16V5M7 9.500l5-5 5 5M4.500 20h15",
  image: "M4 5h16v14H4zM4 16l4.500-4.500 3.500 3.500 3-3 5 5M9 9.500h.01",
  print: "M7 8V4h10v4M7 16H4V8.500h16V16h-3M7 13.500h10V20H7z",
  undo: "M8 5L4 9l4 4M4 9h9.500a6 6 0 010 12H9",
  redo: "M16 5l4 4-4 4M20 9h-9.500a6 6 0 000 12H15",
} as const;

export type IconName = keyof typeof paths;

/** Decoration only: the words beside it, or the button's label, say what it means. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number | string }) {
  const dots = name === "more" || name === "drag" || name === "keys";
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={dots ? 2.6 : 2} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
