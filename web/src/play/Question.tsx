import type { AnswerValue, GameState, YouPlayer } from "../api/types";
import { sayAnswer } from "../answers/say";
import type { AnswerStatus } from "../live/answer-queue";
import type { GameStore } from "../live/game-store";
import { Clock } from "../stage/Clock";
import { useFocusOn } from "../stage/use-focus";
import { Icon, type IconName } from "../ui/Icon";
import { t } from "../words/words";
import { AnswerInput } from "./answers/AnswerInput";
import styles from "./play.module.css";

export interface QuestionProps {
  store: GameStore;
  state: GameState;
  you: YouPlayer;
  answer: AnswerStatus;
}

/** The open question, and the moment after it: both in the same places, so that nothing moves when the clock ends. */
export function Question({ store, state, you, answer }: QuestionProps) {
  const question = state.question;
  const heading = useFocusOn<HTMLHeadingElement>(question?.index);
  if (!question) return null;

  const closed = state.phase === "closed";
  const mine = answer.kind !== "none" && answer.given.question === question.index ? answer : ({ kind: "none" } as const);
  const given = mine.kind === "none" || mine.kind === "refused" ? null : mine.given.answer;
  const watching = you.late && !closed && !state.closes_at;

  return (
    <section className={styles.question}>
      <Clock store={store} from={state.opened_at ?? 0} to={state.closes_at ?? 0} stopped={closed || !state.closes_at} />
      <div className={styles.asked}>
        <h1 ref={heading} tabIndex={-1} className={styles.prompt} dir="auto">
          {question.prompt}
        </h1>
        {question.image && <img className={styles.picture} src={question.image.url} alt={question.image.alt} />}
        <p className={styles.soft}>{t(`play.kind.${question.kind}`)}</p>
      </div>
      <AnswerInput
        question={question}
        given={given}
        disabled={closed || watching || given !== null}
        onAnswer={(value: AnswerValue) => store.answer(question.index, value)}
        status={<StatusLine mine={mine} closed={closed} watching={watching} said={given && sayAnswer(question, given)} />}
      />
    </section>
  );
}

interface StatusLineProps {
  mine: AnswerStatus;
  closed: boolean;
  watching: boolean;
  said: string | null;
}

function StatusLine({ mine, closed, watching, said }: StatusLineProps) {
  if (watching) return <Line icon="hourglass" title={t("play.late.title")} hint={t("play.late.hint")} />;
  switch (mine.kind) {
    case "sending":
      return <Line icon="hourglass" title={t("play.sending")} hint={said ?? ""} />;
    case "accepted":
      return <Line icon="tick" tone="good" title={t("play.locked_in")} hint={said === null ? t("play.locked_in.hint") : t("play.your_answer", { answer: said })} />;
    case "too_late":
      return <Line icon="clock" tone="bad" title={t("play.too_late")} hint={t("play.too_late.hint")} />;
    case "refused":
      return <Line icon="warning" tone="bad" title={t(mine.reason === "paused" ? "play.paused_answer" : "play.refused")} hint="" />;
    default:
      return closed ? <Line icon="clock" title={t("play.times_up")} hint={t("play.times_up.hint")} /> : null;
  }
}

function Line({ icon, title, hint, tone = "plain" }: { icon: IconName; title: string; hint: string; tone?: "plain" | "good" | "bad" }) {
  return (
    <div className={styles.line} data-tone={tone}>
      <Icon name={icon} size={24} />
      <div>
        <strong>{title}</strong>
        {hint !== "" && <p className={styles.clip}>{hint}</p>}
      </div>
    </div>
  );
}
