import { useEffect, useRef, useState } from "react";
import { errorText } from "../api/client";
import { useColleagues } from "../api/queries";
import type { GameState, PersonId } from "../api/types";
import type { GameStore } from "../live/game-store";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { EmptyState, ErrorState, Skeleton } from "../ui/Surfaces";
import { TextField } from "../ui/TextField";
import { Switch } from "../ui/Toggle";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import { isLocal } from "./address";
import { colleagueRows, FIND_FROM, type ColleagueRow } from "./colleagues";
import type { HostCommands } from "./use-host";
import styles from "./host.module.css";

export interface CohostsSheetProps {
  store: GameStore;
  state: GameState;
  commands: HostCommands;
  isOpen: boolean;
  onClose: () => void;
}

/** Who helps to host: the owner chooses among colleagues and sends them the link of this page. */
export function CohostsSheet({ store, state, commands, isOpen, onClose }: CohostsSheetProps) {
  const { you } = state;
  const owner = you.role === "host" && you.owner;
  useEffect(() => {
    // The owner may have chosen on another device; no push tells of it.
    if (isOpen) void store.refresh();
  }, [isOpen, store]);

  async function change(person: PersonId, on: boolean): Promise<void> {
    if (await commands.run("cohost", { person, on })) store.cohostChanged(person, on);
  }

  return (
    <Dialog title={t("host.cohosts")} isOpen={isOpen} onClose={onClose} sheet>
      <p>{t(owner ? "host.cohosts.what" : "host.cohosts.not_owner")}</p>
      {owner && <Colleagues cohosts={you.cohosts} onChange={change} />}
    </Dialog>
  );
}

function Colleagues({ cohosts, onChange }: { cohosts: PersonId[]; onChange: (person: PersonId, on: boolean) => Promise<void> }) {
  const colleagues = useColleagues();
  const [text, setText] = useState("");
  if (colleagues.isPending) return <Skeleton lines={[44, 44, 44]} />;
  if (colleagues.isError) return <ErrorState title={t("host.cohosts.problem")} hint={errorText(colleagues.error)} onRetry={() => void colleagues.refetch()} />;
  if (colleagues.data.length === 0) return <EmptyState icon="people" title={t("host.cohosts.empty")} hint={t("host.cohosts.empty.hint")} />;
  const rows = colleagueRows(colleagues.data, cohosts, text);
  return (
    <>
      {colleagues.data.length >= FIND_FROM && <TextField label={t("host.cohosts.find")} value={text} onChange={setText} type="search" />}
      {rows.length === 0 && <p>{t("host.cohosts.none_found")}</p>}
      <ul className={styles.colleagues} aria-label={t("host.cohosts.list")}>
        {rows.map((row) => (
          <li key={row.id}>
            <Row row={row} onChange={(on) => onChange(row.id, on)} />
          </li>
        ))}
      </ul>
      <PageLink />
    </>
  );
}

/** Turns at once, and back if the server refuses; a second press waits for the first. */
function Row({ row, onChange }: { row: ColleagueRow; onChange: (on: boolean) => Promise<void> }) {
  const [wanted, setWanted] = useState<boolean | null>(null);
  function press(on: boolean): void {
    if (wanted !== null) return;
    setWanted(on);
    void onChange(on).finally(() => setWanted(null));
  }
  return (
    <Switch isSelected={wanted ?? row.on} onChange={press}>
      <bdi>{row.name}</bdi>
    </Switch>
  );
}

function PageLink() {
  const input = useRef<HTMLInputElement>(null);
  const { hostname } = window.location;
  const hint = isLocal(hostname) ? t("host.cohosts.local", { host: hostname }) : undefined;
  const link = window.location.origin + window.location.pathname;
  async function copy(): Promise<void> {
    try {
      // Browsers offer the clipboard only on safe origins; a school's network may have none.
      await navigator.clipboard.writeText(link);
      toast({ text: t("host.cohosts.copied") });
    } catch {
      input.current?.select();
      toast({ text: t("host.cohosts.copy_by_hand") });
    }
  }
  return (
    <div className={styles.pageLink}>
      <TextField label={t("host.cohosts.link")} value={link} hint={hint} isReadOnly inputRef={input} />
      <Button tone="outline" wide onPress={() => void copy()}>
        <Icon name="copy" /> {t("host.cohosts.copy")}
      </Button>
    </div>
  );
}
