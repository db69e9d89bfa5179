//! What becomes of messages: pages, threads, edits, reactions, pins and finds.

use super::{ask, at, bodies, call, class_chat, direct, group, heard, hearing, new_with, say};
use crate::{
    classroom::Classroom,
    client::Client,
    harness::{json_of, problem},
};
use reqwest::Method;
use serde_json::{Value, json};

const THUMB: &str = "/reactions/%F0%9F%91%8D";

#[tokio::test]
async fn a_conversation_is_read_in_pages_in_both_directions() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    for n in 1..=9 {
        say(&room, if n % 2 == 0 { &room.ada } else { &room.ben }, &class, &format!("{n}")).await;
    }
    let page = async |query: &str| {
        json_of(room.get(&room.ada, &at(&class, &format!("/messages{query}"))), 200).await
    };
    let newest = page("?limit=4").await;
    assert_eq!(
        (bodies(&newest), &newest["next"], &newest["last_seq"]),
        (vec!["6", "7", "8", "9"], &json!(6), &json!(9))
    );
    let before = page("?limit=4&before=6").await;
    assert_eq!((bodies(&before), &before["next"]), (vec!["2", "3", "4", "5"], &json!(2)));
    let first = page("?limit=4&before=2").await;
    assert_eq!((bodies(&first), &first["next"]), (vec!["1"], &Value::Null));
    let after = page("?limit=4&after=3").await;
    assert_eq!((bodies(&after), &after["next"]), (vec!["4", "5", "6", "7"], &json!(7)));
    let last = page("?limit=4&after=7").await;
    assert_eq!((bodies(&last), &last["next"]), (vec!["8", "9"], &Value::Null));
    assert_eq!(bodies(&page("?after=9").await), [""; 0]);
    problem(room.get(&room.ada, &at(&class, "/messages?after=1&before=9")), 400, "invalid").await;
    problem(room.get(&room.ada, &at(&class, "/messages/10")), 404, "not_found").await;
    problem(room.get(&room.ada, &at(&class, "/messages/0")), 404, "not_found").await;

    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let live = call(&mut ada, "history", json!({"conversation": class, "after": 3, "limit": 2})).await;
    assert_eq!(
        (&live["messages"][0]["body"], &live["more"], &live["last_seq"]),
        (&json!("4"), &json!(true), &json!(9))
    );
    assert_eq!(
        call(&mut ada, "history", json!({"conversation": class, "after": 3, "before": 2})).await["code"],
        107
    );
}

#[tokio::test]
async fn a_reply_to_a_reply_is_in_the_thread_of_its_root() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    say(&room, &room.ada, &class, "root").await;
    let mut ben = hearing(&room, &room.ben, &class).await;
    let path = at(&class, "/messages");
    let first =
        json_of(room.post(&room.teacher, &path, &new_with("reply", &json!({"thread": 1}))), 201).await;
    let second =
        json_of(room.post(&room.ben, &path, &new_with("and more", &json!({"thread": 2}))), 201).await;
    assert_eq!((&first["thread"], &second["thread"]), (&json!(1), &json!(1)));
    let seen = [heard(&mut ben, &class).await, heard(&mut ben, &class).await];
    let root = &seen[1]["message"];
    assert_eq!((&seen[0]["message"]["seq"], &root["seq"]), (&json!(2), &json!(1)));
    assert_eq!((&root["replies"], &root["last_reply_seq"]), (&json!(1), &json!(2)));
    assert!(root["version"].as_u64() > Some(1));
    let thread = json_of(room.get(&room.ada, &at(&class, "/messages?thread=1")), 200).await;
    assert_eq!(bodies(&thread), ["reply", "and more"]);
    let root = json_of(room.get(&room.ada, &at(&class, "/messages/1")), 200).await;
    assert_eq!((&root["replies"], &root["last_reply_seq"]), (&json!(2), &json!(3)));
}

#[tokio::test]
async fn a_message_is_edited_by_its_author_alone() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    say(&room, &room.ada, &class, "frist").await;
    let mut ben = hearing(&room, &room.ben, &class).await;
    let (path, first) = (at(&class, "/messages/1"), json!({"body": "first"}));
    for who in [&room.ben, &room.teacher, &room.admin] {
        problem(ask(&room, who, Method::PUT, &path, Some(&first)), 403, "forbidden").await;
    }
    let edited = json_of(ask(&room, &room.ada, Method::PUT, &path, Some(&first)), 200).await;
    assert_eq!((&edited["body"], &edited["version"]), (&json!("first"), &json!(2)));
    assert!(edited["edited_at"].is_u64(), "{edited}");
    let event = heard(&mut ben, &class).await;
    assert_eq!((&event["type"], &event["message"]["body"]), (&json!("message"), &json!("first")));
    let edits = json_of(room.get(&room.ben, &at(&class, "/messages/1/edits")), 200).await;
    assert_eq!((&edits["items"][0]["body"], &edits["items"][0]["version"]), (&json!("frist"), &json!(1)));
    problem(ask(&room, &room.ada, Method::PUT, &path, Some(&json!({"body": " "}))), 422, "invalid").await;
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let live = call(&mut ada, "edit", json!({"conversation": class, "seq": 1, "body": "First"})).await;
    assert_eq!(live["message"]["version"], 3);
    assert_eq!(
        call(&mut ben, "edit", json!({"conversation": class, "seq": 1, "body": "x"})).await["code"],
        103
    );
}

