//! SSE, HTTP streaming and emulation, spoken to by plain HTTP.

use crate::{
    client::Client,
    harness::{Server, header, json_of},
};
use protocol::{Channel, Encoding, Payload, emulation::EmulationRequest};
use realtime::{ChannelKey, NamespaceOptions, PublishOptions, broker::Draft};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

/// Far longer than anything here takes: only a test that would hang forever meets it.
const PATIENCE: Duration = Duration::from_secs(30);
const STREAM: &str = "/connection/http_stream";
const EVENTS: &str = "/connection/sse";

/// The transports whose messages are JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Lines,
    Events,
}

/// A stream and the address of its session.
struct Stream {
    kind: Kind,
    response: Response,
    buffer: Vec<u8>,
    session: Value,
    node: Value,
}

fn request(server: &Server, kind: Kind, commands: &str) -> RequestBuilder {
    match kind {
        Kind::Lines => server.request(Method::POST, STREAM).body(commands.to_owned()),
        Kind::Events => {
            let encoded: String = commands.bytes().map(|byte| format!("%{byte:02x}")).collect();
            server.get(&format!("{EVENTS}?cf_connect={encoded}"))
        }
    }
}

impl Stream {
    async fn open(server: &Server, kind: Kind, commands: &str) -> Self {
        let response = request(server, kind, commands).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { kind, response, buffer: Vec::new(), session: Value::Null, node: Value::Null }
    }

    async fn connected(server: &Server, kind: Kind, token: &str) -> Self {
        let connect = json!({"id":1,"connect":{"token":token}});
        let mut stream = Self::open(server, kind, &connect.to_string()).await;
        let reply = stream.next().await;
        assert_eq!(reply["id"], 1, "{reply}");
        stream.is_at(&reply["connect"]);
        stream
    }

    fn is_at(&mut self, connect: &Value) {
        self.session = connect["session"].clone();
        self.node = connect["node"].clone();
        assert!(self.session.as_str().unwrap().len() >= 32, "128 random bits: {connect}");
        assert!(!self.node.as_str().unwrap().is_empty());
    }

    /// The next message, none at the end of the stream.
    async fn message(&mut self) -> Option<Value> {
        let (before, behind) = match self.kind {
            Kind::Lines => ("", "\n"),
            Kind::Events => ("data: ", "\n\n"),
        };
        loop {
            if self.kind == Kind::Events && self.buffer.starts_with(b"\r\n") {
                self.buffer.drain(..2);
            }
            let end = self.buffer.windows(behind.len()).position(|some| some == behind.as_bytes());
            if let Some(end) = end {
                let message: Vec<u8> = self.buffer.drain(..end + behind.len()).take(end).collect();
                let text = String::from_utf8(message).unwrap();
                return Some(serde_json::from_str(text.strip_prefix(before).unwrap()).unwrap());
            }
            let Some(more) = timeout(PATIENCE, self.response.chunk()).await.unwrap().unwrap() else {
                assert!(self.buffer.is_empty(), "a message was cut");
                return None;
            };
            self.buffer.extend_from_slice(&more);
        }
    }

    async fn next(&mut self) -> Value {
        self.message().await.expect("a message")
    }

    /// Reads to the end, which must be told by a last message; gives its code.
    async fn ended(&mut self) -> u64 {
        let mut last = self.next().await;
        while let Some(message) = self.message().await {
            last = message;
        }
        last["push"]["disconnect"]["code"].as_u64().unwrap_or_else(|| unreachable!("no code but {last}"))
    }

    /// Sends commands, and gives the status.
    async fn send(&self, server: &Server, commands: &[Value]) -> u16 {
        let data: Vec<String> = commands.iter().map(Value::to_string).collect();
        let body = json!({"session":self.session,"node":self.node,"data":data.join("\n")});
        server.post("/emulation", &body).send().await.unwrap().status().as_u16()
    }
}

