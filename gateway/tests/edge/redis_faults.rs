//! Redis away, wrong or lost, and what a node says and does meanwhile.

#![cfg(unix)]

use crate::{
    cli::{fails_in_one_line, schoolbell},
    client::Client,
    harness::Server,
};
use gateway::auth::Subject;
use protocol::{
    ids::{PersonId, SchoolId},
    role::Role,
};
use realtime::NamespaceOptions;
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    process::{Child, Stdio},
    time::{Duration, Instant},
};
use test_servers::redis::{Server as Redis, ServerOptions};
use tokio::time::sleep;

/// Far longer than anything here takes: only a test that would hang forever meets it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is as good.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[track_caller]
fn refused(url: &str, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--redis-url", url];
    let output = schoolbell(folder.path(), &serve).output().unwrap();
    fails_in_one_line(&output, 2, &[&["redis_url"], parts].concat());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("wrong-password"));
}

#[test]
fn what_only_an_operator_can_mend_ends_with_one_line_and_code_two() {
    let redis =
        Redis::with(&ServerOptions { password: Some("right".to_owned()), ..ServerOptions::default() });
    let port = redis.port();
    refused(&format!("redis://:wrong-password@127.0.0.1:{port}"), &["password"]);
    refused(&format!("redis-cluster://:right@127.0.0.1:{port}"), &["cluster"]);
    refused("http://127.0.0.1:1", &["redis://"]);
}

async fn status_of(url: &str) -> u16 {
    match reqwest::get(url).await {
        Ok(response) => response.status().as_u16(),
        Err(_) => 0,
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn redis_away_at_the_start_is_waited_for() {
    let (redis, folder) = (Redis::single(), tempfile::tempdir().unwrap());
    redis.kill();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let serve = ["serve", "--listen", &format!("127.0.0.1:{port}"), "--redis-url", &redis.url()];
    let mut command = schoolbell(folder.path(), &serve);
    let mut node = Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    until("it lives", async || status_of(&url("/health")).await == 200).await;
    let response = reqwest::get(url("/ready")).await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "not_ready");
    assert_eq!(status_of(&url("/api/v1/server")).await, 503);
    redis.restart();
    until("it is ready", async || status_of(&url("/ready")).await == 200).await;
    assert_eq!(status_of(&url("/api/v1/server")).await, 200);
    assert!(node.0.try_wait().unwrap().is_none());
}

async fn node(redis: &Redis, school: SchoolId) -> (Server, String) {
    let open = NamespaceOptions {
        allow_subscribe: true,
        allow_publish: true,
        history_size: 100,
        history_ttl_s: 300,
        allow_recovery: true,
        allow_history: true,
        ..NamespaceOptions::default()
    };
    let server = Server::start(false, |config| {
        config.redis_url = Some(serde_json::from_value(json!(redis.url())).unwrap());
        config.namespaces.insert("open".to_owned(), open);
    })
    .await;
    until("it is ready", async || status_of(&server.url("/ready")).await == 200).await;
    let subject =
        Subject { person: PersonId::generate(), role: Role::Student, school, name: None, email: None };
    let token = server.app.minter.person(subject, server.app.node.clock.now_ms() / 1_000, 3_600);
    (server, token)
}

#[tokio::test]
async fn redis_lost_in_flight_is_a_temporary_error_and_heals_by_itself() {
    let redis = Redis::with(&ServerOptions { append_only: true, ..ServerOptions::default() });
    let school = SchoolId::generate();
    let ((one, first), (two, second)) = (node(&redis, school).await, node(&redis, school).await);
    let mut writer = Client::connected(&one, &first).await;
    let mut reader = Client::connected(&two, &second).await;
    let subscribe = json!({"subscribe":{"channel":"open:a","recoverable":true}});
    assert!(writer.ask(subscribe.clone()).await["subscribe"].is_object());
    assert!(reader.ask(subscribe).await["subscribe"].is_object());
    let publish = |text: &str| json!({"publish":{"channel":"open:a","data":text}});
    assert!(writer.ask(publish("before")).await["publish"].is_object());
    assert_eq!(told(&mut reader).await, ("before".to_owned(), 1));

    redis.kill();
    let refused = writer.ask(publish("lost")).await;
    assert_eq!(
        (&refused["error"]["temporary"], &refused["error"]["code"]),
        (&json!(true), &json!(100)),
        "{refused}"
    );
    let refused = writer.ask(json!({"subscribe":{"channel":"open:b"}})).await;
    assert_eq!(refused["error"]["temporary"], true, "{refused}");
    until("it is not ready", async || status_of(&one.url("/ready")).await == 503).await;
    assert_eq!(status_of(&one.url("/health")).await, 200);

    redis.restart();
    until("both are ready", async || {
        status_of(&one.url("/ready")).await == 200 && status_of(&two.url("/ready")).await == 200
    })
    .await;
    until("it publishes again", async || writer.ask(publish("after")).await["publish"].is_object()).await;
    let (text, offset) = told(&mut reader).await;
    assert_eq!((text.as_str(), offset), ("after", 2), "the same connection goes on in the same stream");
}

/// The next publication: its text and its number.
async fn told(client: &mut Client) -> (String, u64) {
    let push = client.pushed().await;
    let publication = &push["pub"];
    (publication["data"].as_str().unwrap().to_owned(), publication["offset"].as_u64().unwrap())
}
