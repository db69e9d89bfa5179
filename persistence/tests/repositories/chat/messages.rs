use super::{Talk, draft};
use persistence::Micros;
use persistence::audit::{AuditAction, AuditFilter};
use persistence::chat::{
    ChangeMessageError, Changed, Draft, Found, MAX_PINS, MAX_REACTIONS, Message, MessageState, Pin, Place,
    Reaction, Seq, Span,
};
use protocol::ids::{ConversationId, PersonId};

type Tried = Result<Changed, ChangeMessageError<&'static str>>;

fn own(place: &Place, message: &Message) -> Result<(), &'static str> {
    if place.person.id == message.sender.id { Ok(()) } else { Err("not yours") }
}

fn any(_: &Place, _: &Message) -> Result<(), &'static str> {
    Ok(())
}

impl Talk {
    async fn edit(&self, seq: Seq, by: PersonId, body: &str, at: i64) -> Tried {
        self.chat().edit(self.school, self.conversation, seq, by, body, Micros(at), &own).await
    }

    async fn delete(&self, seq: Seq, by: PersonId, at: i64) -> Tried {
        self.chat().delete(self.school, self.conversation, seq, by, Micros(at), &any).await
    }

    async fn pin(&self, seq: Seq, pinned: bool, at: i64) -> Tried {
        self.chat().pin(self.school, self.conversation, seq, self.teacher, pinned, Micros(at), &any).await
    }

    async fn react(&self, seq: Seq, by: PersonId, emoji: &str, on: bool) -> Tried {
        self.chat().react(self.school, self.conversation, seq, by, emoji, on, Micros(50), &any).await
    }

    async fn get(&self, seq: Seq) -> Message {
        self.chat().get(self.school, self.conversation, self.ada, seq).await.unwrap().unwrap()
    }

    async fn find(&self, text: &str, before: Option<Seq>, limit: u32) -> Found {
        self.chat().search(self.school, self.conversation, self.ada, text, before, limit).await.unwrap()
    }

    async fn found(&self, text: &str) -> Vec<u64> {
        let found = self.find(text, None, 50).await;
        assert_eq!(found.searched_to, None);
        found.messages.iter().map(|message| message.seq.0).collect()
    }
}

