import type { ChatMode } from "../api/chat-types";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import { conversationCalls } from "./calls";
import { useHere } from "./context";
import { usePatchConversation } from "./queries";
import { refusalText } from "./refusals";
import { MODES, paceOf } from "./modes";
import styles from "./room.module.css";

/** Who may write in the chat of a class, changed in two presses while the class is there; it can be undone. */
export function ModeMenu() {
  const { conversation } = useHere();
  const patch = usePatchConversation();
  const set = async (mode: ChatMode, before: ChatMode | null): Promise<void> => {
    try {
      // What somebody else has changed meanwhile is no reason to leave a class unlocked: the newest version is asked for.
      const { version } = await conversationCalls.get(conversation.id);
      const saved = await conversationCalls.save(conversation.id, version, { mode, ...(mode === "slow" && { slow_s: paceOf(conversation.slow_s) }) });
      patch(conversation.id, (kept) => ({ ...kept, ...saved }));
      toast({ text: t(`chat.mode.${mode}.hint`), ...(before !== null && { action: { label: t("app.undo"), onPress: () => void set(before, null) } }) });
    } catch (error) {
      toast({ text: refusalText(error), tone: "bad" });
    }
  };
  return (
    <Menu
      label={t("chat.settings.mode")}
      actions={MODES.map((mode) => ({ id: mode, label: t(`chat.mode.${mode}.menu`), disabled: mode === conversation.mode, onAction: () => void set(mode, conversation.mode) }))}
    >
      <Button tone="outline" aria-label={`${t("chat.settings.mode")}: ${t(`chat.mode.${conversation.mode}`)}`}>
        <Icon name={conversation.mode === "open" ? "unlock" : "lock"} />
        <span className={styles.modeName}>{t(`chat.mode.${conversation.mode}`)}</span>
      </Button>
    </Menu>
  );
}
