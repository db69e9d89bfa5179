//! Below HTTP: what the accept loop does with sockets.

use crate::harness::Server;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Far longer than anything here takes: only a test that would hang forever meets it.
const PATIENCE: Duration = Duration::from_secs(30);

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

async fn rest(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ended = timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_client_that_never_finishes_its_head_is_closed() {
    let server = Server::start(true, |config| config.http.header_timeout_s = 1).await;
    for begin in ["", "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut socket = connect(&server).await;
        socket.write_all(begin.as_bytes()).await.unwrap();
        let answer = rest(&mut socket).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    }
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_keep_a_head_open() {
    let server = Server::start(true, |config| config.http.header_timeout_s = 1).await;
    let (mut read, mut write) = connect(&server).await.into_split();
    let dripping = tokio::spawn(async move {
        write.write_all(b"GET /health HTTP/1.1\r\nX-Slow: ").await.unwrap();
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut bytes = Vec::new();
    let _ended = timeout(PATIENCE, read.read_to_end(&mut bytes)).await.unwrap();
    assert!(!bytes.starts_with(b"HTTP/1.1 2"));
    timeout(PATIENCE, dripping).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = Server::demo().await;
    let mut socket = connect(&server).await;
    let head = format!("GET /health HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(200_000));
    let _cut = socket.write_all(head.as_bytes()).await;
    let answer = rest(&mut socket).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn what_is_not_http_is_refused_and_others_go_on() {
    let server = Server::demo().await;
    for noise in [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03".as_slice(), b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n"]
    {
        let mut socket = connect(&server).await;
        socket.write_all(noise).await.unwrap();
        socket.shutdown().await.unwrap();
        let answer = rest(&mut socket).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    assert_eq!(server.get("/health").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn sockets_over_the_bound_wait_for_a_place() {
    let server = Server::start(true, |config| config.http.sockets = 1).await;
    let first = connect(&server).await;
    let mut second = connect(&server).await;
    second.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut byte = [0];
    let early = timeout(Duration::from_millis(200), second.peek(&mut byte)).await;
    assert!(early.is_err(), "the second socket was served beside the first");
    drop(first);
    assert!(rest(&mut second).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn at_shutdown_idle_sockets_end_and_no_new_ones_are_taken() {
    let server = Server::demo().await;
    let address = server.address;
    let mut idle = connect(&server).await;
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut byte = [0];
    idle.peek(&mut byte).await.unwrap();
    timeout(PATIENCE, server.stop_listening()).await.unwrap();
    assert!(rest(&mut idle).await.starts_with("HTTP/1.1 200"));
    assert!(TcpStream::connect(address).await.is_err());
}
