import { memo, useEffect, useId, useRef, useState } from "react";
import { teaches, roleName } from "../shell/Header";
import { Button, IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Menu, type MenuAction } from "../ui/Menu";
import { toast } from "../ui/toast";
import { dateTime, t } from "../words/words";
import { mayDelete, mayEdit, mayPin, useHere } from "./context";
import { Face } from "./ConversationList";
import { EditBox } from "./EditBox";
import { HistoryDialog } from "./HistoryDialog";
import { MessageBody, mentionedNames } from "./MessageBody";
import { clock } from "./names";
import { Quote } from "./Quote";
import { EmojiPicker, Reactions } from "./Reactions";
import { ReadMark } from "./ReadMark";
import type { Entry } from "./timeline";
import styles from "./room.module.css";

export interface MessageRowProps {
  entry: Entry;
  head: boolean;
  /** Whether its actions are in reach: it has the pointer or the focus. */
  active: boolean;
  /** Whether it is pointed out. */
  marked?: boolean;
  /** The newest own message, under which is told who has read it. */
  newestOwn?: boolean;
  /** Whether its thread has got something since the reader was here. */
  newReplies?: boolean;
  /** Within a thread there is none to open. */
  inThread?: boolean;
  onQuote?: (entry: Entry) => void;
}

/** One message with all that can be done to it. */
export const MessageRow = memo(function MessageRow({ entry, head, active, marked = false, newestOwn = false, newReplies = false, inThread = false, onQuote }: MessageRowProps) {
  const here = useHere();
  const [looking, setLooking] = useState<"history" | "readers" | null>(null);
  const by = useId();
  const { seq, sender, state } = entry;
  const row = useRef<HTMLDivElement>(null);
  const focus = (): void => row.current?.focus();
  const undoable = here.actions.deleting.has(seq);
  const editing = here.editing === seq;
  // How a class reads is for its staff.
  const tellsReaders = here.conversation.kind !== "class" || here.conversation.may.moderate;
  const there = state === "sent" && !undoable;
  const forMe = entry.mentions.includes(here.me) || (entry.everyone && sender.id !== here.me);
  return (
    <div ref={row} role="article" tabIndex={-1} className={styles.row} data-row={`m${seq}`} data-head={head ? "" : undefined} data-marked={marked ? "" : undefined} data-me={forMe && there ? "" : undefined} aria-labelledby={by}>
      <div className={styles.gutter}>{head ? <Face name={sender.name} size={36} /> : <time className={styles.sideTime}>{clock(entry.sent_at)}</time>}</div>
      <div className={styles.content}>
        <div className={head ? styles.head : "visually-hidden"} id={by}>
          <strong className={styles.sender}>
            <bdi>{sender.name}</bdi>
          </strong>{" "}
          {teaches(sender.role) && <span className={styles.role}>{roleName(sender.role)}</span>}{" "}
          <time className={styles.time} dateTime={new Date(entry.sent_at).toISOString()} title={dateTime(entry.sent_at)}>
            {clock(entry.sent_at)}
          </time>
        </div>
        {there && entry.reply_to !== null && <Quote seq={entry.reply_to} />}
        {undoable ? (
          <Undo onUndo={() => here.actions.restore(seq)} after={focus} />
        ) : state === "deleted" ? (
          <p className={styles.gone}>{t("chat.message.deleted")}</p>
        ) : editing ? (
          <EditBox
            entry={entry}
            onDone={() => {
              here.onEdit(null);
              focus();
            }}
          />
        ) : (
          <MessageBody body={entry.body} names={mentionedNames(entry, here.names)} />
        )}
        {there && (entry.edited_at !== null || entry.pinned) && !editing && (
          <div className={styles.marks}>
            {entry.pinned && (
              <span className={styles.mark}>
                <Icon name="pin" size={16} /> {t("chat.message.pinned")}
              </span>
            )}
            {entry.edited_at !== null && (
              <button type="button" className={styles.markButton} title={dateTime(entry.edited_at)} onClick={() => setLooking("history")}>
                {t("chat.message.edited")}
              </button>
            )}
          </div>
        )}
        {there && <Reactions entry={entry} />}
        {!inThread && entry.replies > 0 && (
          <button type="button" className={styles.replies} data-new={newReplies ? "" : undefined} onClick={() => here.onThread(seq)}>
            <Icon name="chat" size={16} /> {t("chat.message.replies", { n: entry.replies })}
            {newReplies && <span className={styles.newReplies}>{t("chat.message.replies.new")}</span>}
          </button>
        )}
        {there && newestOwn && tellsReaders && <ReadMark entry={entry} quiet />}
        {there && looking === "readers" && !newestOwn && <ReadMark entry={entry} />}
      </div>
      {active && there && !editing && <Actions entry={entry} inThread={inThread} onQuote={onQuote} onEdit={() => here.onEdit(seq)} onLook={setLooking} />}
      {looking === "history" && <HistoryDialog entry={entry} onClose={() => setLooking(null)} />}
    </div>
  );
});

