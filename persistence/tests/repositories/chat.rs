//! Conversations: how they come about and who is in them.

mod messages;
mod reading;
mod sending;

use super::{Fixture, person};
use persistence::audit::{AuditAction, AuditFilter};
use persistence::chat::{
    AddError, Asked, ChatRecords, ConfigureError, Conversation, ConversationKind, DirectPolicy, Draft,
    MAX_PEOPLE, MakeGroupError, MemberRole, MemberState, Message, Mode, NewGroup, OpenClassError,
    OpenDirectError, RemoveError, Removed, SendError, Sent, SetPolicyError, Settings, Standing, Whom,
    direct_id,
};
use persistence::games::NewGame;
use persistence::rosters::{EnrollmentState, OnBadRow, Place as RosterPlace};
use persistence::{Micros, Store};
use protocol::ids::{ClassId, ConversationId, MessageId, PersonId, SchoolId};
use protocol::quiz::Phase;
use protocol::role::Role;
use std::collections::BTreeSet;
use std::convert::Infallible;
use uuid::Uuid;

/// A class of a teacher, Ada and Ben with its conversation; and Zoe, an admin, who is not in it.
pub(crate) struct Talk {
    pub(crate) store: Store,
    pub(crate) school: SchoolId,
    pub(crate) teacher: PersonId,
    pub(crate) class: ClassId,
    pub(crate) ada: PersonId,
    pub(crate) ben: PersonId,
    pub(crate) zoe: PersonId,
    pub(crate) conversation: ConversationId,
}

impl Talk {
    pub(crate) async fn new() -> Self {
        let fixture = Fixture::new().await;
        Self::of(&fixture.store, fixture.school, fixture.teacher).await
    }

    pub(crate) async fn of(store: &Store, school: SchoolId, teacher: PersonId) -> Self {
        let class = ClassId::generate();
        store.classes().ensure(school, class, "5a").await.unwrap();
        store.classes().enroll(school, class, teacher, Role::Teacher, 1.0).await.unwrap();
        let ada = somebody(store, school, Role::Student, "Ada").await;
        let ben = somebody(store, school, Role::Student, "Ben").await;
        let zoe = somebody(store, school, Role::SchoolAdmin, "Zoë").await;
        for student in [ada, ben] {
            store.classes().enroll(school, class, student, Role::Student, 1.0).await.unwrap();
        }
        let id = ConversationId::generate();
        let opened = store.chat().open_class(school, class, id, teacher, "5a", Micros(10)).await.unwrap();
        let store = store.clone();
        Self { store, school, teacher, class, ada, ben, zoe, conversation: opened.id }
    }

    pub(crate) fn chat(&self) -> ChatRecords {
        self.store.chat()
    }

    pub(crate) fn draft(&self, sender: PersonId, body: &str) -> Draft {
        draft(self.conversation, sender, body)
    }

