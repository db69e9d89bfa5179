//! A school that comes back at once: who is let in, and what the rest is told.

use crate::{
    client::{Client, guest_in_game},
    harness::{Server, header, json_of},
};
use futures_util::future::join_all;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

/// Far longer than anything here takes: only a test that would hang forever meets it.
const PATIENCE: Duration = Duration::from_secs(30);
const BURST: u32 = 3;
const CLIENTS: u32 = 30;

async fn server(per_second: u32) -> Server {
    Server::start(true, |config| {
        config.limits.connects_per_second = per_second;
        config.limits.connects_burst = BURST;
    })
    .await
}

/// Status, `Retry-After` and body of an answer that has an end; the status alone of one that has none.
struct Answer {
    status: u16,
    retry_after: u64,
    close: bool,
    body: Value,
}

impl Answer {
    fn is_refused(&self) -> bool {
        if self.status != 503 {
            return false;
        }
        assert!((1..=10).contains(&self.retry_after), "{}", self.retry_after);
        assert_eq!(
            (self.body["code"].as_str(), self.body["status"].as_u64()),
            (Some("too_many_connects"), Some(503))
        );
        assert!(self.close, "the socket does not keep a place");
        true
    }
}

/// A handshake over a socket of its own, which stays open for as long as what is given back.
async fn handshake(server: &Server) -> (TcpStream, Answer) {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = "GET /connection/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, socket.read_u8()).await.unwrap().unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let value = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or_default()
            .to_owned()
    };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut body = Vec::new();
    if status == 503 {
        assert_eq!(value("content-type"), "application/problem+json");
        timeout(PATIENCE, socket.read_to_end(&mut body)).await.unwrap().unwrap();
    }
    let answer = Answer {
        status,
        retry_after: value("retry-after").parse().unwrap_or_default(),
        close: value("connection") == "close",
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    (socket, answer)
}

/// A stream, which stays open for as long as what is given back.
async fn stream(server: &Server, method: Method, path: &str, token: &str) -> (Option<Response>, Answer) {
    let connect = json!({"id":1,"connect":{"token":token}}).to_string();
    let request = match method {
        Method::GET => {
            let encoded: String = connect.bytes().map(|byte| format!("%{byte:02x}")).collect();
            server.get(&format!("{path}?cf_connect={encoded}"))
        }
        _ => server.request(method, path).body(connect),
    };
    let response = request.header("Origin", server.url("")).send().await.unwrap();
    let status = response.status().as_u16();
    let retry_after = header(&response, "retry-after").parse().unwrap_or_default();
    let close = header(&response, "connection") == "close";
    if status == 503 {
        assert_eq!(header(&response, "content-type"), "application/problem+json");
        let allowed = header(&response, "access-control-allow-origin");
        assert_eq!(allowed, server.url(""), "pages may read why");
        let body = response.json().await.unwrap();
        return (None, Answer { status, retry_after, close, body });
    }
    (Some(response), Answer { status, retry_after, close, body: Value::Null })
}

/// Whoever came is refused but for a burst, and one for each second that it took.
fn judge(answers: &[Answer], admitted: u16, began: Instant) {
    let refused = answers.iter().filter(|answer| answer.is_refused()).count();
    let let_in = answers.iter().filter(|answer| answer.status == admitted).count();
    assert_eq!(let_in + refused, answers.len(), "nobody is answered anything else");
    let most = u64::from(BURST) + began.elapsed().as_secs() + 1;
    assert!(
        (BURST as usize..=usize::try_from(most).unwrap()).contains(&let_in),
        "{let_in} of at most {most}"
    );
}

#[tokio::test]
async fn websockets_beyond_the_rate_are_sent_away_before_the_upgrade() {
    let server = server(1).await;
    // Measurements begin when they are asked for first.
    measurements(&server).await;
    let began = Instant::now();
    let all = join_all((0..CLIENTS).map(|_| handshake(&server))).await;
    let (_sockets, answers): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    judge(&answers, 101, began);
    let text = measurements(&server).await;
    assert!(text.contains("schoolbell_connects_refused_total{reason=\"rate\"}"), "{text}");
}

