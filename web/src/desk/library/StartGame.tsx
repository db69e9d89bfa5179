import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { errorText } from "../../api/client";
import type { GameSettings, LateJoin, QuizId, ScoreRule } from "../../api/types";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Select } from "../../ui/Select";
import { Switch } from "../../ui/Toggle";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { NumberField } from "../NumberField";
import { keys, startGame, useClasses } from "../queries";

const DEFAULTS: GameSettings = {
  late_join: "zero",
  score_rule: "classic-1",
  countdown_ms: 3_000,
  max_players: 10_000,
  board_top: 5,
  guests: true,
  auto_advance: false,
  class: null,
};
const LATE: readonly LateJoin[] = ["zero", "pro_rata", "none"];
const RULES: readonly ScoreRule[] = ["classic-1", "classic-2", "accuracy-1"];
/** Countdowns offered, in seconds. */
const COUNTDOWNS: readonly number[] = [0, 3, 5, 10];
/** The server takes no more. */
const MAX_PLAYERS = 20_000;
const NO_CLASS = "none";

/** The settings of a game before its lobby opens. */
export function StartGame({ quiz, onClose }: { quiz: { id: QuizId; title: string }; onClose: () => void }) {
  const [settings, setSettings] = useState(DEFAULTS);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const classes = useClasses(true).data ?? [];
  const change = (part: Partial<GameSettings>): void => setSettings((before) => ({ ...before, ...part }));
  const playersFit = Number.isInteger(settings.max_players) && settings.max_players >= 1 && settings.max_players <= MAX_PLAYERS;

  const open = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      const { game } = await startGame(quiz.id, settings);
      await client.invalidateQueries({ queryKey: keys.games });
      navigate(`/host/${game}`);
    } catch (error) {
      setFault(errorText(error));
      setBusy(false);
    }
  };

  return (
    <Dialog
      title={t("start.title")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("app.cancel")}</Button>
          <Button tone="primary" isDisabled={busy || !playersFit} onPress={() => void open()}>
            {t(busy ? "start.opening" : "start.submit")}
          </Button>
        </>
      }
    >
      <div className={desk.form}>
        <p className={desk.soft}>{quiz.title}</p>
        {classes.length > 0 && (
          <Select
            label={t("start.class")}
            value={settings.class ?? NO_CLASS}
            options={[{ id: NO_CLASS, label: t("start.class.none") }, ...classes.map(({ id, name }) => ({ id, label: name }))]}
            onChange={(id) => change({ class: id === NO_CLASS ? null : id })}
          />
        )}
        <Select
          label={t("start.score")}
          value={settings.score_rule}
          options={RULES.map((id) => ({ id, label: t(`start.score.${id}`) }))}
          onChange={(score_rule) => change({ score_rule })}
        />
        <Select
          label={t("start.late")}
          value={settings.late_join}
          options={LATE.map((id) => ({ id, label: t(`start.late.${id}`) }))}
          onChange={(late_join) => change({ late_join })}
        />
        <Select
          label={t("start.countdown")}
          value={String(settings.countdown_ms / 1_000)}
          options={COUNTDOWNS.map((n) => ({ id: String(n), label: n === 0 ? t("start.no_countdown") : t("start.seconds", { n }) }))}
          onChange={(seconds) => change({ countdown_ms: Number(seconds) * 1_000 })}
        />
        <NumberField
          label={t("start.max")}
          integer
          value={settings.max_players}
          fault={playersFit ? undefined : t("start.max.problem")}
          onChange={(max_players) => change({ max_players })}
        />
        <div>
          <Switch isSelected={settings.guests} onChange={(guests) => change({ guests })}>
            {t("start.guests")}
          </Switch>
          <Switch isSelected={settings.auto_advance} onChange={(auto_advance) => change({ auto_advance })}>
            {t("start.auto")}
          </Switch>
        </div>
        {fault !== null && (
          <p role="alert" className={desk.fault}>
            {fault}
          </p>
        )}
      </div>
    </Dialog>
  );
}
