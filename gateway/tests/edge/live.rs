//! The socket, fed with what it does not expect: every case ends in a coded error or the right close code, and others
//! are not affected.

use crate::{
    client::{Client, guest_in_game},
    harness::Server,
};
use protocol::{Channel, Payload};
use realtime::{ChannelKey, NamespaceOptions, PublishOptions, broker::Draft};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn bad_first_frames_end_with_their_codes() {
    let server = Server::demo().await;
    let deep = format!("{{\"id\":1,\"connect\":{{\"data\":{}{}}}}}", "[".repeat(30_000), "]".repeat(30_000));
    for (frame, code) in [
        ("", 3501),
        ("not json", 3501),
        ("[]", 3501),
        ("{}", 3501),
        (r#"{"id":1,"subscribe":{"channel":"quiz:x"}}"#, 3501),
        (r#"{"id":1,"connect":{}}"#, 3501),
        (r#"{"id":1,"connect":{"token":7}}"#, 3501),
        (r#"{"id":1,"connect":{"token":"forged"}}"#, 3500),
        (r#"{"id":1,"connect":{"token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."}}"#, 3500),
        (&*deep, 3501),
        (&*format!(r#"{{"id":1,"connect":{{"name":"{}"}}}}"#, "x".repeat(70_000)), 1009),
    ] {
        let mut client = Client::open(&server, "").await;
        client.send_text(frame).await;
        assert_eq!(client.closed().await, code, "{frame:.60}");
    }
}

#[tokio::test]
async fn frames_of_the_wrong_kind_are_inappropriate() {
    let server = Server::demo().await;
    let mut json = Client::open(&server, "").await;
    json.send_binary(&[0x80]).await;
    assert_eq!(json.closed().await, 3506);
    let mut msgpack = Client::open(&server, "?cf_protocol=msgpack").await;
    msgpack.send_text("{}").await;
    assert_eq!(msgpack.closed().await, 3506);
}

#[tokio::test]
async fn messagepack_carries_the_same_conversation() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let mut client = Client::open(&server, "?cf_protocol=msgpack").await;
    let connect = rmp_serde::to_vec_named(&json!({"id":1,"connect":{"token":token}})).unwrap();
    let rpc =
        rmp_serde::to_vec_named(&json!({"id":2,"rpc":{"method":"quiz.state","data":{"game":"nonsense"}}}))
            .unwrap();
    client.send_binary(&[connect, rpc].concat()).await;
    let mut rest = client.binary().await;
    let mut replies = Vec::new();
    while replies.len() < 2 {
        if rest.is_empty() {
            rest = client.binary().await;
        }
        let mut reader = std::io::Cursor::new(&rest);
        let reply: Value = rmp_serde::from_read(&mut reader).unwrap();
        rest = rest.split_off(usize::try_from(reader.position()).unwrap());
        replies.push(reply);
    }
    assert!(replies[0]["connect"]["client"].is_string());
    assert_eq!(replies[1]["error"]["code"], 107);
}

#[tokio::test]
async fn broken_websocket_frames_are_protocol_errors() {
    let server = Server::demo().await;
    // (first byte, second byte, payload): an unmasked text frame, reserved bits, a reserved opcode, a fragmented ping,
    // a continuation of nothing, a length of 2^63.
    for (bytes, codes) in [
        (&[0x81u8, 0x02, b'{', b'}'][..], &[1002u16][..]),
        (&[0xF1, 0x80, 0, 0, 0, 0], &[1002]),
        (&[0x83, 0x80, 0, 0, 0, 0], &[1002]),
        (&[0x09, 0x80, 0, 0, 0, 0], &[1002]),
        (&[0x80, 0x80, 0, 0, 0, 0], &[1002]),
        (&[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[1002, 1009]),
        (&[0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28], &[1007]),
    ] {
        let mut raw = raw_socket(&server).await;
        raw.write_all(bytes).await.unwrap();
        let code = close_code(&mut raw).await;
        assert!(codes.contains(&code), "{bytes:?} was closed with {code}");
    }
}

/// A socket after its handshake, without a client library.
async fn raw_socket(server: &Server) -> TcpStream {
    let mut raw = TcpStream::connect(server.address).await.unwrap();
    let request = "GET /connection/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   Sec-WebSocket-Protocol:\r\n\r\n";
    raw.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(raw.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the published accept key: {head}");
    raw
}

async fn close_code(raw: &mut TcpStream) -> u16 {
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), raw.read_to_end(&mut answer)).await.unwrap().ok();
    // A close frame of the server: 0x88, length, code.
    let at = answer.windows(2).position(|pair| pair[0] == 0x88).expect("a close frame");
    u16::from_be_bytes([answer[at + 2], answer[at + 3]])
}

#[tokio::test]
async fn handshakes_that_are_none_are_refused() {
    let server = Server::demo().await;
    let http = reqwest::Client::new();
    let url = format!("http://{}/connection/websocket", server.address);
    assert_eq!(http.get(&url).send().await.unwrap().status(), 400);
    let upgrade = |version: &str, origin: &str, protocol: &str| {
        http.get(&url)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-version", version)
            .header("origin", origin)
            .header("sec-websocket-protocol", protocol)
            .send()
    };
    let own = format!("http://{}", server.address);
    assert_eq!(upgrade("12", &own, "").await.unwrap().status(), 426);
    assert_eq!(upgrade("13", "https://evil.example", "").await.unwrap().status(), 403);
    assert_eq!(upgrade("13", &own, "mqtt").await.unwrap().status(), 400);
    for protocol in ["centrifuge-json", "centrifuge-protobuf", "schoolbell-msgpack"] {
        assert_eq!(upgrade("13", &own, protocol).await.unwrap().status(), 101, "{protocol}");
    }
}

#[tokio::test]
async fn one_client_that_misbehaves_does_not_disturb_the_others() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let game = server.open_game(&teacher).await;
    let (_, ada) = guest_in_game(&server, &game, "Ada").await;
    let (_, mallory) = guest_in_game(&server, &game, "Mallory").await;
    let mut ada = Client::connected(&server, &ada).await;
    let mut mallory = Client::connected(&server, &mallory).await;
    let channel = format!("quiz:{}", game.0);
    for client in [&mut ada, &mut mallory] {
        let reply = client.ask(json!({"subscribe":{"channel":channel}})).await;
        assert!(reply["error"].is_null(), "{reply}");
    }
    // Hostile but well formed: each gets a coded error.
    for (method, params, code) in [
        ("quiz.next", json!({"game":game.0}), 1002),
        ("quiz.kick", json!({"game":game.0,"participant":game.0}), 1002),
        ("quiz.answer", json!({"game":game.0,"question":0,"op":"x","answer":{"choice":0}}), 1003),
        ("quiz.answer", json!({"game":game.0,"question":99_999,"op":"x","answer":{"choice":0}}), 1003),
        ("quiz.answer", json!({"game":game.0,"question":-1,"op":"x","answer":{"choice":0}}), 107),
        ("quiz.answer", json!({"game":game.0,"question":0,"op":"x".repeat(65),"answer":{"choice":0}}), 1016),
        ("quiz.answer", json!({"game":game.0,"question":0,"op":"x","answer":{"nothing":0}}), 107),
        ("quiz.state", json!({"game":"00000000-0000-0000-0000-000000000000"}), 1001),
        ("quiz.state", json!([]), 107),
        ("quiz.", json!({}), 104),
        ("nothing.send", json!({}), 108),
        ("chat.send", json!({}), 103),
        ("", json!({}), 108),
    ] {
        let reply = mallory.ask(json!({"rpc":{"method":method,"data":params}})).await;
        assert_eq!(reply["error"]["code"], code, "{method} {params}: {reply}");
    }
    mallory.send_text("{\"id\":1,\"connect\":").await;
    assert_eq!(mallory.closed().await, 3501);
    let state = ada.ask(json!({"rpc":{"method":"quiz.state","data":{"game":game.0}}})).await;
    assert_eq!(state["rpc"]["data"]["players"], 2, "the game knows both: {state}");
    assert_eq!(state["rpc"]["data"]["you"]["nickname"], "Ada");
}

#[tokio::test]
async fn a_flood_of_commands_is_refused_and_the_connection_stays() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let mut client = Client::connected(&server, &token).await;
    let flood: Vec<String> =
        (100..600).map(|id| json!({"id":id,"rpc":{"method":"no.such","data":{}}}).to_string()).collect();
    client.send_text(&flood.join("\n")).await;
    let mut codes = Vec::new();
    while codes.len() < 500 {
        codes.extend(client.messages().await.iter().filter_map(|message| message["error"]["code"].as_u64()));
    }
    assert!(codes.iter().filter(|code| **code == 111).count() > 200, "most of a flood is refused");
    assert!(codes.iter().filter(|code| **code == 108).count() >= 200, "a burst is answered");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let reply = client.ask(json!({"rpc":{"method":"no.such","data":{}}})).await;
    assert_eq!(reply["error"]["code"], 108);
}

#[tokio::test]
async fn a_shutdown_tells_clients_to_come_back() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let mut client = Client::connected(&server, &token).await;
    let app = std::sync::Arc::clone(&server.app);
    let stopping = tokio::spawn(async move {
        app.drain(Duration::from_millis(50)).await;
        app.shut_down().await;
    });
    assert_eq!(client.closed().await, 3001);
    let mut late = Client::open(&server, "").await;
    late.send_text(&json!({"id":1,"connect":{"token":token}}).to_string()).await;
    assert_eq!(late.closed().await, 3001, "who comes while the server goes down is sent away");
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_reader_that_does_not_read_hurts_only_itself() {
    let open = NamespaceOptions { allow_subscribe: true, ..NamespaceOptions::default() };
    let server = Server::start(true, |config| {
        config.namespaces.insert("open".to_owned(), open);
        config.limits.outbox_bytes = 256 * 1024;
    })
    .await;
    let token = server.teacher().await;
    let (mut slow, mut fast) =
        (Client::connected(&server, &token).await, Client::connected(&server, &token).await);
    for client in [&mut slow, &mut fast] {
        client.ask(json!({"subscribe":{"channel":"open:a"}})).await;
    }
    let school = server.app.auth.verify(&token).await.unwrap().school;
    let key = ChannelKey::new(school, Channel::parse("open:a").unwrap());
    // More than the buffers of two sockets on one machine hold.
    const COUNT: usize = 800;
    let data = Payload::of(&"x".repeat(30_000));
    for _ in 0..COUNT {
        let draft = Draft::new(data.clone());
        server.app.node.publish(&key, draft, PublishOptions::default()).await.unwrap();
        let arrived = fast.messages().await;
        assert_eq!(arrived.len(), 1, "the fast one gets each at once");
    }
    let begun = slow.drained_until_closed().await;
    assert!(begun < COUNT, "the slow one was given up on the way");
    let reply = fast.ask(json!({"rpc":{"method":"no.such","data":{}}})).await;
    assert_eq!(reply["error"]["code"], 108);
}
