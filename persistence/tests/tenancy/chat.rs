//! Conversations of a school, and what another one tries with their ids.

use crate::suite::chat::{Talk, draft};
use persistence::chat::{
    Asked, DirectPolicy, Draft, Found, Message, NewGroup, Place, SendError, Seq, Settings, Shown, Span,
    Unread, Whom,
};
use persistence::{Micros, Store};
use protocol::ids::{ConversationId, PersonId, SchoolId};

pub struct Chat {
    pub talk: Talk,
    group: ConversationId,
    sent: Draft,
}

fn any(_: &Place, _: &Message) -> Result<(), &'static str> {
    Ok(())
}

impl Chat {
    /// A row in every table of them.
    pub async fn in_store(store: &Store, school: SchoolId, teacher: PersonId) -> Self {
        let talk = Talk::of(store, school, teacher).await;
        let chat = store.chat();
        let group = NewGroup {
            id: ConversationId::generate(),
            title: "Choir".to_owned(),
            by: talk.ada,
            people: vec![talk.ben],
        };
        chat.make_group(school, &group, Micros(5)).await.unwrap();
        chat.set_policy(school, 0, DirectPolicy::Anyone).await.unwrap();
        let sent = Draft { mentions: vec![talk.ben], ..talk.draft(talk.ada, "Nile") };
        let sent_all = talk.send(5, &[sent.clone(), draft(group.id, talk.ada, "Nile")]).await;
        assert!(sent_all.iter().all(Result::is_ok));
        let (at, seq) = (talk.conversation, Seq(1));
        chat.edit(school, at, seq, talk.ada, "The Nile", Micros(6), &any).await.unwrap();
        chat.react(school, at, seq, talk.ben, "👍", true, Micros(6), &any).await.unwrap();
        chat.pin(school, at, seq, teacher, true, Micros(6), &any).await.unwrap();
        Self { talk, group: group.id, sent }
    }

