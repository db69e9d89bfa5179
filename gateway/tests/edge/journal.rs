//! What happened, on its way to the database: while that is away, while nothing more fits, and when it can never arrive.

#![cfg(unix)]

use crate::{
    cli::{fails_in_one_line, schoolbell},
    client::Client,
    harness::{Server, header, json_of, quiz},
};
use persistence::{
    Micros,
    journal::{Fact, Kind, OpId},
};
use protocol::{ids::SchoolId, role::Role};
use serde_json::{Value, json};
use std::{
    process::Output,
    time::{Duration, Instant},
};
use test_servers::{
    postgres::{APP, OWNER, Server as Postgres},
    redis::Server as Redis,
};
use tokio::time::sleep;
use uuid::Uuid;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Far less than an operation waits for a database that is away.
const AT_ONCE: Duration = Duration::from_secs(2);

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_full_journal_refuses_a_game_with_a_code_and_a_time() {
    let server = Server::start(true, |config| config.journal.facts = 1).await;
    let teacher = server.teacher().await;
    let library = json_of(server.get("/api/v1/quizzes?limit=1").bearer_auth(&teacher), 200).await;
    let body = json!({"quiz_id": library["items"][0]["id"]});
    let refused = server.post("/api/v1/games", &body).bearer_auth(&teacher).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (503, "10"));
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "journal_full", "{problem}");
    let games = json_of(server.get("/api/v1/games").bearer_auth(&teacher), 200).await;
    assert_eq!(games["items"], json!([]), "nothing is left of a game that was refused");
}

#[tokio::test]
async fn a_game_ends_while_postgres_is_away_and_is_written_when_it_is_back() {
    let (postgres, redis) = (Postgres::start(), Redis::single());
    let name = postgres.empty_database();
    let secret = |url: String| Some(serde_json::from_value(json!(url)).unwrap());
    let server = Server::start(false, |config| {
        config.database_url = secret(postgres.url(APP, &name));
        config.postgres.owner_url = secret(postgres.url(OWNER, &name));
        config.redis_url = secret(redis.url());
    })
    .await;
    let ready = async || server.get("/ready").send().await.unwrap().status() == 200;
    until("the node is ready", ready).await;
    let teacher = server.token(SchoolId::generate(), Role::Teacher);
    let created = json_of(server.post("/api/v1/quizzes", &quiz("Rivers")).bearer_auth(&teacher), 201).await;
    let open = json!({"quiz_id": created["id"]});
    let opened = json_of(server.post("/api/v1/games", &open).bearer_auth(&teacher), 201).await;
    let game = opened["game"].as_str().unwrap();
    let join = json!({"pin": opened["pin"], "nickname": "Ada"});
    json_of(server.post(&format!("/api/v1/games/{game}/join"), &join), 200).await;
    let mut host = Client::connected(&server, &teacher).await;

    postgres.kill();
    let away = Instant::now();
    for verb in ["quiz.next", "quiz.end"] {
        let reply = host.ask(json!({"rpc":{"method":verb,"data":{"game":game}}})).await;
        assert!(reply["error"].is_null(), "{verb}: {reply}");
    }
    let path = format!("/api/v1/games/{game}/report");
    let report = json_of(server.get(&path).bearer_auth(&teacher), 200).await;
    assert!(report["ended_at"].is_u64(), "{report}");
    assert_eq!(report["participants"][0]["nickname"], "Ada");
    assert!(away.elapsed() < AT_ONCE, "nobody waits for the database: {:?}", away.elapsed());
    assert!(ready().await, "live play goes on");

    postgres.restart();
    let rows = "SELECT state, ended_us IS NOT NULL, (SELECT count(*) FROM participant),
        (SELECT count(*) FROM game_report), (SELECT count(*) FROM open_game) FROM game";
    until("the game is written", async || postgres.sql(&name, rows) == "ended|t|1|1|0").await;
    let replay =
        json_of(server.get(&format!("/api/v1/games/{game}/replay")).bearer_auth(&teacher), 200).await;
    assert_eq!(replay["equal"], true, "what was written is what the log gives: {replay}");
}

/// The command beside a server on its data.
async fn command(server: &Server, args: &[&str]) -> Output {
    let data = server.app.config.data_dir.clone();
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let run = move || {
        let mut all: Vec<&str> = args.iter().map(String::as_str).collect();
        let data = data.to_str().unwrap();
        all.extend(["--data-dir", data]);
        schoolbell(std::path::Path::new(data), &[&["journal"], &all[..]].concat()).output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn an_operator_sees_what_could_not_be_written_and_throws_it_away() {
    let server = Server::demo().await;
    // The first look begins to measure.
    server.get("/metrics").send().await.unwrap();
    let status = command(&server, &["status"]).await;
    assert!(status.status.success(), "{status:?}");
    for part in ["local", "nothing", "dead letters: none"] {
        assert!(text(&status).contains(part), "{part} is not in {}", text(&status));
    }
    let op = Uuid::now_v7();
    let fact = Fact {
        op: OpId(op),
        school: SchoolId::generate(),
        // Without a phase.
        kind: Kind::new("game.phase"),
        key: "one".to_owned(),
        occurred_at: Micros(1_790_000_000_000_000),
        body: r#"{"number":1}"#.into(),
    };
    server.app.behind.journal.append(&[fact]).await.unwrap();
    until("the fact is parked", async || {
        let listed = command(&server, &["dead-letters", "--json"]).await;
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        listed[0]["id"] == json!(op) && listed[0]["code"] == "unreadable" && listed[0]["body"]["number"] == 1
    })
    .await;
    let counted: Value =
        serde_json::from_slice(&command(&server, &["status", "--json"]).await.stdout).unwrap();
    assert_eq!((&counted["facts"], &counted["dead_letters"]), (&json!(0), &json!(1)), "{counted}");
    let again = command(&server, &["replay", "--all"]).await;
    fails_in_one_line(&again, 1, &["1 dead letters were not written"]);
    assert!(text(&again).contains("still refused"), "{}", text(&again));
    let id = op.to_string();
    assert!(text(&command(&server, &["discard", &id]).await).contains("1 thrown away"));
    fails_in_one_line(&command(&server, &["discard", &id]).await, 1, &["not parked"]);
    fails_in_one_line(&command(&server, &["replay", &id]).await, 1, &["not written"]);
    assert!(text(&command(&server, &["dead-letters"]).await).contains("no dead letters"));
    for wrong in [&["replay"][..], &["replay", "--all", &id], &["replay", "first"], &["discard"], &["write"]]
    {
        assert_eq!(command(&server, wrong).await.status.code(), Some(2), "{wrong:?}");
    }
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for name in ["journal_parked_total", "journal_lag_seconds", "journal_depth_facts", "journal_shards"] {
        assert!(metrics.contains(&format!("schoolbell_{name}")), "{name}");
    }
}
