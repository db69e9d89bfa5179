import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { Member } from "../../api/chat-types";
import { Loaded } from "../../records/Loaded";
import { roleName } from "../../shell/Header";
import { Button, IconButton } from "../../ui/Button";
import { Confirm, Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import { conversationCalls } from "../calls";
import { useHere } from "../context";
import { Face } from "../ConversationList";
import { nameOf } from "../names";
import { PeopleSearch } from "../NewConversation";
import { chatKeys, usePeople } from "../queries";
import { refusalText } from "../refusals";
import { Side } from "./Side";
import styles from "../room.module.css";

/** Who is in the conversation; owners of a group bring people in and take them out. */
export function PeoplePanel({ onClose, onChanged }: { onClose: () => void; onChanged: () => void }) {
  const { conversation, me } = useHere();
  const people = usePeople(conversation.id, true);
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const inGroup = conversation.kind === "group";
  const change = async (call: Promise<unknown>, done: string): Promise<void> => {
    try {
      await call;
      toast({ text: done });
      void queries.invalidateQueries({ queryKey: chatKeys.conversation(conversation.id) });
    } catch (error) {
      toast({ text: refusalText(error), tone: "bad" });
    }
  };
  const leave = async (): Promise<void> => {
    await change(conversationCalls.remove(conversation.id, me), t("chat.left", { title: nameOf(conversation) }));
    onChanged();
    navigate("/chat");
  };
  return (
    <Side title={t("chat.members")} onClose={onClose}>
      <div className={styles.sideScroll}>
        <Loaded query={people} lines={[44, 44, 44]}>
          {(items) => (
            <ul>
              {items.map((person) => (
                <li key={person.id} className={styles.member}>
                  <Face name={person.name} size={32} />
                  <span className={styles.memberName}>
                    <bdi>{person.name}</bdi>
                    <span className={styles.soft}>{[roleName(person.role), isOwner(person) && inGroup && t("chat.members.owner")].filter(Boolean).join(" · ")}</span>
                  </span>
                  {inGroup && conversation.may.manage && person.id !== me && (
                    <Menu
                      label={t("chat.members.actions", { name: person.name })}
                      actions={[
                        {
                          id: "remove",
                          label: t("chat.members.remove"),
                          danger: true,
                          onAction: () => void change(conversationCalls.remove(conversation.id, person.id), t("chat.members.removed", { name: person.name })),
                        },
                      ]}
                    >
                      <IconButton label={t("chat.members.actions", { name: person.name })}>
                        <Icon name="more" />
                      </IconButton>
                    </Menu>
                  )}
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </div>
      {inGroup && (
        <div className={styles.sideFoot}>
          {conversation.may.manage && (
            <Button tone="outline" onPress={() => setAdding(true)}>
              <Icon name="invite" /> {t("chat.members.add")}
            </Button>
          )}
          <Button tone="quiet" onPress={() => setLeaving(true)}>
            {t("chat.leave")}
          </Button>
        </div>
      )}
      {adding && (
        <Dialog title={t("chat.members.add")} isOpen onClose={() => setAdding(false)}>
          <PeopleSearch chosen={people.data ?? []} onPick={(person) => void change(conversationCalls.add(conversation.id, person.id), t("chat.members.added", { name: person.name }))} />
        </Dialog>
      )}
      <Confirm title={t("chat.leave")} hint={t("chat.leave.hint")} action={t("chat.leave")} isOpen={leaving} onClose={() => setLeaving(false)} onConfirm={() => void leave()} />
    </Side>
  );
}

const isOwner = (person: Member): boolean => person.owner ?? false;
