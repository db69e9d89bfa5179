import { useParams } from "wouter";
import { ApiError, errorText } from "../../api/client";
import type { QuizContent } from "../../api/desk-types";
import type { QuizId } from "../../api/types";
import { ButtonLink } from "../../ui/Button";
import { EmptyState, ErrorState, Skeleton } from "../../ui/Surfaces";
import { t } from "../../words/words";
import { DeskPage } from "../DeskPage";
import { useQuiz } from "../queries";
import { Editor } from "./Editor";

const BLANK: QuizContent = { title: "", description: "", questions: [] };

/** `/library/:quiz`: the editor; `/library/new` begins a quiz that the first save creates. */
export default function EditorPage() {
  const { quiz } = useParams<{ quiz: string }>();
  return <DeskPage title={t("editor.tab")}>{quiz === "new" ? <Editor key="new" stored={null} content={BLANK} /> : <Stored key={quiz} id={quiz as QuizId} />}</DeskPage>;
}

function Stored({ id }: { id: QuizId }) {
  const quiz = useQuiz(id);
  if (quiz.isPending) return <Skeleton lines={[44, 72, 360]} />;
  if (quiz.isError) {
    if (!(quiz.error instanceof ApiError && quiz.error.status === 404)) {
      return <ErrorState title={t("editor.problem")} hint={errorText(quiz.error)} onRetry={() => void quiz.refetch()} />;
    }
    return (
      <EmptyState icon="search" title={t("editor.not_found")} hint={t("editor.not_found.hint")} focus>
        <ButtonLink tone="primary" href="/library">
          {t("editor.back")}
        </ButtonLink>
      </EmptyState>
    );
  }
  const { data } = quiz;
  return <Editor stored={{ id, version: data.version, archived: data.archived }} content={data} />;
}
