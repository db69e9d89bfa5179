import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type KeyboardEvent, type RefObject } from "react";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { t } from "../words/words";
import { useHere } from "./context";
import { MessageRow } from "./MessageRow";
import { dayName } from "./names";
import { PendingRows } from "./PendingRows";
import { rowsOf } from "./rows";
import type { QueuedMessage } from "./send-queue";
import { end, first, type Entry } from "./timeline";
import { useActive } from "./use-active";
import { useScroll } from "./use-scroll";
import styles from "./room.module.css";

export interface MessageListProps {
  /** What is on its way. */
  pending: readonly QueuedMessage[];
  /** The last message that the reader knew when they came; null for all. */
  known: number | null;
  /** Whether the reader has been led to where they begin; the list may be made anew. */
  begun: RefObject<boolean>;
  /** A message to show and point out; each wish is a new object. */
  target: { seq: number } | null;
  /** Counts the messages that the reader has sent: each leads to the end. */
  sent: number;
  onQuote: (entry: Entry) => void;
  onRewrite: (queued: QueuedMessage) => void;
  /** The newest message that the reader has seen. */
  onSeen: (seq: number) => void;
  onToComposer: () => void;
}

/** The messages of a conversation, from as far back as was scrolled to the newest. */
export function MessageList({ pending, known, begun, target, sent, onQuote, onRewrite, onSeen, onToComposer }: MessageListProps) {
  const { room, me } = useHere();
  const view = useSyncExternalStore(room.listen, room.look);
  const { timeline, reading } = view;
  const main = useMemo(() => timeline.entries.filter(({ thread }) => thread === null), [timeline.entries]);
  const rows = useMemo(() => rowsOf(main, known, me), [main, known, me]);
  const newestOwn = useMemo(() => [...main].reverse().find((entry) => entry.sender.id === me && entry.state === "sent")?.seq ?? null, [main, me]);
  const active = useActive();
  const [atEnd, setAtEnd] = useState(true);
  const [left, setLeft] = useState(0);
  const marked = target?.seq ?? null;

  const scroll = useScroll({
    live: timeline.live,
    onNearStart: () => void room.older(),
    onNearEnd: () => void room.newer(),
    onPlace: (place) => {
      room.reads(place.atEnd);
      setAtEnd(place.atEnd);
      const seen = place.atEnd ? end(timeline) : Number(/^m(\d+)$/.exec(place.seen ?? "")?.[1] ?? 0);
      if (seen > 0) onSeen(seen);
      if (place.atEnd) setLeft(timeline.last);
    },
  });
  const { toEnd, show, box } = scroll;

  // Where the reader begins: at what is new, else at the end. Once: who asks for the newest later means the end.
  useEffect(() => {
    if (begun.current || rows.length === 0) return;
    begun.current = true;
    if (target === null) show("new", "start");
  }, [rows, show, target, begun]);
  const shown = useRef<object | null>(null);
  useEffect(() => {
    if (target === null || shown.current === target) return;
    if (show(`m${target.seq}`)) {
      shown.current = target;
      box.current?.querySelector<HTMLElement>(`[data-row="m${target.seq}"]`)?.focus({ preventScroll: true });
    }
  }, [target, rows, show, box]);
  useEffect(() => {
    if (sent === 0) return;
    if (!room.look().timeline.live) void room.open(null);
    toEnd();
  }, [sent, room, toEnd]);

  const jump = useCallback(() => {
    if (!room.look().timeline.live) void room.open(null);
    toEnd();
    onToComposer();
  }, [room, toEnd, onToComposer]);
  const press = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.target instanceof HTMLElement && /^(TEXTAREA|INPUT)$/.test(event.target.tagName)) return;
    if (event.key === "Escape") return onToComposer();
    const messages = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=article]")];
    const here = messages.findIndex((one) => one.contains(document.activeElement));
    const to = { ArrowUp: here < 0 ? messages.length - 1 : here - 1, ArrowDown: here < 0 ? messages.length - 1 : here + 1, End: messages.length - 1, Home: 0 }[event.key];
    const next = to === undefined ? undefined : messages[Math.max(0, to)];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const unseen = Math.max(0, timeline.last - Math.max(left, known ?? 0));
  return (
    <div className={styles.listWrap}>
      {/* Read by arrow keys, message by message; what is new is read out by the announcer, what is scrolled to is not. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroll.box}
        className={styles.log}
        role="log"
        aria-live="off"
        aria-label={t("chat.log")}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached
        tabIndex={0}
        onKeyDown={press}
        onFocus={active.onFocus}
        onMouseOver={active.onMouseOver}
      >
        <div ref={scroll.inner} className={styles.inner}>
          {reading === "older" ? (
            <p className={styles.edge}>{t("chat.loading_older")}</p>
          ) : (
            first(timeline) <= 1 && <p className={styles.edge}>{t(main.length + pending.length === 0 ? "chat.empty" : "chat.begin")}</p>
          )}
          {rows.map((row) =>
            row.kind === "day" ? (
              <div key={row.key} className={styles.day} data-row={row.key}>
                <span>{dayName(row.at)}</span>
              </div>
            ) : row.kind === "new" ? (
              <div key={row.key} className={styles.newLine} data-row="new">
                <span>{t("chat.new_line")}</span>
              </div>
            ) : (
              <MessageRow
                key={row.key}
                entry={row.entry}
                head={row.head}
                active={active.isActive(row.entry.seq)}
                marked={row.entry.seq === marked}
                newestOwn={row.entry.seq === newestOwn}
                newReplies={known !== null && (row.entry.last_reply_seq ?? 0) > known}
                onQuote={onQuote}
              />
            ),
          )}
          <PendingRows pending={pending} onRewrite={onRewrite} />
        </div>
      </div>
      {(!atEnd || !timeline.live) && (
        <div className={styles.jump}>
          <Button tone="outline" onPress={jump}>
            <Icon name="down" size={16} /> {unseen > 0 ? t("chat.jump.new", { n: unseen }) : t("chat.jump")}
          </Button>
        </div>
      )}
    </div>
  );
}
