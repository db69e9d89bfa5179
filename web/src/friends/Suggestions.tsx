import { useState } from "react";
import { useColleagues } from "../api/queries";
import { Loaded } from "../records/Loaded";
import { Button } from "../ui/Button";
import { t } from "../words/words";
import { Part, PersonRow } from "./Part";
import { useBlocked, useFriends, useSuggestions } from "./queries";
import { useActions, type Somebody } from "./use-friend-actions";
import styles from "./friends.module.css";

/** So many are shown before somebody wants more. */
const FIRST = 6;

/** Students of the caller's classes who can be asked. */
export function Suggestions() {
  const suggestions = useSuggestions(true);
  return (
    <Part title={t("friends.suggested")}>
      <Loaded query={suggestions} lines={[56, 56, 56]}>
        {(people) => <Askable people={people} none={t("friends.suggested.none")} note={({ classes }) => t("friends.suggested.classes", { n: classes })} />}
      </Loaded>
    </Part>
  );
}

/** Staff are friends of staff: the colleagues with whom there is nothing yet. */
export function Colleagues() {
  const colleagues = useColleagues();
  const friends = useFriends();
  const blocked = useBlocked();
  const taken = new Set([...(friends.data ?? []), ...(blocked.data ?? [])].map(({ id }) => id));
  return (
    <Part title={t("friends.colleagues")}>
      <Loaded query={colleagues} lines={[56, 56, 56]}>
        {(people) => <Askable people={people.filter(({ id }) => !taken.has(id))} none={t("friends.colleagues.none")} />}
      </Loaded>
    </Part>
  );
}

function Askable<Person extends Somebody>({ people, none, note }: { people: Person[]; none: string; note?: (person: Person) => string }) {
  const [all, setAll] = useState(false);
  const actions = useActions();
  if (people.length === 0) return <p className={styles.soft}>{none}</p>;
  const left = all ? 0 : Math.max(0, people.length - FIRST);
  return (
    <>
      <ul>
        {people.slice(0, people.length - left).map((who) => (
          <PersonRow key={who.id} name={who.name} {...(note !== undefined && { note: note(who) })}>
            <Button tone="outline" aria-label={t("friends.ask.of", { name: who.name })} onPress={() => void actions.ask(who)}>
              {t("friends.ask")}
            </Button>
          </PersonRow>
        ))}
      </ul>
      {left > 0 && (
        <Button tone="quiet" onPress={() => setAll(true)}>
          {t("friends.more", { n: left })}
        </Button>
      )}
    </>
  );
}
