//! Conversations, over HTTP and the live connection.

mod conversations;
mod failures;
mod messages;
mod modes;
#[cfg(unix)]
mod nodes;
mod people;
mod reading;
mod sending;

use crate::{
    classroom::{Classroom, Somebody, id},
    client::Client,
    harness::{Server, json_of},
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

/// An address of a conversation.
fn at(conversation: &str, rest: &str) -> String {
    format!("/api/v1/conversations/{conversation}{rest}")
}

/// A message that was not sent before.
fn new(body: &str) -> Value {
    json!({"nonce": Uuid::now_v7(), "body": body})
}

/// The same with more about it.
fn new_with(body: &str, more: &Value) -> Value {
    let mut new = new(body);
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    new
}

/// A request without a version.
fn ask(room: &Classroom, who: &Somebody, method: Method, path: &str, body: Option<&Value>) -> RequestBuilder {
    let request = room.server.request(method, path).bearer_auth(&who.token);
    match body {
        Some(body) => request.json(body),
        None => request,
    }
}

/// The conversation of the class.
async fn class_chat(room: &Classroom) -> String {
    let path = room.path("conversation");
    id(&json_of(ask(room, &room.teacher, Method::PUT, &path, None), 200).await)
}

/// A conversation of two.
async fn direct(room: &Classroom, who: &Somebody, with: &Somebody) -> String {
    let body = json!({"kind": "direct", "with": with.id});
    id(&json_of(room.post(who, "/api/v1/conversations", &body), 201).await)
}

/// A group with others in it.
async fn group(room: &Classroom, owner: &Somebody, people: &[&Somebody]) -> String {
    let people: Vec<_> = people.iter().map(|person| person.id).collect();
    let body = json!({"kind": "group", "title": "Rivers", "people": people});
    id(&json_of(room.post(owner, "/api/v1/conversations", &body), 201).await)
}

/// Sends what is not refused.
async fn say(room: &Classroom, who: &Somebody, conversation: &str, body: &str) -> Value {
    json_of(room.post(who, &at(conversation, "/messages"), &new(body)), 201).await
}

/// A client that watches a channel.
async fn watching(server: &Server, who: &Somebody, channel: &str) -> Client {
    let mut client = Client::connected(server, &who.token).await;
    let reply = client.ask(json!({"subscribe": {"channel": channel}})).await;
    assert!(reply["subscribe"].is_object(), "{channel}: {reply}");
    client
}

/// A client that hears what is said.
async fn hearing(room: &Classroom, who: &Somebody, conversation: &str) -> Client {
    watching(&room.server, who, &format!("chat:{conversation}")).await
}

/// The next that a channel tells a client.
async fn told(client: &mut Client, channel: &str) -> Value {
    loop {
        let mut push = client.pushed().await;
        if push["channel"] == channel && push["pub"].is_object() {
            return push["pub"]["data"].take();
        }
    }
}

/// The next event of a conversation.
async fn heard(client: &mut Client, conversation: &str) -> Value {
    told(client, &format!("chat:{conversation}")).await
}

/// The next note to a person about a conversation.
async fn noted(client: &mut Client, who: &Somebody) -> Value {
    told(client, &format!("user:#{}", who.id)).await
}

/// The answer of a method, or its error.
async fn call(client: &mut Client, verb: &str, params: Value) -> Value {
    let mut reply = client.ask(json!({"rpc": {"method": format!("chat.{verb}"), "data": params}})).await;
    if reply["error"].is_object() { reply["error"].take() } else { reply["rpc"]["data"].take() }
}

/// The texts of a page of messages.
fn bodies(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|message| message["body"].as_str().unwrap()).collect()
}
