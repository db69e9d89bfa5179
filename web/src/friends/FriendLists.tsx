import { useState } from "react";
import type { Friend } from "../api/friend-types";
import { Loaded } from "../records/Loaded";
import { Button, IconButton } from "../ui/Button";
import { Confirm } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { EmptyState } from "../ui/Surfaces";
import { day, t } from "../words/words";
import { Part, PersonRow } from "./Part";
import { useFriends } from "./queries";
import { useActions } from "./use-friend-actions";

/** Who asks, who is a friend, and who was asked. */
export function FriendLists({ staff }: { staff: boolean }) {
  const friends = useFriends();
  const [question, setQuestion] = useState<{ about: "end" | "block"; who: Friend } | null>(null);
  const actions = useActions();
  const close = (): void => setQuestion(null);
  return (
    <>
      <Loaded query={friends} lines={[28, 64, 64, 64]}>
        {(all) => {
          const [asking, bound, asked] = (["asks_me", "friends", "asked"] as const).map((bond) => all.filter((one) => one.bond === bond)) as [Friend[], Friend[], Friend[]];
          return (
            <>
              {asking.length > 0 && (
                <Part title={t("friends.asking")} loud>
                  <ul>
                    {asking.map((who) => (
                      <Asking key={who.id} who={who} onBlock={() => setQuestion({ about: "block", who })} />
                    ))}
                  </ul>
                </Part>
              )}
              <Part title={t("friends.list")}>
                {bound.length === 0 ? (
                  <EmptyState icon="people" title={t("friends.empty.title")} hint={t(staff ? "friends.empty.staff" : "friends.empty.student")} />
                ) : (
                  <>
                    <p className="visually-hidden" role="status">
                      {t("friends.count", { n: bound.length })}
                    </p>
                    <ul>
                      {bound.map((who) => (
                        <Bound key={who.id} who={who} onAsk={(about) => setQuestion({ about, who })} />
                      ))}
                    </ul>
                  </>
                )}
              </Part>
              {asked.length > 0 && (
                <Part title={t("friends.asked")}>
                  <ul>
                    {asked.map((who) => (
                      <PersonRow key={who.id} name={who.name} note={t("friends.asked.hint")}>
                        <Button tone="outline" aria-label={t("friends.take_back.of", { name: who.name })} onPress={() => void actions.takeBack(who)}>
                          {t("friends.take_back")}
                        </Button>
                      </PersonRow>
                    ))}
                  </ul>
                </Part>
              )}
            </>
          );
        }}
      </Loaded>
      {question !== null && (
        <Confirm
          title={t(`friends.${question.about}.title`, { name: question.who.name })}
          hint={t(`friends.${question.about}.hint`, { name: question.who.name })}
          action={t(`friends.${question.about}`)}
          isOpen
          onClose={close}
          onConfirm={() => void actions[question.about](question.who)}
        />
      )}
    </>
  );
}

function Asking({ who, onBlock }: { who: Friend; onBlock: () => void }) {
  const actions = useActions();
  const { name } = who;
  return (
    <PersonRow name={name}>
      <Button tone="primary" aria-label={t("friends.accept.of", { name })} onPress={() => void actions.accept(who)}>
        {t("friends.accept")}
      </Button>
      <Button aria-label={t("friends.decline.of", { name })} onPress={() => void actions.decline(who)}>
        {t("friends.decline")}
      </Button>
      <Menu label={t("friends.actions", { name })} actions={[{ id: "block", label: t("friends.block"), danger: true, onAction: onBlock }]}>
        <IconButton label={t("friends.actions", { name })}>
          <Icon name="more" />
        </IconButton>
      </Menu>
    </PersonRow>
  );
}

function Bound({ who, onAsk }: { who: Friend; onAsk: (about: "end" | "block") => void }) {
  const actions = useActions();
  const { name } = who;
  return (
    <PersonRow name={name} note={t("friends.since", { day: day(who.since) })}>
      <Button tone="outline" aria-label={t("friends.write.to", { name })} onPress={() => void actions.write(who)}>
        <Icon name="chat" /> {t("friends.write")}
      </Button>
      <Menu
        label={t("friends.actions", { name })}
        actions={[
          { id: "end", label: t("friends.end"), onAction: () => onAsk("end") },
          { id: "block", label: t("friends.block"), danger: true, onAction: () => onAsk("block") },
        ]}
      >
        <IconButton label={t("friends.actions", { name })}>
          <Icon name="more" />
        </IconButton>
      </Menu>
    </PersonRow>
  );
}
