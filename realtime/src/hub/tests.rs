#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::subscription::Terms;
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

#[test]
fn deliveries_are_what_was_sent_queued_or_held() {
    let (hub, key) = (Hub::default(), key());
    let told = Terms { join_leave: true, ..Terms::default() };
    for (live, terms) in [(true, told), (true, Terms::default()), (false, Terms::default())] {
        subscribe(&hub, &key, live, terms);
    }
    subscribe(&hub, &key, true, Terms::default()).connection().close(Disconnect::SLOW);
    let push = PushBody::Publication(Publication::new(Payload::of(&1)));
    let variants = Variants::new(None);
    let delivered = hub.fan_out(&key, push, |subscription, message, burst| {
        subscription.publish(message, &variants, None, burst)
    });
    assert_eq!(delivered, 3, "one is being closed");
    let info = ClientInfo { user: "u".into(), client: "c".into(), conn_info: None, chan_info: None };
    let delivered = hub.fan_out(&key, PushBody::Join(info), Subscription::membership);
    assert_eq!(delivered, 1, "one wants to know who comes");
}