#[tokio::test]
async fn in_a_storm_only_whole_requests_for_websockets_are_answered_before_they_are_read() {
    let server = server(1).await;
    let all = join_all((0..CLIENTS).map(|_| handshake(&server))).await;
    assert!(all.iter().any(|(_, answer)| answer.is_refused()));
    // A head that comes in pieces, while there is no place.
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    for piece in ["GET /conn", "ection/websocket HTTP/1.1\r\nHost: x\r\n", "Upgrade: websocket\r\n\r\n"] {
        slow.write_all(piece.as_bytes()).await.unwrap();
        sleep(Duration::from_millis(20)).await;
    }
    let mut answer = String::new();
    timeout(PATIENCE, slow.read_to_string(&mut answer)).await.unwrap().unwrap();
    // By then there may be a place again: such a handshake lacks its key.
    assert!(answer.starts_with("HTTP/1.1 503") || answer.starts_with("HTTP/1.1 400"), "{answer}");
    // Whatever else is asked for over a new socket is answered as ever.
    for (path, status) in [("/ready", "200"), ("/api/v1/nothing", "404"), ("/api/v1/server", "200")] {
        let mut other = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        other.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        timeout(PATIENCE, other.read_to_end(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(answer.split(' ').nth(1), Some(status), "{path}: {answer}");
    }
}

async fn measurements(server: &Server) -> String {
    server.get("/metrics").send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn streams_beyond_the_rate_are_sent_away_before_their_token_is_looked_at() {
    for (method, path) in [
        (Method::POST, "/connection/http_stream"),
        (Method::GET, "/connection/sse"),
        (Method::POST, "/connection/sse"),
    ] {
        let server = server(1).await;
        let began = Instant::now();
        let all = join_all((0..CLIENTS).map(|_| stream(&server, method.clone(), path, "no token"))).await;
        let (_streams, answers): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        judge(&answers, 200, began);
    }
}

#[tokio::test]
async fn transports_share_one_rate() {
    let server = server(1).await;
    let began = Instant::now();
    let (sockets, streams) = tokio::join!(
        join_all((0..CLIENTS).map(|_| handshake(&server))),
        join_all((0..CLIENTS).map(|_| stream(&server, Method::POST, "/connection/http_stream", "no token"))),
    );
    let (_sockets, sockets): (Vec<_>, Vec<_>) = sockets.into_iter().unzip();
    let (_streams, streams): (Vec<_>, Vec<_>) = streams.into_iter().unzip();
    let let_in = |answers: &[Answer]| answers.iter().filter(|answer| !answer.is_refused()).count() as u64;
    let (all, most) = (let_in(&sockets) + let_in(&streams), u64::from(BURST) + began.elapsed().as_secs() + 1);
    assert!(all <= most, "{all} of at most {most}");
}

#[tokio::test]
async fn those_who_are_in_notice_nothing_and_those_who_come_back_are_let_in() {
    let server = server(2).await;
    let token = server.teacher().await;
    let mut inside = Client::connected(&server, &token).await;
    let all = join_all((0..CLIENTS).map(|_| handshake(&server))).await;
    assert!(all.iter().any(|(_, answer)| answer.is_refused()));
    assert_eq!(inside.ask(json!({"rpc":{"method":"no.such"}})).await["error"]["code"], 108);
    // What opens no connection is not counted: the API, what browsers ask before, and commands of streams.
    assert!(json_of(server.get("/health"), 200).await["status"].is_string());
    let asked = server.request(Method::OPTIONS, "/connection/http_stream").send().await.unwrap();
    assert_eq!(asked.status(), 204);
    let command = json!({"session":"none","node":"none","data":"{}"});
    assert_eq!(server.post("/emulation", &command).send().await.unwrap().status(), 404);
    let back = async {
        loop {
            let (_socket, answer) = handshake(&server).await;
            if answer.status == 101 {
                return;
            }
            assert!(answer.is_refused());
            sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(PATIENCE, back).await.unwrap();
}

#[tokio::test]
async fn a_node_without_a_rate_takes_everybody() {
    let server = server(0).await;
    let all = join_all((0..CLIENTS).map(|_| handshake(&server))).await;
    assert!(all.iter().all(|(_, answer)| answer.status == 101));
}

/// Counts what goes to the database, on the thread that it is put up on.
#[derive(Default)]
struct Statements(Arc<AtomicU64>);

impl Recorder for Statements {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        // The journal's writer asks for itself, whoever comes and goes.
        let for_clients = key.labels().all(|label| label.value() != "journal");
        let counted = key.name() == "schoolbell_store_statements_total" && for_clients;
        if counted { Counter::from_arc(Arc::clone(&self.0)) } else { Counter::noop() }
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// The count once it stands still: the opening of a game tells the database its phase afterwards.
async fn settled(counted: &AtomicU64) -> u64 {
    let mut before = counted.load(Ordering::Relaxed);
    loop {
        sleep(Duration::from_millis(200)).await;
        let now = counted.load(Ordering::Relaxed);
        if now == before {
            return now;
        }
        before = now;
    }
}

#[test]
fn a_player_who_comes_back_costs_the_database_nothing() {
    let statements = Statements::default();
    let counted = Arc::clone(&statements.0);
    // All of the server on this thread, so that its statements are counted, and no other test's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&statements, || {
        runtime.block_on(async {
            let server = Server::demo().await;
            let game = server.open_game(&server.teacher().await).await;
            let (_, token) = guest_in_game(&server, &game, "Ada").await;
            let channel = format!("quiz:{}", game.0);
            let mut player = Client::connected(&server, &token).await;
            let first = player.ask(json!({"subscribe":{"channel":channel}})).await["subscribe"].clone();
            assert!(first["recoverable"].as_bool().unwrap(), "{first}");
            let before = timeout(PATIENCE, settled(&counted)).await.unwrap();
            assert!(before > 0, "it does count");
            for _ in 0..3 {
                drop(player);
                player = Client::connected(&server, &token).await;
                let position =
                    json!({"channel":channel,"recover":true,"epoch":first["epoch"],"offset":first["offset"]});
                let back = player.ask(json!({"subscribe":position})).await;
                assert_eq!(back["subscribe"]["recovered"], true, "{back}");
                let state = player.ask(json!({"rpc":{"method":"quiz.state","data":{"game":game.0}}})).await;
                assert_eq!(state["rpc"]["data"]["phase"], "lobby", "{state}");
            }
            assert_eq!(counted.load(Ordering::Relaxed) - before, 0);
        });
    });
}
