//! What a backend may do to the connections of its own users.

use super::{NORTH, Platform, SOUTH};
use crate::client::Client;
use protocol::ids::PersonId;
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// The connection's id, as presence shows it.
async fn client_id(client: &mut Client, platform: &Platform, channel: &str) -> String {
    let before = ids(platform, channel).await;
    client.ask(json!({"subscribe":{"channel":channel}})).await;
    let after = ids(platform, channel).await;
    after.into_iter().find(|id| !before.contains(id)).unwrap()
}

async fn ids(platform: &Platform, channel: &str) -> Vec<String> {
    let presence = platform.result(NORTH, "presence", json!({"channel":channel})).await;
    presence["presence"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn a_disconnected_user_is_told_why() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    for (disconnect, code) in [
        (json!(null), 3503),
        (json!({"code":3011,"reason":"force reconnect"}), 3011),
        (json!({"code":4001,"reason":"bye"}), 4001),
        (json!({"code":4999}), 4999),
    ] {
        let mut clients =
            [platform.connect(platform.north, ada).await, platform.connect(platform.north, ada).await];
        let mut other = platform.connect(platform.north, PersonId::generate()).await;
        let mut theirs = platform.connect(platform.south, ada).await;
        let params = json!({"user":ada,"disconnect":disconnect});
        assert_eq!(platform.result(NORTH, "disconnect", params).await, json!({}));
        for client in &mut clients {
            assert_eq!(client.closed().await, code);
        }
        for client in [&mut other, &mut theirs] {
            let reply = client.ask(json!({"rpc":{"method":"quiz.nothing","data":{}}})).await;
            assert!(reply["error"].is_object(), "the connections of others stay");
        }
    }
}

#[tokio::test]
async fn a_disconnect_may_be_narrowed() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut phone = platform.connect(platform.north, ada).await;
    let mut laptop = platform.connect(platform.north, ada).await;
    let mut tablet = platform.connect(platform.north, ada).await;
    let phone_id = client_id(&mut phone, &platform, "news:a").await;
    let laptop_id = client_id(&mut laptop, &platform, "news:a").await;
    client_id(&mut tablet, &platform, "news:a").await;
    // Equal ids elsewhere are nobody.
    platform.result(SOUTH, "disconnect", json!({"user":ada,"client":phone_id})).await;
    platform.result(NORTH, "disconnect", json!({"user":"","client":phone_id})).await;
    platform.result(NORTH, "disconnect", json!({"user":ada,"session":"unknown"})).await;
    platform.result(NORTH, "disconnect", json!({"user":ada,"client":phone_id})).await;
    assert_eq!(phone.closed().await, 3503);
    platform.result(NORTH, "disconnect", json!({"user":ada,"whitelist":[laptop_id]})).await;
    assert_eq!(tablet.closed().await, 3503);
    let reply = laptop.ask(json!({"unsubscribe":{"channel":"news:a"}})).await;
    assert!(reply["unsubscribe"].is_object(), "who is spared stays: {reply}");
}

/// The next message of a stream over HTTP.
async fn line(stream: &mut Response) -> Value {
    let mut text = Vec::new();
    while !text.ends_with(b"\n") {
        text.extend(stream.chunk().await.unwrap().expect("the stream goes on"));
    }
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test]
async fn a_disconnect_may_name_a_session() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut streams = Vec::new();
    for _ in 0..2 {
        let connect = json!({"id":1,"connect":{"token":platform.token(platform.north, ada)}}).to_string();
        let request = platform.server.request(Method::POST, "/connection/http_stream").body(connect);
        let mut stream = request.send().await.unwrap();
        let mut reply = line(&mut stream).await;
        streams.push((stream, reply["connect"]["session"].take()));
    }
    let [(first, _), (second, session)] = &mut *streams else { unreachable!() };
    platform.result(SOUTH, "disconnect", json!({"user":ada,"session":session})).await;
    platform.result(NORTH, "disconnect", json!({"user":ada,"session":session})).await;
    assert_eq!(line(second).await["push"]["disconnect"]["code"], 3503);
    platform.result(NORTH, "publish", json!({"channel":format!("user:#{ada}"),"data":1})).await;
    assert_eq!(line(first).await["push"]["pub"]["data"], 1, "the other session stays");
}

#[tokio::test]
async fn a_persons_id_may_be_spelled_in_capitals() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut client = platform.connect(platform.north, ada).await;
    platform.result(NORTH, "disconnect", json!({"user":ada.to_string().to_uppercase()})).await;
    assert_eq!(client.closed().await, 3503);
}

#[tokio::test]
async fn credentials_that_are_over_close_the_connection() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    for params in [json!({"expired":true}), json!({"expire_at":1})] {
        let mut client = platform.connect(platform.north, ada).await;
        let mut params = params;
        params["user"] = json!(ada);
        platform.result(NORTH, "refresh", params).await;
        assert_eq!(client.closed().await, 3005);
    }
}