#[tokio::test]
async fn history_is_read_both_ways() {
    let talk = Talk::new().await;
    let drafts: Vec<Draft> = (1..=7).map(|number| talk.draft(talk.ada, &format!("{number}"))).collect();
    talk.send(30, &drafts).await;
    let page = async |span, limit| {
        let page =
            talk.chat().history(talk.school, talk.conversation, talk.ben, span, None, limit).await.unwrap();
        (page.messages.iter().map(|message| message.seq.0).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(page(Span::Newest, 3).await, (vec![5, 6, 7], true));
    assert_eq!(page(Span::Before(Seq(5)), 3).await, (vec![2, 3, 4], true));
    assert_eq!(page(Span::Before(Seq(2)), 3).await, (vec![1], false));
    assert_eq!(page(Span::After(Seq(0)), 3).await, (vec![1, 2, 3], true));
    assert_eq!(page(Span::After(Seq(4)), 3).await, (vec![5, 6, 7], false));
    assert_eq!(page(Span::After(Seq(u64::MAX)), 3).await, (vec![], false));
    let nowhere = talk.chat().get(talk.school, talk.conversation, talk.ben, Seq(8)).await.unwrap();
    assert_eq!(nowhere, None);
}

#[tokio::test]
async fn an_edit_keeps_what_was_said_before() {
    let talk = Talk::new().await;
    let seq = talk.say(30, talk.ada, "Frist").await.seq;
    let edited = talk.edit(seq, talk.ada, "First", 31).await.unwrap();
    assert!(edited.changed);
    assert_eq!((edited.message.version, edited.message.edited_at), (2, Some(Micros(31))));
    assert_eq!(talk.get(seq).await, edited.message);
    let same = talk.edit(seq, talk.ada, "First", 32).await.unwrap();
    assert_eq!((same.changed, same.message.version), (false, 2));
    talk.edit(seq, talk.ada, "First!", 33).await.unwrap();
    let edits = talk.chat().edits(talk.school, talk.conversation, seq).await.unwrap();
    let edits: Vec<_> = edits.iter().map(|edit| (edit.version, edit.body.as_str(), edit.at.0)).collect();
    assert_eq!(edits, [(1, "Frist", 31), (2, "First", 33)]);
    let foreign = talk.edit(seq, talk.ben, "Mine", 34).await;
    assert!(matches!(foreign, Err(ChangeMessageError::Refused("not yours"))), "{foreign:?}");
    let missing = talk.edit(Seq(9), talk.ada, "?", 34).await;
    assert!(matches!(missing, Err(ChangeMessageError::UnknownMessage)), "{missing:?}");
    let nobody = talk.edit(seq, PersonId::generate(), "?", 34).await;
    assert!(matches!(nobody, Err(ChangeMessageError::UnknownMessage)), "{nobody:?}");
    assert_eq!(talk.get(seq).await.body, "First!");
}

#[tokio::test]
async fn a_deleted_message_keeps_its_number_and_says_nothing() {
    let talk = Talk::new().await;
    let drafts = [
        Draft { mentions: vec![talk.ben, talk.teacher], everyone: true, ..talk.draft(talk.ada, "secret") },
        talk.draft(talk.ada, "two"),
    ];
    talk.send(30, &drafts).await;
    let seq = Seq(1);
    talk.react(seq, talk.ben, "👍", true).await.unwrap();
    talk.pin(seq, true, 31).await.unwrap();
    talk.chat().read(talk.school, talk.conversation, talk.teacher, seq, Micros(31)).await.unwrap();
    let deleted = talk.delete(seq, talk.teacher, 32).await.unwrap();
    let message = deleted.message;
    assert_eq!((message.state, message.body.as_str(), message.version), (MessageState::Deleted, "", 4));
    assert_eq!((message.pinned, message.everyone), (None, false));
    assert_eq!((message.reactions.len(), message.mentions.len()), (0, 0));
    assert_eq!(talk.get(seq).await, message);
    assert!(!talk.delete(seq, talk.ada, 33).await.unwrap().changed);
    assert_eq!(talk.found("secret").await, [0_u64; 0]);
    for person in [talk.ben, talk.teacher] {
        let place = talk.chat().place(talk.school, talk.conversation, person).await.unwrap().unwrap();
        assert_eq!(place.mentions, 0);
    }
    for tried in [
        talk.edit(seq, talk.ada, "back", 34).await,
        talk.pin(seq, true, 34).await,
        talk.react(seq, talk.ben, "👍", true).await,
    ] {
        assert!(matches!(tried, Err(ChangeMessageError::Deleted)), "{tried:?}");
    }
    let edits = talk.chat().edits(talk.school, talk.conversation, seq).await.unwrap();
    assert_eq!(edits.iter().map(|edit| edit.body.as_str()).collect::<Vec<_>>(), ["secret"]);
    // One's own is nobody else's business.
    talk.delete(Seq(2), talk.ada, 35).await.unwrap();
    let told =
        talk.store.audit_log().list(talk.school, AuditFilter::default(), None, 10).await.unwrap().items;
    let told: Vec<_> = told.iter().filter(|entry| entry.action == AuditAction::MessageDeleted).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].actor, told[0].subject.id()), (Some(talk.teacher), talk.ada.0));
    assert_eq!(told[0].detail["seq"], 1);
}

#[tokio::test]
async fn pins_have_an_end() {
    let talk = Talk::new().await;
    let drafts: Vec<Draft> = (0..=MAX_PINS).map(|_| talk.draft(talk.ada, "x")).collect();
    talk.send(30, &drafts).await;
    let seqs = 1..=u64::try_from(MAX_PINS).unwrap();
    for seq in seqs.clone() {
        let at = i64::try_from(100 + seq).unwrap();
        let pinned = talk.pin(Seq(seq), true, at).await.unwrap().message;
        assert_eq!((pinned.pinned, pinned.version), (Some(Pin { at: Micros(at), by: talk.teacher }), 2));
    }
    let last = Seq(u64::try_from(drafts.len()).unwrap());
    let full = talk.pin(last, true, 200).await;
    assert!(matches!(full, Err(ChangeMessageError::TooManyPins { most: MAX_PINS })), "{full:?}");
    assert!(!talk.pin(Seq(1), true, 200).await.unwrap().changed);
    let pins = talk.chat().pins(talk.school, talk.conversation, talk.ada).await.unwrap();
    assert_eq!(pins.iter().map(|message| message.seq.0).collect::<Vec<_>>(), seqs.rev().collect::<Vec<_>>());
    let off = talk.pin(Seq(1), false, 201).await.unwrap().message;
    assert_eq!((off.pinned, off.version), (None, 3));
    talk.pin(last, true, 202).await.unwrap();
}

