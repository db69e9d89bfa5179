//! Friends: asked by id and by code, suggested, blocked.

use crate::{
    classroom::{Classroom, Somebody},
    client::Client,
    harness::{json_of, problem},
};
use protocol::{ids::SchoolId, role::Role};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

fn ask(room: &Classroom, method: Method, who: &Somebody, path: &str) -> RequestBuilder {
    room.server.request(method, path).bearer_auth(&who.token)
}

fn friend(whom: &Somebody) -> String {
    format!("/api/v1/friends/{}", whom.id)
}

async fn bonds(room: &Classroom, who: &Somebody) -> Vec<(String, String)> {
    let list = json_of(room.get(who, "/api/v1/friends"), 200).await;
    let pair = |one: &Value| [&one["name"], &one["bond"]].map(|field| field.as_str().unwrap().to_owned());
    list["items"].as_array().unwrap().iter().map(pair).map(|[name, bond]| (name, bond)).collect()
}

fn one(name: &str, bond: &str) -> [(String, String); 1] {
    [(name.to_owned(), bond.to_owned())]
}

#[tokio::test]
async fn who_is_asked_is_told_and_says_yes_by_asking_back() {
    let room = Classroom::new().await;
    let mut ben = Client::connected(&room.server, &room.ben.token).await;
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let asked = json_of(ask(&room, Method::PUT, &room.ada, &friend(&room.ben)), 200).await;
    assert_eq!(asked, json!({"id": room.ben.id, "bond": "asked"}));
    let told = ben.pushed().await;
    assert_eq!(told["pub"]["data"], json!({"type": "friend", "person": room.ada.id, "bond": "asks_me"}));
    json_of(ask(&room, Method::PUT, &room.ada, &friend(&room.ben)), 200).await;
    assert_eq!(bonds(&room, &room.ada).await, one("Ben", "asked"));
    assert_eq!(bonds(&room, &room.ben).await, one("Ada", "asks_me"));
    let accepted = json_of(ask(&room, Method::PUT, &room.ben, &friend(&room.ada)), 200).await;
    assert_eq!(accepted["bond"], "friends");
    let told = ada.pushed().await;
    assert_eq!(told["pub"]["data"]["bond"], "friends");
    assert_eq!(bonds(&room, &room.ada).await, one("Ben", "friends"));
    json_of(ask(&room, Method::DELETE, &room.ada, &friend(&room.ben)), 204).await;
    json_of(ask(&room, Method::DELETE, &room.ada, &friend(&room.ben)), 204).await;
    assert_eq!(ben.pushed().await["pub"]["data"]["bond"], Value::Null);
    assert_eq!(bonds(&room, &room.ben).await, []);
}

#[tokio::test]
async fn a_code_finds_its_owner_until_another_is_drawn() {
    let room = Classroom::new().await;
    let path = "/api/v1/friends/code";
    let code = json_of(room.get(&room.outsider, path), 200).await["code"].as_str().unwrap().to_owned();
    assert_eq!(json_of(room.get(&room.outsider, path), 200).await["code"], code.as_str());
    let enter = |code: &str| room.post(&room.ada, "/api/v1/friends/by-code", &json!({"code": code}));
    let asked = json_of(enter(&code.to_lowercase().replace('-', " ")), 200).await;
    assert_eq!(asked, json!({"id": room.outsider.id, "bond": "asked"}));
    let new = json_of(room.post(&room.outsider, path, &json!({})), 200).await;
    assert_ne!(new["code"], code.as_str());
    problem(enter(&code), 404, "not_found").await;
    problem(enter("nonsense!"), 422, "invalid_code").await;
    let own = json_of(room.get(&room.ada, path), 200).await;
    problem(enter(own["code"].as_str().unwrap()), 422, "oneself").await;
    // A code finds nobody of another school.
    let stranger = room.server.token(SchoolId::generate(), Role::Student);
    let elsewhere = room.server.post("/api/v1/friends/by-code", &new).bearer_auth(&stranger);
    problem(elsewhere, 404, "not_found").await;
}

#[tokio::test]
async fn students_are_suggested_those_of_their_classes_and_staff_nobody() {
    let room = Classroom::new().await;
    let path = "/api/v1/friends/suggestions";
    let of_ada = json_of(room.get(&room.ada, path), 200).await;
    assert_eq!(of_ada["items"], json!([{"id": room.ben.id, "name": "Ben", "classes": 1}]));
    for who in [&room.teacher, &room.outsider] {
        assert_eq!(json_of(room.get(who, path), 200).await["items"], json!([]));
    }
    json_of(ask(&room, Method::PUT, &room.ben, &friend(&room.ada)), 200).await;
    assert_eq!(json_of(room.get(&room.ada, path), 200).await["items"], json!([]));
}

