import "../words/more/chat";
import { useLocation, useParams, useSearch } from "wouter";
import type { ConversationId } from "../api/chat-types";
import { useSession } from "../api/session";
import { DeskPage } from "../desk/DeskPage";
import { teaches } from "../shell/Header";
import { StudentPage } from "../student/StudentPage";
import { EmptyState } from "../ui/Surfaces";
import { t } from "../words/words";
import { ConversationList } from "./ConversationList";
import { ConversationView } from "./ConversationView";
import styles from "./chat.module.css";

/** `/chat/:conversation?/:thread?`: the conversations, and one of them; `?at=` names a message to show. */
export default function ChatPage() {
  const { conversation, thread } = useParams<{ conversation?: string; thread?: string }>();
  const at = number(new URLSearchParams(useSearch()).get("at"));
  const [, navigate] = useLocation();
  const session = useSession();
  const Frame = session !== null && !teaches(session.me.role) ? StudentPage : DeskPage;
  return (
    <Frame title={t("chat.title")} width="screen" bare={conversation !== undefined}>
      <div className={styles.layout} data-open={conversation === undefined ? undefined : ""}>
        <ConversationList open={(conversation as ConversationId | undefined) ?? null} />
        {conversation === undefined ? (
          <div className={styles.nothing}>
            <EmptyState icon="chat" title={t("chat.pick.title")} hint={t("chat.pick.hint")} />
          </div>
        ) : (
          <ConversationView
            key={conversation}
            id={conversation as ConversationId}
            at={at}
            thread={number(thread ?? null)}
            onThread={(root) => navigate(root === null ? `/chat/${conversation}` : `/chat/${conversation}/${root}`)}
            whole
          />
        )}
      </div>
    </Frame>
  );
}

function number(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
