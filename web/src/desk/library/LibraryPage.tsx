import { useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useLocation } from "wouter";
import { errorText } from "../../api/client";
import type { QuizSummary } from "../../api/desk-types";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { EmptyState, ErrorState, Skeleton } from "../../ui/Surfaces";
import { TextField } from "../../ui/TextField";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { DeskPage } from "../DeskPage";
import { archiveQuiz, keys, restoreQuiz, useQuizzes } from "../queries";
import { ImportButton } from "./ImportButton";
import { QuizCard } from "./QuizCard";
import { RecentGames } from "./RecentGames";
import { StartGame } from "./StartGame";
import styles from "./library.module.css";

/** `/library`: a teacher's quizzes and recent games. */
export default function LibraryPage() {
  return (
    <DeskPage title={t("library.title")}>
      <Library />
    </DeskPage>
  );
}

function Library() {
  const [text, setText] = useState("");
  const query = useDeferredValue(text.trim());
  const [starting, setStarting] = useState<QuizSummary | null>(null);
  const [, navigate] = useLocation();
  const create = (): void => navigate("/library/new");
  return (
    <>
      <div className={desk.head}>
        <h1>{t("library.title")}</h1>
        <div className={styles.search}>
          <TextField label={t("library.search")} labelHidden placeholder={t("library.search")} type="search" value={text} onChange={setText} />
        </div>
        <div className={desk.actions}>
          <ImportButton />
          <Button tone="primary" onPress={create}>
            <Icon name="plus" /> {t("library.create")}
          </Button>
        </div>
      </div>
      <div className={styles.columns}>
        <Quizzes query={query} onStart={setStarting} onCreate={create} onClear={() => setText("")} />
        <RecentGames />
      </div>
      {starting !== null && <StartGame quiz={starting} onClose={() => setStarting(null)} />}
    </>
  );
}

interface QuizzesProps {
  query: string;
  onStart: (quiz: QuizSummary) => void;
  onCreate: () => void;
  onClear: () => void;
}

function Quizzes({ query, onStart, onCreate, onClear }: QuizzesProps) {
  const quizzes = useQuizzes(query);
  const client = useQueryClient();
  const again = (): Promise<void> => client.invalidateQueries({ queryKey: keys.quizzes });

  const archive = (quiz: QuizSummary): void => {
    const undo = (): void => {
      restoreQuiz(quiz.id).then(
        () => {
          toast({ text: t("library.restored", { title: quiz.title }) });
          return again();
        },
        (error: unknown) => toast({ text: errorText(error), tone: "bad" }),
      );
    };
    archiveQuiz(quiz.id).then(
      () => {
        toast({ text: t("library.archived", { title: quiz.title }), action: { label: t("app.undo"), onPress: undo } });
        return again();
      },
      (error: unknown) => toast({ text: errorText(error), tone: "bad" }),
    );
  };

  if (quizzes.isPending) {
    return (
      <div className={styles.grid}>
        {[1, 2, 3].map((n) => (
          <Skeleton key={n} lines={[150, 28, 44]} />
        ))}
      </div>
    );
  }
  if (quizzes.isError) return <ErrorState title={t("library.problem")} hint={errorText(quizzes.error)} onRetry={() => void quizzes.refetch()} />;
  const items = quizzes.data.pages.flatMap((page) => page.items);
  if (items.length === 0 && query !== "") {
    return (
      <EmptyState icon="search" title={t("library.none_found.title", { query })} hint={t("library.none_found.hint")}>
        <Button onPress={onClear}>{t("library.show_all")}</Button>
      </EmptyState>
    );
  }
  if (items.length === 0) {
    return (
      <EmptyState icon="bell" title={t("library.empty.title")} hint={t("library.empty.hint")}>
        <Button onPress={onCreate}>
          <Icon name="plus" /> {t("library.create")}
        </Button>
        <ImportButton />
      </EmptyState>
    );
  }
  return (
    <section aria-label={t("library.list")}>
      <ul className={styles.grid} aria-busy={quizzes.isPlaceholderData}>
        {items.map((quiz) => (
          <li key={quiz.id}>
            <QuizCard quiz={quiz} onStart={() => onStart(quiz)} onArchive={() => archive(quiz)} />
          </li>
        ))}
      </ul>
      {quizzes.hasNextPage && (
        <div className={styles.more}>
          <Button isDisabled={quizzes.isFetchingNextPage} onPress={() => void quizzes.fetchNextPage()}>
            {t("library.more")}
          </Button>
        </div>
      )}
    </section>
  );
}
