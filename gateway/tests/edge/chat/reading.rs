//! How far people have read, and what passes while they do.

use super::{ask, at, call, class_chat, direct, new_with, say, told, watching};
use crate::{
    classroom::Classroom,
    client::Client,
    harness::{json_of, problem},
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_not_read_is_counted_and_so_are_mentions() {
    let room = Classroom::new().await;
    let (class, two) = (class_chat(&room).await, direct(&room, &room.ada, &room.ben).await);
    for _ in 0..2 {
        let mention = new_with("Ada?", &json!({"mentions": [room.ada.id]}));
        json_of(room.post(&room.teacher, &at(&class, "/messages"), &mention), 201).await;
    }
    say(&room, &room.ben, &class, "hm").await;
    say(&room, &room.ben, &two, "psst").await;
    let unread = async || json_of(room.get(&room.ada, "/api/v1/conversations/unread"), 200).await;
    assert_eq!(unread().await, json!({"conversations": 2, "messages": 4, "mentions": 2}));
    let of_class = async || {
        let shown = json_of(room.get(&room.ada, &at(&class, "")), 200).await;
        [&shown["read_seq"], &shown["unread"], &shown["mentions"]].map(|count| count.as_u64().unwrap())
    };
    assert_eq!(of_class().await, [0, 3, 2]);
    let read =
        |seq: u64| ask(&room, &room.ada, Method::PUT, &at(&class, "/read"), Some(&json!({"seq": seq})));
    let marks = json_of(read(1), 200).await;
    assert_eq!(marks, json!({"read_seq": 1, "delivered_seq": 1, "mentions": 1, "last_seq": 3}));
    assert_eq!(of_class().await, [1, 2, 1]);
    json_of(read(99), 200).await;
    assert_eq!(of_class().await, [3, 0, 0], "up to the last one");
    json_of(read(1), 200).await;
    assert_eq!(of_class().await, [3, 0, 0], "and never back");
    say(&room, &room.ada, &class, "mine").await;
    assert_eq!(of_class().await, [4, 0, 0], "who writes has read");
    assert_eq!(unread().await, json!({"conversations": 1, "messages": 1, "mentions": 0}));

    let later = room.server.app.node.clock.now_ms() + 60_000;
    json_of(ask(&room, &room.ada, Method::PUT, &at(&two, "/mute"), Some(&json!({"until": later}))), 204)
        .await;
    assert_eq!(unread().await["messages"], 0, "muted ones do not count");
    let shown = json_of(room.get(&room.ada, &at(&two, "")), 200).await;
    assert_eq!(shown["muted_until"], json!(later));
    json_of(ask(&room, &room.ada, Method::PUT, &at(&two, "/mute"), Some(&json!({"until": null}))), 204).await;
    assert_eq!(unread().await["messages"], 1);
}

#[tokio::test]
async fn readers_are_counted_and_told_to_few() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    say(&room, &room.teacher, &class, "Read this").await;
    let signals = format!("chat-signals:{class}");
    let mut tess = watching(&room.server, &room.teacher, &signals).await;
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let readers = async || json_of(room.get(&room.teacher, &at(&class, "/messages/1/readers")), 200).await;
    assert_eq!(readers().await, json!({"read": 0, "delivered": 0, "of": 2}));
    let one = json!({"conversation": class, "seq": 1});
    assert_eq!(call(&mut ada, "delivered", one.clone()).await["delivered_seq"], 1);
    assert_eq!(
        told(&mut tess, &signals).await,
        json!({"type": "delivered", "person": room.ada.id, "seq": 1})
    );
    assert_eq!(readers().await, json!({"read": 0, "delivered": 1, "of": 2}));
    assert_eq!(call(&mut ada, "read", one).await["read_seq"], 1);
    assert_eq!(told(&mut tess, &signals).await, json!({"type": "read", "person": room.ada.id, "seq": 1}));
    assert_eq!(readers().await, json!({"read": 1, "delivered": 1, "of": 2}));
    problem(room.get(&room.teacher, &at(&class, "/messages/2/readers")), 404, "not_found").await;
}

#[tokio::test]
async fn who_writes_is_told_to_the_others_and_not_too_often() {
    let room = Classroom::new().await;
    let two = direct(&room, &room.ada, &room.ben).await;
    let signals = format!("chat-signals:{two}");
    let mut ben = watching(&room.server, &room.ben, &signals).await;
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let now = room.server.app.node.clock.now_ms();
    for _ in 0..3 {
        assert_eq!(call(&mut ada, "typing", json!({"conversation": two, "typing": true})).await, json!({}));
    }
    let typing = told(&mut ben, &signals).await;
    assert_eq!((&typing["type"], &typing["person"]), (&json!("typing"), &json!(room.ada.id)));
    assert!((now + 5_000..now + 30_000).contains(&typing["until_ms"].as_u64().unwrap()), "{typing}");
    assert_eq!(call(&mut ada, "typing", json!({"conversation": two, "typing": false})).await, json!({}));
    let stopped = told(&mut ben, &signals).await;
    assert!(
        stopped["until_ms"].as_u64() < typing["until_ms"].as_u64(),
        "the two between are dropped: {stopped}"
    );
    let history = ben.ask(json!({"history": {"channel": signals, "limit": 10}})).await;
    assert!(history["error"].is_object(), "nothing is kept: {history}");
    let _none: Value = json_of(room.get(&room.ben, &at(&two, "/messages")), 200).await;
}
