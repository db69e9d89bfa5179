//! The upgrade: what it must say, what it may say, and how the rest is refused.

use crate::{
    harness::Server,
    raw::{PATIENCE, open_server, text},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// A good request, line by line.
const GOOD: [&str; 6] = [
    "GET /connection/websocket HTTP/1.1",
    "Host: x",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// The good request with other lines; an empty one leaves the line out. What has no place yet is added.
fn with(changes: &[&str]) -> String {
    let mut lines: Vec<String> = GOOD.map(str::to_owned).to_vec();
    for change in changes {
        let name = change.split(':').next().unwrap();
        let place = lines.iter_mut().find(|line| line.split(':').next() == Some(name));
        match place {
            Some(line) => (*change).clone_into(line),
            None => lines.push((*change).to_owned()),
        }
    }
    lines.join("\r\n") + "\r\n\r\n"
}

fn without(name: &str) -> String {
    let lines: Vec<&str> = GOOD.into_iter().filter(|line| !line.starts_with(name)).collect();
    lines.join("\r\n") + "\r\n\r\n"
}

/// The head of the answer, in lower case.
async fn asked(server: &Server, request: &str) -> (TcpStream, String) {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match timeout(PATIENCE, socket.read_u8()).await.unwrap() {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    (socket, String::from_utf8(head).unwrap().to_lowercase())
}

async fn status(server: &Server, request: &str) -> u16 {
    let (_, head) = asked(server, request).await;
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| unreachable!("{head}"))
}

#[tokio::test]
async fn a_good_request_is_upgraded_with_the_published_key() {
    let server = open_server(|_| {}).await;
    let (_, head) = asked(&server, &with(&[])).await;
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"), "{head}");
    assert!(head.contains("upgrade: websocket\r\n") && head.contains("connection: upgrade\r\n"), "{head}");
    assert!(!head.contains("sec-websocket-protocol") && !head.contains("sec-websocket-extensions"), "{head}");
}

#[tokio::test]
async fn what_may_be_said_otherwise_is_taken() {
    let server = open_server(|_| {}).await;
    for changes in [
        ["Upgrade: WebSocket"].as_slice(),
        &["Upgrade: WEBSOCKET", "Connection: UPGRADE"],
        &["Upgrade: h2c, websocket"],
        &["Connection: keep-alive, Upgrade"],
        &["Connection: keep-alive,upgrade"],
        // centrifuge-python sends it empty.
        &["Sec-WebSocket-Protocol:"],
        &["Sec-WebSocket-Protocol: "],
        &["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"],
        &["Content-Length: 0"],
        &["GET /connection/websocket?cf_protocol=json&x=%00 HTTP/1.1"],
        &["Origin: http://x"],
        &["Sec-WebSocket-Key:   dGhlIHNhbXBsZSBub25jZQ==  "],
    ] {
        // The request line has a colon of its own in none of these.
        let request = match changes {
            [line] if line.starts_with("GET") => with(&[]).replacen(GOOD[0], line, 1),
            lines => with(lines),
        };
        assert_eq!(status(&server, &request).await, 101, "{changes:?}");
    }
}

#[tokio::test]
async fn the_subprotocol_that_was_chosen_is_named() {
    let server = open_server(|_| {}).await;
    for (offer, chosen) in [
        ("centrifuge-json", "centrifuge-json"),
        ("centrifuge-protobuf", "centrifuge-protobuf"),
        ("schoolbell-msgpack", "schoolbell-msgpack"),
        ("mqtt, centrifuge-protobuf, centrifuge-json", "centrifuge-protobuf"),
    ] {
        let (_, head) = asked(&server, &with(&[&format!("Sec-WebSocket-Protocol: {offer}")])).await;
        assert!(head.starts_with("http/1.1 101"), "{head}");
        assert!(head.contains(&format!("sec-websocket-protocol: {chosen}\r\n")), "{head}");
    }
    let unknown = with(&["Sec-WebSocket-Protocol: mqtt, soap"]);
    assert_eq!(status(&server, &unknown).await, 400, "the client would close it anyway");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_refused() {
    let server = open_server(|_| {}).await;
    for name in ["Host", "Connection", "Upgrade", "Sec-WebSocket-Key"] {
        assert_eq!(status(&server, &without(name)).await, 400, "without {name}");
    }
    for changes in [
        "Connection: keep-alive",
        "Connection: close",
        "Connection: Upgraded",
        "Upgrade: h2c",
        "Upgrade: websocket2",
        // No base64, 15 bytes, 17 bytes, nothing, something behind the padding.
        "Sec-WebSocket-Key: not a key",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU=",
        "Sec-WebSocket-Key:",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==x",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ",
    ] {
        assert_eq!(status(&server, &with(&[changes])).await, 400, "{changes}");
    }
    let twice = with(&["X: y"]).replace("X: y", GOOD[5]);
    assert_eq!(status(&server, &twice).await, 400, "two keys");
    assert_eq!(status(&server, &with(&["Origin: https://evil.example"])).await, 403);
}

#[tokio::test]
async fn another_version_is_told_the_right_one() {
    let server = open_server(|_| {}).await;
    for version in ["0", "7", "8", "12", "14", "013", "13, 8", ""] {
        let (_, head) = asked(&server, &with(&[&format!("Sec-WebSocket-Version: {version}")])).await;
        assert!(head.starts_with("http/1.1 426"), "{version}: {head}");
        assert!(head.contains("sec-websocket-version: 13\r\n"), "{version}: {head}");
    }
    assert_eq!(status(&server, &without("Sec-WebSocket-Version")).await, 426);
}

#[tokio::test]
async fn only_get_of_http_1_1_upgrades() {
    let server = open_server(|_| {}).await;
    for method in ["POST", "PUT", "OPTIONS", "DELETE", "HEAD", "get"] {
        let request = with(&[]).replacen("GET", method, 1);
        let status = status(&server, &request).await;
        assert!((400..500).contains(&status), "{method}: {status}");
    }
    let old = with(&[]).replacen("HTTP/1.1", "HTTP/1.0", 1);
    assert_eq!(status(&server, &old).await, 400);
}

#[tokio::test]
async fn a_request_with_a_body_is_no_handshake() {
    let server = open_server(|_| {}).await;
    for (length, body) in
        [("Content-Length: 5", "hello"), ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")]
    {
        let request = with(&[length]) + body;
        assert_eq!(status(&server, &request).await, 400, "{length}");
    }
}

#[tokio::test]
async fn what_comes_together_with_the_handshake_is_taken() {
    let server = open_server(|_| {}).await;
    let mut bytes = with(&[]).into_bytes();
    bytes.extend(text(r#"{"id":1,"connect":{}}"#));
    // The beginning of another message, whose rest comes later.
    let next = text(r#"{"id":2,"rpc":{"method":"x"}}"#);
    bytes.extend_from_slice(&next[..9]);
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(&bytes).await.unwrap();
    let mut seen = Vec::new();
    let read = |seen: &[u8], words: &str| String::from_utf8_lossy(seen).contains(words);
    while !read(&seen, r#""connect":{"#) {
        assert_ne!(timeout(PATIENCE, socket.read_buf(&mut seen)).await.unwrap().unwrap(), 0);
    }
    socket.write_all(&next[9..]).await.unwrap();
    while !read(&seen, r#""id":2"#) {
        assert_ne!(timeout(PATIENCE, socket.read_buf(&mut seen)).await.unwrap().unwrap(), 0);
    }
}
