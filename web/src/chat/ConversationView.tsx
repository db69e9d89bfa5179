import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Conversation, ConversationId } from "../api/chat-types";
import { errorText } from "../api/client";
import { useSession } from "../api/session";
import type { Me, PersonId } from "../api/types";
import { Loaded } from "../records/Loaded";
import { useOffline } from "../records/LiveRecords";
import { teaches } from "../shell/Header";
import { Announcer } from "../stage/Announcer";
import { ButtonLink } from "../ui/Button";
import { Banner, ErrorState, Skeleton } from "../ui/Surfaces";
import { t } from "../words/words";
import { HereContext, mayEdit, type Here } from "./context";
import type { Draft } from "./composer/drafts";
import { MOST_PEOPLE } from "./composer/typing";
import { ConversationHead } from "./ConversationHead";
import { MessageList } from "./MessageList";
import { useQueue } from "./outbox";
import { draftOf } from "./PendingRows";
import { PeoplePanel } from "./panels/PeoplePanel";
import { PinsPanel } from "./panels/PinsPanel";
import { SearchPanel } from "./panels/SearchPanel";
import { ThreadPanel } from "./panels/ThreadPanel";
import { useConversation, usePeople } from "./queries";
import { notInSight, type QueuedMessage } from "./send-queue";
import { Typing } from "./Typing";
import { useActions } from "./use-actions";
import { useAnnounced, useReading, useRoom } from "./use-room";
import type { Room } from "./room";
import type { Entry } from "./timeline";
import { WriteHere } from "./WriteHere";
import styles from "./room.module.css";

export type Panel = "search" | "pins" | "people";

export interface ConversationViewProps {
  id: ConversationId;
  /** A message to show; null for where the reader was. */
  at: number | null;
  /** The root of the thread beside it. */
  thread: number | null;
  onThread: (root: number | null) => void;
  /** It is the page, not a part of one. */
  whole?: boolean;
}

/** A conversation: its messages, a place to write, and what can be opened beside it. */
export function ConversationView(props: ConversationViewProps) {
  const conversation = useConversation(props.id);
  const me = useSession()?.me;
  return (
    <section className={styles.view} aria-label={t("chat.title")}>
      <Loaded query={conversation} lines={[56, 80, 80, 80]} way={<ButtonLink href="/chat">{t("chat.back")}</ButtonLink>}>
        {(data) => me && <Opened {...props} conversation={data} me={me} />}
      </Loaded>
    </section>
  );
}

type OpenedProps = ConversationViewProps & { conversation: Conversation; me: Me };

function Opened(props: OpenedProps) {
  const room = useRoom(props.conversation, props.at);
  return room === null ? <Skeleton lines={[56, 80, 80]} /> : <InRoom {...props} room={room} />;
}

