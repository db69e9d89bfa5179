import { useRef, useState, type ReactNode } from "react";
import { errorText } from "../api/client";
import type { AskedQuestion, ResponseResult } from "../api/skill-types";
import type { AnswerValue } from "../api/types";
import { sayAnswer, saySolution } from "../answers/say";
import { AnswerInput } from "../play/answers/AnswerInput";
import { Button } from "../ui/Button";
import { t } from "../words/words";
import { useFocusOn } from "../stage/use-focus";
import styles from "./student.module.css";

interface AskProps<Result extends ResponseResult> {
  question: AskedQuestion;
  /** Sends the answer; `elapsed` in milliseconds. */
  send: (answer: AnswerValue, elapsed: number) => Promise<Result>;
  onNext: () => void;
  /** What stands under the question before the answer. */
  before?: (show: (result: Promise<Result>) => void) => ReactNode;
  /** What stands under the verdict. */
  after?: (result: Result) => ReactNode;
}

/** One question at one's own pace: the answer, whether it was right, and why. */
export function Ask<Result extends ResponseResult>({ question, send, onNext, before, after }: AskProps<Result>) {
  const [given, setGiven] = useState<AnswerValue | null>(null);
  const [result, setResult] = useState<Result | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const began = useRef(Date.now());
  const heading = useFocusOn<HTMLHeadingElement>(question.prompt);
  const show = (sent: Promise<Result>): void => {
    setFault(null);
    sent.then(setResult, (error: unknown) => {
      setGiven(null);
      setFault(errorText(error));
    });
  };
  const answer = (value: AnswerValue): void => {
    setGiven(value);
    show(send(value, Date.now() - began.current));
  };
  return (
    <div className={styles.question}>
      <h1 ref={heading} tabIndex={-1}>
        {question.prompt}
      </h1>
      {question.image && <img src={question.image.url} alt={question.image.alt} />}
      {result === null ? (
        <>
          <AnswerInput question={question} given={given} disabled={given !== null} onAnswer={answer} status={null} />
          {fault !== null && (
            <p role="alert" className={styles.soft}>
              {fault}
            </p>
          )}
          {given === null && before?.(show)}
        </>
      ) : (
        <>
          <div className={styles.verdict} data-right={result.correct === false ? undefined : ""} role="status">
            {result.correct !== null && <strong>{t(result.correct ? "my.review.right" : "my.review.wrong")}</strong>}
            {given !== null && <span>{t("my.review.yours", { answer: sayAnswer(question, given) })}</span>}
            {question.kind !== "poll" && <span>{t("my.review.solution", { solution: saySolution(question, result.solution) })}</span>}
            {result.explanation !== null && <span>{result.explanation}</span>}
            {after?.(result)}
          </div>
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the answer was sent: going on is the next step */}
          <Button tone="primary" size="large" wide autoFocus onPress={onNext}>
            {t("my.review.next")}
          </Button>
        </>
      )}
    </div>
  );
}
