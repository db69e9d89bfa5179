//! What becomes of messages while the database is away.

#![cfg(unix)]

use super::{at, call, direct, new, say};
use crate::{
    classroom::Classroom,
    client::Client,
    harness::{Server, json_of},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_servers::postgres::{APP, OWNER, Server as Postgres};

/// Far longer than anything here takes: only a test that would hang forever meets it.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn while_the_database_is_away_nothing_is_acknowledged_and_later_all_is_well() {
    let postgres = Postgres::start();
    let name = postgres.empty_database();
    let secret = |url: String| Some(serde_json::from_value(json!(url)).unwrap());
    let server = Server::start(false, |config| {
        config.database_url = secret(postgres.url(APP, &name));
        config.postgres.owner_url = secret(postgres.url(OWNER, &name));
    });
    let room = Classroom::on(server.await).await;
    let conversation = direct(&room, &room.ada, &room.ben).await;
    say(&room, &room.ada, &conversation, "before").await;
    let mut ben = Client::connected(&room.server, &room.ben.token).await;

    postgres.kill();
    let (first, path) = (new("in between"), at(&conversation, "/messages"));
    let refused = room.post(&room.ada, &path, &first).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "unavailable");
    let live = json!({"conversation": conversation, "nonce": room.class, "body": "live"});
    let refused = call(&mut ben, "send", live.clone()).await;
    assert_eq!((&refused["code"], &refused["temporary"]), (&json!(100), &json!(true)), "{refused}");

    postgres.restart();
    let began = Instant::now();
    let sent = loop {
        let response = room.post(&room.ada, &path, &first).send().await.unwrap();
        if response.status().is_success() {
            break response.json::<Value>().await.unwrap();
        }
        assert!(began.elapsed() < PATIENCE, "{}", response.status());
        tokio::time::sleep(Duration::from_millis(1_000)).await;
    };
    assert_eq!(sent["seq"], 2, "nothing was lost and nothing doubled");
    assert_eq!(call(&mut ben, "send", live).await["message"]["seq"], 3);
    let page = json_of(room.get(&room.ben, &path), 200).await;
    assert_eq!(super::bodies(&page), ["before", "in between", "live"]);
}
