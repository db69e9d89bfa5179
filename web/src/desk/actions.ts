import { useQueryClient } from "@tanstack/react-query";
import { errorText } from "../api/client";
import type { QuizContent } from "../api/desk-types";
import type { QuizId } from "../api/types";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import { download, fileName } from "./files";
import { createQuiz, exportQuiz, fetchQuiz, keys } from "./queries";

/** The content alone, without what the server adds to a quiz. */
export function contentOnly({ title, description, questions }: QuizContent): QuizContent {
  return { title, description, questions };
}

/** Saves the newest version of a quiz as a file. */
export async function exportFile(id: QuizId, title: string, format: "json" | "csv"): Promise<void> {
  try {
    download(await exportQuiz(id, format), fileName(title, format));
  } catch (error) {
    toast({ text: errorText(error), tone: "bad" });
  }
}

/** Copies a quiz within the library. */
export function useDuplicate(): (id: QuizId) => Promise<void> {
  const client = useQueryClient();
  return async (id) => {
    try {
      const original = await fetchQuiz(id);
      const title = t("library.copy_of", { title: original.title });
      await createQuiz({ ...contentOnly(original), title });
      toast({ text: t("library.duplicated", { title }) });
      await client.invalidateQueries({ queryKey: keys.quizzes });
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    }
  };
}
