use super::{Talk, draft};
use persistence::Micros;
use persistence::chat::{Asked, Draft, MAX_DRAFTS, Message, SendError, SendManyError, Seq, Span, Standing};
use protocol::ids::{ConversationId, PersonId};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

async fn all(talk: &Talk, conversation: ConversationId) -> Vec<Message> {
    let chat = talk.chat();
    chat.history(talk.school, conversation, talk.ada, Span::After(Seq(0)), None, 5_000)
        .await
        .unwrap()
        .messages
}

fn numbers(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.seq.0).collect()
}

#[tokio::test]
async fn messages_of_a_batch_get_the_next_numbers_of_their_conversations() {
    let talk = Talk::new().await;
    let group = talk.group(talk.ada, &[talk.ben], 20).await.id;
    let drafts = [
        talk.draft(talk.ada, "one"),
        draft(group, talk.ben, "uno"),
        talk.draft(talk.ben, "two\0<b>"),
        draft(group, talk.ada, "due"),
        talk.draft(talk.ada, "three"),
    ];
    let sent = talk.send(30, &drafts).await;
    let seqs: Vec<u64> = sent.iter().map(|sent| sent.as_ref().unwrap().message.seq.0).collect();
    assert_eq!(seqs, [1, 1, 2, 2, 3]);
    assert_eq!(talk.say(31, talk.teacher, "four").await.seq, Seq(4));
    let kept = all(&talk, talk.conversation).await;
    assert_eq!(kept[0], sent[0].as_ref().unwrap().message);
    assert_eq!(kept[1].body, "two\u{fffd}<b>");
    assert_eq!(
        (kept[1].sender.name.as_str(), kept[1].id, kept[1].nonce),
        ("Ben", drafts[2].id, drafts[2].nonce)
    );
    assert_eq!(numbers(&kept), [1, 2, 3, 4]);
    // Who sends has read what was there.
    let place = talk.chat().place(talk.school, talk.conversation, talk.ada).await.unwrap().unwrap();
    assert_eq!((place.read_seq, place.unread(), place.last_sent_at), (Seq(3), 1, Some(Micros(30))));
    let conversation = place.conversation;
    assert_eq!((conversation.last_seq, conversation.active_at), (Seq(4), Micros(31)));
    assert!(talk.send(32, &[]).await.is_empty());
    let many = vec![talk.draft(talk.ada, "x"); MAX_DRAFTS + 1];
    let many = talk.chat().send(talk.school, Micros(33), &many, &|_: &Asked<'_>| Ok::<_, ()>(())).await;
    assert!(matches!(many, Err(SendManyError::TooMany { most: MAX_DRAFTS })), "{many:?}");
}

#[tokio::test]
async fn a_nonce_is_one_message_however_often_it_comes() {
    let talk = Talk::new().await;
    let first = talk.draft(talk.ada, "one");
    let other = Draft { body: "another".to_owned(), ..first.clone() };
    let sent = talk.send(30, &[first.clone(), other.clone(), talk.draft(talk.ada, "two")]).await;
    let [a, b, c] = &sent[..] else { unreachable!("three") };
    let (a, b, c) = (a.as_ref().unwrap(), b.as_ref().unwrap(), c.as_ref().unwrap());
    assert_eq!((a.again, b.again, &b.message), (false, true, &a.message));
    assert_eq!(c.message.seq, Seq(2));
    // The rule is told that it was sent before, and may still refuse to tell of it.
    let refuse = |asked: &Asked<'_>| if asked.again { Ok(()) } else { Err("locked") };
    let chat = talk.chat();
    let hidden = chat
        .send(talk.school, Micros(31), std::slice::from_ref(&first), &|_: &Asked<'_>| Err("hidden"))
        .await;
    assert_eq!(hidden.unwrap(), [Err(SendError::Refused("hidden"))]);
    let resent = chat.send(talk.school, Micros(31), &[other, first.clone()], &refuse).await.unwrap();
    for resent in resent {
        let resent = resent.unwrap();
        assert!(resent.again && resent.message == a.message, "{resent:?}");
    }
    // Another one's nonce, and one's own in another conversation, are others.
    let group = talk.group(talk.ada, &[talk.ben], 32).await.id;
    let others = [Draft { sender: talk.ben, ..first.clone() }, Draft { conversation: group, ..first }];
    for sent in talk.send(33, &others).await {
        assert!(!sent.unwrap().again);
    }
}

#[tokio::test]
async fn what_is_refused_leaves_no_hole() {
    let talk = Talk::new().await;
    let chat = talk.chat();
    let slow = |asked: &Asked<'_>| match asked.place.last_sent_at {
        Some(at) if at.0 + 5 > asked.now.0 => Err("slow"),
        _ if asked.place.standing == Standing::Outside => Err("outside"),
        _ => Ok(()),
    };
    let drafts = [
        talk.draft(talk.ada, "one"),
        talk.draft(talk.ada, "too fast"),
        talk.draft(talk.zoe, "from outside"),
        draft(ConversationId::generate(), talk.ada, "nowhere"),
        talk.draft(PersonId::generate(), "nobody"),
        Draft { thread: Some(Seq(1)), ..talk.draft(talk.ben, "to what is not there yet") },
        Draft { reply_to: Some(Seq(9)), ..talk.draft(talk.ben, "to nothing") },
        Draft { mentions: vec![talk.ada, talk.zoe], ..talk.draft(talk.ben, "@Ada @Zoë") },
        Draft { mentions: vec![PersonId::generate()], ..talk.draft(talk.ben, "@nobody") },
        talk.draft(talk.ben, "two"),
    ];
    let sent = chat.send(talk.school, Micros(30), &drafts, &slow).await.unwrap();
    let told: Vec<_> = sent.into_iter().map(|sent| sent.map(|sent| sent.message.seq.0)).collect();
    let wanted = [
        Ok(1),
        Err(SendError::Refused("slow")),
        Err(SendError::Refused("outside")),
        Err(SendError::UnknownConversation),
        Err(SendError::UnknownConversation),
        Err(SendError::UnknownMessage),
        Err(SendError::UnknownMessage),
        Err(SendError::UnknownMention { index: 1 }),
        Err(SendError::UnknownMention { index: 0 }),
        Ok(2),
    ];
    assert_eq!(told, wanted);
    assert_eq!(numbers(&all(&talk, talk.conversation).await), [1, 2]);
    let later = chat.send(talk.school, Micros(36), &drafts[1..2], &slow).await.unwrap();
    assert_eq!(later[0].as_ref().unwrap().message.seq, Seq(3));
}

#[tokio::test]
async fn a_reply_to_a_reply_goes_to_the_root_and_the_root_counts_them() {
    let talk = Talk::new().await;
    let root = talk.say(30, talk.teacher, "Questions?").await.seq;
    let reply = |to, sender, body: &str| Draft { thread: Some(to), ..talk.draft(sender, body) };
    let drafts = [reply(root, talk.ada, "why"), reply(root, talk.ben, "how"), talk.draft(talk.ben, "aside")];
    let sent = talk.send(31, &drafts).await;
    let counted = sent[0].as_ref().unwrap().root.clone().unwrap();
    assert_eq!((counted.replies, counted.last_reply, counted.version), (2, Some(Seq(3)), 2));
    assert_eq!(sent[1].as_ref().unwrap().root.as_ref(), Some(&counted));
    assert_eq!(sent[2].as_ref().unwrap().root, None);
    let deeper = Draft { reply_to: Some(Seq(2)), ..reply(Seq(2), talk.teacher, "because") };
    let asked = |asked: &Asked<'_>| {
        assert_eq!((asked.root.unwrap().seq, asked.root.unwrap().sender), (root, talk.teacher));
        Ok::<_, ()>(())
    };
    let sent = talk.chat().send(talk.school, Micros(32), &[deeper], &asked).await.unwrap().remove(0).unwrap();
    assert_eq!((sent.message.thread, sent.message.reply_to), (Some(root), Some(Seq(2))));
    assert_eq!(sent.root.unwrap().replies, 3);
    let thread = async |span, limit| {
        let chat = talk.chat();
        let found =
            chat.history(talk.school, talk.conversation, talk.ada, span, Some(root), limit).await.unwrap();
        (numbers(&found.messages), found.more)
    };
    assert_eq!(thread(Span::Newest, 2).await, (vec![3, 5], true));
    assert_eq!(thread(Span::Before(Seq(3)), 2).await, (vec![2], false));
    assert_eq!(thread(Span::After(Seq(2)), 1).await, (vec![3], true));
}