    /// Sends what any rule would let pass.
    pub(crate) async fn send(&self, at: i64, drafts: &[Draft]) -> Vec<Result<Sent, SendError<Infallible>>> {
        self.chat().send(self.school, Micros(at), drafts, &|_: &Asked<'_>| Ok(())).await.unwrap()
    }

    pub(crate) async fn say(&self, at: i64, sender: PersonId, body: &str) -> Message {
        self.send(at, &[self.draft(sender, body)]).await.remove(0).unwrap().message
    }

    async fn become_in_class(&self, person: PersonId, state: EnrollmentState) {
        let place = RosterPlace { person, role: Role::Student, state, time_factor: 1.0 };
        let rosters = self.store.rosters();
        rosters.enroll_many(self.school, self.class, &[place], OnBadRow::TakeNone, Micros(11)).await.unwrap();
    }

    async fn standing(&self, person: PersonId) -> Standing {
        self.chat().place(self.school, self.conversation, person).await.unwrap().unwrap().standing
    }

    async fn group(&self, by: PersonId, people: &[PersonId], at: i64) -> Conversation {
        let group = NewGroup {
            id: ConversationId::generate(),
            title: "Choir".to_owned(),
            by,
            people: people.to_vec(),
        };
        self.chat().make_group(self.school, &group, Micros(at)).await.unwrap()
    }
}

pub(crate) async fn somebody(store: &Store, school: SchoolId, role: Role, name: &str) -> PersonId {
    let somebody = person(school, role, name, "");
    store.people().upsert(&somebody).await.unwrap();
    somebody.id
}

pub(crate) fn draft(conversation: ConversationId, sender: PersonId, body: &str) -> Draft {
    Draft {
        conversation,
        sender,
        id: MessageId::generate(),
        nonce: Uuid::new_v4(),
        body: body.to_owned(),
        thread: None,
        reply_to: None,
        mentions: Vec::new(),
        everyone: false,
    }
}

#[tokio::test]
async fn two_people_have_one_conversation_whoever_opens_it() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let open = |by, with, at| chat.open_direct(school, by, with, Micros(at));
    let (a, b) = tokio::join!(open(talk.ada, talk.ben, 20), open(talk.ben, talk.ada, 20));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a, b);
    assert_eq!((a.id, a.kind), (direct_id(school, talk.ben, talk.ada), ConversationKind::Direct));
    assert_eq!(open(talk.ben, talk.ada, 30).await.unwrap(), a);
    let shown = chat.show(school, a.id, talk.ada).await.unwrap().unwrap();
    assert_eq!((shown.people, shown.with.unwrap().id, shown.last), (2, talk.ben, None));
    assert!(shown.place.standing.is_in());
    let outside = chat.place(school, a.id, talk.teacher).await.unwrap().unwrap();
    assert_eq!(outside.standing, Standing::Outside);
    assert_eq!(chat.place(school, a.id, PersonId::generate()).await.unwrap(), None);
    let alone = open(talk.ada, talk.ada, 30).await;
    assert!(matches!(alone, Err(OpenDirectError::SamePerson)), "{alone:?}");
    for (by, with) in [(talk.ada, PersonId::generate()), (PersonId::generate(), talk.ada)] {
        let unknown = open(by, with, 30).await;
        assert!(matches!(unknown, Err(OpenDirectError::UnknownPerson)), "{unknown:?}");
    }
    assert_ne!(direct_id(SchoolId::generate(), talk.ada, talk.ben), a.id);
}

#[tokio::test]
async fn a_group_takes_people_until_it_is_full() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let mut people = vec![talk.ada, talk.ada, talk.zoe];
    for number in people.len()..MAX_PEOPLE - 1 {
        people.push(somebody(&talk.store, school, Role::Student, &format!("Student {number}")).await);
    }
    let mut group = NewGroup {
        id: ConversationId::generate(),
        title: "Choir".to_owned(),
        by: talk.zoe,
        people: people.clone(),
    };
    let made = chat.make_group(school, &group, Micros(20)).await.unwrap();
    assert_eq!(
        (made.kind, made.title.as_deref(), made.made_by),
        (ConversationKind::Group, Some("Choir"), talk.zoe)
    );
    let place = chat.place(school, made.id, talk.zoe).await.unwrap().unwrap();
    assert_eq!(place.standing, Standing::Member { role: MemberRole::Owner, state: MemberState::Active });
    let again = chat.make_group(school, &group, Micros(21)).await;
    assert!(matches!(again, Err(MakeGroupError::Exists)), "{again:?}");
    // The two who are named twice leave room for as many.
    assert!(chat.add(school, made.id, talk.ben, Micros(22)).await.unwrap());
    assert!(!chat.add(school, made.id, talk.ben, Micros(22)).await.unwrap());
    assert!(chat.add(school, made.id, talk.teacher, Micros(22)).await.unwrap());
    let last = somebody(&talk.store, school, Role::Student, "Last").await;
    let full = chat.add(school, made.id, last, Micros(23)).await;
    assert!(matches!(full, Err(AddError::Full { most: MAX_PEOPLE })), "{full:?}");
    chat.remove(school, made.id, talk.ben).await.unwrap();
    let unknown = chat.add(school, made.id, PersonId::generate(), Micros(23)).await;
    assert!(matches!(unknown, Err(AddError::UnknownPerson)), "{unknown:?}");
    assert!(chat.add(school, made.id, last, Micros(23)).await.unwrap());
    group.id = ConversationId::generate();
    group.people.extend([talk.ben, talk.teacher, last]);
    let many = chat.make_group(school, &group, Micros(24)).await;
    assert!(matches!(many, Err(MakeGroupError::TooMany { most: MAX_PEOPLE })), "{many:?}");
    group.people = vec![PersonId::generate()];
    let unknown = chat.make_group(school, &group, Micros(24)).await;
    assert!(matches!(unknown, Err(MakeGroupError::UnknownPerson)), "{unknown:?}");
    assert_eq!(chat.place(school, group.id, talk.zoe).await.unwrap(), None);
    let of_class = chat.add(school, talk.conversation, talk.zoe, Micros(25)).await;
    assert!(matches!(of_class, Err(AddError::UnknownConversation)), "{of_class:?}");
}

