import { useState } from "react";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import type { ReactElement } from "react";
import { Button } from "../ui/Button";
import { TextField } from "../ui/TextField";
import { t, type Key } from "../words/words";
import { useHere } from "./context";
import { EMOJI, isEmoji } from "./emoji";
import type { Entry } from "./timeline";
import styles from "./emoji.module.css";

/** The reactions to a message; a press joins in or takes one's own back. */
export function Reactions({ entry }: { entry: Entry }) {
  const here = useHere();
  if (entry.reactions.length === 0) return null;
  return (
    <div className={styles.reactions}>
      {entry.reactions.map(({ emoji, count, mine }) => (
        <button
          key={emoji}
          type="button"
          className={styles.reaction}
          aria-pressed={mine ?? false}
          aria-label={t(mine ? "chat.reaction.mine" : "chat.reaction", { emoji: nameOfEmoji(emoji), n: count })}
          disabled={!here.conversation.may.send}
          onClick={() => here.actions.react(entry, emoji)}
        >
          <span aria-hidden="true">{emoji}</span>
          <span className="tabular">{count}</span>
        </button>
      ))}
    </div>
  );
}

function nameOfEmoji(emoji: string): string {
  const name: Key | undefined = EMOJI.find((one) => one.emoji === emoji)?.name;
  return name === undefined ? emoji : t(name);
}

interface EmojiPickerProps {
  label: string;
  onPick: (emoji: string) => void;
  /** Offers to type another one. */
  other?: boolean;
  /** The button that opens it. */
  children: ReactElement;
  onOpenChange?: (open: boolean) => void;
}

/** A small set of emoji in a grid, by pointer or arrow keys. */
export function EmojiPicker({ label, onPick, other = false, children, onOpenChange }: EmojiPickerProps) {
  const [open, setOpen] = useState(false);
  const change = (next: boolean): void => {
    setOpen(next);
    onOpenChange?.(next);
  };
  const pick = (emoji: string): void => {
    change(false);
    onPick(emoji);
  };
  return (
    <DialogTrigger isOpen={open} onOpenChange={change}>
      {children}
      <Popover className={styles.popover ?? ""} placement="top">
        <Dialog aria-label={label} className={styles.dialog ?? ""}>
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the picker wants to pick */}
          <ListBox aria-label={label} layout="grid" autoFocus="first" className={styles.grid ?? ""} onAction={(key) => pick(String(key))}>
            {EMOJI.map(({ emoji, name }) => (
              <ListBoxItem key={emoji} id={emoji} textValue={t(name)} aria-label={t(name)} className={styles.cell ?? ""}>
                {emoji}
              </ListBoxItem>
            ))}
          </ListBox>
          {other && <OtherEmoji onPick={pick} />}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function OtherEmoji({ onPick }: { onPick: (emoji: string) => void }) {
  const [text, setText] = useState("");
  const [tried, setTried] = useState(false);
  return (
    <form
      className={styles.other}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isEmoji(text.trim())) onPick(text.trim());
      }}
    >
      <TextField label={t("chat.reaction.other")} value={text} onChange={setText} maxLength={20} fault={tried && !isEmoji(text.trim()) ? t("chat.reaction.not_one") : undefined} />
      <Button type="submit">{t("chat.reaction.add")}</Button>
    </form>
  );
}
