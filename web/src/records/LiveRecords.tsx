import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { useSession } from "../api/session";
import { Banner } from "../ui/Surfaces";
import { t } from "../words/words";
import { StaleBatch } from "./batch";
import { isRecordNote, touched } from "./keys";
import { openRecordLink, type RecordLink, type RecordLinkState } from "./live";

interface Live {
  link: RecordLink | null;
  state: RecordLinkState;
}

const LiveContext = createContext<Live>({ link: null, state: "connecting" });

/** Channels to a whole class, as against those to one person or a few teachers. */
const isCrowd = (channel: string | null): boolean => channel?.startsWith("class:") ?? false;

/** Keeps the pages within it fresh: what others change is fetched again as soon as the server says so. */
export function LiveRecords({ children }: { children: ReactNode }) {
  const token = useSession()?.token ?? null;
  const queries = useQueryClient();
  const [link, setLink] = useState<RecordLink | null>(null);
  const [state, setState] = useState<RecordLinkState>("connecting");

  useEffect(() => {
    if (token === null) return;
    const stale = new StaleBatch({
      flush: (keys) => {
        for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
      },
      later: (run, ms) => window.setTimeout(run, ms),
      random: Math.random,
    });
    const opened = openRecordLink(token, {
      onState: setState,
      onNote: (channel, data) => {
        if (isRecordNote(data)) stale.add(touched(data), isCrowd(channel));
      },
      onGap: (channel) => stale.add(channel === null ? [["me"]] : [["class"], ["course"], ["lesson"], ["assignment"]], isCrowd(channel)),
    });
    setLink(opened);
    return () => {
      opened.close();
      setLink(null);
    };
  }, [token, queries]);

  const live = useMemo(() => ({ link, state }), [link, state]);
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

/** Hears of changes to these channels while the caller is on the screen. */
export function useFollow(...channels: string[]): void {
  const { link } = useContext(LiveContext);
  const names = channels.join(" ");
  useEffect(() => {
    if (link === null || names === "") return;
    const leave = names.split(" ").map((name) => link.follow(name));
    return () => leave.forEach((stop) => stop());
  }, [link, names]);
}

/** Milliseconds after which a missing connection is worth a word. */
const PATIENCE_MS = 2_500;

/** Whether changes of others arrive; `offline` only after a while, so that a short gap is not shown. */
export function useOffline(): boolean {
  const { state } = useContext(LiveContext);
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (state !== "connecting") {
      setLate(false);
      return;
    }
    const timer = window.setTimeout(() => setLate(true), PATIENCE_MS);
    return () => window.clearTimeout(timer);
  }, [state]);
  return late;
}

/** The slim line about a lost connection; it goes by itself. */
export function OfflineBanner() {
  const offline = useOffline();
  if (!offline) return null;
  return (
    <Banner tone="warn" busy>
      {t("records.offline")}
    </Banner>
  );
}
