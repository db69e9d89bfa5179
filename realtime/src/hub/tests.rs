#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{outbox::Next, subscription::Terms};
use futures_util::FutureExt;
use protocol::{Disconnect, Encoding, Payload};

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

fn publication(number: u64) -> Publication {
    Publication::new(Payload::of(&number))
}

/// What was queued for a connection, as text, without the frame around it.
fn received(subscription: &Subscription) -> Vec<String> {
    let mut received = Vec::new();
    while let Some(Next::Write(frames)) = subscription.connection().outbox.take() {
        received.extend(frames.iter().map(|frame| String::from_utf8_lossy(&frame.payload()).into_owned()));
    }
    received
}

#[test]
fn deliveries_are_what_was_sent_queued_or_held() {
    let (hub, key) = (Hub::default(), key());
    let told = Terms { join_leave: true, ..Terms::default() };
    for (live, terms) in [(true, told), (true, Terms::default()), (false, Terms::default())] {
        subscribe(&hub, &key, live, terms);
    }
    let closing = subscribe(&hub, &key, true, Terms::default());
    closing.connection().close(Disconnect::SLOW);
    hub.publication(&key, publication(1), Delivery::default());
    let info = ClientInfo { user: "u".into(), client: "c".into(), conn_info: None, chan_info: None };
    hub.join(&key, info);
    let list = hub.feed(&key).unwrap().connections();
    let queued: Vec<_> = list.iter().map(|connection| !connection.outbox.is_empty()).collect();
    assert_eq!(queued, [true, true, false, false], "one is still being made, one is being closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_channel_of_thousands_gets_everything_in_order_whoever_comes_and_goes() {
    const MESSAGES: u64 = 200;
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
            }
        }
    });
    for number in 0..MESSAGES {
        hub.admit(&key).await;
        hub.publication(&key, publication(number), Delivery::default());
    }
    let expected: Vec<_> = (0..MESSAGES)
        .map(|number| format!(r#"{{"push":{{"channel":"news:a","pub":{{"data":{number}}}}}}}"#))
        .collect();
    for subscription in &staying {
        let mut all = Vec::new();
        while all.len() < expected.len() {
            all.extend(received(subscription));
            tokio::task::yield_now().await;
        }
        assert_eq!(all, expected);
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
        hub.publication(&key, publication(posted), Delivery::default());
        posted += 1;
        assert!(posted < 1_000);
    }
    tokio::time::timeout(Duration::from_secs(10), hub.admit(&key)).await.unwrap();
    let mut arrived = 0;
    while arrived < posted {
        arrived += received(&subscriptions[0]).len() as u64;
        tokio::task::yield_now().await;
    }
    assert_eq!(arrived, posted);
}
