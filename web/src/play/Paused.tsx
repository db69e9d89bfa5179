import type { PauseReason } from "../api/types";
import { EmptyState } from "../ui/Surfaces";
import { t } from "../words/words";

export function Paused({ reason }: { reason: PauseReason }) {
  return <EmptyState icon="pause" title={t("play.paused.title")} hint={t(`play.paused.${reason}`)} focus />;
}
