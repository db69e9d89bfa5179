import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { newOp } from "../api/op";
import type { Rating, ReviewCard } from "../api/skill-types";
import { myCalls } from "../records/calls";
import { keys } from "../records/keys";
import { Loaded } from "../records/Loaded";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/Surfaces";
import { dateTime, t } from "../words/words";
import { Ask } from "./Ask";
import { useDueCards } from "./queries";
import { StudentPage } from "./StudentPage";
import styles from "./student.module.css";

const RATINGS: Rating[] = ["again", "hard", "good", "easy"];

/** `/my/review`: the cards that are due, one after the other. */
export default function Review() {
  const due = useDueCards();
  return (
    <StudentPage title={t("my.review.title")}>
      <Loaded query={due} lines={[28, 120, 240]} focus>
        {(cards) => <Session first={cards} />}
      </Loaded>
    </StudentPage>
  );
}

/** The cards stay those of the beginning: what comes back today comes back in the next session. */
function Session({ first }: { first: ReviewCard[] }) {
  const [cards] = useState(first);
  const [at, setAt] = useState(0);
  const [right, setRight] = useState(0);
  const queries = useQueryClient();
  const card = cards[at];
  const next = (): void => setAt(at + 1);
  if (cards.length === 0) {
    return (
      <EmptyState icon="tick" title={t("my.review.none")} hint={t("my.review.none.hint")} focus>
        <ButtonLink href="/my/practise">{t("my.practise")}</ButtonLink>
      </EmptyState>
    );
  }
  if (card === undefined) {
    return (
      <EmptyState icon="bell" title={t("my.review.over")} hint={t("my.review.sum", { n: right, of: cards.length })} focus>
        <ButtonLink tone="primary" href="/my/progress">
          {t("my.progress")}
        </ButtonLink>
      </EmptyState>
    );
  }
  const count = <p className={styles.soft}>{t("my.review.count", { n: at + 1, of: cards.length })}</p>;
  if (card.question === null) {
    return (
      <div className={styles.question}>
        {count}
        <p>{t("my.review.gone")}</p>
        <Button onPress={next}>{t("my.review.skip")}</Button>
      </div>
    );
  }
  const told = async (what: Parameters<typeof myCalls.review>[1]) => {
    const result = await myCalls.review(card.id, what);
    if (result.correct === true || what.rating === "good" || what.rating === "easy") setRight((n) => n + 1);
    void queries.invalidateQueries({ queryKey: keys.mastery });
    return result;
  };
  return (
    <>
      {count}
      <Ask
        key={card.id}
        question={card.question}
        send={(answer, elapsed_ms) => told({ answer, elapsed_ms, op: newOp() })}
        onNext={next}
        before={(show) => (
          <div className={styles.section}>
            <p className={styles.soft}>{t("my.review.rate")}</p>
            <div className={styles.rates}>
              {RATINGS.map((rating) => (
                <Button key={rating} tone="outline" onPress={() => show(told({ rating, elapsed_ms: 0, op: newOp() }))}>
                  {t(`my.review.${rating}`)}
                </Button>
              ))}
            </div>
          </div>
        )}
        after={(result) => <span className={styles.soft}>{t("my.review.next_due", { when: dateTime(result.due_at) })}</span>}
      />
    </>
  );
}
