use super::{Talk, draft};
use persistence::Micros;
use persistence::chat::{Draft, Marks, MessageState, Readers, Seq, Unread};
use protocol::ids::{ConversationId, PersonId};

impl Talk {
    async fn read(&self, person: PersonId, seq: u64) -> Option<Marks> {
        self.chat().read(self.school, self.conversation, person, Seq(seq), Micros(60)).await.unwrap()
    }

    async fn unread(&self, person: PersonId, at: i64) -> Unread {
        self.chat().unread(self.school, person, Micros(at)).await.unwrap()
    }
}

fn unread(conversations: u64, messages: u64, mentions: u64) -> Unread {
    Unread { conversations, messages, mentions }
}

#[tokio::test]
async fn marks_only_grow_and_never_beyond_what_was_sent() {
    let talk = Talk::new().await;
    let drafts: Vec<Draft> = (0..5).map(|_| talk.draft(talk.ada, "x")).collect();
    talk.send(30, &drafts).await;
    let marks = |read, delivered, changed| {
        let (read_seq, delivered_seq, last_seq) = (Seq(read), Seq(delivered), Seq(5));
        Some(Marks { read_seq, delivered_seq, mentions: 0, last_seq, changed })
    };
    let delivered = async |seq| {
        let chat = talk.chat();
        chat.delivered(talk.school, talk.conversation, talk.ben, Seq(seq), Micros(60)).await.unwrap()
    };
    assert_eq!(delivered(3).await, marks(0, 3, true));
    assert_eq!(talk.read(talk.ben, 2).await, marks(2, 3, true));
    assert_eq!(talk.read(talk.ben, 1).await, marks(2, 3, false));
    assert_eq!(talk.read(talk.ben, 4).await, marks(4, 4, true));
    assert_eq!(delivered(u64::MAX).await, marks(4, 5, true));
    assert_eq!(talk.read(talk.ben, 99).await, marks(5, 5, true));
    assert_eq!(talk.read(talk.ben, 99).await, marks(5, 5, false));
    let chat = talk.chat();
    let group = talk.group(talk.ada, &[], 31).await.id;
    for (conversation, person) in
        [(ConversationId::generate(), talk.ben), (group, talk.ben), (talk.conversation, PersonId::generate())]
    {
        let nowhere = chat.read(talk.school, conversation, person, Seq(1), Micros(60)).await.unwrap();
        assert_eq!(nowhere, None);
        assert!(!chat.mute(talk.school, conversation, person, None, Micros(60)).await.unwrap());
    }
    let place = chat.place(talk.school, group, talk.ben).await.unwrap().unwrap();
    assert!(!place.standing.is_in(), "reading lets nobody in");
}

#[tokio::test]
async fn mentions_that_are_not_read_stay_counted() {
    let talk = Talk::new().await;
    let drafts: Vec<Draft> =
        (0..3).map(|_| Draft { mentions: vec![talk.ben], ..talk.draft(talk.ada, "@Ben") }).collect();
    talk.send(30, &drafts).await;
    assert_eq!(talk.unread(talk.ben, 31).await, unread(1, 3, 3));
    assert_eq!(talk.read(talk.ben, 2).await.unwrap().mentions, 1);
    assert_eq!(talk.unread(talk.ben, 31).await, unread(1, 1, 1));
    assert_eq!(talk.read(talk.ben, 3).await.unwrap().mentions, 0);
    assert_eq!(talk.unread(talk.ben, 31).await, Unread::default());
}

