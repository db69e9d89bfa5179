import { sayAnswer } from "../../answers/say";
import type { AnswerReport, ParticipantReport, QuestionReport } from "../../api/desk-types";
import { Icon } from "../../ui/Icon";
import { number, t } from "../../words/words";
import desk from "../desk.module.css";
import { partsOf } from "./figures";
import { inSeconds } from "./figure-words";
import styles from "./report.module.css";

/** One student's answers: what, how fast, and how the points came about. */
export function AnswerRows({ participant, questions }: { participant: ParticipantReport; questions: QuestionReport[] }) {
  return (
    <table className={styles.answers}>
      <caption className="visually-hidden">{t("report.details", { name: participant.nickname })}</caption>
      <thead>
        <tr>
          <th scope="col">{t("report.ans.question")}</th>
          <th scope="col">{t("report.ans.answer")}</th>
          <th scope="col" data-number="">
            {t("report.ans.time")}
          </th>
          <th scope="col" data-number="">
            {t("report.ans.points")}
          </th>
        </tr>
      </thead>
      <tbody>
        {participant.answers.map((answer) => {
          const question = questions.find((other) => other.index === answer.question);
          return question && <Row key={answer.question} answer={answer} question={question} />;
        })}
      </tbody>
    </table>
  );
}

function Row({ answer, question }: { answer: AnswerReport; question: QuestionReport }) {
  const { base, bonus } = partsOf(answer);
  return (
    <tr>
      <td>
        <span className="tabular">{question.index + 1}.</span> {question.prompt}
      </td>
      <td>
        <span className={styles.verdict} data-right={answer.correct === null ? undefined : String(answer.correct)}>
          {answer.correct !== null && (
            <>
              <Icon name={answer.correct ? "tick" : "cross"} size={18} />
              <span className="visually-hidden">{t(answer.correct ? "report.ans.right" : "report.ans.wrong")}: </span>
            </>
          )}
          {answer.answer === null ? <span className={desk.soft}>{t("report.ans.none")}</span> : sayAnswer(question, answer.answer)}
        </span>
      </td>
      <td data-number="">
        {answer.elapsed_ms !== null && t("report.ans.seconds", { n: inSeconds(answer.elapsed_ms) })}
        {answer.latency_credit_ms > 0 && <div className={`${desk.soft} ${styles.tiny}`}>{t("report.ans.credit", { ms: answer.latency_credit_ms })}</div>}
      </td>
      <td data-number="">
        {number(answer.points)}
        {bonus > 0 && <div className={`${desk.soft} ${styles.tiny}`}>{t("report.ans.parts", { base, bonus })}</div>}
      </td>
    </tr>
  );
}
