#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{
    outbox::{Next, Outbox, Wire},
    subscription::Terms,
};
use futures_util::FutureExt;
use protocol::{Disconnect, Encoding, Payload};
use std::{io::IoSlice, sync::atomic::AtomicUsize};

fn key() -> ChannelKey {
    ChannelKey::new(SchoolId::generate(), Channel::parse("news:a").unwrap())
}

/// A subscription to a channel without positions; publications pass if it is `live`.
fn subscribe(hub: &Hub, key: &ChannelKey, live: bool, terms: Terms) -> Arc<Subscription> {
    let connection = Connection::new(Encoding::Json, 1 << 20, tokio::time::Instant::now());
    let subscription = Arc::new(Subscription::pending(key.clone(), Arc::new(connection), terms));
    if live {
        subscription.commit(None, None, false).unwrap().go_live();
    }
    hub.subscribe(Arc::clone(&subscription));
    subscription
}

#[test]
fn a_channel_that_was_held_while_its_last_subscriber_left_is_swept() {
    let (hub, key) = (Hub::default(), key());
    let subscription = subscribe(&hub, &key, true, Terms::default());
    let publisher = hub.feed(&key).unwrap();
    assert!(hub.unsubscribe(&key, subscription.connection().client));
    hub.sweep();
    assert!(hub.follows(&key), "somebody may be about to subscribe");
    drop(publisher);
    hub.sweep();
    assert!(!hub.follows(&key));
}

#[test]
fn a_sweep_leaves_channels_with_subscribers() {
    let (hub, key) = (Hub::default(), key());
    let _subscription = subscribe(&hub, &key, true, Terms::default());
    hub.sweep();
    assert_eq!(hub.subscriber_count(&key), 1);
}

fn publication(data: &impl serde::Serialize) -> Publication {
    Publication::new(Payload::of(data))
}

fn publish(hub: &Hub, key: &ChannelKey, data: &impl serde::Serialize) {
    hub.publication(key, publication(data), Delivery::default());
}

/// The numbers that were queued for a connection since this was last asked.
fn received(subscription: &Subscription) -> Vec<u64> {
    let mut received = Vec::new();
    while let Some(Next::Write(frames)) = subscription.connection().outbox.take() {
        received.extend(frames.iter().map(|frame| {
            let message: serde_json::Value = serde_json::from_slice(&frame.payload()).unwrap();
            message["push"]["pub"]["data"].as_u64().unwrap()
        }));
    }
    received
}

