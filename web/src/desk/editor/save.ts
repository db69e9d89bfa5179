import { useQueryClient } from "@tanstack/react-query";
import { useState, type Dispatch } from "react";
import { useLocation } from "wouter";
import { ApiError, errorText } from "../../api/client";
import type { Quiz } from "../../api/desk-types";
import type { QuizId } from "../../api/types";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import { contentOnly } from "../actions";
import { createQuiz, fetchQuiz, keys, restoreQuiz, saveQuiz } from "../queries";
import { contentOf, type Edit, type Editing } from "./draft";
import { freshKey } from "./keys";

/** The quiz on the server that this draft belongs to. */
export interface Stored {
  id: QuizId;
  version: number;
  archived: boolean;
}

export interface Save {
  stored: Stored | null;
  busy: boolean;
  /** Somebody else saved a newer version. */
  conflict: boolean;
  now: () => Promise<void>;
  asCopy: () => Promise<void>;
  reload: () => Promise<void>;
  /** Takes the quiz back from the archive; the draft stays as it is. */
  restore: () => Promise<void>;
  dismissConflict: () => void;
}

/** Saving with versions: never over somebody else's work without being told to. */
export function useSave(opened: Stored | null, state: Editing, dispatch: Dispatch<Edit>): Save {
  const [stored, setStored] = useState(opened);
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState(false);
  const [, navigate] = useLocation();
  const client = useQueryClient();

  const keep = (quiz: Quiz, content = contentOf(state.draft)): void => {
    setStored({ id: quiz.id, version: quiz.version, archived: quiz.archived });
    dispatch({ type: "saved", content });
    client.setQueryData(keys.quiz(quiz.id), { ...quiz, ...content });
    void client.invalidateQueries({ queryKey: keys.quizzes });
    void client.invalidateQueries({ queryKey: keys.versions(quiz.id) });
    toast({ text: t("editor.saved", { n: quiz.version }) });
  };

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) setConflict(true);
      else toast({ text: errorText(error), tone: "bad" });
    } finally {
      setBusy(false);
    }
  };

  /** Creates a quiz of its own from the draft and goes there. */
  const create = async (title: string): Promise<void> => {
    const content = { ...contentOf(state.draft), title };
    const quiz = await createQuiz(content);
    keep(quiz, content);
    navigate(`/library/${quiz.id}`, { replace: true });
  };

  return {
    stored,
    busy,
    conflict,
    dismissConflict: () => setConflict(false),
    now: () =>
      attempt(async () => {
        if (stored === null) return create(state.draft.title);
        keep(await saveQuiz(stored.id, stored.version, contentOf(state.draft)));
      }),
    asCopy: () =>
      attempt(async () => {
        setConflict(false);
        await create(t("library.copy_of", { title: state.draft.title }));
      }),
    reload: () =>
      attempt(async () => {
        if (stored === null) return;
        const quiz = await fetchQuiz(stored.id);
        client.setQueryData(keys.quiz(quiz.id), quiz);
        setStored({ id: quiz.id, version: quiz.version, archived: quiz.archived });
        dispatch({ type: "load", content: contentOnly(quiz), keys: quiz.questions.map(freshKey) });
        setConflict(false);
      }),
    restore: () =>
      attempt(async () => {
        if (stored === null) return;
        await restoreQuiz(stored.id);
        setStored({ ...stored, archived: false });
        client.setQueryData<Quiz>(keys.quiz(stored.id), (quiz) => quiz && { ...quiz, archived: false });
        void client.invalidateQueries({ queryKey: keys.quizzes });
        toast({ text: t("library.restored", { title: state.draft.title || t("library.untitled") }) });
      }),
  };
}
