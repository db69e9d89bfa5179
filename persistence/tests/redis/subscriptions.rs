//! Channels: what is confirmed, what comes, and what outages do to it.

use super::*;

#[tokio::test]
async fn messages_come_in_order_with_any_bytes() {
    let server = Server::single();
    let (here, there) = (connect(&server).await, connect(&server).await);
    let mut events = here.events();
    let channel = here.key(Partition(9), "c");
    here.subscribe(Partition(9), vec![channel.clone()]).await.unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    publish(&there, &channel, bytes.clone()).await;
    let first = timeout(LONG, events.next()).await.unwrap();
    assert_eq!(first, Some(Event::Message { channel: channel.clone(), payload: bytes.into() }));
    for number in 0..500 {
        publish(&there, &channel, number.to_string().as_str()).await;
    }
    for number in 0..500 {
        assert_eq!(message(&mut events).await, number.to_string());
    }
}

#[tokio::test]
async fn a_subscription_is_confirmed_before_it_returns() {
    let server = Server::single();
    let (here, there) = (connect(&server).await, connect(&server).await);
    let mut events = here.events();
    for number in 0..200 {
        let channel = here.key(Partition(1), &number.to_string());
        here.subscribe(Partition(1), vec![channel.clone()]).await.unwrap();
        let receivers = there.run(&PUBLISH, vec![channel], vec!["PUBLISH".into(), number.to_string().into()]);
        assert_eq!(receivers.await.unwrap(), Value::Int(1));
        assert_eq!(message(&mut events).await, number.to_string());
    }
}

#[tokio::test]
async fn a_subscription_that_nobody_confirms_fails_in_time() {
    let server = Server::single();
    let redis = connect(&server).await;
    server.stop();
    let started = Instant::now();
    let unconfirmed = redis.subscribe(Partition(1), vec![redis.key(Partition(1), "c")]).await;
    assert!(matches!(unconfirmed, Err(RedisError::Unavailable(_))), "{unconfirmed:?}");
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_is_unsubscribed_is_silent_and_stays_so() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let (one, two) = (redis.key(Partition(1), "one"), redis.key(Partition(1), "two"));
    redis.subscribe(Partition(1), vec![one.clone(), two.clone()]).await.unwrap();
    redis.unsubscribe(Partition(1), vec![one.clone()]).await.unwrap();
    server.kill_pubsub_connections();
    wait_for(&mut events, &Event::Reconnected, LONG).await;
    publish(&redis, &one, "silent").await;
    publish(&redis, &two, "heard").await;
    assert_eq!(message(&mut events).await, "heard");
}

#[tokio::test]
async fn subscriptions_come_back_after_their_connection_was_cut() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let channels: Vec<(Partition, String)> =
        redis.partitions().all().map(|p| (p, redis.key(p, "c"))).collect();
    for (partition, channel) in &channels {
        redis.subscribe(*partition, vec![channel.clone()]).await.unwrap();
    }
    for _ in 0..3 {
        server.kill_pubsub_connections();
        let started = Instant::now();
        wait_for(&mut events, &Event::Reconnected, LONG).await;
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        for (_, channel) in &channels {
            publish(&redis, channel, channel.as_str()).await;
            assert_eq!(message(&mut events).await, *channel);
        }
    }
}

#[tokio::test]
async fn subscriptions_come_back_after_the_server_was_gone() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let channel = redis.key(Partition(1), "c");
    redis.subscribe(Partition(1), vec![channel.clone()]).await.unwrap();
    server.kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let late = redis.subscribe(Partition(1), vec![redis.key(Partition(1), "late")]).await;
    assert!(matches!(late, Err(RedisError::Unavailable(_))), "{late:?}");
    server.restart();
    wait_for(&mut events, &Event::Reconnected, Duration::from_secs(4)).await;
    until_it_works(&redis, LONG).await;
    publish(&redis, &redis.key(Partition(1), "late"), "silent").await;
    publish(&redis, &channel, "heard").await;
    assert_eq!(message(&mut events).await, "heard");
}

#[tokio::test]
async fn subscriptions_come_back_after_the_server_hung() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let channel = redis.key(Partition(1), "c");
    redis.subscribe(Partition(1), vec![channel.clone()]).await.unwrap();
    server.stop();
    tokio::time::sleep(Duration::from_secs(5)).await;
    server.cont();
    wait_for(&mut events, &Event::Reconnected, Duration::from_secs(5)).await;
    until_it_works(&redis, Duration::from_secs(5)).await;
    publish(&redis, &channel, "heard").await;
    assert_eq!(message(&mut events).await, "heard");
}

#[tokio::test]
async fn a_slow_consumer_is_told_how_much_it_missed() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    let channel = redis.key(Partition(1), "c");
    redis.subscribe(Partition(1), vec![channel.clone()]).await.unwrap();
    let flood =
        Script { name: "flood", body: "for i = 1, 20000 do redis.call('PUBLISH', KEYS[1], i) end return 1" };
    redis.run(&flood, vec![channel.clone()], Vec::new()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    publish(&redis, &channel, "last").await;
    let (mut missed, mut came) = (0, 0);
    loop {
        match timeout(LONG, events.next()).await.unwrap().unwrap() {
            Event::Missed(count) => missed += count,
            Event::Message { payload, .. } if payload == "last" => break,
            Event::Message { .. } => came += 1,
            Event::Reconnected => {}
        }
    }
    assert!(missed > 0);
    assert_eq!(missed + came, 20_000);
}

#[tokio::test]
async fn after_the_end_there_are_neither_events_nor_answers() {
    let server = Server::single();
    let redis = connect(&server).await;
    let mut events = redis.events();
    redis.subscribe(Partition(1), vec![redis.key(Partition(1), "c")]).await.unwrap();
    assert_eq!(redis.events().next().await, None, "there is one consumer");
    redis.close().await;
    let failed = set(&redis, "k", "v").await;
    assert!(matches!(failed, Err(RedisError::Unavailable(_))), "{failed:?}");
    drop(redis);
    assert_eq!(timeout(LONG, events.next()).await, Ok(None));
    let connections = || server.cli(&["client", "list"]).lines().count();
    let started = Instant::now();
    while connections() > 1 {
        assert!(started.elapsed() < LONG, "{} connections remain", connections());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