/// Waits until a subscription has got so many.
async fn receive(subscription: &Subscription, count: usize) -> Vec<u64> {
    let all = async {
        let mut all = Vec::new();
        while all.len() < count {
            all.extend(received(subscription));
            tokio::task::yield_now().await;
        }
        all
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.expect("a message is missing")
}

/// A socket that takes everything and counts.
#[derive(Debug, Default)]
struct Sink {
    writes: AtomicUsize,
    bytes: AtomicUsize,
}

impl Wire for Sink {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> std::io::Result<usize> {
        let taken = slices.iter().map(|slice| slice.len()).sum();
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(taken, Ordering::Relaxed);
        Ok(taken)
    }
}

/// Subscribers with sockets, in a channel that is large enough for its line to be served by a task.
fn wired(hub: &Hub, key: &ChannelKey, limit: usize, joins: bool) -> Vec<(Arc<Connection>, Arc<Sink>)> {
    let one = |_| {
        let sink = Arc::new(Sink::default());
        let outbox = Outbox::wired(limit, Arc::<Sink>::clone(&sink), joins);
        let connection =
            Arc::new(Connection::over(outbox, Encoding::Json, false, tokio::time::Instant::now()));
        let subscription =
            Arc::new(Subscription::pending(key.clone(), Arc::clone(&connection), Terms::default()));
        subscription.commit(None, None, false).unwrap().go_live();
        hub.subscribe(subscription);
        (connection, sink)
    };
    (0..300).map(one).collect()
}

async fn until_quiet() {
    // The runtime of these tests has one thread: each turn lets every task that can go on do so.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn publications_reach_who_is_subscribed_and_joins_reach_who_asked() {
    let (hub, key) = (Hub::default(), key());
    let told = subscribe(&hub, &key, true, Terms { join_leave: true, ..Terms::default() });
    let plain = subscribe(&hub, &key, true, Terms::default());
    let pending = subscribe(&hub, &key, false, Terms::default());
    let closing = subscribe(&hub, &key, true, Terms::default());
    closing.connection().close(Disconnect::SLOW);
    publish(&hub, &key, &1);
    assert!(pending.connection().outbox.is_empty(), "it waits for the reply");
    pending.commit(None, None, false).unwrap().go_live();
    assert_eq!(
        [received(&told), received(&plain), received(&pending), received(&closing)],
        [vec![1], vec![1], vec![1], vec![]]
    );
    let info = ClientInfo { user: "u".into(), client: "c".into(), conn_info: None, chan_info: None };
    hub.join(&key, info);
    assert!(!told.connection().outbox.is_empty());
    assert!([plain, pending, closing].iter().all(|other| other.connection().outbox.is_empty()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thousands_get_everything_in_one_order_whoever_publishes_comes_and_goes() {
    const PUBLISHERS: u64 = 8;
    const EACH: u64 = 50;
    let (hub, key) = (Arc::new(Hub::default()), key());
    let staying: Vec<_> = (0..3_000).map(|_| subscribe(&hub, &key, true, Terms::default())).collect();
    let stop = CancellationToken::new();
    let restless = tokio::spawn({
        let (hub, key, stop) = (Arc::clone(&hub), key.clone(), stop.clone());
        async move {
            while !stop.is_cancelled() {
                let guest = subscribe(&hub, &key, true, Terms::default());
                tokio::task::yield_now().await;
                hub.unsubscribe(&key, guest.connection().client);
                let got = received(&guest);
                let mut sorted = got.clone();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), got.len(), "a guest gets nothing twice");
            }
        }
    });
    let publishers = (0..PUBLISHERS).map(|publisher| {
        let (hub, key) = (Arc::clone(&hub), key.clone());
        tokio::spawn(async move {
            for number in 0..EACH {
                hub.admit(&key).await;
                publish(&hub, &key, &(publisher * EACH + number));
            }
        })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        tokio::time::timeout(Duration::from_secs(60), publisher).await.expect("nobody let it in").unwrap();
    }
    let total = usize::try_from(PUBLISHERS * EACH).unwrap();
    let order = receive(&staying[0], total).await;
    for publisher in 0..PUBLISHERS {
        let own: Vec<_> = order.iter().filter(|number| **number / EACH == publisher).copied().collect();
        assert_eq!(own, (publisher * EACH..(publisher + 1) * EACH).collect::<Vec<_>>());
    }
    for subscription in &staying[1..] {
        assert_eq!(receive(subscription, total).await, order);
    }
    stop.cancel();
    restless.await.unwrap();
    assert_eq!(hub.subscriber_count(&key), staying.len());
}

#[tokio::test]
async fn who_publishes_faster_than_can_be_written_is_held_back() {
    let (hub, key) = (Hub::default(), key());
    let subscriptions: Vec<_> = (0..300).map(|_| subscribe(&hub, &key, true, Terms::default())).collect();
    let mut posted = 0;
    // The line's task runs on this thread, and so not before this one waits.
    while hub.admit(&key).now_or_never().is_some() {
        publish(&hub, &key, &posted);
        posted += 1;
        assert!(posted < 1_000);
    }
    tokio::time::timeout(Duration::from_secs(10), hub.admit(&key)).await.unwrap();
    let posted = usize::try_from(posted).unwrap();
    assert_eq!(receive(&subscriptions[299], posted).await.len(), posted);
}

#[tokio::test]
async fn what_waits_together_is_one_write_and_what_comes_alone_goes_at_once() {
    let (hub, key) = (Hub::default(), key());
    let subscribers = wired(&hub, &key, 1 << 20, false);
    let mut expected = 0;
    for (round, posts) in [5, 1, 1, 20].into_iter().enumerate() {
        (0..posts).for_each(|number: u64| publish(&hub, &key, &number));
        until_quiet().await;
        expected += posts;
        for (connection, sink) in &subscribers {
            assert_eq!(sink.writes.load(Ordering::Relaxed), round + 1);
            assert!(connection.outbox.is_empty());
        }
    }
    let each = r#"{"push":{"channel":"news:a","pub":{"data":1}}}"#.len() + 2;
    let two_digits = 10;
    let bytes = usize::try_from(expected).unwrap() * each + two_digits;
    assert!(subscribers.iter().all(|(_, sink)| sink.bytes.load(Ordering::Relaxed) == bytes));
}

#[tokio::test]
async fn large_messages_that_wait_together_do_not_make_a_reader_slow() {
    let (hub, key) = (Hub::default(), key());
    let subscribers = wired(&hub, &key, 10_000, false);
    let text = "x".repeat(2_000);
    (0..20).for_each(|_| publish(&hub, &key, &text));
    until_quiet().await;
    for (connection, sink) in &subscribers {
        assert_eq!(connection.outbox.closing(), None);
        assert!(sink.bytes.load(Ordering::Relaxed) > 20 * text.len());
    }
}

#[tokio::test]
async fn what_waits_together_waits_for_the_operators_delay_too() {
    let (hub, key) = (Hub::default(), key());
    let subscribers = wired(&hub, &key, 1 << 20, true);
    (0..5).for_each(|number: u64| publish(&hub, &key, &number));
    until_quiet().await;
    assert!(subscribers.iter().all(|(_, sink)| sink.writes.load(Ordering::Relaxed) == 0));
    let stop = CancellationToken::new();
    let flushed = hub.flush(Duration::from_millis(1), stop.clone());
    let all_written = async {
        while subscribers.iter().any(|(_, sink)| sink.writes.load(Ordering::Relaxed) == 0) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.cancel();
    };
    let both = async { tokio::join!(flushed, all_written) };
    tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
}
