//! A server over Postgres: what it refuses, what it waits for, and what lasts.

#![cfg(unix)]

use crate::{
    cli::{Running, fails_in_one_line, schoolbell},
    client::{Client, guest_in_game},
    harness::{Server, json_of, quiz},
};
use protocol::{ids::SchoolId, role::Role};
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Output, Stdio},
    time::{Duration, Instant},
};
use test_servers::{
    postgres::{APP, OWNER, SUPERUSER, Server as Postgres},
    redis::Server as Redis,
};
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

fn run(command: &str, url: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let args = [command, "--database-url", url];
    let mut command = schoolbell(folder.path(), &args);
    command.env("SCHOOLBELL_LISTEN", "127.0.0.1:0").output().unwrap()
}

#[track_caller]
fn refused(url: &str, parts: &[&str]) {
    let output = run("serve", url);
    fails_in_one_line(&output, 2, &[&["database_url"], parts].concat());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hidden"));
}

#[test]
fn what_only_an_operator_can_mend_ends_with_one_line_and_code_two() {
    let postgres = Postgres::shared();
    let name = postgres.empty_database();
    refused("mysql://u:hidden@db.example/bell", &["postgres://", "SQLite"]);
    refused("postgres://u:hidden@db.example/bell?slmode=disable", &["`slmode`"]);
    refused(&format!("postgres://nobody_here:hidden@127.0.0.1:{}/{name}", postgres.port()), &["nobody_here"]);
    refused(&postgres.url(APP, "no_such_database"), &["no_such_database"]);
    let mut owner_only = schoolbell(Path::new("."), &["serve"]);
    owner_only.env("SCHOOLBELL_POSTGRES__OWNER_URL", "postgres://u:hidden@db.example/bell");
    fails_in_one_line(&owner_only.output().unwrap(), 2, &["postgres.owner_url", "database_url"]);
}

#[test]
fn who_may_not_migrate_says_what_has_to_be_run() {
    let postgres = Postgres::shared();
    let name = postgres.empty_database();
    refused(&postgres.url(APP, &name), &["0001_schools", "schoolbell migrate --database-url", "owner_url"]);
    let migrated = run("migrate", &postgres.url(OWNER, &name));
    assert!(migrated.status.success() && String::from_utf8_lossy(&migrated.stdout).contains("applied 0001"));
    let again = run("migrate", &postgres.url(APP, &name));
    assert!(!again.status.success(), "the owner's work is not the server's");
    let folder = tempfile::tempdir().unwrap();
    drop(Running::start(folder.path(), &["--database-url", &postgres.url(APP, &name)]));
    refused(&postgres.url(SUPERUSER, &name), &["row-level security", SUPERUSER]);
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
async fn postgres_away_at_the_start_and_later_is_waited_for() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let name = postgres.empty_database();
    postgres.kill();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let serve = ["serve", "--listen", &listen, "--database-url", &postgres.url(OWNER, &name)];
    let mut command = schoolbell(folder.path(), &serve);
    let mut node = Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    until("it lives", async || status_of(&url("/health")).await == 200).await;
    assert_eq!(status_of(&url("/ready")).await, 503);
    postgres.restart();
    until("it is ready", async || status_of(&url("/ready")).await == 200).await;
    postgres.kill();
    assert_eq!((status_of(&url("/ready")).await, status_of(&url("/health")).await), (503, 200));
    postgres.restart();
    until("it is ready again", async || status_of(&url("/ready")).await == 200).await;
    assert!(node.0.try_wait().unwrap().is_none());
}

/// A node that shares a database, and Redis if there is one, with others of its folder.
pub async fn node(database: &str, redis: Option<&Redis>, data: &Path) -> Server {
    let secret = |url: String| Some(serde_json::from_value(json!(url)).unwrap());
    let server = Server::start(false, |config| {
        config.database_url = secret(Postgres::shared().url(APP, database));
        config.postgres.owner_url = secret(Postgres::shared().url(OWNER, database));
        config.redis_url = redis.and_then(|redis| secret(redis.url()));
        config.data_dir = data.to_owned();
        config.shutdown_notice_s = 0;
    })
    .await;
    until("a node is ready", async || status_of(&server.url("/ready")).await == 200).await;
    server
}

