import { Dialog } from "../ui/Dialog";
import { t, type Key } from "../words/words";
import styles from "./host.module.css";

const keys: [string[], Key][] = [
  [[t("host.space"), "→"], "host.keys.next"],
  [["L"], "host.keys.lock"],
  [["P"], "host.keys.pause"],
  [["S"], "host.keys.skip"],
  [["+"], "host.keys.time"],
  [["N"], "host.keys.players"],
  [["C"], "host.keys.cohosts"],
  [["M"], "host.keys.mute"],
  [["F"], "host.keys.full"],
  [["?"], "host.keys.help"],
];

export function KeysDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog title={t("host.keys.title")} isOpen={isOpen} onClose={onClose}>
      <dl className={styles.keys}>
        {keys.map(([names, what]) => (
          <div key={what}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
