//! Conversations over two nodes.

use super::{at, bodies, call, class_chat, heard, new, say, watching};
use crate::{
    classroom::{Classroom, Somebody},
    client::Client,
    harness::json_of,
    postgres::node,
};
use serde_json::{Value, json};
use test_servers::{postgres::Server as Postgres, redis::Server as Redis};

#[tokio::test]
async fn a_conversation_goes_on_at_another_node_from_a_position_and_from_a_place() {
    let (redis, folder) = (Redis::single(), tempfile::tempdir().unwrap());
    let name = Postgres::shared().empty_database();
    let (one, two) =
        tokio::join!(node(&name, Some(&redis), folder.path()), node(&name, Some(&redis), folder.path()));
    let room = Classroom::on(one).await;
    let class = class_chat(&room).await;
    let channel = format!("chat:{class}");
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let subscribed = ada.ask(json!({"subscribe": {"channel": channel}})).await;
    let epoch = subscribed["subscribe"]["epoch"].clone();
    let mut ben = watching(&two, &room.ben, &channel).await;
    say(&room, &room.teacher, &class, "first").await;
    let mut push = ada.pushed().await;
    while push["channel"] != json!(channel) {
        push = ada.pushed().await;
    }
    let offset = push["pub"]["offset"].clone();
    assert_eq!(heard(&mut ben, &class).await["message"]["body"], "first", "told at every node");
    drop(ada);

    let at_two =
        |who: &Somebody, body: &str| two.post(&at(&class, "/messages"), &new(body)).bearer_auth(&who.token);
    assert_eq!(json_of(at_two(&room.ben, "second"), 201).await["seq"], 2, "one order, whatever node");
    assert_eq!(say(&room, &room.teacher, &class, "third").await["seq"], 3);
    // From a position of the channel.
    let mut ada = Client::connected(&two, &room.ada.token).await;
    let back = json!({"channel": channel, "recover": true, "offset": offset, "epoch": epoch});
    let recovered = ada.ask(json!({"subscribe": back})).await;
    assert_eq!(recovered["subscribe"]["recovered"], true, "{recovered}");
    let missed: Vec<&Value> = recovered["subscribe"]["publications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["data"]["message"]["body"])
        .collect();
    assert_eq!(missed, ["second", "third"]);
    // From a place in the conversation.
    let after = two.get(&at(&class, "/messages?after=1")).bearer_auth(&room.ada.token);
    assert_eq!(bodies(&json_of(after, 200).await), ["second", "third"]);
    let live = call(&mut ada, "history", json!({"conversation": class, "after": 1})).await;
    assert_eq!((&live["messages"][1]["body"], &live["last_seq"]), (&json!("third"), &json!(3)));

    // Who is let go at one node hears no more at the other.
    let withdraw =
        room.server.request(reqwest::Method::DELETE, &room.path(&format!("enrollments/{}", room.ada.id)));
    json_of(withdraw.bearer_auth(&room.teacher.token), 204).await;
    let mut push = ada.pushed().await;
    while push["channel"] != json!(channel) {
        push = ada.pushed().await;
    }
    assert_eq!(push["unsubscribe"]["code"], 2000, "{push}");
}
