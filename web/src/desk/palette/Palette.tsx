import { useState } from "react";
import { Autocomplete } from "react-aria-components/Autocomplete";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Header } from "react-aria-components/Header";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem, MenuSection } from "react-aria-components/Menu";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { SearchField } from "react-aria-components/SearchField";
import { useLocation } from "wouter";
import { useSession } from "../../api/session";
import { administers } from "../../shell/Header";
import { leaveTo } from "../../shell/leave";
import { chooseTheme, useTheme } from "../../theme";
import { Icon } from "../../ui/Icon";
import { t } from "../../words/words";
import { useGames, useQuizzes } from "../queries";
import { matching, type PaletteEntry } from "./entries";
import styles from "./palette.module.css";

const GROUPS = ["pages", "quizzes", "games"] as const;

/** The command palette: every page, quiz and recent game of the desk by a few letters. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const found = matching(useEntries(), text);
  const pick = (id: string): void => {
    onClose();
    found.find((entry) => entry.id === id)?.go();
  };
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => !open && onClose()} className={styles.scrim ?? ""}>
      <Modal className={styles.modal ?? ""}>
        <AriaDialog aria-label={t("palette.title")} className={styles.dialog ?? ""}>
          <Autocomplete inputValue={text} onInputChange={setText}>
            {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the palette wants to type */}
            <SearchField aria-label={t("palette.search")} autoFocus className={styles.search ?? ""}>
              <Icon name="search" />
              <Input placeholder={t("palette.search")} className={styles.input ?? ""} />
            </SearchField>
            <Menu aria-label={t("palette.title")} className={styles.list ?? ""} onAction={(key) => pick(String(key))} renderEmptyState={() => <p className={styles.none}>{t("palette.none")}</p>}>
              {GROUPS.filter((group) => found.some((entry) => entry.group === group)).map((group) => (
                <MenuSection key={group} id={group}>
                  <Header className={styles.group ?? ""}>{t(`palette.${group}`)}</Header>
                  {found
                    .filter((entry) => entry.group === group)
                    .map((entry) => (
                      <MenuItem key={entry.id} id={entry.id} textValue={entry.label} className={styles.item ?? ""}>
                        {entry.label}
                      </MenuItem>
                    ))}
                </MenuSection>
              ))}
            </Menu>
          </Autocomplete>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

function useEntries(): PaletteEntry[] {
  const [, navigate] = useLocation();
  const theme = useTheme();
  const session = useSession();
  const quizzes = useQuizzes("").data?.pages.flatMap((page) => page.items) ?? [];
  const games = useGames().data?.pages.flatMap((page) => page.items) ?? [];
  const to = (path: string) => (): void => leaveTo(() => navigate(path));
  const other = theme === "dark" ? "light" : "dark";
  return [
    { id: "library", label: t("palette.library"), group: "pages", go: to("/library") },
    { id: "new", label: t("palette.new"), group: "pages", go: to("/library/new") },
    { id: "classes", label: t("class.title"), group: "pages", go: to("/classes") },
    { id: "courses", label: t("course.title"), group: "pages", go: to("/courses") },
    { id: "chat", label: t("chat.title"), group: "pages", go: to("/chat") },
    { id: "friends", label: t("friends.title"), group: "pages", go: to("/friends") },
    ...(session !== null && administers(session.me.role) ? [{ id: "writing", label: t("writing.title"), group: "pages" as const, go: to("/school/writing") }] : []),
    { id: "join", label: t("palette.join"), group: "pages", go: to("/") },
    { id: "api", label: t("palette.api"), group: "pages", go: to("/developers/api") },
    { id: "theme", label: t(`palette.${other}`), group: "pages", go: () => chooseTheme(other) },
    ...quizzes.map((quiz): PaletteEntry => ({ id: `quiz-${quiz.id}`, label: t("palette.edit", { title: quiz.title }), group: "quizzes", go: to(`/library/${quiz.id}`) })),
    ...games.map((game): PaletteEntry => {
      const over = game.phase === "ended";
      const path = over ? `/games/${game.game}/report` : `/host/${game.game}`;
      return { id: `game-${game.game}`, label: t(over ? "palette.report" : "palette.host", { title: game.title }), group: "games", go: to(path) };
    }),
  ];
}
