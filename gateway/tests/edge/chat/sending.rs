//! Sending: what is taken, in which order it comes, and who hears of it.

use super::{ask, at, bodies, call, class_chat, direct, group, heard, hearing, new, new_with, noted, say};
use crate::{
    classroom::{Classroom, id},
    client::Client,
    harness::{header, json_of, problem},
};
use futures_util::future::join_all;
use protocol::ids::PersonId;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

#[tokio::test]
async fn what_is_sent_over_either_way_is_heard_by_all_and_noted_to_few() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    let mut ada = hearing(&room, &room.ada, &class).await;
    let mut ben = Client::connected(&room.server, &room.ben.token).await;
    let mut tess = hearing(&room, &room.teacher, &class).await;
    let nonce = Uuid::now_v7();
    let sent =
        call(&mut ada, "send", json!({"conversation": class, "nonce": nonce, "body": "Hello 👋  \n"})).await;
    let message = &sent["message"];
    assert_eq!(
        (&message["seq"], &message["body"], &message["version"]),
        (&json!(1), &json!("Hello 👋"), &json!(1))
    );
    assert_eq!((&message["nonce"], &message["state"]), (&json!(nonce), &json!("sent")));
    assert_eq!(message["sender"], json!({"id": room.ada.id, "name": "Ada", "role": "student"}));
    let mut wanted = message.clone();
    wanted.as_object_mut().unwrap().remove("nonce");
    for client in [&mut ada, &mut tess] {
        assert_eq!(heard(client, &class).await, json!({"type": "message", "message": wanted}));
    }
    let note = noted(&mut ben, &room.ben).await;
    assert_eq!(note, json!({"type": "chat", "conversation": class, "what": "message", "seq": 1}));

    let mention = new_with("Ben, look", &json!({"mentions": [room.ben.id, room.ben.id], "reply_to": 1}));
    let second = json_of(room.post(&room.teacher, &at(&class, "/messages"), &mention), 201).await;
    assert_eq!((&second["seq"], &second["mentions"]), (&json!(2), &json!([room.ben.id])));
    assert_eq!((&second["reply_to"], &second["thread"]), (&json!(1), &Value::Null));
    let note = noted(&mut ben, &room.ben).await;
    assert_eq!((&note["what"], &note["seq"]), (&json!("mention"), &json!(2)));
    assert_eq!(heard(&mut ada, &class).await["message"]["seq"], 2);
    let shown = json_of(room.get(&room.ada, &at(&class, "/messages/2")), 200).await;
    assert!(shown.get("nonce").is_none(), "a nonce is its sender's own");
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_the_same_message() {
    let room = Classroom::new().await;
    let conversation = direct(&room, &room.ada, &room.ben).await;
    let mut ben = hearing(&room, &room.ben, &conversation).await;
    let (first, path) = (new("Once"), at(&conversation, "/messages"));
    let sent = json_of(room.post(&room.ada, &path, &first), 201).await;
    let again = json_of(room.post(&room.ada, &path, &first), 200).await;
    assert_eq!(again, sent);
    let other = json!({"nonce": first["nonce"], "body": "Something else"});
    assert_eq!(json_of(room.post(&room.ada, &path, &other), 200).await, sent);
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let live = json!({"conversation": conversation, "nonce": first["nonce"], "body": "Once"});
    assert_eq!(call(&mut ada, "send", live).await["message"], sent);
    // Told again each time, as the same one: whoever has it drops it.
    for _ in 0..4 {
        assert_eq!(heard(&mut ben, &conversation).await["message"]["id"], sent["id"]);
    }
    // Nonces are their senders' own.
    let others = json_of(room.post(&room.ben, &path, &first), 201).await;
    assert_eq!(others["seq"], 2);
    let page = json_of(room.get(&room.ben, &path), 200).await;
    assert_eq!(bodies(&page), ["Once", "Once"]);
}

#[tokio::test]
async fn many_who_write_at_once_get_one_order_without_holes() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    let mut ada = hearing(&room, &room.ada, &class).await;
    let path = at(&class, "/messages");
    let people = [&room.teacher, &room.ada, &room.ben];
    let sends = (0..30).map(|n| {
        let request = room.post(people[n % 3], &path, &new(&format!("message {n}")));
        json_of(request, 201)
    });
    let sent = join_all(sends).await;
    let seqs: BTreeSet<u64> = sent.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=30).collect());
    for seq in 1..=30 {
        assert_eq!(heard(&mut ada, &class).await["message"]["seq"], seq);
    }
    let page = json_of(room.get(&room.ben, &at(&class, "/messages?limit=200")), 200).await;
    for message in &sent {
        let seq = usize::try_from(message["seq"].as_u64().unwrap()).unwrap();
        assert_eq!(page["items"][seq - 1]["body"], message["body"]);
    }
}

