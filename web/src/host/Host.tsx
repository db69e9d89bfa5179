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
  const { store, snapshot } = useGame(game, token, true);
  const { view, problem } = snapshot;
  if (problem !== null && (view === null || problem === "signed_out")) return <NotHost problem={problem} onRetry={() => void store?.refresh()} />;
  if (view !== null && view.state.you.role !== "host") return <NotHost problem="not_in_game" />;
  return <HostFrame store={store} snapshot={snapshot} />;
}
