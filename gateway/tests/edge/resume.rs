//! A game over two nodes: players and host on either, and going on where they left off on the other.

use crate::{
    client::Client,
    harness::{Server, json_of, quiz},
};
use protocol::{ids::SchoolId, role::Role};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use test_servers::redis::Server as Redis;
use tokio::time::sleep;

/// Far longer than anything here takes: only a test that would hang forever meets it.
const PATIENCE: Duration = Duration::from_secs(30);

async fn node(redis: &Redis, data: &Path) -> Server {
    let server = Server::start(false, |config| {
        config.redis_url = Some(serde_json::from_value(json!(redis.url())).unwrap());
        config.data_dir = data.to_owned();
        config.shutdown_notice_s = 0;
    })
    .await;
    until("a node is ready", async || server.get("/ready").send().await.unwrap().status() == 200).await;
    server
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// A connection that watches a game.
struct Seat {
    client: Client,
    game: String,
}

impl Seat {
    async fn take(server: &Server, token: &str, game: &str, from: Option<&Value>) -> (Self, Value) {
        let mut client = Client::connected(server, token).await;
        let channel = format!("quiz:{game}");
        let mut subscribe = json!({"subscribe":{"channel":channel,"recoverable":true}});
        if let Some(position) = from {
            let more = json!({"recover":true,"offset":position["offset"],"epoch":position["epoch"]});
            subscribe["subscribe"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        let reply = client.ask(subscribe).await;
        assert!(reply["subscribe"].is_object(), "{reply}");
        (Self { client, game: game.to_owned() }, reply["subscribe"].clone())
    }

    async fn rpc(&mut self, verb: &str, mut params: Value) -> Value {
        params["game"] = json!(self.game);
        let method = format!("quiz.{verb}");
        self.client.ask(json!({"rpc":{"method":method,"data":params}})).await
    }

    async fn state(&mut self) -> Value {
        self.rpc("state", json!({})).await["rpc"]["data"].clone()
    }

    async fn next(&mut self) {
        let seq = self.state().await["phase_seq"].clone();
        let reply = self.rpc("next", json!({"seq":seq})).await;
        assert!(reply["rpc"].is_object(), "{reply}");
    }
}

#[tokio::test]
async fn a_player_goes_on_at_another_node_with_seat_score_position_and_the_answer_in_flight() {
    let (redis, folder) = (Redis::single(), tempfile::tempdir().unwrap());
    let (one, two) = (node(&redis, folder.path()).await, node(&redis, folder.path()).await);
    until("they know each other", async || one.app.node.peers.alive().len() == 2).await;
    let teacher = one.token(SchoolId::generate(), Role::Teacher);
    let created = json_of(one.post("/api/v1/quizzes", &quiz("Rivers")).bearer_auth(&teacher), 201).await;
    let open = json!({"quiz_id": created["id"]});
    let opened = json_of(one.post("/api/v1/games", &open).bearer_auth(&teacher), 201).await;
    let (game, pin) = (opened["game"].as_str().unwrap(), &opened["pin"]);
    assert_eq!(one.app.quiz.owned(), 1, "a game begins where its teacher is");

    // Found and joined through the other node.
    let join = json!({"pin": pin, "nickname": "Ada"});
    let joined = json_of(two.post(&format!("/api/v1/games/{game}/join"), &join), 200).await;
    let token = joined["token"].as_str().unwrap();
    let (mut host, _) = Seat::take(&one, &teacher, game, None).await;
    let (mut player, position) = Seat::take(&two, token, game, None).await;
    host.next().await;
    until("the question is open", async || player.state().await["phase"] == "open").await;
    let answer = json!({"question":0,"op":"first try","answer":{"choice":0}});
    let accepted = player.rpc("answer", answer.clone()).await;
    assert_eq!(accepted["rpc"]["data"]["accepted"], true, "{accepted}");

    // The radio is gone before the acknowledgement is read: the same answer again, through the other node.
    drop(player);
    let (mut player, back) = Seat::take(&one, token, game, Some(&position)).await;
    assert_eq!((&back["recovered"], &back["epoch"]), (&json!(true), &position["epoch"]));
    assert!(!back["publications"].as_array().unwrap().is_empty(), "what was missed is there: {back}");
    let again = player.rpc("answer", answer).await;
    assert_eq!(again["rpc"]["data"], accepted["rpc"]["data"], "counted once");
    let other = json!({"question":0,"op":"second thoughts","answer":{"choice":1}});
    assert!(player.rpc("answer", other).await["error"].is_object());

    // The owner goes down in mid-game: the game is the other node's, and so are its people.
    let (mut host_there, _) = Seat::take(&two, &teacher, game, None).await;
    one.app.drain(Duration::from_millis(50)).await;
    assert_eq!(one.app.quiz.owned(), 0);
    until("the other node has the game", async || two.app.quiz.owned() == 1).await;
    assert_eq!(player.client.closed().await, 3001);
    let (mut player, back) = Seat::take(&two, token, game, Some(&back)).await;
    assert_eq!(back["recovered"], true);
    host_there.next().await;
    until("the solution is out", async || player.state().await["phase"] == "reveal").await;
    let you = player.state().await["you"].clone();
    assert_eq!((&you["nickname"], &you["participant"]), (&json!("Ada"), &joined["participant"]), "{you}");
    assert!(you["score"].as_u64().unwrap() > 0, "{you}");
}
