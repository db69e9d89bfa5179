import { useParams } from "wouter";
import { useSession } from "../api/session";
import type { GameId } from "../api/types";
import { useGame } from "../live/use-game";
import { HostFrame } from "./HostFrame";
import { NotHost } from "./NotHost";

/** The projector. A co-host may open the same page: both see the same, and either may press next. */
export default function Host() {
  const { game } = useParams<{ game: GameId }>();
  const session = useSession();
  if (session === null) return <NotHost problem="signed_out" />;
  return <HostGame key={session.token} game={game} token={session.token} />;
}

export function HostGame({ game, token }: { game: GameId; token: string }) {
  const { store, snapshot, reopen } = useGame(game, token, true);
  const { view, problem } = snapshot;
  // What was shown stays through trouble that may pass; a co-host who was removed must not look on.
  const shut = problem === "signed_out" || problem === "not_in_game";
  if (problem !== null && (view === null || shut)) return <NotHost problem={problem} onRetry={reopen} />;
  if (view !== null && view.state.you.role !== "host") return <NotHost problem="not_in_game" onRetry={reopen} />;
  return <HostFrame store={store} snapshot={snapshot} />;
}
