import { useCallback, useEffect, useState, type FormEvent } from "react";
import type { ParticipantId, RosterEntry, RosterPage } from "../api/types";
import type { GameStore } from "../live/game-store";
import type { GameView } from "../live/game-view";
import { Button, IconButton } from "../ui/Button";
import { Confirm, Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { EmptyState, ErrorState, Skeleton } from "../ui/Surfaces";
import { Select } from "../ui/Select";
import { TextField } from "../ui/TextField";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import type { HostCommands } from "./use-host";
import styles from "./host.module.css";

const PAGE = 100;
/** The most that the server gives at once, for a search through everybody. */
const SEARCH_PAGE = 500;
const FACTORS = ["1", "1.25", "1.5", "2", "3"] as const;

export interface PlayersSheetProps {
  store: GameStore;
  view: GameView;
  commands: HostCommands;
  isOpen: boolean;
  onClose: () => void;
}

/** All players with what a host may do about each: remove, rename, give more time. */
export function PlayersSheet({ store, view, commands, isOpen, onClose }: PlayersSheetProps) {
  const [entries, setEntries] = useState<RosterEntry[] | null>(null);
  const [next, setNext] = useState<ParticipantId | null>(null);
  const [failed, setFailed] = useState(false);
  const [search, setSearch] = useState("");
  const [kicking, setKicking] = useState<RosterEntry | null>(null);
  const [renaming, setRenaming] = useState<RosterEntry | null>(null);
  const { players, host } = view.state;

  const load = useCallback(
    async (after: ParticipantId | null, limit = PAGE): Promise<void> => {
      try {
        const page = await store.link.command<RosterPage>("roster", after === null ? { limit } : { limit, after });
        setEntries((now) => (after === null || now === null ? page.participants : [...now, ...page.participants]));
        setNext(page.next ?? null);
        setFailed(false);
      } catch {
        setFailed(true);
      }
    },
    [store],
  );
  useEffect(() => {
    if (isOpen) void load(null);
  }, [isOpen, load, players, host?.connected]);

  const wanted = search.trim().toLocaleLowerCase();
  const shown = (entries ?? []).filter((entry) => entry.nickname.toLocaleLowerCase().includes(wanted));
  const searching = isOpen && shown.length === 0 && wanted !== "" && next !== null && !failed;
  useEffect(() => {
    if (searching) void load(next, SEARCH_PAGE);
  }, [searching, load, next]);

  async function change(verb: string, params: object, done: string): Promise<void> {
    if (await commands.run(verb, params)) toast({ text: done });
    await load(null);
  }

  return (
    <>
      <Dialog title={t("host.players_sheet")} isOpen={isOpen} onClose={onClose} sheet>
        {host && <p className={styles.soft}>{t("host.connected", { connected: host.connected, players })}</p>}
        {failed && <ErrorState title={t("host.sheet.problem")} hint={t("app.error.network")} onRetry={() => void load(null)} />}
        {entries === null ? (
          !failed && <Skeleton lines={[44, 44, 44]} />
        ) : entries.length === 0 ? (
          <EmptyState icon="people" title={t("host.sheet.empty")} />
        ) : (
          <>
            <TextField label={t("host.sheet.search")} value={search} onChange={setSearch} type="search" />
            {searching ? <Skeleton lines={[44]} /> : shown.length === 0 && !failed && <p>{t("host.sheet.none_found")}</p>}
            <ul className={styles.roster}>
              {shown.map((entry) => (
                <li key={entry.participant}>
                  <span className={styles.rosterName}>
                    <strong dir="auto">{entry.nickname}</strong>
                    <span className={styles.soft}>{facts(entry)}</span>
                  </span>
                  <Select
                    label={t("host.sheet.extra_time", { name: entry.nickname })}
                    labelHidden
                    value={String(entry.time_factor)}
                    options={factorOptions(entry.time_factor)}
                    onChange={(factor) => void commands.run("accommodate", { participant: entry.participant, time_factor: Number(factor) }).then(() => load(null))}
                  />
                  <Menu
                    label={t("host.sheet.actions", { name: entry.nickname })}
                    actions={[
                      { id: "rename", label: t("host.sheet.rename"), onAction: () => setRenaming(entry) },
                      { id: "kick", label: t("host.sheet.kick_short"), onAction: () => setKicking(entry), danger: true },
                    ]}
                  >
                    <IconButton label={t("host.sheet.actions", { name: entry.nickname })}>
                      <Icon name="more" />
                    </IconButton>
                  </Menu>
                </li>
              ))}
            </ul>
            {next !== null && !searching && (
              <Button tone="outline" wide onPress={() => void load(next)}>
                {t("host.sheet.more")}
              </Button>
            )}
          </>
        )}
      </Dialog>
      {kicking && (
        <Confirm
          title={t("host.sheet.kick.ask", { name: kicking.nickname })}
          hint={t("host.sheet.kick.hint")}
          action={t("host.sheet.kick_short")}
          isOpen
          onClose={() => setKicking(null)}
          onConfirm={() => void change("kick", { participant: kicking.participant }, t("host.sheet.kicked", { name: kicking.nickname }))}
        />
      )}
      {renaming && (
        <Rename
          entry={renaming}
          onClose={() => setRenaming(null)}
          onSave={(nickname) => void change("rename", { participant: renaming.participant, nickname }, t("host.sheet.renamed", { name: nickname }))}
        />
      )}
    </>
  );
}

function facts(entry: RosterEntry): string {
  const words = [];
  if (!entry.connected) words.push(t("host.sheet.away"));
  if (entry.answered) words.push(t("host.sheet.answered"));
  if (entry.guest) words.push(t("host.sheet.guest"));
  return words.join(" · ");
}

function factorOptions(current: number): { id: string; label: string }[] {
  const known: string[] = [...FACTORS];
  const ids = known.includes(String(current)) ? known : [...known, String(current)];
  return ids.map((id) => ({ id, label: id === "1" ? t("host.sheet.factor_normal") : t("host.sheet.factor", { n: Number(id) }) }));
}

function Rename({ entry, onClose, onSave }: { entry: RosterEntry; onClose: () => void; onSave: (nickname: string) => void }) {
  const [name, setName] = useState(entry.nickname);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() === "") return;
    onClose();
    onSave(name.trim());
  }
  return (
    <Dialog title={t("host.sheet.rename")} isOpen onClose={onClose}>
      <form onSubmit={submit} className={styles.form}>
        <TextField label={t("host.sheet.rename_label")} value={name} onChange={setName} maxLength={20} autoComplete="off" />
        <Button type="submit" tone="primary">
          {t("host.sheet.rename_save")}
        </Button>
      </form>
    </Dialog>
  );
}
