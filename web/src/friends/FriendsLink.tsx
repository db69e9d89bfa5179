import "../words/more/friends";
import { Link, useLocation } from "wouter";
import { useSession } from "../api/session";
import { Badge } from "../chat/ChatLink";
import { t } from "../words/words";
import { useFriendNotes, useFriends } from "./queries";

/** The way to one's friends, with how many ask to become one. */
export function FriendsLink({ className }: { className: string }) {
  const session = useSession();
  const [path] = useLocation();
  const asking = useFriends(session !== null).data?.filter(({ bond }) => bond === "asks_me").length ?? 0;
  useFriendNotes();
  return (
    <Link href="/friends" className={className} aria-current={path === "/friends" ? "page" : undefined}>
      {t("friends.title")}
      {asking > 0 && <Badge n={asking} strong />}
      {asking > 0 && <span className="visually-hidden">{t("friends.link.asking", { n: asking })}</span>}
    </Link>
  );
}