#[tokio::test]
async fn who_leaves_last_as_owner_hands_the_group_over() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let group = talk.group(talk.teacher, &[talk.ben], 20).await.id;
    chat.add(school, group, talk.ada, Micros(21)).await.unwrap();
    let sent = talk.send(22, &[draft(group, talk.ben, "one")]).await;
    assert!(sent[0].is_ok());
    assert_eq!(chat.remove(school, group, talk.teacher).await.unwrap(), Removed { owner: Some(talk.ben) });
    let again = chat.remove(school, group, talk.teacher).await;
    assert!(matches!(again, Err(RemoveError::UnknownMember)), "{again:?}");
    let left = chat.place(school, group, talk.teacher).await.unwrap().unwrap();
    assert_eq!(left.standing, Standing::Member { role: MemberRole::Member, state: MemberState::Left });
    // Who comes back comes as a member, and has not missed anything.
    chat.add(school, group, talk.teacher, Micros(23)).await.unwrap();
    let back = chat.place(school, group, talk.teacher).await.unwrap().unwrap();
    assert_eq!((back.standing.is_in(), back.unread()), (true, 0));
    assert_eq!(chat.remove(school, group, talk.ada).await.unwrap(), Removed { owner: None });
    assert_eq!(chat.remove(school, group, talk.ben).await.unwrap(), Removed { owner: Some(talk.teacher) });
    assert_eq!(chat.remove(school, group, talk.teacher).await.unwrap(), Removed { owner: None });
    let of_class = chat.remove(school, talk.conversation, talk.ada).await;
    assert!(matches!(of_class, Err(RemoveError::UnknownMember)), "{of_class:?}");
    assert_eq!(chat.people(school, group, None, 10).await.unwrap().items, []);
}

