//! Two nodes over one Redis, spoken to as a load balancer does: any request goes to any node.

#![cfg(unix)]

use crate::{cli::Running, harness::json_of};
use gateway::auth::{Minter, Subject, load_or_generate};
use protocol::{
    ids::{PersonId, SchoolId},
    role::Role,
};
use realtime::{Clock as _, SystemClock};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use test_servers::redis::Server;
use tokio::time::{sleep, timeout};

/// Far longer than anything here takes: only a test that would hang forever meets it.
const PATIENCE: Duration = Duration::from_secs(30);
const KEY: &str = "north-0123456789abcdef0123456789abcdef";

/// Two nodes that know each other.
struct House {
    nodes: [Running; 2],
    names: [String; 2],
    school: SchoolId,
    minter: Minter,
    client: Client,
    _folder: TempDir,
    // Nodes end before what they need.
    redis: Server,
}

/// A stream of one node and the address of its session.
struct Stream {
    response: Response,
    buffer: Vec<u8>,
    connect: Value,
}

fn configuration(folder: &Path, redis: &str, school: SchoolId) -> String {
    format!(
        "data_dir = \"{}\"\n\
         redis_url = \"{redis}\"\n\
         [[api_keys]]\nname = \"north\"\nkey = \"{KEY}\"\nschool = \"{school}\"\n\
         [namespaces.news]\nallow_subscribe = true\nallow_publish = true\n",
        folder.join("data").display(),
    )
}

impl House {
    async fn start() -> Self {
        let (redis, folder, school) = (Server::single(), tempfile::tempdir().unwrap(), SchoolId::generate());
        let configuration = configuration(folder.path(), &redis.url(), school);
        std::fs::write(folder.path().join("schoolbell.toml"), configuration).unwrap();
        let nodes = [Running::start(folder.path(), &[]), Running::start(folder.path(), &[])];
        let secret = load_or_generate(&folder.path().join("data")).unwrap();
        let mut house = Self {
            nodes,
            names: Default::default(),
            school,
            minter: Minter::new(&secret),
            client: Client::new(),
            _folder: folder,
            redis,
        };
        for node in 0..2 {
            house
                .until(&format!("node {node} is ready"), async || {
                    house.status_of(node, "/ready").await == 200
                })
                .await;
        }
        house
            .until("all know all", async || house.names(0).await.len() + house.names(1).await.len() == 4)
            .await;
        let names = house.names(0).await;
        let first = Stream::open(&house, 0).await.connect["node"].take();
        let other = names.iter().find(|name| **name != first).unwrap().clone();
        house.names = [first.as_str().unwrap().to_owned(), other];
        house
    }

    /// Waits until something is true.
    async fn until(&self, what: &str, is_true: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !is_true().await {
            assert!(began.elapsed() < PATIENCE, "{what}: never");
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn url(&self, node: usize, path: &str) -> String {
        format!("{}{path}", self.nodes[node].url.trim_end_matches('/'))
    }

    async fn status_of(&self, node: usize, path: &str) -> u16 {
        self.client.get(self.url(node, path)).send().await.unwrap().status().as_u16()
    }

    /// What a method of the server API answers with at a node.
    async fn result(&self, node: usize, method: &str, params: Value) -> Value {
        let request = self.client.post(self.url(node, &format!("/api/{method}"))).header("x-api-key", KEY);
        let mut answer = json_of(request.json(&params), 200).await;
        assert!(answer["result"].is_object(), "{answer}");
        answer["result"].take()
    }

    /// The nodes that a node knows.
    async fn names(&self, node: usize) -> Vec<String> {
        let info = self.result(node, "info", json!({})).await;
        let nodes = info["nodes"].as_array().unwrap();
        nodes.iter().map(|node| node["uid"].as_str().unwrap().to_owned()).collect()
    }

    /// Brings commands for a session to a node, and gives the status.
    async fn emulate(&self, node: usize, stream: &Stream, commands: &[Value]) -> u16 {
        let Value::Object(connect) = &stream.connect else { unreachable!("it is connected") };
        self.emulate_to(node, &connect["session"], &connect["node"], commands).await
    }

    async fn emulate_to(&self, node: usize, session: &Value, holder: &Value, commands: &[Value]) -> u16 {
        let data: Vec<String> = commands.iter().map(Value::to_string).collect();
        let body = json!({"session":session,"node":holder,"data":data.join("\n")});
        let request = self.client.post(self.url(node, "/emulation")).json(&body);
        request.send().await.unwrap().status().as_u16()
    }

    fn signal(&self, node: usize, name: &str) {
        let pid = self.nodes[node].child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
        // On a busy machine a process stops thread by thread, and may answer something meanwhile.
        while name == "-STOP" && !is_stopped(&pid) {
            std::thread::yield_now();
        }
    }
}

/// Whether all threads of a process have stopped.
fn is_stopped(pid: &str) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    // Behind the name, which is in parentheses.
    let state = |stat: &str| stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'));
    threads
        .flatten()
        .all(|thread| std::fs::read_to_string(thread.path().join("stat")).is_ok_and(|stat| state(&stat)))
}

impl Stream {
    /// Somebody new, connected to a node.
    async fn open(house: &House, node: usize) -> Self {
        let person = PersonId::generate();
        let subject = Subject { person, school: house.school, role: Role::Student, name: None, email: None };
        let token = house.minter.person(subject, SystemClock::default().now_ms() / 1_000, 600);
        let connect = json!({"id":1,"connect":{"token":token}}).to_string();
        let request = house.client.post(house.url(node, "/connection/http_stream")).body(connect);
        let response = request.send().await.unwrap();
        let mut stream = Self { response, buffer: Vec::new(), connect: Value::Null };
        let mut reply = stream.next().await;
        assert!(reply["connect"]["session"].is_string(), "{reply}");
        stream.connect = reply["connect"].take();
        stream
    }

