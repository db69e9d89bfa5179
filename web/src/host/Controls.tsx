import { useState } from "react";
import type { GameState } from "../api/types";
import { Button, IconButton } from "../ui/Button";
import { Confirm } from "../ui/Dialog";
import { Icon, type IconName } from "../ui/Icon";
import { t } from "../words/words";
import { allowed, nextLabel } from "./steps";
import type { HostCommands } from "./use-host";
import styles from "./host.module.css";

/** What can stand beside the stage. */
export type Panel = "players" | "cohosts" | "missing" | "keys";

export interface ControlsProps {
  state: GameState;
  commands: HostCommands;
  muted: boolean;
  onMute: () => void;
  onPanel: (panel: Panel) => void;
  onFullscreen: () => void;
}

/** Everything the host can do now; the one obvious step stands at the end. */
export function Controls({ state, commands, muted, onMute, onPanel, onFullscreen }: ControlsProps) {
  const [ending, setEnding] = useState(false);
  const can = allowed(state);
  const label = nextLabel(state);
  const paused = state.pause !== null;
  return (
    <footer className={styles.controls} data-controls="">
      <div className={styles.tools}>
        <Tool icon="people" label={t("host.players_sheet")} keyName="N" onPress={() => onPanel("players")} />
        <Tool icon="invite" label={t("host.cohosts")} keyName="C" onPress={() => onPanel("cohosts")} />
        <Tool icon={state.locked ? "lock" : "unlock"} label={t(state.locked ? "host.unlock" : "host.lock")} keyName="L" onPress={commands.lock} off={!can.lock} />
        <Tool icon={paused ? "play" : "pause"} label={t(paused ? "host.resume" : "host.pause")} keyName="P" onPress={commands.pause} off={!can.pause} />
        <Tool icon="skip" label={t("host.skip")} keyName="S" onPress={commands.skip} off={!can.skip} />
        <Tool icon="clock" label={t("host.add_time")} keyName="+" onPress={commands.addTime} off={!can.addTime} />
        <Tool icon={muted ? "mute" : "sound"} label={t(muted ? "host.unmute" : "host.mute")} keyName="M" onPress={onMute} />
        <Tool icon="full" label={t("host.fullscreen")} keyName="F" onPress={onFullscreen} />
        <Tool icon="keys" label={t("host.keys")} keyName="?" onPress={() => onPanel("keys")} />
        <Tool icon="flag" label={t("host.end")} onPress={() => setEnding(true)} off={!can.end} />
      </div>
      {label !== null && (
        <Button tone="primary" size="large" onPress={commands.next} isDisabled={commands.busy}>
          {t(label)} <Icon name="next" />
        </Button>
      )}
      <Confirm title={t("host.end.ask")} hint={t("host.end.hint")} action={t("host.end")} isOpen={ending} onClose={() => setEnding(false)} onConfirm={commands.end} />
    </footer>
  );
}

function Tool({ icon, label, keyName, onPress, off = false }: { icon: IconName; label: string; keyName?: string; onPress: () => void; off?: boolean }) {
  return (
    <IconButton label={keyName === undefined ? label : `${label} (${keyName})`} onPress={onPress} isDisabled={off}>
      <Icon name={icon} size={22} />
    </IconButton>
  );
}