#[tokio::test]
async fn a_deleted_message_keeps_its_place_and_loses_its_text() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    for body in ["regretted", "unfit", "fine"] {
        say(&room, &room.ada, &class, body).await;
    }
    let path = |seq: u64| at(&class, &format!("/messages/{seq}"));
    json_of(ask(&room, &room.ada, Method::PUT, &path(2), Some(&json!({"body": "very unfit"}))), 200).await;
    let mut ben = hearing(&room, &room.ben, &class).await;
    problem(ask(&room, &room.ben, Method::DELETE, &path(1), None), 403, "forbidden").await;
    let deleted = json_of(ask(&room, &room.ada, Method::DELETE, &path(1), None), 200).await;
    assert_eq!(
        (&deleted["state"], &deleted["body"], &deleted["seq"]),
        (&json!("deleted"), &json!(""), &json!(1))
    );
    assert_eq!(heard(&mut ben, &class).await["message"], {
        let mut told = deleted.clone();
        told.as_object_mut().unwrap().remove("nonce");
        told
    });
    json_of(ask(&room, &room.teacher, Method::DELETE, &path(2), None), 200).await;
    json_of(ask(&room, &room.ada, Method::DELETE, &path(2), None), 200).await;
    let page = json_of(room.get(&room.ben, &at(&class, "/messages")), 200).await;
    assert_eq!(bodies(&page), ["", "", "fine"]);
    // What it said is for staff; what was done to another's message is in the audit log.
    let edits = async |who| json_of(room.get(who, &at(&class, "/messages/2/edits")), 200).await;
    assert_eq!(edits(&room.ben).await["items"], json!([]));
    assert_eq!(edits(&room.teacher).await["items"].as_array().unwrap().len(), 2);
    let log = json_of(room.get(&room.admin, &format!("/api/v1/audit-log?class={}", room.class)), 200).await;
    assert!(
        log["items"].as_array().unwrap().iter().any(|entry| entry["actor"] == json!(room.teacher.id)),
        "{log}"
    );
    assert!(!log.to_string().contains("unfit"), "texts are kept out of it");
    problem(
        ask(&room, &room.ada, Method::PUT, &path(1), Some(&json!({"body": "back"}))),
        409,
        "message_deleted",
    )
    .await;
    let thumb = at(&class, &format!("/messages/1{THUMB}"));
    problem(ask(&room, &room.ben, Method::PUT, &thumb, None), 409, "message_deleted").await;
}

#[tokio::test]
async fn an_owner_deletes_in_a_group_and_nobody_the_others_words_of_two() {
    let room = Classroom::new().await;
    let (group, two) =
        (group(&room, &room.ada, &[&room.ben]).await, direct(&room, &room.ada, &room.ben).await);
    for conversation in [&group, &two] {
        say(&room, &room.ben, conversation, "hm").await;
    }
    json_of(ask(&room, &room.ada, Method::DELETE, &at(&group, "/messages/1"), None), 200).await;
    problem(ask(&room, &room.ada, Method::DELETE, &at(&two, "/messages/1"), None), 403, "forbidden").await;
}