#[tokio::test]
async fn mentions_count_until_they_are_read() {
    let talk = Talk::new().await;
    let mention = |sender, of: &[PersonId]| Draft { mentions: of.to_vec(), ..talk.draft(sender, "@") };
    let drafts = [
        mention(talk.ada, &[talk.ben, talk.teacher, talk.ben]),
        mention(talk.ada, &[talk.ben, talk.ada]),
        mention(talk.ben, &[]),
        Draft { everyone: true, ..mention(talk.ada, &[talk.ben]) },
    ];
    let sent = talk.send(30, &drafts).await;
    let first = &sent[0].as_ref().unwrap().message;
    let mut both = vec![talk.ben, talk.teacher];
    both.sort_unstable();
    assert_eq!(first.mentions, both);
    assert_eq!(&all(&talk, talk.conversation).await[0], first);
    let mentions = async |person| {
        let place = talk.chat().place(talk.school, talk.conversation, person).await.unwrap().unwrap();
        (place.mentions, place.read_seq.0)
    };
    // Ben sent something after the first two.
    assert_eq!(mentions(talk.ben).await, (1, 3));
    assert_eq!((mentions(talk.teacher).await, mentions(talk.ada).await), ((1, 0), (0, 4)));
    talk.send(31, &[mention(talk.ada, &[talk.ben, talk.teacher])]).await;
    assert_eq!((mentions(talk.ben).await, mentions(talk.teacher).await), ((2, 3), (2, 0)));
    talk.say(32, talk.ben, "here").await;
    assert_eq!(mentions(talk.ben).await, (0, 6));
}

