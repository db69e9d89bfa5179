import { useParams } from "wouter";
import { guestPlace, useSession } from "../api/session";
import type { GameId } from "../api/types";
import { useGame } from "../live/use-game";
import { NotHere } from "./NotHere";
import { PlayerFrame } from "./PlayerFrame";

/** A player's place in a game. A guest's token for this game goes before the session: it says who plays here. */
export default function Play() {
  const { game } = useParams<{ game: GameId }>();
  const session = useSession();
  const token = guestPlace(game)?.token ?? session?.token ?? null;
  if (token === null) return <NotHere problem="not_in_game" />;
  return <PlayGame key={token} game={game} token={token} />;
}

export function PlayGame({ game, token }: { game: GameId; token: string }) {
  const { store, snapshot, reopen } = useGame(game, token, false);
  const { view, problem } = snapshot;
  if (problem === "kicked" || view?.kicked) return <NotHere problem="kicked" />;
  if (problem !== null && (view === null || problem === "signed_out")) return <NotHere problem={problem} game={game} onRetry={reopen} />;
  return <PlayerFrame store={store} snapshot={snapshot} />;
}