/// A demo school with a namespace `open` in which everything is allowed.
async fn open_server(set: impl FnOnce(&mut gateway::config::Config)) -> Server {
    let open = NamespaceOptions {
        allow_subscribe: true,
        allow_publish: true,
        presence: true,
        allow_presence: true,
        ..NamespaceOptions::default()
    };
    Server::start(true, |config| {
        config.namespaces.insert("open".to_owned(), open);
        set(config);
    })
    .await
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn commands_go_by_emulation_and_answers_come_by_the_stream() {
    let server = open_server(|_| {}).await;
    let token = server.teacher().await;
    for kind in [Kind::Lines, Kind::Events] {
        let mut stream = Stream::connected(&server, kind, &token).await;
        let subscribe = json!({"id":2,"subscribe":{"channel":"open:a"}});
        assert_eq!(stream.send(&server, &[subscribe]).await, 204);
        let reply = stream.next().await;
        assert_eq!((&reply["id"], reply["subscribe"].is_object()), (&json!(2), true), "{reply}");
        let publish = |id: u32| json!({"id":id,"publish":{"channel":"open:a","data":{"text":"two\nlines"}}});
        assert_eq!(stream.send(&server, &[publish(3), publish(4)]).await, 204);
        let mut arrived = Vec::new();
        for _ in 0..4 {
            arrived.push(stream.next().await);
        }
        let pushes: Vec<&Value> = arrived.iter().filter(|message| message["push"].is_object()).collect();
        assert_eq!(pushes.len(), 2, "{arrived:?}");
        assert_eq!(pushes[0]["push"]["pub"]["data"]["text"], "two\nlines");
        let replies = arrived.iter().filter_map(|message| message["id"].as_u64());
        assert_eq!(replies.collect::<Vec<_>>(), [3, 4], "in their order: {arrived:?}");
    }
}

#[tokio::test]
async fn the_first_body_may_hold_several_commands() {
    let server = open_server(|_| {}).await;
    let token = server.teacher().await;
    let connect = json!({"id":1,"connect":{"token":token}});
    let subscribe = json!({"id":2,"subscribe":{"channel":"open:a"}});
    let commands = format!("{connect}\n{subscribe}");
    for kind in [Kind::Lines, Kind::Events] {
        let mut stream = Stream::open(&server, kind, &commands).await;
        assert!(stream.next().await["connect"].is_object());
        assert!(stream.next().await["subscribe"].is_object());
    }
    let response = server.request(Method::POST, EVENTS).body(commands).send().await.unwrap();
    let mut posted = Stream { response, ..Stream::open(&server, Kind::Events, "x").await };
    assert!(posted.next().await["connect"].is_object());
}

#[tokio::test]
async fn nothing_holds_a_stream_back_or_keeps_it() {
    let server = open_server(|_| {}).await;
    let token = server.teacher().await;
    let commands = json!({"id":1,"connect":{"token":token}}).to_string();
    for (kind, content_type) in
        [(Kind::Lines, "application/json"), (Kind::Events, "text/event-stream; charset=utf-8")]
    {
        let mut response =
            request(&server, kind, &commands).header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(header(&response, "content-type"), content_type);
        assert_eq!(header(&response, "x-accel-buffering"), "no");
        assert_eq!(
            header(&response, "cache-control"),
            "private, no-cache, no-store, must-revalidate, max-age=0"
        );
        assert_eq!(header(&response, "content-encoding"), "");
        let first = response.chunk().await.unwrap().unwrap();
        assert_eq!(first.starts_with(b"\r\n"), kind == Kind::Events, "{first:?}");
    }
}

#[tokio::test]
async fn protobuf_messages_stand_behind_their_lengths() {
    let server = open_server(|_| {}).await;
    let token = server.teacher().await;
    let commands = |commands: &str| {
        Encoding::Protobuf.encode_commands(&Encoding::Json.decode(commands.as_bytes()).unwrap())
    };
    let connect = json!({"id":1,"connect":{"token":token}});
    let subscribe = json!({"id":2,"subscribe":{"channel":"open:a"}});
    let mut response = server
        .request(Method::POST, STREAM)
        .header("content-type", "application/octet-stream")
        .body(commands(&format!("{connect}\n{subscribe}")))
        .send()
        .await
        .unwrap();
    assert_eq!(header(&response, "content-type"), "application/octet-stream");
    let mut bytes = Vec::new();
    let connected = next_protobuf(&mut response, &mut bytes).await;
    assert_eq!(connected[..2], [0x08, 1], "Reply.id");
    assert_eq!(connected[2], 0x2a, "Reply.connect");
    let subscribed = next_protobuf(&mut response, &mut bytes).await;
    assert_eq!(subscribed[..3], [0x08, 2, 0x32], "Reply.id and Reply.subscribe");

    // ConnectResult.session is its ninth field: its tag, its length, 32 hexadecimal digits.
    let at = connected.windows(2).position(|pair| pair == [0x4a, 32]).expect("a session") + 2;
    let session = String::from_utf8(connected[at..at + 32].to_vec()).unwrap();
    let node = server.app.node.id.clone();
    let data = commands(r#"{"id":3,"publish":{"channel":"open:a","data":"hello"}}"#).into();
    let body = EmulationRequest { session, node, data }.encode(Encoding::Protobuf).unwrap();
    let emulation = server.request(Method::POST, "/emulation");
    let emulation = emulation.header("content-type", "application/octet-stream").body(body);
    assert_eq!(status(emulation).await, 204);
    let mut arrived =
        [next_protobuf(&mut response, &mut bytes).await, next_protobuf(&mut response, &mut bytes).await];
    // Of Reply.id and Reply.push the push has the larger tag.
    arrived.sort();
    assert_eq!(arrived[0], [0x08, 3, 0x42, 0], "Reply.id and Reply.publish");
    assert_eq!(arrived[1][0], 0x22, "Reply.push");
    assert!(arrived[1].windows(7).any(|some| some == b"\"hello\""));
}

/// The next message behind its length.
async fn next_protobuf(response: &mut Response, bytes: &mut Vec<u8>) -> Vec<u8> {
    loop {
        let prefix = bytes.iter().position(|byte| byte & 0x80 == 0).map(|last| last + 1);
        if let Some(prefix) = prefix {
            let digits = bytes[..prefix].iter().rev();
            let length = digits.fold(0, |length, byte| (length << 7) | usize::from(byte & 0x7f));
            if bytes.len() >= prefix + length {
                let message: Vec<u8> = bytes.drain(..prefix + length).collect();
                return message[prefix..].to_vec();
            }
        }
        let more = timeout(PATIENCE, response.chunk()).await.unwrap().unwrap();
        bytes.extend_from_slice(&more.expect("more of the stream"));
    }
}

#[tokio::test]
async fn a_stream_lives_by_its_pongs_and_outlives_the_time_for_requests() {
    let server = open_server(|config| {
        config.client.ping_interval_s = 1;
        config.client.pong_timeout_s = 1;
        config.http.request_timeout_s = 1;
    })
    .await;
    let token = server.teacher().await;
    let mut answering = Stream::connected(&server, Kind::Lines, &token).await;
    let mut silent = Stream::connected(&server, Kind::Events, &token).await;
    for _ in 0..3 {
        assert_eq!(answering.next().await, json!({}));
        assert_eq!(answering.send(&server, &[json!({})]).await, 204);
    }
    assert_eq!(silent.ended().await, 3012);
    assert_eq!(answering.next().await, json!({}));
    // One pong answers the ping; the other answers nothing.
    answering.send(&server, &[json!({}), json!({})]).await;
    assert_eq!(answering.ended().await, 3501);
}

#[tokio::test]
async fn bad_first_commands_end_the_stream_with_their_codes() {
    let server = Server::demo().await;
    for (commands, code) in [
        ("not json", 3501),
        ("{}", 3501),
        (r#"{"id":1,"subscribe":{"channel":"quiz:x"}}"#, 3501),
        (r#"{"id":1,"connect":{"token":"forged"}}"#, 3500),
    ] {
        for kind in [Kind::Lines, Kind::Events] {
            let mut stream = Stream::open(&server, kind, commands).await;
            assert_eq!(stream.ended().await, code, "{kind:?} {commands}");
        }
    }
    assert_eq!(Stream::open(&server, Kind::Lines, "").await.ended().await, 3501);
    assert_eq!(server.app.node.connection_count(), 0, "nothing of them is left");
}

#[tokio::test]
async fn requests_that_are_none_are_refused() {
    let server = open_server(|config| config.limits.message_bytes = 4_096).await;
    let token = server.teacher().await;
    assert_eq!(status(server.get(EVENTS)).await, 400);
    assert_eq!(status(server.get("/connection/sse?cf_connect=")).await, 400);
    assert_eq!(status(server.get("/connection/sse?cf_connect=x&cf_connect=y")).await, 400);
    for (method, path) in [
        (Method::GET, STREAM),
        (Method::PUT, STREAM),
        (Method::DELETE, EVENTS),
        (Method::HEAD, "/connection/sse?cf_connect=x"),
        (Method::GET, "/emulation"),
    ] {
        let response = server.request(method.clone(), path).send().await.unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
        assert!(header(&response, "allow").contains("POST"), "{method} {path}");
    }
    let large = "x".repeat(5_000);
    for request in [
        request(&server, Kind::Lines, &large),
        request(&server, Kind::Events, &large),
        server.request(Method::POST, EVENTS).body(large.clone()),
        server.request(Method::POST, "/emulation").body(large.clone()),
    ] {
        assert_eq!(status(request).await, 413);
    }

    let stream = Stream::connected(&server, Kind::Lines, &token).await;
    let emulate = |session: &Value, node: &Value, data: Value| {
        status(server.post("/emulation", &json!({"session":session,"node":node,"data":data})))
    };
    let other = json!("00000000000000000000000000000000");
    assert_eq!(emulate(&stream.session, &json!("elsewhere"), json!("{}")).await, 404);
    assert_eq!(emulate(&other, &stream.node, json!("{}")).await, 404);
    assert_eq!(emulate(&json!("nonsense"), &stream.node, json!("{}")).await, 404);
    assert_eq!(emulate(&stream.session, &stream.node, json!({})).await, 400);
    assert_eq!(emulate(&stream.session, &stream.node, json!("")).await, 400);
    assert_eq!(status(server.request(Method::POST, "/emulation").body("not json")).await, 400);
    assert_eq!(server.app.node.connection_count(), 1, "the session has not noticed");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = open_server(|config| config.http.request_timeout_s = 1).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let head = format!("POST {STREAM} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{\"id\":1,");
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    timeout(PATIENCE, socket.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn pages_of_allowed_origins_may_use_streams_and_others_may_not() {
    let allowed = "https://learn.example";
    let server = open_server(|config| config.allowed_origins.push(allowed.to_owned())).await;
    for (path, methods) in
        [(STREAM, "POST, OPTIONS"), (EVENTS, "GET, POST, OPTIONS"), ("/emulation", "POST, OPTIONS")]
    {
        let ask = |origin: &str| {
            let request = server.request(Method::OPTIONS, path).header("origin", origin);
            request.header("access-control-request-headers", "content-type, x-own").send()
        };
        let response = ask(allowed).await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
        for (name, value) in [
            ("access-control-allow-origin", allowed),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-headers", "content-type, x-own"),
            ("access-control-allow-methods", methods),
            ("access-control-max-age", "300"),
            ("vary", "origin"),
        ] {
            assert_eq!(header(&response, name), value, "{path}");
        }
        let response = ask("https://evil.example").await.unwrap();
        assert_eq!(response.status(), 403, "{path}");
        assert_eq!(header(&response, "access-control-allow-origin"), "", "{path}");
    }
    // Refusals can be read by the page, too; without an origin nobody asks.
    let response = server.get(EVENTS).header("origin", allowed).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), header(&response, "access-control-allow-origin")),
        (400, allowed)
    );
    let response = server.get(EVENTS).send().await.unwrap();
    assert_eq!(header(&response, "access-control-allow-origin"), "");
    let token = server.teacher().await;
    let connect = json!({"id":1,"connect":{"token":token}}).to_string();
    for kind in [Kind::Lines, Kind::Events] {
        let from = |origin: &str| request(&server, kind, &connect).header("origin", origin).send();
        assert_eq!(from("https://evil.example").await.unwrap().status(), 403);
        let response = from(allowed).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "access-control-allow-origin")),
            (200, allowed)
        );
    }
}

