import { memo } from "react";
import { t } from "../words/words";
import { pieces } from "./text/pieces";
import styles from "./room.module.css";

const ONLY_EMOJI = /^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\u200d]){1,12}$/u;

/** The text of a message, as text: nothing in it is ever anything else, but addresses of the web are links. */
export const MessageBody = memo(function MessageBody({ body, names }: { body: string; names: readonly string[] }) {
  return (
    <p className={styles.body} dir="auto" data-big={ONLY_EMOJI.test(body) ? "" : undefined}>
      {pieces(body, names).map((piece, at) =>
        piece.kind === "link" ? (
          <a key={at} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ) : piece.kind === "mention" ? (
          <span key={at} className={styles.mention}>
            <bdi>{piece.text}</bdi>
          </span>
        ) : (
          piece.text
        ),
      )}
    </p>
  );
});

/** The names that a message mentions. */
export function mentionedNames({ mentions, everyone }: { mentions: readonly string[]; everyone: boolean }, names: ReadonlyMap<string, string>): string[] {
  const found = mentions.flatMap((id) => names.get(id) ?? []);
  return everyone ? [...found, t("chat.write.everyone")] : found;
}