interface ActionsProps {
  entry: Entry;
  inThread: boolean;
  onQuote: ((entry: Entry) => void) | undefined;
  onEdit: () => void;
  onLook: (what: "history" | "readers") => void;
}

function Actions({ entry, inThread, onQuote, onEdit, onLook }: ActionsProps) {
  const here = useHere();
  const { actions, conversation } = here;
  const writes = conversation.may.send;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(entry.body);
    toast({ text: t("chat.message.copied") });
  };
  const choices: (MenuAction | false)[] = [
    onQuote !== undefined && writes && { id: "quote", label: t("chat.message.reply"), onAction: () => onQuote(entry) },
    // On a school's network without TLS there is no clipboard.
    window.isSecureContext && { id: "copy", label: t("chat.message.copy"), onAction: () => void copy() },
    entry.sender.id === here.me && conversation.kind !== "direct" && (conversation.kind !== "class" || conversation.may.moderate) && { id: "readers", label: t("chat.message.readers"), onAction: () => onLook("readers") },
    mayPin(here) && { id: "pin", label: t(entry.pinned ? "chat.message.unpin" : "chat.message.pin"), onAction: () => actions.pin(entry) },
    mayEdit(here, entry) && { id: "edit", label: t("chat.message.edit"), onAction: onEdit },
    mayDelete(here, entry) && { id: "delete", label: t("chat.message.delete"), danger: true, onAction: () => actions.remove(entry) },
  ];
  const offered = choices.filter((one) => one !== false);
  return (
    <div className={styles.actions}>
      {writes && (
        <EmojiPicker label={t("chat.reaction.pick")} other onPick={(emoji) => actions.react(entry, emoji)}>
          <IconButton label={t("chat.message.react")}>
            <Icon name="smile" />
          </IconButton>
        </EmojiPicker>
      )}
      {!inThread && (
        <IconButton label={t("chat.message.thread")} onPress={() => here.onThread(entry.thread ?? entry.seq)}>
          <Icon name="chat" />
        </IconButton>
      )}
      {offered.length > 0 && (
        <Menu label={t("chat.message.actions", { name: entry.sender.name })} actions={offered}>
          <IconButton label={t("chat.message.actions", { name: entry.sender.name })}>
            <Icon name="more" />
          </IconButton>
        </Menu>
      )}
    </div>
  );
}

/** In the place of what was deleted, as long as it can be taken back. It takes the focus that the message had. */
function Undo({ onUndo, after }: { onUndo: () => void; after: () => void }) {
  const button = useRef<HTMLDivElement>(null);
  useEffect(() => {
    button.current?.querySelector("button")?.focus();
  }, []);
  return (
    <div ref={button} className={styles.undo} role="status">
      <span>{t("chat.message.deleting")}</span>
      <Button
        tone="outline"
        onPress={() => {
          onUndo();
          after();
        }}
      >
        {t("chat.message.undo_delete")}
      </Button>
    </div>
  );
}
