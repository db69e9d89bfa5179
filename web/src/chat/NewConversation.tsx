import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import type { ChatPerson, Conversation } from "../api/chat-types";
import { errorText } from "../api/client";
import type { Key } from "../words/words";
import { useSaving } from "../records/saving";
import { roleName } from "../shell/Header";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { Segmented } from "../ui/Segmented";
import { Skeleton } from "../ui/Surfaces";
import { TextField } from "../ui/TextField";
import { t } from "../words/words";
import { conversationCalls } from "./calls";
import { Face } from "./ConversationList";
import { chatKeys } from "./queries";
import styles from "./chat.module.css";

interface NewConversationProps {
  onClose: () => void;
  onMade: (conversation: Conversation) => void;
}

/** Begins a conversation with one person, or brings a group together. */
export function NewConversation({ onClose, onMade }: NewConversationProps) {
  const [kind, setKind] = useState<"direct" | "group">("direct");
  const [title, setTitle] = useState("");
  const [chosen, setChosen] = useState<ChatPerson[]>([]);
  const [fault, setFault] = useState<Key | null>(null);
  const saving = useSaving();
  const make = async (call: () => Promise<Conversation>): Promise<void> => {
    await saving.run(async () => onMade(await call()));
  };
  const pick = (person: ChatPerson): void => {
    setFault(null);
    if (kind === "direct") void make(() => conversationCalls.direct(person.id));
    else setChosen(chosen.some(({ id }) => id === person.id) ? chosen.filter(({ id }) => id !== person.id) : [...chosen, person]);
  };
  const makeGroup = (): void => {
    if (title.trim() === "") return setFault("chat.new.title.missing");
    if (chosen.length === 0) return setFault("chat.new.nobody");
    void make(() => conversationCalls.group(title.trim(), chosen.map(({ id }) => id)));
  };
  return (
    <Dialog
      title={t("chat.new")}
      isOpen
      onClose={onClose}
      actions={
        kind === "group" && (
          <Button tone="primary" onPress={makeGroup}>
            {t("chat.new.make")}
          </Button>
        )
      }
    >
      <Segmented
        label={t("chat.new.kind")}
        labelHidden
        value={kind}
        options={[
          { id: "direct", label: t("chat.new.direct") },
          { id: "group", label: t("chat.new.group") },
        ]}
        onChange={setKind}
      />
      {(saving.fault ?? fault) !== null && (
        <p role="alert" className={styles.fault}>
          {saving.fault ?? (fault === null ? "" : t(fault))}
        </p>
      )}
      {kind === "group" && (
        <>
          <TextField label={t("chat.new.title")} value={title} onChange={setTitle} maxLength={100} />
          {chosen.length > 0 && (
            <ul className={styles.chosen} aria-label={t("chat.new.chosen")}>
              {chosen.map((person) => (
                <li key={person.id}>
                  <Button tone="outline" aria-label={t("chat.new.remove", { name: person.name })} onPress={() => pick(person)}>
                    {person.name} <Icon name="close" size={16} />
                  </Button>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
      <PeopleSearch chosen={chosen} onPick={pick} />
    </Dialog>
  );
}

/** Those to whom the caller may write, by a part of their names. */
export function PeopleSearch({ chosen, onPick }: { chosen: readonly { id: string }[]; onPick: (person: ChatPerson) => void }) {
  const [words, setWords] = useState("");
  const asked = useDeferredValue(words.trim());
  const found = useQuery({ queryKey: chatKeys.reachable(asked), queryFn: (context) => conversationCalls.reachable(asked, context), placeholderData: (before) => before });
  return (
    <div className={styles.search}>
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the dialog wants to type */}
      <TextField label={t("chat.new.search")} hint={t("chat.new.hint")} value={words} onChange={setWords} autoFocus />
      {found.isPending && <Skeleton lines={[44, 44, 44]} />}
      {found.isError && (
        <p role="alert" className={styles.fault}>
          {errorText(found.error)}
        </p>
      )}
      {found.data !== undefined && (
        <>
          <p className="visually-hidden" role="status">
            {t("chat.new.found", { n: found.data.length })}
          </p>
          {found.data.length === 0 && <p className={styles.soft}>{t("chat.new.none")}</p>}
          <ul className={styles.people}>
            {found.data.map((person) => (
              <li key={person.id}>
                <button type="button" className={styles.person} onClick={() => onPick(person)} aria-pressed={chosen.some(({ id }) => id === person.id)}>
                  <Face name={person.name} size={32} />
                  <span className={styles.personName}>
                    <bdi>{person.name}</bdi>
                  </span>
                  <span className={styles.soft}>{roleName(person.role)}</span>
                  {chosen.some(({ id }) => id === person.id) && <Icon name="tick" size={16} />}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
