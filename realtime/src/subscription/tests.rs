#![expect(clippy::unwrap_used, reason = "tests")]

use super::variants::chain;
use super::*;
use crate::burst::Burst;
use crate::{broker::Previous, delta::apply, outbox::Next};
use proptest::prelude::*;
use protocol::{Channel, Encoding, Payload, Push, ids::SchoolId};

fn numbered(offset: u64) -> Publication {
    Publication { offset, ..Publication::new(Payload::of(&offset)) }
}

fn message(offset: u64) -> SharedMessage {
    let channel = Channel::parse("a:b").ok();
    SharedMessage::new(Message::Push(Push { channel, body: PushBody::Publication(numbered(offset)) }))
}

fn pending() -> Subscription {
    let key = ChannelKey::new(SchoolId::generate(), Channel::parse("a:b").unwrap());
    let connection = Connection::new(Encoding::Json, 1 << 20, tokio::time::Instant::now());
    Subscription::pending(key, Arc::new(connection), Terms::default())
}

fn top(offset: u64) -> Option<StreamPosition> {
    Some(StreamPosition { offset, epoch: "e".into() })
}

fn offsets(publications: &[Publication]) -> Vec<u64> {
    publications.iter().map(|publication| publication.offset).collect()
}

fn publish(subscription: &Subscription, offset: u64) {
    let sent = subscription.publish(&message(offset), &Variants::default(), None, Burst::default());
    assert_ne!(sent, Sent::Flush);
}

fn pushes(subscription: &Subscription) -> usize {
    match subscription.connection().outbox.take() {
        Some(Next::Write(messages)) => messages.len(),
        _ => 0,
    }
}

#[tokio::test]
async fn what_arrives_while_recovering_is_merged_into_the_reply() {
    let subscription = pending();
    for offset in 4..=6 {
        publish(&subscription, offset);
    }
    // The history was read when 5 was the top: 4 and 5 are in both.
    let commit = subscription.commit(top(5), Some(vec![numbered(4), numbered(5)]), false).unwrap();
    assert_eq!((offsets(&commit.publications), commit.position.as_ref().unwrap().offset), (vec![4, 5, 6], 6));
    commit.go_live();
    assert_eq!(pushes(&subscription), 0);
    publish(&subscription, 6);
    publish(&subscription, 7);
    assert_eq!(pushes(&subscription), 1, "an old one is dropped, the next passes");
}

#[tokio::test]
async fn what_arrives_while_subscribing_follows_the_reply() {
    let subscription = pending();
    publish(&subscription, 5);
    publish(&subscription, 6);
    let commit = subscription.commit(top(5), None, false).unwrap();
    assert_eq!(commit.position.as_ref().unwrap().offset, 5);
    assert_eq!(pushes(&subscription), 0, "the reply comes first");
    commit.go_live();
    assert_eq!(pushes(&subscription), 1);
}

#[tokio::test]
async fn a_hole_is_never_silent() {
    let subscription = pending();
    publish(&subscription, 9);
    assert_eq!(subscription.commit(top(5), None, false).err(), Some(GapWhileSubscribing));
    let subscription = pending();
    for _ in 0..=BUFFER {
        publish(&subscription, 1);
    }
    assert_eq!(subscription.commit(top(0), None, false).err(), Some(GapWhileSubscribing));
    let subscription = pending();
    subscription.commit(top(5), None, false).unwrap().go_live();
    publish(&subscription, 7);
    publish(&subscription, 8);
    assert_eq!(pushes(&subscription), 0);
    assert_eq!(
        subscription.connection().take_orders().len(),
        1,
        "the session is asked once to tell the client"
    );
}

#[tokio::test]
async fn a_loss_that_no_publication_shows_is_told_to_those_with_a_position() {
    let subscription = pending();
    subscription.commit(top(5), None, false).unwrap().go_live();
    subscription.lose();
    publish(&subscription, 6);
    assert_eq!((pushes(&subscription), subscription.connection().take_orders().len()), (0, 1));
    let subscription = pending();
    subscription.lose();
    assert_eq!(
        subscription.commit(top(5), None, false).err(),
        Some(GapWhileSubscribing),
        "the position may have been read before the loss"
    );
    let subscription = pending();
    subscription.lose();
    subscription.commit(None, None, false).unwrap().go_live();
    subscription.lose();
    publish(&subscription, 6);
    assert_eq!((pushes(&subscription), subscription.connection().take_orders().len()), (1, 0));
}

