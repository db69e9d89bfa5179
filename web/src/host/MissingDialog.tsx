import { useEffect, useState } from "react";
import type { RosterPage } from "../api/types";
import type { GameStore } from "../live/game-store";
import { Dialog } from "../ui/Dialog";
import { Skeleton } from "../ui/Surfaces";
import { t } from "../words/words";
import styles from "./host.module.css";

const SHOWN = 60;

/** Who has not answered yet; on demand only, so that nobody is put on the big screen without need. */
export function MissingDialog({ store, answered, isOpen, onClose }: { store: GameStore; answered: number; isOpen: boolean; onClose: () => void }) {
  const [page, setPage] = useState<RosterPage | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!isOpen) return;
    let current = true;
    store.link.command<RosterPage>("roster", { missing: true, limit: SHOWN }).then(
      (next) => {
        if (!current) return;
        setPage(next);
        setFailed(false);
      },
      () => current && setFailed(true),
    );
    return () => {
      current = false;
    };
    // A new answer changes who is missing.
  }, [store, isOpen, answered]);
  const names = page?.participants ?? [];
  return (
    <Dialog title={t("host.missing.title")} isOpen={isOpen} onClose={onClose}>
      {failed ? (
        <p role="alert">{t("app.error.network")}</p>
      ) : page === null ? (
        <Skeleton lines={[36, 36]} />
      ) : names.length === 0 ? (
        <p>{t("host.missing.none")}</p>
      ) : (
        <>
          <ul className={styles.nameList}>
            {names.map((entry) => (
              <li key={entry.participant} dir="auto">
                {entry.nickname}
              </li>
            ))}
          </ul>
          {page.total > names.length && <p>{t("host.lobby.more", { n: page.total - names.length })}</p>}
        </>
      )}
    </Dialog>
  );
}
