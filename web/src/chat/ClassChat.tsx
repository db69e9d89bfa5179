import "../words/more/chat";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Conversation, ConversationId } from "../api/chat-types";
import { apiAll } from "../api/client";
import type { ClassId } from "../api/types";
import { Loaded } from "../records/Loaded";
import { useSaving } from "../records/saving";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/Surfaces";
import { t } from "../words/words";
import { conversationCalls } from "./calls";
import { ConversationView } from "./ConversationView";
import { chatKeys } from "./queries";
import styles from "./room.module.css";

/** The chat of a class on the class's page; `staff` may open it. */
export function ClassChat({ id, staff }: { id: ClassId; staff: boolean }) {
  const queries = useQueryClient();
  const saving = useSaving();
  const [thread, setThread] = useState<number | null>(null);
  const own = useQuery({
    queryKey: [...chatKeys.ofClass, id],
    queryFn: async ({ signal }) => (await apiAll<Conversation>("/api/v1/conversations", signal)).find((one) => one.class === id)?.id ?? null,
  });
  const open = (): void => {
    void saving.run(async () => {
      const made = await conversationCalls.ofClass(id);
      queries.setQueryData<ConversationId | null>([...chatKeys.ofClass, id], made.id);
      void queries.invalidateQueries({ queryKey: chatKeys.list });
    });
  };
  return (
    <Loaded query={own} lines={[64, 320]}>
      {(conversation) =>
        conversation === null ? (
          <EmptyState icon="chat" title={t("chat.of_class.none.title")} hint={saving.fault ?? t(staff ? "chat.of_class.none.staff" : "chat.of_class.none.student")}>
            {staff && (
              <Button tone="primary" onPress={open}>
                {t("chat.of_class.open")}
              </Button>
            )}
          </EmptyState>
        ) : (
          <>
            <div className={styles.embedded}>
              <ConversationView key={conversation} id={conversation} at={null} thread={thread} onThread={setThread} />
            </div>
            <div className={styles.embeddedFoot}>
              <ButtonLink href={`/chat/${conversation}`} tone="outline">
                {t("chat.of_class.full")}
              </ButtonLink>
            </div>
          </>
        )
      }
    </Loaded>
  );
}
