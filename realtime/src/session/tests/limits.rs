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
    let mut ada = world.connected("ada@a").await;
    let first = ada.ask(json!({"id":2,"subscribe":{"channel":"open:a"}})).await["subscribe"].clone();
    ada.received().await;
    ada.ask(json!({"id":3,"unsubscribe":{"channel":"open:a"}})).await;
    for _ in 0..6 {
        world.publish(0, "open:a", json!("x".repeat(2_000))).await;
    }
    let recover = |offset: u64| json!({"id":4,"subscribe":{"channel":"open:a","recover":true,"offset":offset,"epoch":first["epoch"]}});
    let reply = ada.ask(recover(0)).await["subscribe"].clone();
    assert_eq!(
        (&reply["recovered"], &reply["was_recovering"]),
        (&Value::Null, &json!(true)),
        "told, not closed"
    );
    ada.received().await;
    let page = ada.ask(json!({"id":5,"history":{"channel":"open:a","limit":-1}})).await["history"].clone();
    assert_eq!((page["publications"].as_array().unwrap().len(), &page["offset"]), (2, &json!(6)));
    ada.ask(json!({"id":6,"unsubscribe":{"channel":"open:a"}})).await;
    assert_eq!(ada.ask(recover(4)).await["subscribe"]["recovered"], true, "two of them fit");
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
