#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::broker::{HistoryOptions, contract, contract::Notebook};
use protocol::{Channel, Payload, ids::SchoolId};

#[tokio::test(start_paused = true)]
async fn it_keeps_the_brokers_contract() {
    contract::all(|sink| MemoryBroker::new(sink)).await;
}

fn broker() -> (MemoryBroker, Arc<Notebook>) {
    let sink = Arc::new(Notebook::default());
    (MemoryBroker::new(Arc::<Notebook>::clone(&sink)), sink)
}

fn key(number: usize) -> ChannelKey {
    ChannelKey::new(SchoolId::generate(), Channel::parse(&format!("news:{number}")).unwrap())
}

fn streams(broker: &MemoryBroker) -> usize {
    broker.shards.iter().map(|shard| lock(shard).len()).sum()
}

async fn position(broker: &MemoryBroker, key: &ChannelKey) -> StreamPosition {
    broker.history(key, &HistoryQuery { limit: 0, since: None, reverse: false }).await.unwrap().top
}

async fn publish(broker: &MemoryBroker, key: &ChannelKey, name: Option<&str>, kept_s: Option<u64>) -> u64 {
    let history = kept_s.map(|seconds| HistoryOptions { size: 5, ttl: Duration::from_secs(seconds) });
    let idempotency_key = name.map(str::to_owned);
    let options = PublishOptions { history, idempotency_key, ..PublishOptions::default() };
    broker.publish(key, Draft::new(Payload::of(&1)), &options).await.unwrap().offset
}

#[tokio::test(start_paused = true)]
async fn coming_and_going_leaves_no_streams() {
    let (broker, _) = broker();
    for number in 0..100 {
        let key = key(number);
        broker.subscribe(&key).await.unwrap();
        position(&broker, &key).await;
        broker.unsubscribe(&key).await.unwrap();
    }
    tokio::time::advance(UNTOUCHED_TTL).await;
    broker.sweep();
    assert_eq!(streams(&broker), 0);
}

#[tokio::test(start_paused = true)]
async fn the_only_subscriber_comes_back_to_the_stream_it_left() {
    let (broker, sink) = broker();
    let key = key(0);
    let before = position(&broker, &key).await;
    sink.follow(&key);
    tokio::time::advance(10 * UNTOUCHED_TTL).await;
    broker.sweep();
    sink.unfollow(&key);
    broker.unsubscribe(&key).await.unwrap();
    tokio::time::advance(UNTOUCHED_TTL - Duration::from_secs(1)).await;
    broker.sweep();
    publish(&broker, &key, None, Some(60)).await;
    assert_eq!(position(&broker, &key).await, StreamPosition { offset: 1, ..before });
}

#[tokio::test]
async fn a_stream_with_a_publication_stays_when_the_last_subscriber_leaves() {
    let (broker, _) = broker();
    let key = key(0);
    publish(&broker, &key, None, Some(60)).await;
    let before = position(&broker, &key).await;
    broker.unsubscribe(&key).await.unwrap();
    broker.sweep();
    assert_eq!(position(&broker, &key).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_only_read_is_swept_unless_somebody_waits_for_its_first_publication() {
    let (broker, sink) = broker();
    let key = key(0);
    let before = position(&broker, &key).await;
    sink.follow(&key);
    tokio::time::advance(UNTOUCHED_TTL).await;
    broker.sweep();
    assert_eq!(position(&broker, &key).await, before, "a subscriber waits");
    sink.unfollow(&key);
    tokio::time::advance(UNTOUCHED_TTL).await;
    broker.sweep();
    assert_eq!(streams(&broker), 0);
    assert_ne!(position(&broker, &key).await.epoch, before.epoch);
}

#[tokio::test(start_paused = true)]
async fn an_idempotency_key_holds_for_five_minutes_whatever_is_kept() {
    for kept_s in [None, Some(1), Some(3_600)] {
        let (broker, sink) = broker();
        let key = key(0);
        publish(&broker, &key, Some("a"), kept_s).await;
        tokio::time::advance(Duration::from_secs(299)).await;
        broker.sweep();
        publish(&broker, &key, Some("a"), kept_s).await;
        assert_eq!(sink.count(&key), 1, "{kept_s:?}");
        tokio::time::advance(Duration::from_secs(1)).await;
        publish(&broker, &key, Some("a"), kept_s).await;
        assert_eq!(sink.count(&key), 2, "{kept_s:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_remembers_its_latest_keys_and_forgets_all_in_time() {
    let (broker, sink) = broker();
    let key = key(0);
    for number in 0..=REMEMBERED_KEYS {
        publish(&broker, &key, Some(&number.to_string()), None).await;
    }
    publish(&broker, &key, Some("1"), None).await;
    assert_eq!(sink.count(&key), REMEMBERED_KEYS + 1);
    publish(&broker, &key, Some("0"), None).await;
    assert_eq!(sink.count(&key), REMEMBERED_KEYS + 2, "the oldest gave way");
    tokio::time::advance(KEY_TTL).await;
    broker.sweep();
    assert_eq!(streams(&broker), 0);
}
