import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Loaded } from "../../records/Loaded";
import { Button } from "../../ui/Button";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import { messageCalls } from "../calls";
import { useHere } from "../context";
import { chatKeys } from "../queries";
import { FoundLine } from "./FoundLine";
import { Side } from "./Side";
import styles from "../room.module.css";

/** Looks for words in this conversation, from the newest message back. */
export function SearchPanel({ onClose }: { onClose: () => void }) {
  const { conversation } = useHere();
  const [words, setWords] = useState("");
  const [asked, setAsked] = useState("");
  const found = useInfiniteQuery({
    queryKey: chatKeys.search(conversation.id, asked),
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) => messageCalls.search(conversation.id, asked, pageParam, { signal }),
    getNextPageParam: (last) => last.searched_to,
    enabled: asked !== "",
  });
  return (
    <Side title={t("chat.search")} onClose={onClose}>
      <form
        className={styles.padded}
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(words.trim());
        }}
      >
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the search wants to type */}
        <TextField label={t("chat.search.words")} labelHidden placeholder={t("chat.search.words")} hint={t("chat.search.hint")} value={words} onChange={setWords} enterKeyHint="search" maxLength={100} autoFocus />
      </form>
      <div className={styles.sideScroll}>
        {asked !== "" && (
          <Loaded query={found} lines={[60, 60, 60]}>
            {({ pages }) => {
              const items = pages.flatMap((page) => page.items);
              return (
                <>
                  <p className={items.length === 0 ? styles.padded : "visually-hidden"} role="status">
                    {items.length === 0 ? t("chat.search.none") : t("chat.search.count", { n: items.length })}
                  </p>
                  <ul>
                    {items.map(({ message, fragments }) => (
                      <li key={message.seq}>
                        <FoundLine message={message}>{fragments.map((part, at) => (part.match ? <mark key={at}>{part.text}</mark> : part.text))}</FoundLine>
                      </li>
                    ))}
                  </ul>
                  {found.hasNextPage && (
                    <div className={styles.padded}>
                      <Button wide tone="outline" onPress={() => void found.fetchNextPage()}>
                        {found.isFetchingNextPage ? t("app.loading") : t("chat.search.more")}
                      </Button>
                    </div>
                  )}
                </>
              );
            }}
          </Loaded>
        )}
      </div>
    </Side>
  );
}
