import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import type { Friend } from "../api/friend-types";
import { Loaded } from "../records/Loaded";
import { Button } from "../ui/Button";
import { Confirm } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { TextField } from "../ui/TextField";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import { friendCalls } from "./calls";
import { Part } from "./Part";
import { friendKeys, useFriendCode } from "./queries";
import { codeRefusalText, refusalText } from "./refusals";
import styles from "./friends.module.css";

/** The code by which others find the caller. */
export function CodeCard() {
  const code = useFriendCode();
  const shown = useRef<HTMLOutputElement>(null);
  const [asks, setAsks] = useState(false);
  const queries = useQueryClient();
  const copy = async (text: string): Promise<void> => {
    try {
      // Browsers offer the clipboard only on safe origins; a school's network may have none.
      await navigator.clipboard.writeText(text);
      toast({ text: t("friends.code.copied") });
    } catch {
      if (shown.current !== null) window.getSelection()?.selectAllChildren(shown.current);
      toast({ text: t("friends.code.copy_by_hand") });
    }
  };
  const renew = async (): Promise<void> => {
    try {
      queries.setQueryData(friendKeys.code, await friendCalls.newCode());
      toast({ text: t("friends.code.made") });
    } catch (error) {
      toast({ text: refusalText(error), tone: "bad" });
    }
  };
  return (
    <Part title={t("friends.code")}>
      <Loaded query={code} lines={[56, 44]}>
        {(text) => (
          <div className={styles.card}>
            <output ref={shown} className={styles.code}>
              {text}
            </output>
            <p className={styles.soft}>{t("friends.code.hint")}</p>
            <div className={styles.ways}>
              <Button tone="outline" aria-label={t("friends.code.copy.label")} onPress={() => void copy(text)}>
                <Icon name="copy" /> {t("friends.code.copy")}
              </Button>
              <Button tone="quiet" onPress={() => setAsks(true)}>
                {t("friends.code.new")}
              </Button>
            </div>
          </div>
        )}
      </Loaded>
      <Confirm title={t("friends.code.new.title")} hint={t("friends.code.new.hint")} action={t("friends.code.new")} tone="primary" isOpen={asks} onClose={() => setAsks(false)} onConfirm={() => void renew()} />
    </Part>
  );
}

/** Asks whoever has a code. */
export function EnterCode() {
  const [code, setCode] = useState("");
  const [fault, setFault] = useState<string | undefined>();
  const busy = useRef(false);
  const field = useRef<HTMLInputElement>(null);
  const queries = useQueryClient();
  const refuse = (text: string): void => {
    setFault(text);
    field.current?.focus();
  };
  const ask = async (): Promise<void> => {
    if (busy.current) return;
    if (code.trim() === "") return refuse(t("friends.enter.missing"));
    busy.current = true;
    try {
      const { id, bond } = await friendCalls.askByCode(code.trim());
      setCode("");
      await queries.invalidateQueries({ queryKey: friendKeys.all });
      // The reply names nobody; the list does.
      const name = queries.getQueryData<Friend[]>(friendKeys.list)?.find((one) => one.id === id)?.name;
      if (name === undefined) toast({ text: t("friends.ask.done.somebody") });
      else toast({ text: t(bond === "friends" ? "friends.accepted" : "friends.ask.done", { name }) });
    } catch (error) {
      refuse(codeRefusalText(error));
    } finally {
      busy.current = false;
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void ask();
  };
  return (
    <Part title={t("friends.enter")}>
      <form className={styles.enter} onSubmit={submit}>
        <TextField
          label={t("friends.enter.label")}
          hint={t("friends.enter.hint")}
          fault={fault}
          // The browser itself would not send the same code again, which may be right by now.
          validationBehavior="aria"
          value={code}
          onChange={(text) => {
            setCode(text);
            setFault(undefined);
          }}
          maxLength={40}
          autoComplete="off"
          spellCheck="false"
          enterKeyHint="send"
          inputClassName={styles.codeField}
          inputRef={field}
        />
        <Button type="submit" tone="outline">
          <Icon name="invite" /> {t("friends.ask")}
        </Button>
      </form>
    </Part>
  );
}
