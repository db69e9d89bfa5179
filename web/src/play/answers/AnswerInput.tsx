import { lazy, Suspense, type ReactNode } from "react";
import type { AnswerValue, CurrentQuestion } from "../../api/types";
import { Skeleton } from "../../ui/Surfaces";
import { ChoiceAnswer } from "./ChoiceAnswer";
import { loadOrdering } from "./lazy";
import { NumberAnswer, TextAnswer } from "./WrittenAnswer";

const OrderAnswer = lazy(loadOrdering);

export interface AnswerInputProps {
  question: CurrentQuestion;
  /** What was given; shown as chosen. */
  given: AnswerValue | null;
  disabled: boolean;
  onAnswer: (answer: AnswerValue) => void;
  /** How the answer stands: shown where the button to send it was, so that nothing moves. */
  status: ReactNode;
}

/** The input that fits the kind of question. */
export function AnswerInput(props: AnswerInputProps) {
  switch (props.question.kind) {
    case "typed":
      return <TextAnswer {...props} />;
    case "numeric":
      return <NumberAnswer {...props} />;
    case "ordering":
      return (
        <Suspense fallback={<Skeleton lines={[56, 56, 56, 56]} />}>
          <OrderAnswer {...props} />
        </Suspense>
      );
    default:
      return <ChoiceAnswer {...props} />;
  }
}