    /// Everything that a store does with them, for another school that has conversations of its own.
    pub async fn meddle(&self, store: &Store, school: SchoolId, own: &Self) {
        for person in [self.talk.ada, own.talk.ada] {
            self.look(store, school, person).await;
            self.change(store, school, person).await;
        }
        let chat = store.chat();
        assert!(!chat.share_class(school, self.talk.ada, self.talk.ben).await.unwrap());
        let found = chat.reachable(school, self.talk.ada, Whom::Anyone, "Ben", 10).await.unwrap();
        assert!(found.iter().all(|person| person.id == own.talk.ben), "{found:?}");
        let found = chat.search(school, own.group, own.talk.ada, "nile", None, 10).await.unwrap();
        assert_eq!(found.messages.len(), 1);
        assert!(chat.set_policy(school, 0, DirectPolicy::Nobody).await.is_err());
        chat.set_policy(school, 1, DirectPolicy::Nobody).await.unwrap();
        // A mention of theirs.
        let planted = Draft { mentions: vec![self.talk.ben], ..own.talk.draft(own.talk.ada, "@Ben") };
        let sent = chat.send(school, Micros(9), &[planted], &|_: &Asked<'_>| Ok::<_, ()>(())).await.unwrap();
        assert_eq!(sent, [Err(SendError::UnknownMention { index: 0 })]);
        // Equal ids in two schools are two things.
        let twin = NewGroup { id: self.group, title: "Twin".to_owned(), by: own.talk.ada, people: vec![] };
        chat.make_group(school, &twin, Micros(9)).await.unwrap();
        let twin = Draft { sender: own.talk.ada, conversation: self.group, ..self.sent.clone() };
        let twin = Draft { mentions: vec![], body: "Nile twin".to_owned(), ..twin };
        let sent = chat.send(school, Micros(9), &[twin], &|_: &Asked<'_>| Ok::<_, ()>(())).await.unwrap();
        assert!(!sent[0].as_ref().unwrap().again);
        let found = chat.search(school, self.group, own.talk.ada, "nile", None, 10).await.unwrap();
        assert_eq!(found.messages.len(), 1);
        chat.delete(school, self.group, Seq(1), own.talk.ada, Micros(9), &any).await.unwrap();
        chat.add(school, self.group, own.talk.ben, Micros(9)).await.unwrap();
        chat.remove(school, self.group, own.talk.ada).await.unwrap();
    }

    async fn look(&self, store: &Store, school: SchoolId, person: PersonId) {
        let chat = store.chat();
        for id in [self.talk.conversation, self.group] {
            assert_eq!(chat.place(school, id, person).await.unwrap(), None);
            assert_eq!(chat.show(school, id, person).await.unwrap(), None);
            let history = chat.history(school, id, person, Span::Newest, None, 10).await.unwrap();
            assert_eq!(history.messages, []);
            assert_eq!(chat.get(school, id, person, Seq(1)).await.unwrap(), None);
            assert_eq!(chat.edits(school, id, Seq(1)).await.unwrap(), []);
            assert_eq!(chat.pins(school, id, person).await.unwrap(), []);
            assert_eq!(chat.search(school, id, person, "nile", None, 10).await.unwrap(), Found::default());
            assert_eq!(chat.readers(school, id, Seq(1)).await.unwrap(), None);
            assert_eq!(chat.people(school, id, None, 10).await.unwrap().items, []);
            assert_eq!(chat.audience(school, id, 10).await.unwrap(), []);
        }
        assert_eq!(chat.of_class(school, self.talk.class).await.unwrap(), None);
        let not_theirs =
            |shown: &Shown| ![self.talk.conversation, self.group].contains(&shown.place.conversation.id);
        assert!(chat.list(school, person, None, 10).await.unwrap().items.iter().all(not_theirs));
        assert_eq!(chat.list(school, self.talk.ben, None, 10).await.unwrap().items, []);
        assert_eq!(chat.unread(school, self.talk.ben, Micros(9)).await.unwrap(), Unread::default());
    }

    async fn change(&self, store: &Store, school: SchoolId, person: PersonId) {
        let chat = store.chat();
        for id in [self.talk.conversation, self.group] {
            let planted = [draft(id, person, "planted"), Draft { sender: person, ..self.sent.clone() }];
            let sent =
                chat.send(school, Micros(9), &planted, &|_: &Asked<'_>| Ok::<_, ()>(())).await.unwrap();
            let unknown = || Err(SendError::UnknownConversation);
            assert_eq!(sent, [unknown(), unknown()]);
            assert!(chat.edit(school, id, Seq(1), person, "Stolen", Micros(9), &any).await.is_err());
            assert!(chat.delete(school, id, Seq(1), person, Micros(9), &any).await.is_err());
            for on in [false, true] {
                assert!(chat.pin(school, id, Seq(1), person, on, Micros(9), &any).await.is_err());
                assert!(chat.react(school, id, Seq(1), person, "👎", on, Micros(9), &any).await.is_err());
            }
            assert_eq!(chat.read(school, id, person, Seq(1), Micros(9)).await.unwrap(), None);
            assert!(!chat.mute(school, id, person, None, Micros(9)).await.unwrap());
            let settings = Settings::default();
            assert!(chat.configure(school, id, 1, &settings, person, Micros(9)).await.is_err());
            assert!(chat.add(school, id, person, Micros(9)).await.is_err());
            assert!(chat.remove(school, id, person).await.is_err());
        }
        let (class, id) = (self.talk.class, ConversationId::generate());
        assert!(chat.open_class(school, class, id, person, "?", Micros(9)).await.is_err());
        for (by, with) in [(person, self.talk.ben), (self.talk.ben, person)] {
            assert!(chat.open_direct(school, by, with, Micros(9)).await.is_err());
        }
        let title = "Planted".to_owned();
        let planted = NewGroup { id, title, by: person, people: vec![self.talk.ben] };
        assert!(chat.make_group(school, &planted, Micros(9)).await.is_err());
    }
}