#[tokio::test]
async fn people_react_once_by_each_emoji() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    say(&room, &room.teacher, &class, "Well done").await;
    let mut ben = hearing(&room, &room.ben, &class).await;
    let thumb = at(&class, &format!("/messages/1{THUMB}"));
    let first = json_of(ask(&room, &room.ada, Method::PUT, &thumb, None), 200).await;
    assert_eq!(first["reactions"], json!([{"emoji": "👍", "count": 1, "mine": true}]));
    let event = heard(&mut ben, &class).await;
    let reactions = json!([{"emoji": "👍", "count": 1}]);
    assert_eq!(event, json!({"type": "reactions", "seq": 1, "reactions": reactions, "version": 2}));
    let again = json_of(ask(&room, &room.ada, Method::PUT, &thumb, None), 200).await;
    assert_eq!((&again["version"], &again["reactions"][0]["count"]), (&json!(2), &json!(1)));
    let live = json!({"conversation": class, "seq": 1, "emoji": "👍", "on": true});
    assert_eq!(call(&mut ben, "react", live).await["message"]["reactions"][0]["count"], 2);
    json_of(ask(&room, &room.ada, Method::DELETE, &thumb, None), 200).await;
    let shown = json_of(room.get(&room.ada, &at(&class, "/messages/1")), 200).await;
    assert_eq!(shown["reactions"], json!([{"emoji": "👍", "count": 1, "mine": false}]));
    for wrong in ["x", "%F0%9F%91%8D%F0%9F%91%8D", "%3Cb%3E", "1"] {
        let path = at(&class, &format!("/messages/1/reactions/{wrong}"));
        let refused = problem(ask(&room, &room.ada, Method::PUT, &path, None), 422, "invalid").await;
        assert_eq!(refused["errors"][0]["field"], "emoji");
    }
    problem(
        ask(&room, &room.ada, Method::PUT, &at(&class, &format!("/messages/9{THUMB}")), None),
        404,
        "not_found",
    )
    .await;
}

#[tokio::test]
async fn pins_are_set_by_staff_in_a_class_and_by_both_of_two() {
    let room = Classroom::new().await;
    let (class, two) = (class_chat(&room).await, direct(&room, &room.ada, &room.ben).await);
    for body in ["one", "two"] {
        say(&room, &room.ada, &class, body).await;
    }
    let pin = |seq: u64| at(&class, &format!("/messages/{seq}/pin"));
    problem(ask(&room, &room.ada, Method::PUT, &pin(1), None), 403, "forbidden").await;
    for seq in [1, 2] {
        assert_eq!(
            json_of(ask(&room, &room.teacher, Method::PUT, &pin(seq), None), 200).await["pinned"],
            true
        );
    }
    let pins = json_of(room.get(&room.ada, &at(&class, "/pins")), 200).await;
    assert_eq!(pins["items"].as_array().unwrap().len(), 2);
    problem(ask(&room, &room.ben, Method::DELETE, &pin(1), None), 403, "forbidden").await;
    assert_eq!(json_of(ask(&room, &room.admin, Method::DELETE, &pin(2), None), 200).await["pinned"], false);
    let pins = json_of(room.get(&room.ada, &at(&class, "/pins")), 200).await;
    assert_eq!(bodies(&pins), ["one"]);
    say(&room, &room.ben, &two, "our place").await;
    let pin = at(&two, "/messages/1/pin");
    assert_eq!(json_of(ask(&room, &room.ada, Method::PUT, &pin, None), 200).await["pinned"], true);
}

#[tokio::test]
async fn messages_are_found_by_their_words() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    for body in ["The Nile is long", "A <b>nile</b> of words", "Nothing of it", "The Niger is long, too"] {
        say(&room, &room.ada, &class, body).await;
    }
    let find =
        async |q: &str| json_of(room.get(&room.ben, &at(&class, &format!("/search?q={q}"))), 200).await;
    let found = find("NILE").await;
    let seqs: Vec<_> =
        found["items"].as_array().unwrap().iter().map(|find| find["message"]["seq"].as_u64()).collect();
    assert_eq!((seqs, &found["searched_to"]), (vec![Some(2), Some(1)], &Value::Null), "{found}");
    let fragments = json!([{"text": "A <b>", "match": false}, {"text": "nile", "match": true}, {"text": "</b> of words", "match": false}]);
    assert_eq!(found["items"][0]["fragments"], fragments);
    assert_eq!(
        find("long%20ni").await["items"].as_array().unwrap().len(),
        2,
        "the last word by its beginning"
    );
    assert_eq!(find("lon%20nile").await["items"], json!([]), "the others as they are");
    let page = find("long%20ni&limit=1").await;
    assert_eq!(page["items"][0]["message"]["seq"], 4);
    let rest = find(&format!("long%20ni&limit=1&before={}", page["searched_to"])).await;
    assert_eq!(rest["items"][0]["message"]["seq"], 1, "{page} {rest}");
    json_of(ask(&room, &room.ada, Method::DELETE, &at(&class, "/messages/1"), None), 200).await;
    assert_eq!(find("nile").await["items"].as_array().unwrap().len(), 1, "what is deleted is not found");
    for wrong in ["", "%21%3F", &"a".repeat(201)] {
        let refused = room.get(&room.ben, &at(&class, &format!("/search?q={wrong}")));
        assert_eq!(problem(refused, 422, "invalid").await["errors"][0]["field"], "q");
    }
}