/// Drafts of one sender, each batch with some of the last one again.
fn stream(
    talk: &Talk,
    conversations: &[ConversationId],
    sender: PersonId,
    batches: usize,
) -> Vec<Vec<Draft>> {
    let mut last: Vec<Draft> = Vec::new();
    let batch = |number: usize| {
        let fresh = |at: usize| {
            let body = format!("{sender} {number} {at}");
            let mentions = if at == 2 { vec![talk.ada, talk.ben, talk.teacher] } else { vec![] };
            Draft { mentions, ..draft(conversations[(number + at) % conversations.len()], sender, &body) }
        };
        let mut drafts: Vec<Draft> = (0..7).map(fresh).collect();
        drafts.extend(last.drain(..).take(3));
        last = drafts.iter().rev().cloned().collect();
        if number.is_multiple_of(2) {
            drafts.reverse();
        }
        drafts
    };
    (0..batches).map(batch).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_at_once_leave_neither_hole_nor_double() {
    let talk = Talk::new().await;
    let people = [talk.ada, talk.ben, talk.teacher];
    let mut conversations = vec![talk.conversation];
    for at in 20..22 {
        conversations.push(talk.group(talk.ada, &people, at).await.id);
    }
    let mut tasks = Vec::new();
    // Each sender on two nodes, which are given the same.
    for sender in people.into_iter().chain(people) {
        let (chat, school) = (talk.chat(), talk.school);
        let stream = stream(&talk, &conversations, sender, 6);
        for node in 0..2 {
            let (chat, stream) = (chat.clone(), stream.clone());
            tasks.push(tokio::spawn(async move {
                let mut sent = Vec::new();
                for drafts in stream {
                    let now = Micros(100 + node);
                    let took =
                        chat.send(school, now, &drafts, &|_: &Asked<'_>| Ok::<_, ()>(())).await.unwrap();
                    sent.extend(
                        drafts.into_iter().zip(took).map(|(draft, took)| (draft, took.unwrap().message)),
                    );
                    let read = (drafts_of(&sent), people[0]);
                    chat.read(school, read.0, read.1, Seq(5), now).await.unwrap();
                }
                sent
            }));
        }
    }
    let mut by_nonce: BTreeMap<Uuid, (ConversationId, Seq)> = BTreeMap::new();
    for task in tasks {
        for (draft, message) in task.await.unwrap() {
            assert_eq!((message.nonce, &message.body), (draft.nonce, &draft.body));
            let told = *by_nonce.entry(draft.nonce).or_insert((message.conversation, message.seq));
            assert_eq!(told, (message.conversation, message.seq), "a resend is the same message");
        }
    }
    let mut kept = 0;
    for conversation in conversations {
        let messages = all(&talk, conversation).await;
        let last = u64::try_from(messages.len()).unwrap();
        assert_eq!(numbers(&messages), (1..=last).collect::<Vec<_>>());
        for message in &messages {
            assert_eq!(by_nonce[&message.nonce], (conversation, message.seq));
        }
        for person in people {
            let place = talk.chat().place(talk.school, conversation, person).await.unwrap().unwrap();
            assert_eq!(place.conversation.last_seq, Seq(last));
            let unread = &messages[usize::try_from(place.read_seq.0).unwrap()..];
            let mentions = unread
                .iter()
                .filter(|message| message.mentions.contains(&person) && message.sender.id != person);
            assert_eq!(usize::try_from(place.mentions).unwrap(), mentions.count());
        }
        kept += messages.len();
    }
    assert_eq!(kept, by_nonce.len());
}

fn drafts_of(sent: &[(Draft, Message)]) -> ConversationId {
    sent[0].0.conversation
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_that_is_given_up_is_there_as_a_whole_or_not_at_all() {
    let talk = Talk::new().await;
    let mention = || Draft { mentions: vec![talk.ben], ..talk.draft(talk.ada, "@Ben") };
    let mut batches = Vec::new();
    for round in 0..40 {
        let drafts = vec![mention(), mention(), mention()];
        let (chat, school, batch) = (talk.chat(), talk.school, drafts.clone());
        let task = tokio::spawn(async move {
            chat.send(school, Micros(30), &batch, &|_: &Asked<'_>| Ok::<_, ()>(())).await.map(drop)
        });
        tokio::time::sleep(Duration::from_micros(round * 100)).await;
        task.abort();
        let _given_up = task.await;
        batches.push(drafts);
    }
    let kept = all(&talk, talk.conversation).await;
    let last = u64::try_from(kept.len()).unwrap();
    assert_eq!(numbers(&kept), (1..=last).collect::<Vec<_>>());
    for batch in &batches {
        let found =
            batch.iter().filter(|draft| kept.iter().any(|message| message.nonce == draft.nonce)).count();
        assert!(found == 0 || found == 3, "{found} of a batch");
    }
    let place = talk.chat().place(talk.school, talk.conversation, talk.ben).await.unwrap().unwrap();
    assert_eq!((u64::from(place.mentions), place.conversation.last_seq.0), (last, last));
    // And again, by those who have no reply.
    let again = talk.send(31, &batches.concat()).await;
    assert!(again.iter().all(Result::is_ok));
    let kept = all(&talk, talk.conversation).await;
    assert_eq!(numbers(&kept), (1..=120).collect::<Vec<_>>());
}