#[tokio::test]
async fn staff_and_students_blocked_ones_and_strangers_are_nobody() {
    let room = Classroom::new().await;
    let unknown = Somebody { id: protocol::ids::PersonId::generate(), token: String::new() };
    for (who, whom) in [(&room.teacher, &room.ada), (&room.ada, &room.teacher), (&room.ada, &unknown)] {
        problem(ask(&room, Method::PUT, who, &friend(whom)), 404, "not_found").await;
    }
    problem(ask(&room, Method::PUT, &room.ada, &friend(&room.ada)), 422, "oneself").await;
    let block = |who, whom: &Somebody| ask(&room, Method::PUT, who, &format!("/api/v1/blocks/{}", whom.id));
    json_of(ask(&room, Method::PUT, &room.ada, &friend(&room.ben)), 200).await;
    json_of(block(&room.ben, &room.ada), 204).await;
    json_of(block(&room.ben, &room.ada), 204).await;
    assert_eq!(bonds(&room, &room.ada).await, [], "a block ends what there was");
    for (who, whom) in [(&room.ada, &room.ben), (&room.ben, &room.ada)] {
        problem(ask(&room, Method::PUT, who, &friend(whom)), 404, "not_found").await;
    }
    let blocked = json_of(room.get(&room.ben, "/api/v1/blocks"), 200).await;
    assert_eq!(blocked["items"][0]["name"], "Ada");
    assert_eq!(json_of(room.get(&room.ada, "/api/v1/blocks"), 200).await["items"], json!([]));
    problem(block(&room.ben, &room.ben), 422, "oneself").await;
    problem(block(&room.ben, &unknown), 404, "not_found").await;
    problem(block(&room.ben, &room.teacher), 422, "staff_not_blocked").await;
    let away = format!("/api/v1/blocks/{}", room.ada.id);
    json_of(ask(&room, Method::DELETE, &room.ben, &away), 204).await;
    json_of(ask(&room, Method::PUT, &room.ada, &friend(&room.ben)), 200).await;
}

#[tokio::test]
async fn who_is_blocked_writes_no_more_and_is_told_why_by_a_code() {
    let room = Classroom::new().await;
    let open = |who| room.post(who, "/api/v1/conversations", &json!({"kind": "direct", "with": room.ben.id}));
    let id = json_of(open(&room.ada), 201).await["id"].as_str().unwrap().to_owned();
    let write = |who: &Somebody| {
        let body = json!({"nonce": uuid::Uuid::new_v4(), "body": "hello"});
        room.post(who, &format!("/api/v1/conversations/{id}/messages"), &body)
    };
    json_of(write(&room.ada), 201).await;
    let block = format!("/api/v1/blocks/{}", room.ada.id);
    json_of(ask(&room, Method::PUT, &room.ben, &block), 204).await;
    for who in [&room.ada, &room.ben] {
        problem(write(who), 403, "blocked").await;
        let seen = json_of(room.get(who, &format!("/api/v1/conversations/{id}")), 200).await;
        assert_eq!((&seen["may"]["send"], &seen["last_seq"]), (&json!(false), &json!(1)));
    }
    // Nor by another way: what was written is not written anew, and no group brings them together.
    let edit = ask(&room, Method::PUT, &room.ada, &format!("/api/v1/conversations/{id}/messages/1"));
    problem(edit.json(&json!({"body": "you"})), 403, "blocked").await;
    let reaction = format!("/api/v1/conversations/{id}/messages/1/reactions/%F0%9F%91%8D");
    problem(ask(&room, Method::PUT, &room.ada, &reaction), 403, "blocked").await;
    let group = json!({"kind": "group", "title": "Us", "people": [room.ben.id]});
    problem(room.post(&room.ada, "/api/v1/conversations", &group), 403, "blocked").await;
    let found = json_of(room.get(&room.ada, "/api/v1/people/reachable?q=ben"), 200).await;
    assert_eq!(found["items"], json!([]));
    assert_eq!(json_of(open(&room.ada), 201).await["id"], id.as_str(), "what was said can be read");
    json_of(ask(&room, Method::DELETE, &room.ben, &block), 204).await;
    assert_eq!(json_of(write(&room.ada), 201).await["seq"], 2);
}