#[tokio::test]
async fn a_client_that_drops_its_stream_leaves_its_channels() {
    let server = open_server(|_| {}).await;
    let token = server.teacher().await;
    let mut watcher = Client::connected(&server, &token).await;
    watcher.ask(json!({"subscribe":{"channel":"open:a"}})).await;
    for kind in [Kind::Lines, Kind::Events] {
        let mut stream = Stream::connected(&server, kind, &token).await;
        stream.send(&server, &[json!({"id":2,"subscribe":{"channel":"open:a"}})]).await;
        assert!(stream.next().await["subscribe"].is_object());
        assert_eq!(members(&mut watcher).await, 2);
        let (session, node) = (stream.session.clone(), stream.node.clone());
        drop(stream);
        timeout(PATIENCE, async {
            while members(&mut watcher).await != 1 {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
        let late = json!({"session":session,"node":node,"data":"{}"});
        timeout(PATIENCE, async {
            while status(server.post("/emulation", &late)).await != 404 {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
    }
}

async fn members(watcher: &mut Client) -> u64 {
    let reply = watcher.ask(json!({"presence_stats":{"channel":"open:a"}})).await;
    reply["presence_stats"]["num_clients"].as_u64().unwrap()
}

#[tokio::test]
async fn streams_take_places_among_connections_but_none_among_requests() {
    let server = open_server(|config| {
        config.http.sockets = 1;
        config.limits.connections = 2;
    })
    .await;
    // The socket of a request that is answered gives its place back only when it is closed.
    let sign_in = json!({"login":"teacher@demo.school","password":"schoolbell"});
    let sign_in = server.post("/api/v1/demo/session", &sign_in).header("connection", "close");
    let session = json_of(sign_in, 200).await;
    let token = session["token"].as_str().unwrap();
    let mut first = Stream::connected(&server, Kind::Lines, token).await;
    let _second = Stream::connected(&server, Kind::Events, token).await;
    let mut third = Stream::open(&server, Kind::Lines, "{}").await;
    assert_eq!(third.ended().await, 3504);
    assert_eq!(status(server.get("/health").header("connection", "close")).await, 200);
    assert_eq!(first.send(&server, &[json!({"id":2,"rpc":{"method":"no.such"}})]).await, 204);
    assert_eq!(first.next().await["id"], 2);
}

#[tokio::test]
async fn a_shutdown_tells_streams_to_come_back_and_does_not_wait_for_them_before() {
    let server = open_server(|_| {}).await;
    let token = server.teacher().await;
    let mut lines = Stream::connected(&server, Kind::Lines, &token).await;
    let mut events = Stream::connected(&server, Kind::Events, &token).await;
    let school = server.app.auth.verify(&token).await.unwrap().school;
    let subscribe = json!({"id":2,"subscribe":{"channel":"open:a"}});
    lines.send(&server, &[subscribe]).await;
    assert!(lines.next().await["subscribe"].is_object());
    let app = timeout(PATIENCE, server.stop_listening()).await.unwrap();
    // No requests are taken any more, and the streams go on.
    let key = ChannelKey::new(school, Channel::parse("open:a").unwrap());
    let draft = Draft::new(Payload::of(&"still here"));
    app.node.publish(&key, draft, PublishOptions::default()).await.unwrap();
    assert_eq!(lines.next().await["push"]["pub"]["data"], "still here");
    let down = tokio::spawn(async move {
        app.drain(Duration::from_millis(50)).await;
        app.shut_down().await;
    });
    assert_eq!(lines.ended().await, 3001);
    assert_eq!(events.ended().await, 3001);
    timeout(PATIENCE, down).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_told_so_and_hurts_only_itself() {
    let server = open_server(|config| config.limits.outbox_bytes = 256 * 1_024).await;
    let token = server.teacher().await;
    let mut readers = Vec::new();
    for kind in [Kind::Lines, Kind::Events, Kind::Lines] {
        let mut reader = Stream::connected(&server, kind, &token).await;
        reader.send(&server, &[json!({"id":2,"subscribe":{"channel":"open:a"}})]).await;
        assert!(reader.next().await["subscribe"].is_object());
        readers.push(reader);
    }
    let [mut slow, never, mut fast]: [Stream; 3] = readers.try_into().ok().unwrap();
    let caller = server.app.auth.verify(&token).await.unwrap();
    let given_up = || {
        let connections = server.app.node.hub.connections_of(caller.school, &caller.user);
        connections.iter().filter(|connection| connection.outbox.closing().is_some()).count()
    };
    let key = ChannelKey::new(caller.school, Channel::parse("open:a").unwrap());
    let data = Payload::of(&"x".repeat(30_000));
    let mut published = 0;
    while given_up() < 2 {
        published += 1;
        // Far more than the buffers of sockets on one machine hold.
        assert!(published < 4_000, "nobody was given up");
        let draft = Draft::new(data.clone());
        server.app.node.publish(&key, draft, PublishOptions::default()).await.unwrap();
        assert!(fast.next().await["push"]["pub"].is_object(), "the fast one gets each at once");
    }
    assert_eq!(slow.ended().await, 3008);
    // Who does not even take the end is not waited for.
    timeout(PATIENCE, async {
        while server.app.node.connection_count() > 1 {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
    drop(never);
    assert_eq!(fast.send(&server, &[json!({"id":3,"rpc":{"method":"no.such"}})]).await, 204);
    assert_eq!(fast.next().await["id"], 3);
}
