import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useParams } from "wouter";
import { COLLEAGUES } from "../api/queries";
import { HostGame } from "../host/Host";
import type { OpenLink } from "../live/connection";
import { LinkContext } from "../live/use-game";
import { PlayGame } from "../play/Play";
import { Page } from "../shell/Page";
import { NotFound } from "../shell/NotFound";
import { colleagues, GAME, roster, scenes, type Scene } from "./fixtures";

/** Every state of the live screens with made-up data; in development only. */
export default function Gallery() {
  const { name } = useParams<{ name?: string }>();
  const scene = name === undefined ? undefined : scenes[name];
  const open = useMemo(() => (scene ? scripted(scene) : null), [scene]);
  const queries = useMemo(() => (scene ? stocked(scene) : null), [scene]);
  if (name !== undefined && open === null) return <NotFound />;
  if (scene && open && queries) {
    return (
      <QueryClientProvider client={queries}>
        <LinkContext.Provider value={open}>{scene.host ? <HostGame game={GAME} token="made-up" /> : <PlayGame game={GAME} token="made-up" />}</LinkContext.Provider>
      </QueryClientProvider>
    );
  }
  return (
    <Page title="Gallery">
      <ul>
        {Object.keys(scenes).map((each) => (
          <li key={each}>
            <Link href={`/gallery/${each}`}>{each}</Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}

/** Holds what the pages would ask the HTTP API for. */
function stocked(scene: Scene): QueryClient {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  queries.setQueryData(COLLEAGUES, scene.colleagues ?? colleagues);
  return queries;
}

/** A link that answers from the scene instead of a server. */
function scripted(scene: Scene): OpenLink {
  return (_game, _token, _asHost, handlers) => {
    window.setTimeout(() => {
      handlers.onLink("online");
      handlers.onReady();
      if (scene.link) window.setTimeout(() => handlers.onLink("connecting"), 50);
    }, 0);
    const refuse = <T,>(): Promise<T> => Promise.reject(Object.assign(new Error("made-up refusal"), { code: scene.refuse }));
    return {
      state: () => (scene.refuse === undefined ? Promise.resolve(scene.state(Date.now())) : refuse()),
      answer: () => Promise.resolve({ accepted: true, seq: 41 }),
      command: <T,>(verb: string) => {
        const page = { participants: roster, total: roster.length, next: null };
        return Promise.resolve((verb === "roster" ? page : { seq: 41 }) as T);
      },
      close: () => undefined,
    };
  };
}
