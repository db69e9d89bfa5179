import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { Conversation, ConversationId } from "../api/chat-types";
import { errorText } from "../api/client";
import { useSession } from "../api/session";
import type { PersonId } from "../api/types";
import { administers } from "../shell/Header";
import { Button, IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { EmptyState, ErrorState, Skeleton } from "../ui/Surfaces";
import { t } from "../words/words";
import { Badge } from "./ChatLink";
import { Drafts } from "./composer/drafts";
import { initials, isMuted, nameOf, shortTime } from "./names";
import { NewConversation } from "./NewConversation";
import { useConversations } from "./queries";
import styles from "./chat.module.css";

/** All conversations, those with something new first; `open` is the one beside it. */
export function ConversationList({ open }: { open: ConversationId | null }) {
  const conversations = useConversations();
  const [making, setMaking] = useState(false);
  const [, navigate] = useLocation();
  const session = useSession();
  const me = session?.me.id as PersonId;
  const items = conversations.data?.pages.flatMap((page) => page.items) ?? [];
  const drafts = new Drafts(me, localStorage).conversations();
  return (
    <section className={styles.list} aria-label={t("chat.list")}>
      <div className={styles.listHead}>
        <h1>{t("chat.title")}</h1>
        <div className={styles.listWays}>
          {session !== null && administers(session.me.role) && (
            <IconButton label={t("writing.title")} onPress={() => navigate("/school/writing")}>
              <Icon name="settings" />
            </IconButton>
          )}
          <IconButton label={t("chat.new")} onPress={() => setMaking(true)}>
            <Icon name="plus" />
          </IconButton>
        </div>
      </div>
      <div className={styles.scroll}>
        {conversations.isPending && (
          <div className={styles.padded}>
            <Skeleton lines={[56, 56, 56, 56]} />
          </div>
        )}
        {conversations.isError && conversations.data === undefined && <ErrorState title={t("chat.list.problem")} hint={errorText(conversations.error)} onRetry={() => void conversations.refetch()} />}
        {conversations.isSuccess && items.length === 0 && (
          <EmptyState icon="chat" title={t("chat.list.empty.title")} hint={t("chat.list.empty.hint")}>
            <Button tone="primary" onPress={() => setMaking(true)}>
              {t("chat.new")}
            </Button>
          </EmptyState>
        )}
        <ul>
          {items.map((one) => (
            <li key={one.id}>
              <Line conversation={one} me={me} isOpen={one.id === open} draft={one.id !== open && drafts.has(one.id) ? draftOf(one.id, me) : ""} />
            </li>
          ))}
        </ul>
        {conversations.hasNextPage && (
          <div className={styles.padded}>
            <Button wide tone="quiet" onPress={() => void conversations.fetchNextPage()}>
              {t("chat.list.more")}
            </Button>
          </div>
        )}
      </div>
      {making && (
        <NewConversation
          onClose={() => setMaking(false)}
          onMade={(made) => {
            setMaking(false);
            void conversations.refetch();
            navigate(`/chat/${made.id}`);
          }}
        />
      )}
    </section>
  );
}

const draftOf = (id: ConversationId, me: PersonId): string => new Drafts(me, localStorage).read(id, null).text;

function Line({ conversation, me, isOpen, draft }: { conversation: Conversation; me: PersonId; isOpen: boolean; draft: string }) {
  const name = nameOf(conversation);
  const { unread, mentions, last } = conversation;
  const muted = isMuted(conversation);
  return (
    <Link href={`/chat/${conversation.id}`} className={styles.line} aria-current={isOpen ? "true" : undefined} data-unread={unread > 0 && !muted ? "" : undefined}>
      <Face name={name} kind={conversation.kind} />
      <span className={styles.lineText}>
        <span className={styles.lineTop}>
          <span className={styles.lineName}>
            <bdi>{name}</bdi>
          </span>
          {last !== null && <span className={styles.lineTime}>{shortTime(last.sent_at)}</span>}
        </span>
        <span className={styles.lineTop}>
          <span className={styles.lineLast} dir="auto">
            {draft === "" ? lastWords(conversation, me) : <><em className={styles.draft}>{t("chat.list.draft")}</em> {draft}</>}
          </span>
          {muted && <span className={styles.muted}><Icon name="mute" size={16} /><span className="visually-hidden">{t("chat.list.muted")}</span></span>}
          {mentions > 0 && <span className={styles.at} aria-hidden="true">@</span>}
          {unread > 0 && <Badge n={unread} strong={mentions > 0} />}
          {unread > 0 && <span className="visually-hidden">{t("chat.list.unread", { n: unread })}</span>}
          {mentions > 0 && <span className="visually-hidden">{t("chat.list.mentions", { n: mentions })}</span>}
        </span>
      </span>
    </Link>
  );
}

function lastWords({ last, kind }: Conversation, me: PersonId): string {
  if (last === null) return t("chat.list.nothing");
  if (last.state === "deleted") return t("chat.list.deleted");
  if (last.sender.id === me) return t("chat.list.you", { text: last.body });
  return kind === "direct" ? last.body : t("chat.list.by", { name: last.sender.name, text: last.body });
}

/** A round mark beside a name. */
export function Face({ name, kind = "direct", size = 40 }: { name: string; kind?: Conversation["kind"]; size?: number }) {
  return (
    <span className={styles.face} data-kind={kind} style={{ inlineSize: size, blockSize: size, fontSize: size * 0.36 }} aria-hidden="true">
      {kind === "direct" ? initials(name) : <Icon name={kind === "class" ? "bell" : "people"} size={size * 0.5} />}
    </span>
  );
}