#[tokio::test]
async fn texts_that_cannot_be_taken_are_refused() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    for body in ["", " \n\t", "\u{200B}", "a\0b", "a\r\nb", "\u{1b}[31mred", &"x".repeat(4_001)] {
        let refused =
            problem(room.post(&room.ada, &at(&class, "/messages"), &new(body)), 422, "invalid").await;
        assert_eq!(refused["errors"][0]["field"], "body", "{body:?} {refused}");
        let mut live = new(body);
        live["conversation"] = json!(class);
        assert_eq!(call(&mut ada, "send", live).await["code"], 1100, "{body:?}");
    }
    for wrong in [json!({}), json!({"conversation": class, "nonce": 1, "body": "x"}), json!([])] {
        assert_eq!(call(&mut ada, "send", wrong).await["code"], 107);
    }
    for wrong in [json!({"body": "x"}), json!({"nonce": "x", "body": "x"}), json!({"nonce": Uuid::now_v7()})]
    {
        problem(room.post(&room.ada, &at(&class, "/messages"), &wrong), 422, "invalid").await;
    }
    for wrong in [json!({"thread": 1}), json!({"reply_to": 7}), json!({"thread": 0})] {
        let send = room.post(&room.ada, &at(&class, "/messages"), &new_with("x", &wrong));
        problem(send, 422, "unknown_message").await;
    }
    let longest = "é".repeat(4_000);
    assert_eq!(say(&room, &room.ada, &class, &longest).await["body"], json!(longest));
    let html = "<script>alert(1)</script>";
    assert_eq!(say(&room, &room.ada, &class, html).await["body"], html);
}

#[tokio::test]
async fn only_people_of_the_conversation_are_mentioned_and_everybody_by_staff() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    let path = at(&class, "/messages");
    for outside in [room.outsider.id, PersonId::generate()] {
        let mentions = json!({"mentions": [room.ben.id, room.ben.id, outside]});
        let refused =
            problem(room.post(&room.ada, &path, &new_with("x", &mentions)), 422, "unknown_mention").await;
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["row"]),
            (&json!("mentions"), &json!(2))
        );
    }
    let many: Vec<PersonId> = (0..21).map(|_| PersonId::generate()).collect();
    let refused = room.post(&room.ada, &path, &new_with("x", &json!({"mentions": many})));
    problem(refused, 422, "invalid").await;
    let everyone = new_with("All of you", &json!({"everyone": true}));
    problem(room.post(&room.ada, &path, &everyone), 403, "everyone_refused").await;
    assert_eq!(json_of(room.post(&room.teacher, &path, &everyone), 201).await["everyone"], true);
    let page = json_of(room.get(&room.ada, &path), 200).await;
    assert_eq!(page["last_seq"], 1, "what is refused takes no place: {page}");
}

#[tokio::test]
async fn who_writes_too_fast_is_told_to_wait() {
    let room = Classroom::new().await;
    let conversation = direct(&room, &room.ada, &room.ben).await;
    for n in 0..10 {
        say(&room, &room.ada, &conversation, &format!("{n}")).await;
    }
    let mut refused = None;
    // A slow machine earns a message a second meanwhile.
    for _ in 0..100 {
        let response =
            room.post(&room.ada, &at(&conversation, "/messages"), &new("more")).send().await.unwrap();
        if response.status() == 429 {
            assert_eq!(header(&response, "retry-after"), "1");
            refused = Some(response.json::<Value>().await.unwrap());
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!((&refused["code"], &refused["retry_after_s"]), (&json!("too_many_requests"), &json!(1)));
    say(&room, &room.ben, &conversation, "others write on").await;
}

#[tokio::test]
async fn a_message_is_kept_whether_or_not_its_sender_waits() {
    let room = Classroom::new().await;
    let conversation = direct(&room, &room.ada, &room.ben).await;
    let body = new("I am off").to_string();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        at(&conversation, "/messages"),
        room.ada.token,
        body.len()
    );
    let mut ben = hearing(&room, &room.ben, &conversation).await;
    let mut socket = tokio::net::TcpStream::connect(room.server.address).await.unwrap();
    socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    socket.flush().await.unwrap();
    drop(socket);
    let message = heard(&mut ben, &conversation).await;
    assert_eq!(message["message"]["body"], "I am off");
    let kept = json_of(room.get(&room.ben, &at(&conversation, "/messages/1")), 200).await;
    assert_eq!(id(&kept), id(&message["message"]));
}

#[tokio::test]
async fn a_message_is_not_sent_again_by_who_was_let_go() {
    let room = Classroom::new().await;
    let group = group(&room, &room.ada, &[&room.ben]).await;
    let sent = new("hello");
    let send = || ask(&room, &room.ben, Method::POST, &at(&group, "/messages"), Some(&sent));
    json_of(send(), 201).await;
    assert_eq!(json_of(send(), 200).await["seq"], 1);
    let path = at(&group, &format!("/people/{}", room.ben.id));
    json_of(ask(&room, &room.ada, Method::DELETE, &path, None), 204).await;
    problem(send(), 404, "not_found").await;
}
