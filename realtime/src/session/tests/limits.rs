//! What one client, one user and one node may use.

use super::*;

#[tokio::test(start_paused = true)]
async fn limits_hold() {
    let mut config = RealtimeConfig::default();
    config.limits.subscriptions = 3;
    config.limits.connections_per_user = 2;
    config.limits.connections = 4;
    config.limits.commands_burst = 10;
    config.limits.commands_per_second = 1;
    let world = World::with(config, 3600);
    let mut ada = world.connected("ada@a").await;
    let _second = world.connected("ada@a").await;
    assert_eq!(
        world.client().send(json!({"id":1,"connect":{"token":"ada@a"}})).await,
        Err(Disconnect::CONNECTION_LIMIT)
    );
    for name in ["open:a", "open:b"] {
        ada.ask(json!({"id":2,"subscribe":{"channel":name}})).await;
        ada.received().await;
    }
    assert_eq!(ada.ask(json!({"id":3,"subscribe":{"channel":"open:c"}})).await["error"]["code"], 106);
    let mut codes = Vec::new();
    for _ in 0..10 {
        codes.push(ada.ask(json!({"id":4,"rpc":{"method":"echo.user"}})).await["error"]["code"].clone());
    }
    assert_eq!(codes.iter().filter(|code| **code == 111).count(), 4, "{codes:?}");
    let _third = world.connected("eve@a").await;
    let fourth = world.connected("eve@a").await;
    let another = || Session::new(world.around.clone(), Link::drained(Encoding::Json));
    assert_eq!(another().err(), Some(Disconnect::CONNECTION_LIMIT));
    drop(fourth);
    assert!(another().is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_would_not_fit_the_outbox_is_not_recovered_and_history_is_cut() {
    let mut config = RealtimeConfig::default();
    config.limits.outbox_bytes = 10_000;
    let world = World::with(config, 3600);
    world.publish(0, "open:a", json!("first")).await;
    let mut ada = world.connected("ada@a").await;
    let first = ada.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await["subscribe"].clone();
    ada.received().await;
    ada.ask(json!({"id":3,"unsubscribe":{"channel":"open:a"}})).await;
    for _ in 0..6 {
        world.publish(0, "open:a", json!("x".repeat(2_000))).await;
    }
    let recover = |offset: u64| json!({"id":4,"subscribe":{"channel":"open:a","recover":true,"offset":offset,"epoch":first["epoch"]}});
    let reply = ada.ask(recover(1)).await["subscribe"].clone();
    assert_eq!(
        (&reply["recovered"], &reply["was_recovering"]),
        (&Value::Null, &json!(true)),
        "told, not closed"
    );
    ada.received().await;
    let page = ada.ask(json!({"id":5,"history":{"channel":"open:a","limit":-1}})).await["history"].clone();
    assert_eq!((page["publications"].as_array().unwrap().len(), &page["offset"]), (3, &json!(7)));
    ada.ask(json!({"id":6,"unsubscribe":{"channel":"open:a"}})).await;
    assert_eq!(ada.ask(recover(5)).await["subscribe"]["recovered"], true, "two of them fit");
}

#[tokio::test(start_paused = true)]
async fn the_recoveries_of_one_connect_reply_share_its_room() {
    let mut config = quiet();
    config.limits.outbox_bytes = 10_000;
    let world = World::with(config, 3600);
    for channel in ["open:a", "open:b"] {
        for _ in 0..2 {
            world.publish(0, channel, json!("x".repeat(2_000))).await;
        }
    }
    let anew = json!({"recover":true});
    let subs = json!({"open:a":anew,"open:b":anew});
    let connect = json!({"id":1,"connect":{"token":"ada@a+open:a+open:b","subs":subs}});
    let reply = world.client().ask(connect).await["connect"]["subs"].clone();
    assert_eq!((&reply["open:a"]["recovered"], &reply["open:b"]["recovered"]), (&json!(true), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn the_recoveries_of_one_frame_share_what_the_outbox_has_left() {
    let mut config = quiet();
    config.limits.outbox_bytes = 40_000;
    let world = World::with(config, 3600);
    let channels: Vec<String> = (0..6).map(|number| format!("open:{number}")).collect();
    for channel in &channels {
        for _ in 0..2 {
            world.publish(0, channel, json!("x".repeat(5_000))).await;
        }
    }
    let mut ada = world.connected("ada@a").await;
    let commands = channels
        .iter()
        .map(|channel| json!({"id":2,"subscribe":{"channel":channel,"recover":true}}).to_string());
    let frame = commands.collect::<Vec<_>>().join("\n");
    let commands = ada.session.read(frame.as_bytes()).unwrap();
    assert_eq!(ada.session.commands(commands).await, Ok(()));
    let replies = ada.received().await;
    let replies = replies.iter().map(|message| &message["subscribe"]).filter(|reply| reply.is_object());
    let recovered: Vec<_> = replies.map(|reply| reply["recovered"] == true).collect();
    assert_eq!(recovered, [true, true, false, false, false, false], "told, not closed");
    let request = json!({"channel":"open:2","recover":true});
    assert_eq!(ada.resubscribe(request).await["recovered"], true, "once it has read, there is room again");
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_subscribe_push_is_counted_with_its_channel() {
    let mut config = quiet();
    config.limits.outbox_bytes = 4_000;
    let world = World::with(config, 3600);
    let channel = format!("open:{}", "x".repeat(240));
    for number in 0..10 {
        world.publish(0, &channel, json!(number)).await;
    }
    let mut ada = world.connected("ada@a").await;
    let since = Some(protocol::command::StreamPosition::default());
    let subscription = ServerSubscription { since, ..server_subscription(&channel) };
    ada.session.connection().order(crate::connection::Order::Subscribe(Box::new(subscription)));
    assert_eq!(ada.session.obey().await, Ok(()));
    assert_eq!(ada.session.connection().outbox.closing(), None);
    assert_eq!(ada.received().await[0]["push"]["subscribe"]["offset"], 10, "it begins at the top");
}

#[tokio::test(start_paused = true)]
async fn a_page_of_history_without_room_for_anything_is_refused() {
    let mut config = quiet();
    config.limits.outbox_bytes = 10_000;
    let world = World::with(config, 3600);
    for _ in 0..4 {
        world.publish(0, "open:a", json!("x".repeat(2_000))).await;
    }
    let mut ada = world.subscribed("ada@a", json!({"channel":"open:a"})).await;
    let history = |id: u32| json!({"id":id,"history":{"channel":"open:a","limit":-1}});
    for id in 3..7 {
        ada.send(history(id)).await.unwrap();
    }
    let answers = ada.received().await;
    let told = answers.iter().map(|reply| match reply["history"]["publications"].as_array() {
        Some(page) => Ok(page.len()),
        None => Err(reply["error"]["code"].as_u64()),
    });
    assert_eq!(told.collect::<Vec<_>>(), [Ok(2), Ok(1), Err(Some(106)), Err(Some(106))]);
    assert_eq!(ada.ask(history(7)).await["history"]["publications"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(start_paused = true)]
async fn members_that_would_not_fit_the_outbox_are_not_told() {
    let mut config = quiet();
    config.limits.outbox_bytes = 10_000;
    let world = World::with(config, 3600);
    let mut ada = world.subscribed("ada@a", json!({"channel":"open:few"})).await;
    for channel in ["open:many", "open:wordy"] {
        ada.ask(json!({"id":3,"subscribe":{"channel":channel}})).await;
        ada.received().await;
    }
    let presence = &world.around.node.presence;
    for (channel, count, words) in [("open:few", 20, 1), ("open:many", 100, 1), ("open:wordy", 4, 3_000)] {
        for _ in 0..count {
            let client = ClientId::generate();
            let conn_info = Some(Payload::of(&"x".repeat(words)));
            let info = protocol::ClientInfo {
                user: "eve".into(),
                client: client.to_string(),
                conn_info,
                chan_info: None,
            };
            presence.add(&world.key(0, channel), client, info).await.unwrap();
        }
    }
    for (channel, code) in [("open:few", None), ("open:many", Some(106)), ("open:wordy", Some(106))] {
        let reply = ada.ask(json!({"id":4,"presence":{"channel":channel}})).await;
        assert_eq!(reply["error"]["code"].as_u64(), code, "{channel}: {reply}");
    }
    assert_eq!(ada.session.connection().outbox.closing(), None);
}

#[tokio::test(start_paused = true)]
async fn commands_behind_the_one_that_ended_the_connection_are_not_done() {
    let mut config = quiet();
    config.limits.outbox_bytes = 10_000;
    let world = World::with(config, 3600);
    let mut ada = world.subscribed("ada@a", json!({"channel":"open:a"})).await;
    let rpc = json!({"id":3,"rpc":{"method":"echo.user","data":"x".repeat(6_000)}}).to_string();
    let publish = json!({"id":4,"publish":{"channel":"open:a","data":1}}).to_string();
    let frame = [rpc.as_str(), &rpc, &publish].join("\n");
    let commands = ada.session.read(frame.as_bytes()).unwrap();
    assert_eq!(ada.session.commands(commands).await, Err(Disconnect::SLOW));
    let query = crate::broker::HistoryQuery { limit: 0, since: None, reverse: false };
    let page = world.around.node.broker.history(&world.key(0, "open:a"), &query).await.unwrap();
    assert_eq!(page.top.offset, 0, "nothing was published");
}
