import "../words/more/friends";
import { useRef } from "react";
import { useSession } from "../api/session";
import { DeskPage } from "../desk/DeskPage";
import { teaches } from "../shell/Header";
import { StudentPage } from "../student/StudentPage";
import { t } from "../words/words";
import { BlockedPeople } from "./BlockedPeople";
import { CodeCard, EnterCode } from "./Codes";
import { FriendLists } from "./FriendLists";
import { Colleagues, Suggestions } from "./Suggestions";
import { ActionsContext, useFriendActions } from "./use-friend-actions";
import styles from "./friends.module.css";

/** `/friends`: friends and requests, the code by which one is found, people to ask, and who is blocked. */
export default function FriendsPage() {
  const session = useSession();
  const Frame = session !== null && !teaches(session.me.role) ? StudentPage : DeskPage;
  return (
    <Frame title={t("friends.title")} width="normal">
      <Friends />
    </Frame>
  );
}

function Friends() {
  const session = useSession();
  const heading = useRef<HTMLHeadingElement>(null);
  const actions = useFriendActions(heading);
  const staff = session !== null && teaches(session.me.role);
  return (
    <ActionsContext.Provider value={actions}>
      <h1 ref={heading} tabIndex={-1} className={styles.title}>
        {t("friends.title")}
      </h1>
      <div className={styles.columns}>
        <div className={styles.column}>
          <FriendLists staff={staff} />
        </div>
        <div className={styles.column}>
          <CodeCard />
          <EnterCode />
          {staff ? <Colleagues /> : <Suggestions />}
          <BlockedPeople />
        </div>
      </div>
    </ActionsContext.Provider>
  );
}
