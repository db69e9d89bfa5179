import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { newId } from "../../api/op";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import { useHere } from "../context";
import { queueOf } from "../outbox";
import { EmojiPicker } from "../Reactions";
import { usePeople } from "../queries";
import { end } from "../timeline";
import { BLANK, Drafts, type Draft } from "./drafts";
import { lengthOf, MOST_LETTERS, NEAR_MOST } from "./length";
import { EVERYONE, mentionAt, MOST_MENTIONED, offered, stillNamed, withMention, type MentionQuery, type Nameable } from "./mentions";
import { useTypingSignal } from "./typing";
import styles from "../composer.module.css";

export interface ComposerProps {
  thread: number | null;
  label: string;
  /** Seconds until the next message may be sent; 0 for none. */
  wait: number;
  /** What was chosen elsewhere to begin from: a message to quote, or a text that comes back to be changed. Taken once. */
  start: Partial<Draft> | null;
  onStarted: () => void;
  /** The caller's own newest message is to be edited: with an arrow up in an empty field. */
  onEditLast?: () => void;
  onSent: () => void;
}

/** Where a message is written. */
export function Composer({ thread, label, wait, start, onStarted, onEditLast, onSent }: ComposerProps) {
  const here = useHere();
  const { conversation, me } = here;
  const [drafts] = useState(() => new Drafts(me, localStorage));
  const [draft, setDraft] = useState<Draft>(() => drafts.read(conversation.id, thread));
  const [query, setQuery] = useState<MentionQuery | null>(null);
  const [at, setAt] = useState(0);
  const [wantsPeople, setWantsPeople] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const caret = useRef<number | null>(null);
  const listId = useId();
  const typing = useTypingSignal(thread === null);
  const people = usePeople(conversation.id, wantsPeople);

  const write = (next: Draft): void => {
    setDraft(next);
    drafts.write(conversation.id, thread, next);
  };
  useEffect(() => {
    if (start === null) return;
    setDraft((before) => {
      const next = { ...before, ...start };
      drafts.write(conversation.id, thread, next);
      return next;
    });
    field.current?.focus();
    onStarted();
  }, [start, onStarted, drafts, conversation.id, thread]);
  // As high as its text, up to a point; and the caret where the chosen name ended.
  useLayoutEffect(() => {
    const box = field.current;
    if (box === null) return;
    box.style.blockSize = "auto";
    box.style.blockSize = `${Math.min(box.scrollHeight + 2, 200)}px`;
    if (caret.current !== null) box.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [draft.text]);

  const nameable: Nameable[] = [
    ...(conversation.may.manage ? [{ id: EVERYONE, name: t("chat.write.everyone") }] : []),
    ...(people.data ?? []).filter(({ id }) => id !== me),
  ];
  const choices = query === null ? [] : offered(nameable, query.letters);
  const chosenAt = Math.min(at, choices.length - 1);
  const length = lengthOf(draft.text);
  const ready = draft.text.trim() !== "" && length <= MOST_LETTERS && wait === 0;

  const lookForMention = (): void => {
    const box = field.current;
    const found = box === null ? null : mentionAt(box.value, box.selectionStart);
    setQuery(found);
    if (found !== null) setWantsPeople(true);
    else setAt(0);
  };
  const choose = (person: Nameable | undefined): void => {
    const box = field.current;
    if (person === undefined || query === null || box === null) return;
    const put = withMention(draft.text, query, box.selectionStart, person.name);
    caret.current = put.caret;
    write({ ...draft, text: put.text, chosen: [...draft.chosen, person] });
    setQuery(null);
    box.focus();
  };
  const insert = (emoji: string): void => {
    const box = field.current;
    const from = box?.selectionStart ?? draft.text.length;
    caret.current = from + emoji.length;
    write({ ...draft, text: draft.text.slice(0, from) + emoji + draft.text.slice(box?.selectionEnd ?? from) });
    // After the picker has given the focus back to its button.
    window.setTimeout(() => field.current?.focus(), 0);
  };
  const send = (): void => {
    if (!ready) return;
    const named = stillNamed(draft.text, draft.chosen);
    const mentions = named.filter(({ id }) => id !== EVERYONE).map(({ id }) => id);
    if (mentions.length > MOST_MENTIONED) return toast({ text: t("chat.write.too_many_mentions"), tone: "bad" });
    const taken = queueOf(me).add({
      conversation: conversation.id,
      message: {
        nonce: newId(),
        body: draft.text.trimEnd(),
        ...(thread !== null && { thread }),
        ...(draft.reply_to !== null && { reply_to: draft.reply_to }),
        ...(mentions.length > 0 && { mentions }),
        ...(named.some(({ id }) => id === EVERYONE) && { everyone: true }),
      },
      at: Date.now(),
      after: Math.max(here.room.look().timeline.last, end(here.room.look().timeline)),
    });
    if (!taken) return toast({ text: t("chat.write.full"), tone: "bad" });
    write(BLANK);
    setQuery(null);
    typing.stop();
    onSent();
    field.current?.focus();
  };
  const press = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // What a screen keyboard or an input method composes is not the end of the message.
    if (event.nativeEvent.isComposing) return;
    const picking = choices.length > 0;
    if (picking && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : choices.length - 1;
      setAt((chosenAt + step) % choices.length);
    } else if (picking && (event.key === "Enter" || event.key === "Tab") && !event.shiftKey) choose(choices[chosenAt]);
    else if (picking && event.key === "Escape") setQuery(null);
    else if (event.key === "Enter" && !event.shiftKey) send();
    else if (event.key === "ArrowUp" && draft.text === "" && onEditLast !== undefined) onEditLast();
    else if (event.key === "Escape" && draft.reply_to !== null) write({ ...draft, reply_to: null });
    else return;
    event.preventDefault();
  };
  return (
    <div className={styles.composer} data-foot="">
      {draft.reply_to !== null && (
        <div className={styles.quoting}>
          <Icon name="reply" size={16} />
          <span className={styles.quotingText}>{t("chat.write.quoting", { name: quotedName(here, draft.reply_to) })}</span>
          <IconButton label={t("chat.write.unquote")} onPress={() => write({ ...draft, reply_to: null })}>
            <Icon name="close" size={16} />
          </IconButton>
        </div>
      )}
      {choices.length > 0 && (
        <ul role="listbox" id={listId} aria-label={t("chat.write.mentions")} className={styles.mentions}>
          {choices.map((person, index) => (
            // By pointer; the keys are the text field's, which keeps the focus.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <li key={person.id} id={`${listId}-${index}`} role="option" aria-selected={index === chosenAt} className={styles.mentionChoice} onMouseDown={(event) => event.preventDefault()} onClick={() => choose(person)}>
              <strong>
                <bdi>{person.name}</bdi>
              </strong>
              {person.id === EVERYONE && <span className={styles.soft}>{t("chat.write.everyone.hint")}</span>}
            </li>
          ))}
        </ul>
      )}
      <div className={styles.line}>
        <EmojiPicker label={t("chat.write.emoji")} onPick={insert}>
          <IconButton label={t("chat.write.emoji")}>
            <Icon name="smile" />
          </IconButton>
        </EmojiPicker>
        <textarea
          ref={field}
          className={styles.field}
          rows={1}
          dir="auto"
          aria-label={label}
          placeholder={label}
          title={t("chat.write.hint")}
          aria-autocomplete="list"
          aria-controls={choices.length > 0 ? listId : undefined}
          aria-activedescendant={choices.length > 0 ? `${listId}-${chosenAt}` : undefined}
          aria-invalid={length > MOST_LETTERS}
          value={draft.text}
          onChange={(event) => {
            write({ ...draft, text: event.target.value });
            lookForMention();
            if (event.target.value.trim() === "") typing.stop();
            else typing.start();
          }}
          onSelect={lookForMention}
          onBlur={() => setQuery(null)}
          onKeyDown={press}
        />
        <Button tone="primary" isDisabled={!ready} aria-label={t("chat.write.send")} onPress={send}>
          <Icon name="send" />
        </Button>
      </div>
      <Foot length={length} wait={wait} slow={conversation.mode === "slow" && !conversation.may.moderate && conversation.kind === "class" ? conversation.slow_s : 0} />
    </div>
  );
}

function quotedName(here: ReturnType<typeof useHere>, seq: number): string {
  return here.room.look().timeline.entries.find((entry) => entry.seq === seq)?.sender.name ?? `#${seq}`;
}

/** What the writer has to know: how long to wait, how many letters are left. */
function Foot({ length, wait, slow }: { length: number; wait: number; slow: number }) {
  const left = MOST_LETTERS - length;
  return (
    <div className={styles.foot}>
      {wait > 0 ? <span>{t("chat.slow.wait", { n: wait })}</span> : slow > 0 && <span>{t("chat.slow.hint", { n: slow })}</span>}
      {length > NEAR_MOST && (
        <span role="status" className={left < 0 ? styles.over : undefined}>
          {left < 0 ? t("chat.write.over", { n: -left }) : t("chat.write.left", { n: left })}
        </span>
      )}
    </div>
  );
}
