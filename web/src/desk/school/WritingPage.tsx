import "../../words/more/friends";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import type { ChatPolicy, DirectPolicy } from "../../api/friend-types";
import { chatKeys } from "../../chat/queries";
import { Loaded } from "../../records/Loaded";
import { SaveNotes, useSaving } from "../../records/saving";
import { Button } from "../../ui/Button";
import { Choices } from "../../ui/Choices";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import { DeskPage } from "../DeskPage";
import styles from "./school.module.css";

const PATH = "/api/v1/chat/policy";
const KEY = ["school", "writing"] as const;
const CHOICES: readonly DirectPolicy[] = ["anyone", "shared_class", "staff_only", "nobody"];

const read = (signal?: AbortSignal): Promise<ChatPolicy> => api<ChatPolicy>(PATH, signal ? { signal } : {});
const save = (direct: DirectPolicy, version: number): Promise<ChatPolicy> => api<ChatPolicy>(PATH, { method: "PUT", body: { direct }, headers: { "If-Match": `"${version}"` } });

/** `/school/writing`: who of the school may begin a conversation with whom; for its admins. */
export default function WritingPage() {
  return (
    <DeskPage title={t("writing.title")} width="normal">
      <div className={styles.page}>
        <h1>{t("writing.title")}</h1>
        <Policy />
      </div>
    </DeskPage>
  );
}

function Policy() {
  const policy = useQuery({ queryKey: KEY, queryFn: ({ signal }) => read(signal) });
  return (
    <Loaded query={policy} lines={[48, 72, 72, 72, 72]}>
      {(kept) => <Form kept={kept} />}
    </Loaded>
  );
}

function Form({ kept }: { kept: ChatPolicy }) {
  const queries = useQueryClient();
  const saving = useSaving();
  // What was chosen here, and over which version; what others save meanwhile must not be taken for what was seen.
  const [draft, setDraft] = useState<{ direct: DirectPolicy; over: number } | null>(null);
  const chosen = draft?.direct ?? kept.direct;
  const dirty = draft !== null && chosen !== kept.direct;
  const put = async (over: number): Promise<void> => {
    if (!dirty) return toast({ text: t("records.saved") });
    const done = await saving.run(async () => {
      queries.setQueryData(KEY, await save(chosen, over));
      void queries.invalidateQueries({ queryKey: chatKeys.all });
    });
    if (!done) return;
    setDraft(null);
    toast({ text: t("records.saved") });
  };
  const take = async (): Promise<void> => {
    await saving.run(async () => {
      queries.setQueryData(KEY, await read());
      setDraft(null);
    });
  };
  return (
    <>
      <p className={styles.lead}>{t("writing.lead")}</p>
      <SaveNotes saving={saving} onTake={() => void take()} onKeep={(current) => void put(current)} />
      <Choices
        label={t("writing.choice")}
        value={chosen}
        options={CHOICES.map((id) => ({ id, label: t(`writing.${id}`), hint: t(`writing.${id}.hint`) }))}
        onChange={(direct) => setDraft({ direct, over: draft?.over ?? kept.version })}
      />
      <div className={styles.foot}>
        <Button tone="primary" onPress={() => void put(draft?.over ?? kept.version)}>
          {saving.busy ? t("records.saving") : t("records.save")}
        </Button>
        <span role="status" className={styles.soft}>
          {dirty ? t("writing.unsaved") : ""}
        </span>
      </div>
    </>
  );
}
