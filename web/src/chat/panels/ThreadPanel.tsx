import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, errorText } from "../../api/client";
import { useLinkState } from "../../records/LiveRecords";
import { Button } from "../../ui/Button";
import { ErrorState, Skeleton } from "../../ui/Surfaces";
import { t } from "../../words/words";
import { messageCalls } from "../calls";
import { useHere } from "../context";
import { MessageRow } from "../MessageRow";
import { draftOf, PendingRows } from "../PendingRows";
import { rowsOf } from "../rows";
import type { QueuedMessage } from "../send-queue";
import { joinShown, joinThread, repliesOf, type ThreadEntries } from "../thread";
import { useActive } from "../use-active";
import { useScroll } from "../use-scroll";
import { WriteHere } from "../WriteHere";
import type { Draft } from "../composer/drafts";
import { Side } from "./Side";
import styles from "../room.module.css";

const PAGE = 100;

interface ThreadPanelProps {
  /** Sequence of the message that it answers. */
  root: number;
  pending: readonly QueuedMessage[];
  onClose: () => void;
}

/** A message and what answers it. */
export function ThreadPanel({ root, pending, onClose }: ThreadPanelProps) {
  const { conversation, room, me, names } = useHere();
  const [entries, setEntries] = useState<ThreadEntries>(new Map());
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const [error, setError] = useState<unknown>(null);
  const [older, setOlder] = useState(false);
  const active = useActive();
  const [start, setStart] = useState<Draft | null>(null);
  const onStarted = useCallback(() => setStart(null), []);
  const link = useLinkState();
  const { id } = conversation;

  const load = useCallback(async () => {
    try {
      const [first, replies] = await Promise.all([messageCalls.page(id, { after: root - 1, limit: 1 }), messageCalls.page(id, { limit: PAGE }, root)]);
      if (first.items[0]?.seq !== root) throw new ApiError(404, "not_found", "");
      setEntries((before) => joinThread(before, root, [...first.items, ...replies.items]));
      setOlder(replies.next !== null);
      setState("ready");
    } catch (cause) {
      setError(cause);
      setState((before) => (before === "ready" ? before : "failed"));
    }
  }, [id, root]);
  // Again whenever the connection is back: what came meanwhile may be more than the conversation reads again.
  useEffect(() => {
    void load();
  }, [load, link]);
  useEffect(() => room.overhear((messages) => setEntries((before) => joinThread(before, root, messages))), [room, root]);
  // Reactions come alone; the conversation has put them where they belong.
  useEffect(() => room.listen(() => setEntries((before) => joinShown(before, root, room.look().timeline.entries))), [room, root]);

  const replies = useMemo(() => repliesOf(entries, root), [entries, root]);
  const rows = useMemo(() => rowsOf(replies, null, me), [replies, me]);
  const own = pending.filter(({ message }) => message.thread === root);
  const first = entries.get(root);
  const loading = useRef(false);
  const scroll = useScroll({ live: true, onNearStart: () => undefined, onNearEnd: () => undefined, onPlace: () => undefined });
  const showOlder = async (): Promise<void> => {
    if (loading.current || replies[0] === undefined) return;
    loading.current = true;
    try {
      const page = await messageCalls.page(id, { before: replies[0].seq, limit: PAGE }, root);
      setEntries((before) => joinThread(before, root, page.items));
      setOlder(page.next !== null);
    } catch (cause) {
      setError(cause);
    } finally {
      loading.current = false;
    }
  };
  return (
    <Side title={t("chat.thread")} onClose={onClose}>
      <div
        ref={scroll.box}
        className={styles.threadScroll}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached
        tabIndex={0}
        onFocus={active.onFocus}
        onMouseOver={active.onMouseOver}
      >
        <div ref={scroll.inner} className={styles.inner}>
          {state === "loading" && <Skeleton lines={[64, 48, 48]} />}
          {state === "failed" && <ErrorState title={t("chat.problem")} hint={errorText(error)} onRetry={() => void load()} />}
          {first !== undefined && <MessageRow entry={first} head active={active.isActive(root)} inThread />}
          {state === "ready" && <p className={styles.threadCount}>{replies.length === 0 ? t("chat.thread.none") : t("chat.message.replies", { n: Math.max(first?.replies ?? 0, replies.length) })}</p>}
          {older && (
            <Button tone="quiet" onPress={() => void showOlder()}>
              {t("chat.thread.older")}
            </Button>
          )}
          {rows.map((row) => row.kind === "message" && <MessageRow key={row.key} entry={row.entry} head={row.head} active={active.isActive(row.entry.seq)} inThread />)}
          <PendingRows pending={own} onRewrite={({ message }) => setStart(draftOf(message, names))} />
        </div>
      </div>
      <WriteHere thread={root} root={first?.sender} start={start} onStarted={onStarted} onSent={scroll.toEnd} />
    </Side>
  );
}
