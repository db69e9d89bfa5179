//! Who may write in the conversation of a class.

use super::{at, call, class_chat, new, new_with, say};
use crate::{
    classroom::Classroom,
    client::Client,
    harness::{json_of, problem},
    posting::{lobby, quiz, until},
};
use serde_json::{Value, json};
use std::time::Duration;

async fn set(room: &Classroom, class: &str, version: u32, mode: &Value) {
    json_of(room.put(&room.teacher, &at(class, ""), version, mode), 200).await;
}

#[tokio::test]
async fn modes_bind_students_and_not_staff() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    let path = at(&class, "/messages");
    say(&room, &room.ada, &class, "a question of Ada").await;
    say(&room, &room.ben, &class, "a question of Ben").await;
    let mut ben = Client::connected(&room.server, &room.ben.token).await;

    set(&room, &class, 1, &json!({"mode": "locked"})).await;
    problem(room.post(&room.ada, &path, &new("x")), 409, "chat_locked").await;
    let live = json!({"conversation": class, "nonce": room.class, "body": "x"});
    assert_eq!(call(&mut ben, "send", live.clone()).await["code"], 1104);
    say(&room, &room.teacher, &class, "quiet, please").await;
    say(&room, &room.admin, &class, "from the office").await;

    set(&room, &class, 2, &json!({"mode": "questions"})).await;
    let in_thread = |seq: u64| new_with("an answer", &json!({"thread": seq}));
    problem(room.post(&room.ada, &path, &in_thread(2)), 409, "questions_only").await;
    let mut other = live.clone();
    other["thread"] = json!(1);
    assert_eq!(call(&mut ben, "send", other).await["code"], 1105);
    json_of(room.post(&room.ada, &path, &in_thread(1)), 201).await;
    json_of(room.post(&room.teacher, &path, &in_thread(2)), 201).await;
    say(&room, &room.ben, &class, "another question").await;

    set(&room, &class, 3, &json!({"mode": "slow", "slow_s": 600})).await;
    let refused = problem(room.post(&room.ada, &path, &new("x")), 429, "slow_mode").await;
    let wait = refused["retry_after_s"].as_u64().unwrap();
    assert!((500..=600).contains(&wait), "{refused}");
    let refused = call(&mut ben, "send", live.clone()).await;
    assert_eq!((&refused["code"], refused.get("temporary")), (&json!(1103), None), "{refused}");
    assert!(refused["message"].as_str().unwrap().ends_with(" s"), "{refused}");
    for _ in 0..2 {
        say(&room, &room.teacher, &class, "staff does not wait").await;
    }

    set(&room, &class, 4, &json!({"mode": "open"})).await;
    assert!(call(&mut ben, "send", live).await["message"].is_object());
}

/// How a message of Ben's is answered as soon as the answer is that one.
async fn answered(room: &Classroom, class: &str, wanted: u16) -> Value {
    for nth in 0..100 {
        let sent =
            room.post(&room.ben, &at(class, "/messages"), &new(&format!("so {nth}"))).send().await.unwrap();
        if sent.status() == wanted {
            return sent.json().await.unwrap();
        }
        // No faster than one may write.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    unreachable!("it was never answered with {wanted}");
}

#[tokio::test]
async fn students_are_quiet_while_their_class_plays() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    set(&room, &class, 1, &json!({"mode": "quiz_quiet"})).await;
    let (game, _) = lobby(&room, room.class, &quiz()).await;
    let mut host = Client::connected(&room.server, &room.teacher.token).await;
    say(&room, &room.ben, &class, "players gather").await;

    until(&mut host, &game, "open", true).await;
    let refused = answered(&room, &class, 409).await;
    assert_eq!(refused["code"], "quiz_running", "{refused}");
    let mut ben = Client::connected(&room.server, &room.ben.token).await;
    let live = json!({"conversation": class, "nonce": room.class, "body": "x"});
    assert_eq!(call(&mut ben, "send", live.clone()).await["code"], 1114);
    say(&room, &room.teacher, &class, "think before you tap").await;

    set(&room, &class, 2, &json!({"mode": "open"})).await;
    assert!(call(&mut ben, "send", live).await["message"].is_object());
    set(&room, &class, 3, &json!({"mode": "quiz_quiet"})).await;
    until(&mut host, &game, "reveal", true).await;
    assert_eq!(answered(&room, &class, 409).await["code"], "quiz_running");
    host.ask(json!({"rpc": {"method": "quiz.end", "data": {"game": game}}})).await;
    answered(&room, &class, 201).await;
}

#[tokio::test]
async fn a_slow_conversation_lets_each_write_once_in_a_while() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    set(&room, &class, 1, &json!({"mode": "slow", "slow_s": 5})).await;
    let first = new("first");
    json_of(room.post(&room.ada, &at(&class, "/messages"), &first), 201).await;
    say(&room, &room.ben, &class, "others have a pace of their own").await;
    let refused = problem(room.post(&room.ada, &at(&class, "/messages"), &new("x")), 429, "slow_mode").await;
    assert!((1..=5).contains(&refused["retry_after_s"].as_u64().unwrap()), "{refused}");
    json_of(room.post(&room.ada, &at(&class, "/messages"), &first), 200).await;
}