#[tokio::test]
async fn without_positions_the_oldest_of_too_many_are_dropped() {
    let subscription = pending();
    for number in 0..BUFFER + 5 {
        let message = shared(Publication::new(Payload::of(&number)));
        let sent = subscription.publish(&message, &Variants::default(), None, Burst::default());
        assert_eq!(sent, Sent::Done);
    }
    subscription.commit(None, None, false).unwrap().go_live();
    let mut sent = Vec::new();
    while let Some(Next::Write(messages)) = subscription.connection().outbox.take() {
        sent.extend(messages);
    }
    assert_eq!(sent.len(), BUFFER);
    let first: serde_json::Value = serde_json::from_slice(&sent[0].payload()).unwrap();
    assert_eq!(first["push"]["pub"]["data"], 5);
}

#[tokio::test]
async fn of_a_cache_only_the_latest_is_told() {
    let subscription = pending();
    publish(&subscription, 6);
    let commit = subscription.commit(top(5), Some(vec![numbered(5)]), true).unwrap();
    assert_eq!(offsets(&commit.publications), [6]);
}

fn publication_of(offset: u64, text: &[u8]) -> Publication {
    Publication { offset, ..Publication::new(Payload::from_bytes(text.to_vec().into())) }
}

fn shared(publication: Publication) -> SharedMessage {
    let channel = Channel::parse("a:b").ok();
    SharedMessage::new(Message::Push(Push { channel, body: PushBody::Publication(publication) }))
}

#[test]
fn each_encoding_gets_its_own_form_of_a_delta() {
    let (before, after) = ("the same words again and again: 1", "the same words again and again: 2");
    let previous = || Some(Previous { offset: 6, data: Payload::of(&before) });
    let message = shared(Publication { offset: 7, ..Publication::new(Payload::of(&after)) });
    let (source, target) = (Payload::of(&before), Payload::of(&after));
    let delta = crate::delta::create(source.bytes(), target.bytes());
    let variants = Variants::new(previous());
    for (encoding, base, data, is_delta) in [
        (Encoding::Json, 6, Payload::quoted(&delta).unwrap(), true),
        (Encoding::Json, 5, Payload::quoted(target.bytes()).unwrap(), false),
        (Encoding::Json, 0, Payload::quoted(target.bytes()).unwrap(), false),
        (Encoding::Protobuf, 6, Payload::binary(delta.clone().into()), true),
        (Encoding::Protobuf, 5, target.clone(), false),
        (Encoding::MsgPack, 6, target.clone(), false),
    ] {
        let expected = Publication { offset: 7, delta: is_delta, ..Publication::new(data) };
        let expected = encoding.encode(shared(expected).message());
        assert_eq!(variants.frame(&message, encoding, base), &expected, "{encoding:?} {base}");
    }
}

proptest! {
    #[test]
    fn a_chain_is_put_together_again(
        texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..6),
        common in proptest::collection::vec(any::<u8>(), 0..80),
        protobuf: bool,
    ) {
        let encoding = if protobuf { Encoding::Protobuf } else { Encoding::Json };
        let numbered = (1..).zip(&texts).map(|(offset, text)| publication_of(offset, &[&common[..], text].concat()));
        let whole: Vec<Publication> = numbered.collect();
        let mut sent = whole.clone();
        chain(&mut sent, encoding);
        prop_assert!(!sent[0].delta);
        let mut base = Vec::new();
        for (sent, whole) in sent.iter().zip(&whole) {
            let data = if protobuf {
                sent.data.bytes().to_vec()
            } else {
                sent.data.read::<String>().unwrap().into_bytes()
            };
            base = if sent.delta { apply(&base, &data).unwrap() } else { data };
            let expected = if protobuf { whole.data.bytes().to_vec() } else { serde_json::to_vec(&whole.data).unwrap() };
            if protobuf || !whole.data.is_json() {
                prop_assert_eq!(&base, &expected);
            } else {
                let (got, wanted): (serde_json::Value, serde_json::Value) =
                    (serde_json::from_slice(&base).unwrap(), serde_json::from_slice(&expected).unwrap());
                prop_assert_eq!(got, wanted);
            }
        }
    }
}