    /// As [`Self::open`], subscribed to a channel.
    async fn subscribed(house: &House, node: usize, channel: &str) -> Self {
        let mut stream = Self::open(house, node).await;
        let subscribe = json!({"id":2,"subscribe":{"channel":channel}});
        assert_eq!(house.emulate(node, &stream, &[subscribe]).await, 204);
        assert!(stream.next().await["subscribe"].is_object());
        stream
    }

    /// The next message but pings.
    async fn next(&mut self) -> Value {
        loop {
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let message: Value = serde_json::from_slice(&line).unwrap();
                if message != json!({}) {
                    return message;
                }
            }
            let more = timeout(PATIENCE, self.response.chunk()).await.unwrap().unwrap();
            self.buffer.extend_from_slice(&more.expect("more of the stream"));
        }
    }
}

#[tokio::test]
async fn commands_reach_a_session_through_any_node_in_their_order() {
    let house = House::start().await;
    let mut stream = Stream::open(&house, 0).await;
    assert_eq!(stream.connect["node"], house.names[0]);
    let subscribe = json!({"id":2,"subscribe":{"channel":"news:a"}});
    assert_eq!(house.emulate(1, &stream, &[subscribe]).await, 204);
    assert!(stream.next().await["subscribe"].is_object());
    for id in 3..43_usize {
        let publish = json!({"id":id,"publish":{"channel":"news:a","data":id}});
        assert_eq!(house.emulate(id % 2, &stream, &[publish]).await, 204);
    }
    let (mut replies, mut pushes) = (Vec::new(), Vec::new());
    while replies.len() + pushes.len() < 80 {
        let message = stream.next().await;
        match message["id"].as_u64() {
            Some(id) => replies.push(id),
            None => pushes.push(message["push"]["pub"]["data"].as_u64().unwrap()),
        }
    }
    let all: Vec<u64> = (3..43).collect();
    assert_eq!((&replies, &pushes), (&all, &all));

    let (session, node) = (stream.connect["session"].clone(), stream.connect["node"].clone());
    let strange = json!("0123456789abcdef0123456789abcdef");
    for through in 0..2 {
        let to = async |session: &Value, node: &Value| {
            house.emulate_to(through, session, node, &[json!({})]).await
        };
        assert_eq!(to(&strange, &node).await, 404, "no such session");
        assert_eq!(to(&session, &json!(house.names[1])).await, 404, "not there");
        assert_eq!(to(&session, &json!("0198a000-0000-7000-8000-000000000000")).await, 404, "no such node");
    }
    let late = json!({"id":50,"presence":{"channel":"news:a"}});
    assert_eq!(house.emulate(1, &stream, &[late]).await, 204);
    assert_eq!(stream.next().await["id"], 50, "the session has not noticed");
    drop(stream);
    house
        .until("a session that has ended is unknown everywhere", async || {
            house.emulate_to(1, &session, &node, &[json!({})]).await == 404
        })
        .await;
}

