import { Button } from "../ui/Button";
import { day, t } from "../words/words";
import { Part, PersonRow } from "./Part";
import { useBlocked } from "./queries";
import { useActions } from "./use-friend-actions";

/** Whom the caller blocks; nothing where that is nobody. */
export function BlockedPeople() {
  const blocked = useBlocked().data ?? [];
  const actions = useActions();
  if (blocked.length === 0) return null;
  return (
    <Part title={t("friends.blocked")}>
      <ul>
        {blocked.map((who) => (
          <PersonRow key={who.id} name={who.name} note={t("friends.since", { day: day(who.since) })}>
            <Button tone="outline" aria-label={t("friends.unblock.of", { name: who.name })} onPress={() => void actions.unblock(who)}>
              {t("friends.unblock")}
            </Button>
          </PersonRow>
        ))}
      </ul>
    </Part>
  );
}