#[tokio::test]
async fn a_person_reacts_once_with_each_emoji() {
    let talk = Talk::new().await;
    let seq = talk.say(30, talk.ada, "Done").await.seq;
    talk.react(seq, talk.ben, "👍", true).await.unwrap();
    let twice = talk.react(seq, talk.ben, "👍", true).await.unwrap();
    assert_eq!((twice.changed, twice.message.version), (false, 2));
    talk.react(seq, talk.ada, "👍", true).await.unwrap();
    talk.react(seq, talk.ada, "🎉", true).await.unwrap();
    let reaction = |emoji: &str, count, mine| Reaction { emoji: emoji.to_owned(), count, mine };
    let seen = talk.get(seq).await;
    assert_eq!((seen.version, seen.reactions), (4, vec![reaction("🎉", 1, true), reaction("👍", 2, true)]));
    let back = talk.react(seq, talk.ada, "👍", false).await.unwrap().message;
    assert_eq!(back.reactions, [reaction("🎉", 1, true), reaction("👍", 1, false)]);
    assert!(!talk.react(seq, talk.ada, "👍", false).await.unwrap().changed);
    for number in 2..MAX_REACTIONS {
        talk.react(seq, talk.ben, &format!("{number}"), true).await.unwrap();
    }
    let many = talk.react(seq, talk.ben, "😀", true).await;
    assert!(matches!(many, Err(ChangeMessageError::TooManyReactions { most: MAX_REACTIONS })), "{many:?}");
    assert!(talk.react(seq, talk.ben, "🎉", true).await.unwrap().changed);
}

#[tokio::test]
async fn reactions_and_replies_at_once_count_each() {
    let talk = Talk::new().await;
    let seq = talk.say(30, talk.ada, "Done").await.seq;
    let others = (0..8).map(async |number| {
        talk.react(seq, talk.ben, &format!("{number}"), true).await.unwrap();
        let reply = Draft { thread: Some(seq), ..talk.draft(talk.teacher, "yes") };
        talk.send(31, &[reply]).await.remove(0).unwrap();
    });
    futures_util::future::join_all(others).await;
    let seen = talk.get(seq).await;
    assert_eq!((seen.reactions.len(), seen.replies, seen.version), (8, 8, 17));
}

#[tokio::test]
async fn messages_are_found_by_all_words_and_the_beginning_of_the_last() {
    let talk = Talk::new().await;
    let bodies = [
        "The Nile is 6650 km long.",
        "Ägypten: NILE-delta, <b>wide</b>",
        "nothing to see, it's the don't",
        "学校で会いましょう",
        "e-mail tess@example.org about https://example.org/nile?x=1",
        "it''s & | ! :* \\ \"quoted\" AND OR NOT near(",
    ];
    let drafts: Vec<Draft> = bodies.iter().map(|body| talk.draft(talk.ada, body)).collect();
    talk.send(30, &drafts).await;
    for (text, wanted) in [
        ("nile", vec![5, 2, 1]),
        ("NiLe lo", vec![1]),
        ("lo nile", vec![]),
        ("long, nile!", vec![1]),
        ("6650", vec![1]),
        ("66", vec![1]),
        ("ägypten", vec![2]),
        ("ÄGYP", vec![2]),
        ("agypten", vec![]),
        ("b wide b", vec![2]),
        ("don't", vec![3]),
        ("学校", vec![4]),
        ("会", vec![4]),
        ("example", vec![5]),
        ("tess@example.org", vec![5]),
        ("and OR not", vec![6]),
        ("quoted\" & near:*", vec![6]),
        ("it", vec![6, 3]),
        ("ile", vec![]),
        ("", vec![]),
        ("… !", vec![]),
        ("'", vec![]),
    ] {
        assert_eq!(talk.found(text).await, wanted, "{text:?}");
    }
    talk.edit(Seq(1), talk.ada, "The Congo is long.", 31).await.unwrap();
    assert_eq!((talk.found("nile").await, talk.found("congo").await), (vec![5, 2], vec![1]));
    // Another conversation's messages are not looked at.
    let group = talk.group(talk.ada, &[], 32).await.id;
    talk.send(33, &[draft(group, talk.ada, "Nile")]).await;
    assert_eq!(talk.found("nile").await, [5, 2]);
    let nowhere = ConversationId::generate();
    let found = talk.chat().search(talk.school, nowhere, talk.ada, "nile", None, 9).await.unwrap();
    assert_eq!(found, Found::default());
}

#[tokio::test]
async fn a_search_goes_on_where_it_stopped() {
    let talk = Talk::new().await;
    let body = |number: u64| if number.is_multiple_of(3) { "river" } else { "lake" };
    let drafts: Vec<Draft> = (1..=9).map(|number| talk.draft(talk.ada, body(number))).collect();
    talk.send(30, &drafts).await;
    let first = talk.find("river", None, 2).await;
    assert_eq!(first.messages.iter().map(|found| found.seq.0).collect::<Vec<_>>(), [9, 6]);
    assert_eq!(first.searched_to, Some(Seq(6)));
    let rest = talk.find("river", first.searched_to, 2).await;
    assert_eq!((rest.messages.len(), rest.messages[0].seq, rest.searched_to), (1, Seq(3), None));
    assert_eq!(talk.find("river", Some(Seq(1)), 2).await, Found::default());
}
