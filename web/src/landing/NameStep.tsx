import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { errorText } from "../api/client";
import { newOp } from "../api/op";
import { joinGame } from "../api/queries";
import { forgetGuestPlace, guestPlace, keepGuestPlace, useSession } from "../api/session";
import type { FoundGame } from "../api/types";
import { Button, ButtonLink } from "../ui/Button";
import { Card } from "../ui/Surfaces";
import { TextField } from "../ui/TextField";
import { t } from "../words/words";
import { joinErrors } from "./errors";
import { nameIdeas } from "./ideas";
import styles from "./landing.module.css";

const IDEAS = 3;
const MAX_NAME = 20;

export interface NameStepProps {
  pin: string;
  game: FoundGame;
  onJoined: () => void;
  onBack: () => void;
}

export function NameStep({ pin, game, onJoined, onBack }: NameStepProps) {
  const session = useSession();
  const student = session !== null && session.me.role === "student" ? session.me : null;
  const [asGuest, setAsGuest] = useState(student === null);
  const [name, setName] = useState("");
  const [ideas, setIdeas] = useState(() => nameIdeas(IDEAS, Math.random));
  const input = useRef<HTMLInputElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  // One for this visit: a join whose answer was lost is the same join when it is tried again.
  const op = useRef(newOp());
  const place = guestPlace(game.game);

  useEffect(() => heading.current?.focus(), []);

  const join = useMutation({
    mutationFn: (nickname: string | null) => joinGame(game.game, pin, nickname, op.current),
    onSuccess: (joined, nickname) => {
      if (nickname === null) forgetGuestPlace(game.game);
      else keepGuestPlace(game.game, joined, pin);
      onJoined();
    },
    onError: () => input.current?.focus(),
  });
  const fault = join.isError ? errorText(join.error, joinErrors) : undefined;

  function submit(event: FormEvent): void {
    event.preventDefault();
    const nickname = name.trim();
    if (nickname === "") input.current?.focus();
    else join.mutate(nickname);
  }

  return (
    <Card className={styles.card}>
      <div>
        <p className={styles.lead}>{t("join.name.game", { title: game.title })}</p>
        <h1 ref={heading} tabIndex={-1}>
          {student && !asGuest ? game.title : t("join.name.title")}
        </h1>
      </div>
      {game.phase !== "lobby" && <p className={styles.notice}>{t("join.late")}</p>}
      {place !== null && (
        <Button tone="primary" size="large" wide onPress={onJoined}>
          {t("join.as", { name: place.nickname })}
        </Button>
      )}
      {student && !asGuest ? (
        <>
          <Button tone="primary" size="large" wide isDisabled={join.isPending} onPress={() => join.mutate(null)}>
            {join.isPending ? t("join.joining") : t("join.as", { name: student.name })}
          </Button>
          {fault !== undefined && <p role="alert">{fault}</p>}
          {game.guests && (
            <Button tone="quiet" wide onPress={() => setAsGuest(true)}>
              {t("join.as.other")}
            </Button>
          )}
        </>
      ) : game.guests ? (
        <form onSubmit={submit} className={styles.form}>
          <TextField
            label={t("join.name.label")}
            hint={t("join.name.hint")}
            fault={fault}
            value={name}
            onChange={(text) => {
              setName(text);
              if (join.isError) join.reset();
            }}
            maxLength={MAX_NAME}
            autoComplete="off"
            autoCorrect="off"
            spellCheck="false"
            enterKeyHint="go"
            inputClassName={styles.name}
            inputRef={input}
          />
          <div role="group" aria-label={t("join.name.ideas")} className={styles.ideas}>
            {ideas.map((idea) => (
              <Button key={idea} tone="outline" onPress={() => setName(idea)}>
                {idea}
              </Button>
            ))}
            <Button tone="quiet" onPress={() => setIdeas(nameIdeas(IDEAS, Math.random))}>
              {t("join.name.more")}
            </Button>
          </div>
          <Button type="submit" tone={place === null ? "primary" : "outline"} size="large" wide isDisabled={join.isPending}>
            {join.isPending ? t("join.joining") : t("join.name.submit")}
          </Button>
        </form>
      ) : (
        <>
          <p className={styles.notice}>{t("join.error.guests")}</p>
          <ButtonLink href={`/signin?next=/join/${pin}`} tone="primary" size="large" wide>
            {t("app.sign_in")}
          </ButtonLink>
        </>
      )}
      <Button tone="quiet" wide onPress={onBack}>
        {t("join.back")}
      </Button>
    </Card>
  );
}