#[tokio::test]
async fn the_roster_says_who_is_in_the_conversation_of_a_class() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let other = ConversationId::generate();
    let again = chat.open_class(school, talk.class, other, talk.zoe, "Other", Micros(30)).await.unwrap();
    assert_eq!((again.id, again.title.as_deref()), (talk.conversation, Some("5a")));
    assert_eq!(chat.of_class(school, talk.class).await.unwrap(), Some(again));
    let unknown = chat.open_class(school, ClassId::generate(), other, talk.zoe, "?", Micros(30)).await;
    assert!(matches!(unknown, Err(OpenClassError::UnknownClass)), "{unknown:?}");
    let (role, state) = (Role::Teacher, EnrollmentState::Active);
    assert_eq!(talk.standing(talk.teacher).await, Standing::Enrolled { role, state });
    assert_eq!(talk.standing(talk.zoe).await, Standing::Outside);
    // A row about reading makes nobody a member.
    let seq = talk.say(40, talk.ada, "one").await.seq;
    chat.read(school, talk.conversation, talk.zoe, seq, Micros(41)).await.unwrap().unwrap();
    assert_eq!(talk.standing(talk.zoe).await, Standing::Outside);
    let listed = async |person| {
        let listed = chat.list(school, person, None, 10).await.unwrap().items;
        listed.into_iter().map(|shown| shown.people).collect::<Vec<_>>()
    };
    assert_eq!((listed(talk.ben).await, listed(talk.zoe).await), (vec![3], vec![]));
    for (state, seen) in [(EnrollmentState::Completed, vec![2]), (EnrollmentState::Withdrawn, vec![])] {
        talk.become_in_class(talk.ben, state).await;
        assert!(!talk.standing(talk.ben).await.is_in());
        assert_eq!(listed(talk.ben).await, seen, "{state:?}");
        let unread = chat.unread(school, talk.ben, Micros(50)).await.unwrap();
        assert_eq!(unread.messages, u64::try_from(seen.len()).unwrap());
    }
    let audience: BTreeSet<_> =
        chat.audience(school, talk.conversation, 10).await.unwrap().into_iter().collect();
    assert_eq!(audience, BTreeSet::from([talk.teacher, talk.ada]));
    assert_eq!(chat.audience(school, talk.conversation, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn people_are_listed_in_pages() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let group = talk.group(talk.teacher, &[], 20).await.id;
    chat.add(school, group, talk.ada, Micros(21)).await.unwrap();
    chat.add(school, group, talk.ben, Micros(22)).await.unwrap();
    chat.remove(school, group, talk.ada).await.unwrap();
    let first = chat.people(school, group, None, 1).await.unwrap();
    assert_eq!((first.items[0].person.id, first.items[0].joined_at), (talk.ben, Micros(22)));
    let second = chat.people(school, group, first.next, 1).await.unwrap();
    assert_eq!((second.items[0].person.name.as_str(), second.next), ("Tess", None));
    let owner = Standing::Member { role: MemberRole::Owner, state: MemberState::Active };
    assert_eq!(second.items[0].standing, owner);
    let of_class = chat.people(school, talk.conversation, None, 10).await.unwrap().items;
    assert_eq!(of_class.len(), 3);
    let teacher = of_class.iter().find(|row| row.person.id == talk.teacher).unwrap();
    let (role, state) = (Role::Teacher, EnrollmentState::Active);
    assert_eq!(teacher.standing, Standing::Enrolled { role, state });
}

#[tokio::test]
async fn settings_are_changed_by_who_has_seen_them_and_told_of_a_class() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let settings = Settings { title: Some("Fifth".to_owned()), mode: Mode::Slow, slow_s: 30 };
    let configure = |id, expected| chat.configure(school, id, expected, &settings, talk.teacher, Micros(20));
    let done = configure(talk.conversation, 1).await.unwrap();
    assert_eq!(
        (done.version, done.mode, done.slow_s, done.title.as_deref()),
        (2, Mode::Slow, 30, Some("Fifth"))
    );
    assert_eq!(chat.of_class(school, talk.class).await.unwrap(), Some(done));
    let late = configure(talk.conversation, 1).await;
    assert!(matches!(late, Err(ConfigureError::Conflict { current: 2 })), "{late:?}");
    let unknown = configure(ConversationId::generate(), 1).await;
    assert!(matches!(unknown, Err(ConfigureError::UnknownConversation)), "{unknown:?}");
    let group = talk.group(talk.teacher, &[], 21).await.id;
    configure(group, 1).await.unwrap();
    let told = talk.store.audit_log().list(school, AuditFilter::default(), None, 10).await.unwrap().items;
    let told: Vec<_> =
        told.iter().filter(|entry| entry.action == AuditAction::ConversationConfigured).collect();
    assert_eq!((told.len(), told[0].actor, told[0].class), (1, Some(talk.teacher), Some(talk.class)));
    assert_eq!(told[0].detail["mode"], "slow");
}

