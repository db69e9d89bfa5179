//! Who may write to whom, and who comes and goes.

use super::{ask, at, class_chat, direct, group, heard, hearing, noted, say};
use crate::{
    classroom::{Classroom, Somebody, somebody},
    client::Client,
    harness::{json_of, problem},
};
use protocol::{ids::PersonId, role::Role};
use reqwest::Method;
use serde_json::{Value, json};

async fn set_policy(room: &Classroom, version: u32, direct: &str) {
    let set = room.put(&room.admin, "/api/v1/chat/policy", version, &json!({"direct": direct}));
    assert_eq!(json_of(set, 200).await, json!({"direct": direct, "version": version + 1}));
}

async fn reachable(room: &Classroom, who: &Somebody, name: &str) -> Vec<String> {
    let found = json_of(room.get(who, &format!("/api/v1/people/reachable?q={name}")), 200).await;
    let names = found["items"].as_array().unwrap().iter();
    names.map(|person| person["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn whom_a_student_may_write_to_is_the_schools_policy() {
    let room = Classroom::new().await;
    let open = |who: &Somebody, with: &Somebody| {
        room.post(who, "/api/v1/conversations", &json!({"kind": "direct", "with": with.id}))
    };
    let policy = json_of(room.get(&room.admin, "/api/v1/chat/policy"), 200).await;
    assert_eq!(policy, json!({"direct": "shared_class", "version": 0}));
    for who in [&room.ada, &room.teacher] {
        problem(room.get(who, "/api/v1/chat/policy"), 403, "forbidden").await;
        let set = room.put(who, "/api/v1/chat/policy", 0, &json!({"direct": "anyone"}));
        problem(set, 403, "forbidden").await;
    }
    json_of(open(&room.ada, &room.ben), 201).await;
    json_of(open(&room.ada, &room.colleague), 201).await;
    problem(open(&room.ada, &room.outsider), 403, "policy_forbids").await;
    assert_eq!(reachable(&room, &room.ada, "").await, ["Anna", "Ben", "Carl", "Tess"]);
    assert_eq!(reachable(&room, &room.ada, "be").await, ["Ben"]);

    set_policy(&room, 0, "staff_only").await;
    problem(open(&room.ada, &room.ben), 403, "policy_forbids").await;
    json_of(open(&room.ada, &room.teacher), 201).await;
    assert_eq!(reachable(&room, &room.ada, "").await, ["Anna", "Carl", "Tess"]);
    let brought = json!({"kind": "group", "title": "Us", "people": [room.ben.id]});
    problem(room.post(&room.ada, "/api/v1/conversations", &brought), 403, "policy_forbids").await;

    set_policy(&room, 1, "nobody").await;
    problem(open(&room.teacher, &room.ada), 403, "policy_forbids").await;
    assert_eq!(reachable(&room, &room.ada, "").await, [""; 0]);
    set_policy(&room, 2, "anyone").await;
    json_of(open(&room.ada, &room.outsider), 201).await;
    let late = room.put(&room.admin, "/api/v1/chat/policy", 1, &json!({"direct": "nobody"}));
    assert_eq!(problem(late, 409, "conflict").await["current"], 3);
}

#[tokio::test]
async fn nobody_writes_to_themselves_or_to_people_whom_the_school_does_not_know() {
    let room = Classroom::new().await;
    for (body, field) in [
        (json!({"kind": "direct", "with": room.ada.id}), "with"),
        (json!({"kind": "direct", "with": PersonId::generate()}), "with"),
        (json!({"kind": "group", "title": "Us", "people": [room.ben.id, PersonId::generate()]}), "people"),
        (json!({"kind": "group", "title": "", "people": [room.ben.id]}), "title"),
    ] {
        let refused = problem(room.post(&room.ada, "/api/v1/conversations", &body), 422, "invalid").await;
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
}

#[tokio::test]
async fn an_owner_brings_people_into_a_group_and_takes_them_out() {
    let room = Classroom::new().await;
    let group = group(&room, &room.ada, &[&room.teacher]).await;
    let person = |who: &Somebody| at(&group, &format!("/people/{}", who.id));
    let mut tess = hearing(&room, &room.teacher, &group).await;
    let mut ben = Client::connected(&room.server, &room.ben.token).await;
    problem(ask(&room, &room.teacher, Method::PUT, &person(&room.ben), None), 403, "forbidden").await;
    problem(ask(&room, &room.ada, Method::PUT, &person(&room.outsider), None), 403, "policy_forbids").await;
    for _ in 0..2 {
        json_of(ask(&room, &room.ada, Method::PUT, &person(&room.ben), None), 204).await;
    }
    let note = noted(&mut ben, &room.ben).await;
    assert_eq!((&note["what"], &note["conversation"]), (&json!("opened"), &json!(group)));
    assert_eq!(heard(&mut tess, &group).await, json!({"type": "members"}));
    say(&room, &room.ben, &group, "Here I am").await;
    assert_eq!(heard(&mut tess, &group).await["message"]["seq"], 1);

    for namespace in ["chat", "chat-signals"] {
        let reply = ben.ask(json!({"subscribe": {"channel": format!("{namespace}:{group}")}})).await;
        assert!(reply["subscribe"].is_object(), "{reply}");
    }
    problem(ask(&room, &room.ben, Method::DELETE, &person(&room.teacher), None), 403, "forbidden").await;
    json_of(ask(&room, &room.ada, Method::DELETE, &person(&room.ben), None), 204).await;
    let mut lost = Vec::new();
    let mut removed = false;
    while lost.len() < 2 || !removed {
        let push = ben.pushed().await;
        if push["unsubscribe"].is_object() {
            assert_eq!(push["unsubscribe"]["code"], 2000);
            lost.push(push["channel"].as_str().unwrap().to_owned());
        }
        removed |= push["pub"]["data"]["what"] == "removed";
    }
    lost.sort_unstable();
    assert_eq!(lost, [format!("chat-signals:{group}"), format!("chat:{group}")]);
    problem(room.get(&room.ben, &at(&group, "/messages")), 404, "not_found").await;
    let again = ben.ask(json!({"subscribe": {"channel": format!("chat:{group}")}})).await;
    assert_eq!(again["error"]["code"], 103, "{again}");
    assert_eq!(json_of(room.get(&room.ben, "/api/v1/conversations"), 200).await["items"], json!([]));
}

#[tokio::test]
async fn an_owner_who_leaves_hands_the_group_over() {
    let room = Classroom::new().await;
    let group = group(&room, &room.ada, &[&room.ben]).await;
    let leave = ask(&room, &room.ada, Method::DELETE, &at(&group, &format!("/people/{}", room.ada.id)), None);
    json_of(leave, 204).await;
    let shown = json_of(room.get(&room.ben, &at(&group, "")), 200).await;
    assert_eq!((&shown["may"]["manage"], &shown["people"]), (&json!(true), &json!(1)));
    let people = json_of(room.get(&room.ben, &at(&group, "/people")), 200).await;
    let ben = json!({"id": room.ben.id, "name": "Ben", "role": "student", "owner": true});
    assert_eq!(people["items"], json!([ben]));
}

#[tokio::test]
async fn who_is_withdrawn_from_a_class_loses_its_conversation_at_once() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    say(&room, &room.teacher, &class, "Hello").await;
    let mut ada = hearing(&room, &room.ada, &class).await;
    let reply = ada.ask(json!({"subscribe": {"channel": format!("chat-signals:{class}")}})).await;
    assert!(reply["subscribe"].is_object(), "{reply}");
    let place = room.path(&format!("enrollments/{}", room.ada.id));
    json_of(ask(&room, &room.teacher, Method::DELETE, &place, None), 204).await;
    let mut lost = Vec::new();
    while lost.len() < 2 {
        let push = ada.pushed().await;
        if push["unsubscribe"].is_object() {
            lost.push(push["channel"].as_str().unwrap().to_owned());
        }
    }
    lost.sort_unstable();
    assert_eq!(lost, [format!("chat-signals:{class}"), format!("chat:{class}")]);
    problem(room.get(&room.ada, &at(&class, "/messages")), 404, "not_found").await;
    problem(room.post(&room.ada, &at(&class, "/messages"), &super::new("Still here?")), 404, "not_found")
        .await;

    // Who has finished reads on.
    let place = room.path(&format!("enrollments/{}", room.ben.id));
    let finished = json!({"role": "student", "state": "completed", "time_factor": 1.0});
    json_of(ask(&room, &room.teacher, Method::PUT, &place, Some(&finished)), 200).await;
    let page = json_of(room.get(&room.ben, &at(&class, "/messages")), 200).await;
    assert_eq!(super::bodies(&page), ["Hello"]);
    problem(room.post(&room.ben, &at(&class, "/messages"), &super::new("Bye")), 403, "read_only").await;
    let react = at(&class, "/messages/1/reactions/%F0%9F%91%8D");
    problem(ask(&room, &room.ben, Method::PUT, &react, None), 403, "read_only").await;
    hearing(&room, &room.ben, &class).await;
    let shown = json_of(room.get(&room.ben, &at(&class, "")), 200).await;
    assert_eq!(shown["may"], json!({"send": false, "manage": false, "moderate": false}));
}

#[tokio::test]
async fn who_comes_to_a_class_is_in_its_conversation() {
    let room = Classroom::new().await;
    let class = class_chat(&room).await;
    say(&room, &room.teacher, &class, "Hello").await;
    let dora = somebody(&room.server, room.school, Role::Student, "Dora").await;
    problem(room.get(&dora, &at(&class, "")), 404, "not_found").await;
    room.server
        .app
        .store
        .classes()
        .enroll(room.school, room.class, dora.id, Role::Student, 1.0)
        .await
        .unwrap();
    let shown = json_of(room.get(&dora, &at(&class, "")), 200).await;
    assert_eq!((&shown["people"], &shown["unread"]), (&json!(4), &json!(1)));
    assert_eq!(say(&room, &dora, &class, "Hi").await["seq"], 2);
    let _also: Value = json_of(room.get(&dora, &at(&direct(&room, &dora, &room.ada).await, "")), 200).await;
}