function InRoom({ id, conversation, at, thread, onThread, whole = false, me, room }: OpenedProps & { room: Room }) {
  const view = useSyncExternalStore(room.listen, room.look);
  const [known] = useState(conversation.unread > 0 ? conversation.read_seq : null);
  const [panel, setPanel] = useState<Panel | null>(null);
  const [target, setTarget] = useState<{ seq: number } | null>(at === null ? null : { seq: at });
  const [start, setStart] = useState<Partial<Draft> | null>(null);
  const onStarted = useCallback(() => setStart(null), []);
  const [editing, setEditing] = useState<number | null>(null);
  const [sent, setSent] = useState(0);
  const actions = useActions(id, room);
  const onSeen = useReading(conversation);
  const announced = useAnnounced(room, me.id);
  const people = usePeople(id, conversation.people <= MOST_PEOPLE);
  const { waiting } = useQueue(me.id);
  const offline = useOffline();
  const place = useRef<HTMLDivElement>(null);
  const begun = useRef(false);
  const queries = useQueryClient();

  const { entries } = view.timeline;
  const names = useMemo(() => namesOf(entries, people.data ?? [], me), [entries, people.data, me]);
  const pending = useMemo(() => notInSight(waiting.filter((one) => one.conversation === id), entries, me.id), [waiting, entries, id, me.id]);
  const inMain = useMemo(() => pending.filter(({ message }) => message.thread === undefined), [pending]);

  const onShow = useCallback(
    (seq: number) => {
      const find = (): Entry | undefined => room.look().timeline.entries.find((entry) => entry.seq === seq);
      void (find() === undefined ? room.open(seq) : Promise.resolve()).then(() => {
        const root = find()?.thread ?? null;
        if (root === null) setTarget({ seq });
        else onThread(root);
      });
    },
    [room, onThread],
  );
  const toComposer = useCallback(() => place.current?.querySelector<HTMLElement>("textarea")?.focus(), []);
  const openThread = useCallback(
    (root: number | null) => {
      setPanel(null);
      onThread(root);
    },
    [onThread],
  );
  // A link to another message of the same conversation.
  const wished = useRef(at);
  useEffect(() => {
    if (at !== null && at !== wished.current) onShow(at);
    wished.current = at;
  }, [at, onShow]);

  const here: Here = useMemo(
    () => ({ conversation, me: me.id, staff: teaches(me.role), room, names, actions, editing, onEdit: setEditing, onThread: openThread, onShow }),
    [conversation, me, room, names, actions, editing, openThread, onShow],
  );
  const rewrite = ({ message }: QueuedMessage): void => setStart(draftOf(message, names));
  const editLast = (): void => {
    const own = [...entries].reverse().find((entry) => entry.thread === null && mayEdit(here, entry));
    if (own !== undefined) setEditing(own.seq);
  };
  const close = (): void => {
    if (thread !== null) onThread(null);
    setPanel(null);
    toComposer();
  };
  return (
    <HereContext value={here}>
      <div className={styles.main} data-beside={thread !== null || panel !== null ? "" : undefined}>
        <ConversationHead
          whole={whole}
          onPanel={(next) => {
            if (thread !== null) onThread(null);
            setPanel(next);
          }}
        />
        {offline && (
          <Banner tone="warn" busy>
            {t("chat.offline")}
          </Banner>
        )}
        {view.state === "loading" && (
          <div className={styles.loading}>
            <Skeleton lines={[64, 64, 64]} />
          </div>
        )}
        {view.state === "failed" && <ErrorState title={t("chat.problem")} hint={errorText(view.error)} onRetry={() => void room.open(null)} />}
        {view.state === "ready" && (
          <MessageList
            pending={inMain}
            known={known}
            begun={begun}
            target={target}
            sent={sent}
            onQuote={({ seq }) => setStart({ reply_to: seq })}
            onRewrite={rewrite}
            onSeen={onSeen}
            onToComposer={toComposer}
          />
        )}
        <Typing />
        <div ref={place}>
          <WriteHere thread={null} start={start} onStarted={onStarted} onEditLast={editLast} onSent={() => setSent((before) => before + 1)} />
        </div>
        <Announcer text={announced === null ? "" : t("chat.heard", { name: announced.name, text: announced.body })} />
      </div>
      {thread !== null ? (
        <ThreadPanel key={thread} root={thread} pending={pending} onClose={close} />
      ) : panel === "search" ? (
        <SearchPanel onClose={close} />
      ) : panel === "pins" ? (
        <PinsPanel onClose={close} />
      ) : (
        panel === "people" && <PeoplePanel onClose={close} onChanged={() => void queries.invalidateQueries({ queryKey: ["chat"] })} />
      )}
    </HereContext>
  );
}

function namesOf(entries: readonly { sender: { id: PersonId; name: string } }[], people: readonly { id: PersonId; name: string }[], me: Me): ReadonlyMap<PersonId, string> {
  const names = new Map<PersonId, string>([[me.id, me.name]]);
  for (const { id, name } of people) names.set(id, name);
  for (const { sender } of entries) names.set(sender.id, sender.name);
  return names;
}