async fn game_at(server: &Server) -> (String, String) {
    let teacher = server.token(SchoolId::generate(), Role::Teacher);
    let created = json_of(server.post("/api/v1/quizzes", &quiz("Rivers")).bearer_auth(&teacher), 201).await;
    let open = json!({"quiz_id": created["id"]});
    let opened = json_of(server.post("/api/v1/games", &open).bearer_auth(&teacher), 201).await;
    let text = |key: &str| opened[key].as_str().unwrap().to_owned();
    (text("game"), text("pin"))
}

#[tokio::test]
async fn a_game_goes_on_after_a_restart_without_redis() {
    let (name, folder) = (Postgres::shared().empty_database(), tempfile::tempdir().unwrap());
    let first = node(&name, None, folder.path()).await;
    let game = game_at(&first).await;
    let (joined, token) = guest_in_game(&first, &game, "Ada").await;
    let app = first.stop_listening().await;
    app.drain(Duration::ZERO).await;
    app.shut_down().await;

    let second = node(&name, None, folder.path()).await;
    let found = json_of(second.post("/api/v1/games/find", &json!({"pin": game.1})), 200).await;
    assert_eq!((&found["game"], &found["phase"]), (&json!(game.0), &json!("lobby")));
    let mut player = Client::connected(&second, &token).await;
    let state = player.ask(json!({"rpc":{"method":"quiz.state","data":{"game":game.0}}})).await;
    let you = &state["rpc"]["data"]["you"];
    assert_eq!((&you["nickname"], &you["participant"]), (&json!("Ada"), &joined["participant"]), "{state}");
}

#[tokio::test]
async fn nodes_that_share_postgres_and_redis_share_what_lasts() {
    let (redis, folder) = (Redis::single(), tempfile::tempdir().unwrap());
    let name = Postgres::shared().empty_database();
    let (one, two) =
        tokio::join!(node(&name, Some(&redis), folder.path()), node(&name, Some(&redis), folder.path()));
    let (game, pin) = game_at(&one).await;
    let found: Value = json_of(two.post("/api/v1/games/find", &json!({"pin": pin})), 200).await;
    assert_eq!(found["game"], json!(game));
    let (joined, _) = guest_in_game(&two, &(game, pin), "Ada").await;
    assert_eq!(joined["nickname"], "Ada");
}

#[tokio::test]
async fn a_server_makes_the_months_of_events_that_are_missing_and_drops_the_old() {
    let (postgres, folder) = (Postgres::shared(), tempfile::tempdir().unwrap());
    let name = postgres.empty_database();
    assert!(run("migrate", &postgres.url(OWNER, &name)).status.success());
    let month = |ahead: i32| {
        let start = format!("date_trunc('month', now() AT TIME ZONE 'UTC') + interval '{ahead} months'");
        postgres.sql(&name, &format!("SELECT to_char({start}, '\"response_\"YYYY_MM')"))
    };
    let (missing, old) = (month(3), month(-4));
    let bounds = "FOR VALUES FROM (1) TO (2)";
    postgres.sql(&name, &format!("DROP TABLE {missing}; CREATE TABLE {old} PARTITION OF response {bounds}"));
    postgres.sql(&name, &format!("ALTER TABLE {old} OWNER TO {OWNER}"));
    let secret = |url: String| Some(serde_json::from_value(json!(url)).unwrap());
    let _server = Server::start(false, |config| {
        config.database_url = secret(postgres.url(APP, &name));
        config.retention.responses_months = 3;
        config.data_dir = folder.path().to_owned();
    })
    .await;
    let is_there =
        |part: &str| postgres.sql(&name, &format!("SELECT to_regclass('{part}') IS NOT NULL")) == "t";
    until("the months are right", async || is_there(&missing) && !is_there(&old)).await;
}
