import { t } from "../../words/words";
import type { Names } from "./figures";

const percents = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
const seconds = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A share from 0 to 1. */
export function percent(share: number): string {
  return percents.format(share);
}

/** Milliseconds as seconds with one digit. */
export function inSeconds(ms: number): string {
  return seconds.format(ms / 1_000);
}

/** The words that the figures are labelled with. */
export function names(): Names {
  return { right: t("report.right_order"), other: t("report.other_answers") };
}