#[tokio::test]
async fn a_refreshed_connection_is_told_its_new_time() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut client = platform.connect(platform.north, ada).await;
    let expire_at = platform.server.app.node.clock.now_ms() / 1_000 + 1_000;
    platform.result(SOUTH, "refresh", json!({"user":ada,"expire_at":expire_at + 5_000})).await;
    platform.result(NORTH, "refresh", json!({"user":ada,"expire_at":expire_at})).await;
    let refresh = client.pushed().await["refresh"].take();
    assert_eq!(refresh["expires"], true);
    assert!(refresh["ttl"].as_u64().is_some_and(|ttl| (900..=1_000).contains(&ttl)), "{refresh}");
    platform.result(NORTH, "refresh", json!({"user":ada})).await;
    let refresh = client.pushed().await["refresh"].take();
    assert!(refresh["expires"] != json!(true), "it holds for ever: {refresh}");
}

#[tokio::test]
async fn an_unsubscribed_client_is_told_and_hears_no_more() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut client = platform.subscriber(platform.north, ada, "news:a").await;
    let mut theirs = platform.subscriber(platform.south, ada, "news:a").await;
    let params = json!({"user":ada,"channel":"news:a"});
    assert_eq!(platform.result(NORTH, "unsubscribe", params).await, json!({}));
    let push = client.pushed().await;
    assert_eq!((&push["channel"], &push["unsubscribe"]["code"]), (&json!("news:a"), &json!(2000)), "{push}");
    platform.result(NORTH, "publish", json!({"channel":"news:a","data":1})).await;
    client.ask(json!({"subscribe":{"channel":"plain:a"}})).await;
    platform.result(NORTH, "publish", json!({"channel":"plain:a","data":2})).await;
    assert_eq!(client.pushed().await["pub"]["data"], 2, "what came before was not for it");
    platform.result(SOUTH, "publish", json!({"channel":"news:a","data":3})).await;
    assert_eq!(theirs.pushed().await["pub"]["data"], 3, "the other school's subscription stays");
}

#[tokio::test]
async fn a_subscribed_client_is_told_where_it_stands_and_hears() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    platform.result(NORTH, "publish", json!({"channel":"news:a","data":"before"})).await;
    let mut client = platform.connect(platform.north, ada).await;
    let mut theirs = platform.connect(platform.south, ada).await;
    let params = json!({"user":ada,"channel":"news:a","data":{"hello":1},"info":{"from":"platform"}});
    assert_eq!(platform.result(NORTH, "subscribe", params.clone()).await, json!({}));
    let push = client.pushed().await;
    assert_eq!(push["channel"], "news:a");
    let subscribe = &push["subscribe"];
    assert_eq!((&subscribe["offset"], &subscribe["recoverable"]), (&json!(1), &json!(true)), "{push}");
    assert_eq!(subscribe["data"], json!({"hello":1}));
    platform.result(NORTH, "subscribe", params).await;
    platform.result(NORTH, "publish", json!({"channel":"news:a","data":"after"})).await;
    assert_eq!(client.pushed().await["pub"]["data"], "after", "a second order changes nothing");
    let presence = platform.result(NORTH, "presence", json!({"channel":"news:a"})).await;
    let members: Vec<&Value> = presence["presence"].as_object().unwrap().values().collect();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0]["chan_info"], json!({"from":"platform"}));
    let reply = theirs.ask(json!({"presence":{"channel":"news:a"}})).await;
    assert_eq!(reply["error"]["code"], 103, "the other school's user is not subscribed");
}

#[tokio::test]
async fn a_subscription_can_differ_from_its_namespace() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut client = platform.connect(platform.north, ada).await;
    let overrides = json!({"presence":{"value":false}});
    let params = json!({"user":ada,"channel":"news:a","override":overrides});
    platform.result(NORTH, "subscribe", params).await;
    assert!(client.pushed().await["subscribe"].is_object());
    let presence = platform.result(NORTH, "presence", json!({"channel":"news:a"})).await;
    assert_eq!(presence, json!({"presence":{}}));
}

#[tokio::test]
async fn a_subscription_can_begin_in_the_past() {
    let platform = Platform::start().await;
    let ada = PersonId::generate();
    let mut client = platform.connect(platform.north, ada).await;
    let mut positions = Vec::new();
    for number in 1..=3 {
        positions.push(platform.result(NORTH, "publish", json!({"channel":"news:a","data":number})).await);
    }
    let params = json!({"user":ada,"channel":"news:a","recover_since":positions[0]});
    platform.result(NORTH, "subscribe", params).await;
    assert!(client.pushed().await["subscribe"].is_object());
    for number in 2..=3 {
        assert_eq!(client.pushed().await["pub"]["data"], number);
    }
}
