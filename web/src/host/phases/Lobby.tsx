import { useEffect, useState } from "react";
import type { RosterEntry, RosterPage } from "../../api/types";
import { groupPin } from "../../landing/pin";
import type { GameStore } from "../../live/game-store";
import type { GameView } from "../../live/game-view";
import { useFocusOn } from "../../stage/use-focus";
import { t } from "../../words/words";
import { isLocal } from "../address";
import { QrCode } from "../QrCode";
import styles from "./phases.module.css";

const SHOWN = 60;

/** How to join, as large as it goes, and the names as they come. */
export function Lobby({ store, view }: { store: GameStore; view: GameView }) {
  const { pin, players } = view.state;
  const heading = useFocusOn<HTMLHeadingElement>("lobby");
  const names = useNames(store, view).slice(0, SHOWN);
  const address = `${window.location.origin}/join/${pin ?? ""}`;
  return (
    <section className={styles.lobby}>
      <div className={styles.join}>
        <div className={styles.joinWords}>
          <p className={styles.joinAt}>
            {t("host.join_at_label")} <strong>{window.location.host}</strong>
          </p>
          <h1 ref={heading} tabIndex={-1} className={styles.pinHead}>
            <span className={styles.pinLabel}>{t("host.pin")}</span>
            <span className={styles.pin}>{groupPin(pin ?? "")}</span>
          </h1>
        </div>
        {pin !== null && (
          <div className={styles.qr}>
            <QrCode text={address} label={t("host.qr", { address })} />
          </div>
        )}
      </div>
      {isLocal(window.location.hostname) && <p className={styles.local}>{t("host.lobby.local", { host: window.location.hostname })}</p>}
      <div className={styles.arrivals} aria-live="off">
        {players === 0 ? (
          <div className={styles.waiting}>
            <p className={styles.waitingTitle}>{t("host.lobby.waiting")}</p>
            <p>{t("host.lobby.waiting.hint")}</p>
          </div>
        ) : (
          <>
            <h2 className={styles.arrivalsCount}>{t("host.players", { n: players })}</h2>
            <ul className={styles.names}>
              {names.map((entry) => (
                <li key={entry.participant} data-away={entry.connected ? undefined : ""} dir="auto">
                  {entry.nickname}
                </li>
              ))}
              {players > names.length && names.length > 0 && <li className={styles.moreNames}>{t("host.lobby.more", { n: players - names.length })}</li>}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}

/** The newest names first: pushed while people come, asked for once on opening. */
function useNames(store: GameStore, view: GameView): RosterEntry[] {
  const [asked, setAsked] = useState<RosterEntry[]>([]);
  useEffect(() => {
    store.link.command<RosterPage>("roster", { limit: SHOWN }).then(
      (page) => setAsked([...page.participants].reverse()),
      () => undefined,
    );
  }, [store]);
  return view.roster?.recent ?? asked;
}