#[tokio::test]
async fn what_is_muted_counts_mentions_only() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let direct = chat.open_direct(school, talk.ada, talk.ben, Micros(20)).await.unwrap().id;
    talk.send(30, &[talk.draft(talk.ada, "one"), talk.draft(talk.ada, "two"), draft(direct, talk.ada, "hi")])
        .await;
    assert_eq!(talk.unread(talk.ben, 31).await, unread(2, 3, 0));
    // Nothing was kept of Ben in the class before.
    assert!(chat.mute(school, talk.conversation, talk.ben, Some(Micros(100)), Micros(31)).await.unwrap());
    assert_eq!(talk.unread(talk.ben, 99).await, unread(1, 1, 0));
    assert_eq!(talk.unread(talk.ben, 100).await, unread(2, 3, 0));
    talk.send(32, &[Draft { mentions: vec![talk.ben], ..talk.draft(talk.ada, "@Ben") }]).await;
    assert_eq!(talk.unread(talk.ben, 99).await, unread(2, 1, 1));
    let place = chat.place(school, talk.conversation, talk.ben).await.unwrap().unwrap();
    assert_eq!((place.muted_until, place.unread()), (Some(Micros(100)), 3));
    assert!(chat.mute(school, talk.conversation, talk.ben, None, Micros(33)).await.unwrap());
    assert_eq!(talk.unread(talk.ben, 99).await, unread(2, 4, 1));
    assert_eq!(talk.unread(talk.ada, 99).await, Unread::default());
}

#[tokio::test]
async fn readers_are_counted_without_the_sender() {
    let talk = Talk::new().await;
    let seq = talk.say(30, talk.teacher, "Read this").await.seq;
    talk.read(talk.ada, 1).await;
    let chat = talk.chat();
    chat.delivered(talk.school, talk.conversation, talk.ben, seq, Micros(31)).await.unwrap();
    // Who is not in the class may read, and is not counted.
    talk.read(talk.zoe, 1).await;
    let readers = async |conversation, seq| chat.readers(talk.school, conversation, seq).await.unwrap();
    assert_eq!(readers(talk.conversation, seq).await, Some(Readers { read: 1, delivered: 2, of: 2 }));
    assert_eq!(readers(talk.conversation, Seq(2)).await, None);
    let group = talk.group(talk.ada, &[talk.ben, talk.zoe], 32).await.id;
    talk.send(33, &[draft(group, talk.ada, "one")]).await;
    chat.remove(talk.school, group, talk.zoe).await.unwrap();
    assert_eq!(readers(group, Seq(1)).await, Some(Readers { read: 0, delivered: 0, of: 1 }));
}

#[tokio::test]
async fn a_list_has_the_newest_first_with_what_was_said_last() {
    let talk = Talk::new().await;
    let (chat, school) = (talk.chat(), talk.school);
    let group = talk.group(talk.teacher, &[talk.ben], 20).await.id;
    let direct = chat.open_direct(school, talk.ada, talk.ben, Micros(21)).await.unwrap().id;
    let list = async |after, limit| chat.list(school, talk.ben, after, limit).await.unwrap();
    let ids = |page: &[persistence::chat::Shown]| {
        page.iter().map(|shown| shown.place.conversation.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&list(None, 10).await.items), [direct, group, talk.conversation]);
    let long = "ä".repeat(300);
    talk.say(30, talk.ada, &long).await;
    talk.send(31, &[draft(group, talk.teacher, "Sing")]).await;
    let first = list(None, 1).await;
    let rest = list(first.next, 5).await;
    assert_eq!((ids(&first.items), ids(&rest.items)), (vec![group], vec![talk.conversation, direct]));
    assert_eq!(rest.next, None);
    let [of_class, two] = &rest.items[..] else { unreachable!("two") };
    let last = of_class.last.clone().unwrap();
    assert_eq!((last.body, last.sender.name.as_str(), last.seq), ("ä".repeat(200), "Ada", Seq(1)));
    assert_eq!((of_class.people, of_class.place.unread(), of_class.with.clone()), (3, 1, None));
    assert_eq!((two.people, two.last.clone()), (2, None));
    assert_eq!(two.with.as_ref().unwrap().name, "Ada");
    // The list shows a conversation as it is shown alone.
    let alone = chat.show(school, talk.conversation, talk.ben).await.unwrap();
    assert_eq!(alone.as_ref(), Some(of_class));
    chat.delete(school, group, Seq(1), talk.teacher, Micros(32), &|_, _| Ok::<_, ()>(())).await.unwrap();
    let last = list(None, 1).await.items.remove(0).last.unwrap();
    assert_eq!((last.state, last.body.as_str()), (MessageState::Deleted, ""));
    chat.remove(school, group, talk.ben).await.unwrap();
    assert_eq!(ids(&list(None, 10).await.items), [talk.conversation, direct]);
}
