import "../words/more/friends";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { friendCalls } from "../friends/calls";
import { friendKeys } from "../friends/queries";
import { refusalText as blockRefusalText } from "../friends/refusals";
import { toast } from "../ui/toast";
import { IconButton } from "../ui/Button";
import { Confirm } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { Menu, type MenuAction } from "../ui/Menu";
import { t } from "../words/words";
import { conversationCalls } from "./calls";
import { useHere } from "./context";
import { Face } from "./ConversationList";
import type { Panel } from "./ConversationView";
import { ModeMenu } from "./ModeMenu";
import { isMuted, nameOf } from "./names";
import { chatKeys, usePatchConversation } from "./queries";
import { refusalText } from "./refusals";
import { SettingsDialog } from "./SettingsDialog";
import { roleName, teaches } from "../shell/Header";
import styles from "./room.module.css";

/** Far enough to be always. */
const ALWAYS_MS = 10 * 365 * 86_400_000;

export function ConversationHead({ whole, onPanel }: { whole: boolean; onPanel: (panel: Panel) => void }) {
  const { conversation, staff } = useHere();
  const [setting, setSetting] = useState(false);
  const [blocking, setBlocking] = useState(false);
  const queries = useQueryClient();
  const patch = usePatchConversation();
  const name = nameOf(conversation);
  const muted = isMuted(conversation);
  const mute = async (): Promise<void> => {
    const until = muted ? null : Date.now() + ALWAYS_MS;
    try {
      await conversationCalls.mute(conversation.id, until);
      patch(conversation.id, (kept) => ({ ...kept, muted_until: until }));
      toast({ text: t(muted ? "chat.unmuted" : "chat.muted") });
    } catch (error) {
      toast({ text: refusalText(error), tone: "bad" });
    }
  };
  // Staff must be able to reach its students.
  const other = conversation.kind === "direct" && conversation.with !== null && (staff || !teaches(conversation.with.role)) ? conversation.with : null;
  const block = async (): Promise<void> => {
    if (other === null) return;
    try {
      await friendCalls.block(other.id);
      toast({ text: t("friends.block.done", { name: other.name }) });
      void queries.invalidateQueries({ queryKey: friendKeys.all });
      void queries.invalidateQueries({ queryKey: chatKeys.conversation(conversation.id) });
    } catch (error) {
      toast({ text: blockRefusalText(error), tone: "bad" });
    }
  };
  const choices: (MenuAction | false)[] = [
    conversation.kind !== "direct" && { id: "people", label: t("chat.members"), onAction: () => onPanel("people") },
    { id: "pins", label: t("chat.pins"), onAction: () => onPanel("pins") },
    { id: "mute", label: t(muted ? "chat.unmute" : "chat.mute"), onAction: () => void mute() },
    conversation.may.manage && { id: "settings", label: t("chat.settings"), onAction: () => setSetting(true) },
    other !== null && { id: "block", label: t("friends.block"), danger: true, onAction: () => setBlocking(true) },
  ];
  const Heading = whole ? "h2" : "h3";
  return (
    <header className={styles.roomHead}>
      {whole && (
        <Link href="/chat" className={styles.backLink} aria-label={t("chat.back")}>
          <Icon name="back" />
        </Link>
      )}
      <Face name={name} kind={conversation.kind} size={36} />
      <div className={styles.roomName}>
        <Heading>
          <bdi>{name}</bdi>
        </Heading>
        <span className={styles.soft}>
          {conversation.kind === "direct" ? conversation.with && roleName(conversation.with.role) : t("chat.people", { n: conversation.people })}
          {conversation.mode !== "open" && !conversation.may.manage && ` · ${t(`chat.mode.${conversation.mode}`)}`}
        </span>
      </div>
      {conversation.kind === "class" && conversation.may.manage && <ModeMenu />}
      <IconButton label={t("chat.search")} onPress={() => onPanel("search")}>
        <Icon name="search" />
      </IconButton>
      <Menu label={t("chat.more")} actions={choices.filter((one) => one !== false)}>
        <IconButton label={t("chat.more")}>
          <Icon name="more" />
        </IconButton>
      </Menu>
      {setting && <SettingsDialog conversation={conversation} onClose={() => setSetting(false)} />}
      {other !== null && (
        <Confirm
          title={t("friends.block.title", { name: other.name })}
          hint={t("friends.block.hint", { name: other.name })}
          action={t("friends.block")}
          isOpen={blocking}
          onClose={() => setBlocking(false)}
          onConfirm={() => void block()}
        />
      )}
    </header>
  );
}
