//! What the platform's backend and features ask of a connection.

use super::*;
use crate::connection::Order;
use protocol::{Unsubscribed, command::StreamPosition};

async fn obeyed(client: &mut Client, order: Order) -> Result<Vec<Value>, Disconnect> {
    client.session.connection().order(order);
    client.session.connection().outbox.attention().await;
    client.session.obey().await?;
    Ok(client.received().await)
}

#[tokio::test(start_paused = true)]
async fn the_server_ends_subscriptions_of_a_user() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    ada.ask(json!({"id":2,"subscribe":{"channel":"quiz:g"}})).await;
    let channel = Channel::parse("quiz:g").unwrap();
    let user = UserId("ada".into());
    let node = &world.around.node;
    node.unsubscribe_user(world.schools[0], &user, &channel, Unsubscribed::SERVER).await.unwrap();
    ada.session.connection().outbox.attention().await;
    ada.session.obey().await.unwrap();
    assert_eq!(
        ada.received().await,
        [json!({"push":{"channel":"quiz:g","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}})]
    );
    world.publish(0, "quiz:g", json!(1)).await;
    assert!(ada.received().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_server_side_subscription_may_be_ended_but_not_lose_its_continuity() {
    let world = World::new();
    let mut ada = world.connected("ada@a+plain:x+open:news").await;
    ada.received().await;
    let end = |channel: &str, reason| Order::Unsubscribe(Channel::parse(channel).unwrap(), reason);
    let told = obeyed(&mut ada, end("plain:x", Unsubscribed::SERVER)).await.unwrap();
    assert_eq!(told[0]["push"]["unsubscribe"]["code"], 2000);
    assert_eq!(obeyed(&mut ada, end("plain:x", Unsubscribed::SERVER)).await, Ok(vec![]), "it has ended");
    let lost = obeyed(&mut ada, end("open:news", Unsubscribed::INSUFFICIENT_STATE)).await;
    assert_eq!(lost, Err(Disconnect::INSUFFICIENT_STATE));
}

#[tokio::test(start_paused = true)]
async fn the_server_subscribes_a_connection_and_tells_it_before_anything_else() {
    let world = World::new();
    world.publish(0, "open:news", json!(1)).await;
    let mut ada = world.connected("ada@a").await;
    let order = || Order::Subscribe(Box::new(server_subscription("open:news")));
    let told = obeyed(&mut ada, order()).await.unwrap();
    let subscribe = told[0]["push"]["subscribe"].clone();
    assert_eq!(told[0]["push"]["channel"], "open:news");
    assert_eq!((&subscribe["positioned"], &subscribe["recoverable"]), (&json!(true), &json!(true)));
    assert_eq!((&subscribe["offset"], &subscribe["data"]), (&json!(1), &json!("hello")));
    assert_eq!(told[1]["push"]["join"]["info"]["chan_info"], json!({"by":"server"}));
    assert_eq!(obeyed(&mut ada, order()).await, Ok(vec![]), "it is subscribed");
    world.publish(0, "open:news", json!(2)).await;
    assert_eq!(ada.received().await[0]["push"]["pub"]["offset"], 2);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_that_cannot_be_made_are_not() {
    let mut config = quiet();
    config.limits.subscriptions = 1;
    let world = World::with(config, 3600);
    let mut ada = world.connected("ada@a").await;
    for channel in ["open:news", "nowhere:x", "quiz:x"] {
        let order = Order::Subscribe(Box::new(server_subscription(channel)));
        assert_eq!(obeyed(&mut ada, order).await, Ok(vec![]), "{channel}");
    }
    assert_eq!(ada.session.connection().subscription_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_server_sets_when_a_connection_expires() {
    let world = World::with(quiet(), 3600);
    let mut ada = world.connected("ada@a").await;
    let told = obeyed(&mut ada, Order::Refresh(None)).await.unwrap();
    assert_eq!(told, [json!({"push":{"refresh":{}}})]);
    assert_eq!(ada.pass(Duration::from_secs(9_000)).await, Ok(()));
    let told = obeyed(&mut ada, Order::Refresh(Some(now_s() + 60))).await.unwrap();
    assert_eq!(told[0]["push"]["refresh"]["expires"], true);
    assert!((59..=60).contains(&told[0]["push"]["refresh"]["ttl"].as_u64().unwrap()));
    assert_eq!(ada.pass(Duration::from_secs(83)).await, Ok(()));
    assert_eq!(ada.pass(Duration::from_secs(3)).await, Err(Disconnect::EXPIRED));
}

#[tokio::test(start_paused = true)]
async fn a_lost_position_unsubscribes_a_client_and_ends_a_connection_with_a_server_side_one() {
    for (token, subscribe, expected) in
        [("ada@a", true, Ok(2500)), ("ada@a+open:a", false, Err(Disconnect::INSUFFICIENT_STATE))]
    {
        let world = World::new();
        let mut ada = world.connected(token).await;
        if subscribe {
            ada.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await;
        }
        ada.received().await;
        // As a broker that has lost one.
        let lost = protocol::Publication { offset: 7, ..protocol::Publication::new(Payload::of(&7)) };
        let key = world.key(0, "open:a");
        crate::broker::BrokerSink::publication(&*world.around.node.hub, &key, lost, Default::default());
        ada.session.connection().outbox.attention().await;
        let verdict = ada.session.obey().await;
        let told = ada.received().await;
        let code = verdict.map(|()| told[0]["push"]["unsubscribe"]["code"].as_u64().unwrap());
        assert_eq!(code, expected, "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_obeys_nothing_is_sent_away() {
    let world = World::new();
    let ada = world.connected("ada@a").await;
    let connection = ada.session.connection();
    for _ in 0..1024 {
        connection.order(Order::Refresh(None));
    }
    assert_eq!(connection.outbox.closing(), None);
    connection.order(Order::Refresh(None));
    assert_eq!(connection.outbox.closing(), Some(Disconnect::FORCE_RECONNECT));
    assert_eq!(connection.take_orders().len(), 1024);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_added_later_can_begin_in_the_past() {
    let world = World::new();
    let mut ada = world.connected("ada@a").await;
    for number in 1..=3 {
        world.publish(0, "open:news", json!(number)).await;
    }
    let order = |offset, epoch: &str| {
        let since = Some(StreamPosition { offset, epoch: epoch.to_owned() });
        Order::Subscribe(Box::new(ServerSubscription { since, ..server_subscription("open:news") }))
    };
    let top = obeyed(&mut ada, order(0, "another life")).await.unwrap();
    let epoch = top[0]["push"]["subscribe"]["epoch"].as_str().unwrap().to_owned();
    ada.ask(json!({"id":3,"unsubscribe":{"channel":"open:news"}})).await;
    let told = obeyed(&mut ada, order(1, &epoch)).await.unwrap();
    let published = |pushes: &[Value]| -> Vec<u64> {
        pushes.iter().filter_map(|push| push["push"]["pub"]["data"].as_u64()).collect()
    };
    let pushes = [published(&told), published(&top)];
    assert_eq!(pushes, [vec![2, 3], vec![]], "what is missing cannot be had from another life");
}

#[tokio::test(start_paused = true)]
async fn a_position_is_asked_for_where_recovery_is_allowed_and_not_forced() {
    let options = NamespaceOptions { force_recovery: false, allow_recovery: true, ..open() };
    let world = World::having("asked", options);
    let mut ada = world.connected("ada@a").await;
    for number in 1..=2 {
        world.publish(0, "asked:a", json!(number)).await;
    }
    let since = Some(StreamPosition { offset: 1, epoch: String::new() });
    let order = ServerSubscription { since, ..server_subscription("asked:a") };
    let told = obeyed(&mut ada, Order::Subscribe(Box::new(order))).await.unwrap();
    let subscribe = &told[0]["push"]["subscribe"];
    assert_eq!((&subscribe["recoverable"], &subscribe["offset"]), (&json!(true), &json!(1)), "{told:?}");
    assert_eq!(told[1]["push"]["pub"]["data"], 2);
}