#[tokio::test]
async fn every_node_tells_of_all_and_names_those_that_do_not_answer() {
    let house = House::start().await;
    let streams = [
        Stream::subscribed(&house, 0, "news:a").await,
        Stream::subscribed(&house, 1, "news:a").await,
        Stream::subscribed(&house, 1, "news:b").await,
    ];
    let news = json!({"pattern":"news:*"});
    for node in 0..2 {
        let info = house.result(node, "info", json!({})).await;
        assert!(info["missing"].is_null(), "{info}");
        for (name, clients) in house.names.iter().zip([1, 2]) {
            let mut nodes = info["nodes"].as_array().unwrap().iter();
            let told = nodes.find(|node| node["uid"] == *name).unwrap();
            assert_eq!(
                (&told["num_clients"], &told["num_users"]),
                (&json!(clients), &json!(clients)),
                "{info}"
            );
            // Each also in a channel of their own.
            assert_eq!(
                (&told["num_subs"], &told["num_channels"]),
                (&json!(2 * clients), &json!(2 * clients))
            );
            assert!(told["version"].is_string() && told["uptime"].is_u64(), "{told}");
            assert!(told["load_permille"].is_u64() && told["draining"] == false, "{told}");
        }
        let channels = house.result(node, "channels", news.clone()).await;
        let expected = json!({"channels":{"news:a":{"num_clients":2},"news:b":{"num_clients":1}}});
        assert_eq!(channels, expected);
    }

    let other = house.names[1].as_str();
    house.signal(1, "-STOP");
    let began = Instant::now();
    let (info, channels) =
        tokio::join!(house.result(0, "info", json!({})), house.result(0, "channels", news.clone()));
    assert!(began.elapsed() < Duration::from_secs(3), "it waits for nobody for long");
    assert_eq!((&info["missing"], info["nodes"].as_array().unwrap().len()), (&json!([other]), 1));
    assert_eq!(channels, json!({"channels":{"news:a":{"num_clients":1}},"missing":[other]}));
    house
        .until("the others go on without it", async || house.names(0).await == [house.names[0].as_str()])
        .await;
    let channels = house.result(0, "channels", news.clone()).await;
    assert_eq!(channels, json!({"channels":{"news:a":{"num_clients":1}}}), "it has left");
    assert_eq!(house.emulate(0, &streams[1], &[json!({})]).await, 404, "its clients shall connect again");
    house.signal(1, "-CONT");
    house.until("it is back", async || house.names(0).await.len() == 2).await;
    assert_eq!(house.emulate(0, &streams[2], &[json!({"id":9,"presence":{"channel":"news:b"}})]).await, 204);
}

#[tokio::test]
async fn while_redis_is_away_a_node_serves_its_own_sessions_and_says_what_it_cannot_reach() {
    let house = House::start().await;
    let mut stream = Stream::open(&house, 0).await;
    // Refused, but answered by the session alone.
    let ask = |id: u64| [json!({"id":id,"rpc":{"method":"nothing"}})];
    house.redis.stop();
    assert_eq!(house.emulate(0, &stream, &ask(2)).await, 204);
    assert_eq!(stream.next().await["id"], 2);
    for id in 3..5 {
        let began = Instant::now();
        assert_eq!(house.emulate(1, &stream, &ask(id)).await, 504);
        assert!(began.elapsed() < Duration::from_secs(6));
    }
    let info = house.result(0, "info", json!({})).await;
    assert_eq!(info["missing"], json!([house.names[1]]));
    assert_eq!((info["nodes"][0]["uid"].as_str(), &info["nodes"][1]), (Some(&*house.names[0]), &Value::Null));

    house.redis.cont();
    house
        .until("all know all again", async || house.names(0).await.len() + house.names(1).await.len() == 4)
        .await;
    house.until("the way is there again", async || house.emulate(1, &stream, &ask(5)).await == 204).await;
    // What was under way when Redis stopped may have come late.
    while stream.next().await["id"] != 5 {}
}
