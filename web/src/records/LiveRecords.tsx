import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useSession } from "../api/session";
import { Banner } from "../ui/Surfaces";
import { t } from "../words/words";
import { StaleBatch } from "./batch";
import { isRecordNote, touched } from "./keys";
import { openRecordLink, type RecordLink, type RecordLinkState } from "./live";

/** What a part of a page wants to hear of a channel itself, not only that something has changed. */
export interface Ears {
  onNote: (data: unknown) => void;
  /** Something may have been told before: the channel is subscribed, for the first time or after a gap. */
  onJoined?: () => void;
  /** The caller may not hear this channel, or no longer. */
  onRefused?: () => void;
}

interface Live {
  link: RecordLink | null;
  state: RecordLinkState;
  /** Who listens, by channel; null for the person's own. */
  ears: Map<string | null, Set<Ears>>;
}

const LiveContext = createContext<Live | null>(null);
const SILENT: Live = { link: null, state: "connecting", ears: new Map() };

/** Channels to a whole class, as against those to one person or a few teachers. */
const isCrowd = (channel: string | null): boolean => channel?.startsWith("class:") ?? false;

/** Keeps the pages within it fresh: what others change is fetched again as soon as the server says so. Within another one it adds nothing. */
export function LiveRecords({ children }: { children: ReactNode }) {
  const outer = useContext(LiveContext);
  return outer === null ? <OneLink>{children}</OneLink> : children;
}

function OneLink({ children }: { children: ReactNode }) {
  const token = useSession()?.token ?? null;
  const queries = useQueryClient();
  const [link, setLink] = useState<RecordLink | null>(null);
  const [state, setState] = useState<RecordLinkState>("connecting");
  const [ears] = useState<Live["ears"]>(() => new Map());

  useEffect(() => {
    if (token === null) return;
    const stale = staleBatch(queries);
    const all = (channel: string | null): Ears[] => [...(ears.get(channel) ?? [])];
    const opened = openRecordLink(token, {
      onState: setState,
      onNote: (channel, data) => {
        if (isRecordNote(data)) stale.add(touched(data), isCrowd(channel));
        else for (const one of all(channel)) one.onNote(data);
      },
      onGap: (channel) => {
        for (const one of all(channel)) one.onJoined?.();
        // A channel with ears of its own is none of records.
        if (channel === null) stale.add([["me"]], false);
        else if (!ears.has(channel)) stale.add([["class"], ["course"], ["lesson"], ["assignment"]], isCrowd(channel));
      },
      onJoined: (channel) => {
        for (const one of all(channel)) one.onJoined?.();
      },
      onRefused: (channel) => {
        for (const one of all(channel)) one.onRefused?.();
      },
    });
    setLink(opened);
    return () => {
      opened.close();
      setLink(null);
    };
  }, [token, queries, ears]);

  const live = useMemo(() => ({ link, state, ears }), [link, state, ears]);
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

function staleBatch(queries: QueryClient): StaleBatch {
  return new StaleBatch({
    flush: (keys) => {
      for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
    },
    later: (run, ms) => window.setTimeout(run, ms),
    random: Math.random,
  });
}

/** Hears of changes to these channels while the caller is on the screen. */
export function useFollow(...channels: string[]): void {
  const { link } = useContext(LiveContext) ?? SILENT;
  const names = channels.join(" ");
  useEffect(() => {
    if (link === null || names === "") return;
    const leave = names.split(" ").map((name) => link.follow(name));
    return () => leave.forEach((stop) => stop());
  }, [link, names]);
}

/** Follows a channel and hears what it tells; null for the person's own channel, which is always followed. */
export function useEars(channel: string | null, heard: Ears): void {
  const { link, ears } = useContext(LiveContext) ?? SILENT;
  const now = useRef(heard);
  useEffect(() => {
    now.current = heard;
  });
  useEffect(() => {
    const own: Ears = { onNote: (data) => now.current.onNote(data), onJoined: () => now.current.onJoined?.(), onRefused: () => now.current.onRefused?.() };
    ears.set(channel, new Set([...(ears.get(channel) ?? []), own]));
    const leave = channel === null || link === null ? null : link.follow(channel);
    return () => {
      leave?.();
      const left = new Set([...(ears.get(channel) ?? [])].filter((one) => one !== own));
      if (left.size === 0) ears.delete(channel);
      else ears.set(channel, left);
    };
  }, [channel, link, ears]);
}

/** Tells the server something that may be lost, by the page's connection. */
export function useTell(): (method: string, params: object) => void {
  const { link } = useContext(LiveContext) ?? SILENT;
  return useMemo(() => (method, params) => link?.tell(method, params), [link]);
}

/** How the page's connection stands. */
export function useLinkState(): RecordLinkState {
  return (useContext(LiveContext) ?? SILENT).state;
}

/** Milliseconds after which a missing connection is worth a word. */
const PATIENCE_MS = 2_500;

/** Whether changes of others arrive; `offline` only after a while, so that a short gap is not shown. */
export function useOffline(): boolean {
  const state = useLinkState();
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