#[tokio::test]
async fn a_quiet_chat_knows_of_the_games_that_its_class_plays() {
    let fixture = Fixture::new().await;
    let (school, games) = (fixture.school, fixture.store.games());
    let talk = Talk::of(&fixture.store, school, fixture.teacher).await;
    let chat = talk.chat();
    let quiz_opened =
        async |person| chat.place(school, talk.conversation, person).await.unwrap().unwrap().quiz_opened_at;
    let of_class = |pin, at| NewGame { class: Some(talk.class), ..fixture.game(pin, at) };
    let (game, later) = (of_class("111111", 5), of_class("222222", 7));
    for game in [&game, &later, &fixture.game("333333", 9)] {
        games.create(game).await.unwrap();
        games.set_phase(school, game.id, Phase::Open, Micros(10)).await.unwrap();
    }
    assert_eq!(quiz_opened(talk.ada).await, None, "nobody asked for quiet");

    let quiet = Settings { title: None, mode: Mode::QuizQuiet, slow_s: 0 };
    chat.configure(school, talk.conversation, 1, &quiet, talk.teacher, Micros(20)).await.unwrap();
    assert_eq!(quiz_opened(talk.ada).await, Some(Micros(7)));
    games.set_phase(school, later.id, Phase::Ended, Micros(21)).await.unwrap();
    assert_eq!(quiz_opened(talk.ben).await, Some(Micros(5)));
    for (phase, quiet) in [
        (Phase::Lobby, false),
        (Phase::Countdown, true),
        (Phase::Open, true),
        (Phase::Closed, true),
        (Phase::Reveal, true),
        (Phase::Board, true),
        (Phase::Podium, false),
    ] {
        games.set_phase(school, game.id, phase, Micros(22)).await.unwrap();
        assert_eq!(quiz_opened(talk.ada).await.is_some(), quiet, "{phase:?}");
    }
}

#[tokio::test]
async fn a_school_decides_who_writes_to_whom() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let policy = chat.policy(school).await.unwrap();
    assert_eq!((policy.direct, policy.version), (DirectPolicy::SharedClass, 0));
    assert_eq!(chat.set_policy(school, 0, DirectPolicy::StaffOnly).await.unwrap(), 1);
    assert_eq!(chat.set_policy(school, 1, DirectPolicy::Nobody).await.unwrap(), 2);
    for late in [0, 1] {
        let late = chat.set_policy(school, late, DirectPolicy::Anyone).await;
        assert!(matches!(late, Err(SetPolicyError::Conflict { current: 2 })), "{late:?}");
    }
    assert_eq!(chat.policy(school).await.unwrap().direct, DirectPolicy::Nobody);
    let nowhere = chat.set_policy(SchoolId::generate(), 0, DirectPolicy::Anyone).await;
    assert!(nowhere.is_err());
}

#[tokio::test]
async fn who_may_be_written_to_is_found_by_name() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let eve = somebody(&talk.store, school, Role::Student, "Ève 100% Benson").await;
    let classmates = async |of| chat.classmates(school, of, &[talk.ada, talk.ben, eve]).await.unwrap();
    assert_eq!(classmates(talk.ada).await, [talk.ada, talk.ben].into());
    assert_eq!(classmates(eve).await, [].into());
    let find = async |whom, name: &str| {
        let found = chat.reachable(school, talk.ada, whom, name, 10).await.unwrap();
        found.into_iter().map(|somebody| somebody.id).collect::<Vec<_>>()
    };
    assert_eq!(find(Whom::Anyone, "").await, [talk.ben, talk.teacher, talk.zoe, eve]);
    assert_eq!(find(Whom::Anyone, "BEN").await, [talk.ben, eve]);
    assert_eq!(find(Whom::StaffOrClassmates, "ben").await, [talk.ben]);
    assert_eq!(find(Whom::StaffOrClassmates, "").await, [talk.ben, talk.teacher, talk.zoe]);
    assert_eq!(find(Whom::Staff, "").await, [talk.teacher, talk.zoe]);
    assert_eq!(find(Whom::Anyone, "ève").await, [eve]);
    assert_eq!(find(Whom::Anyone, "0%").await, [eve]);
    assert_eq!(find(Whom::Anyone, "_").await, []);
    talk.become_in_class(talk.ben, EnrollmentState::Completed).await;
    assert_eq!(classmates(talk.ada).await, [talk.ada].into());
    assert_eq!(find(Whom::StaffOrClassmates, "ben").await, []);
    assert_eq!(chat.reachable(school, talk.ada, Whom::Anyone, "", 1).await.unwrap().len(), 1);
    talk.store.friends().block(school, eve, talk.ada, Micros(9)).await.unwrap();
    assert_eq!(find(Whom::Anyone, "ève").await, [], "nobody finds those behind a block");
}
