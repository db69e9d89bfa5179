//! The largest message: refused with 1009 by what is announced, before it comes.

use crate::raw::{
    BINARY, CONTINUATION, FIN, Raw, Seen, TEXT, binary, command, fragments, frame, header, open_server, ping,
    text,
};

const LIMIT: usize = 65_536;

#[tokio::test]
async fn a_message_over_the_limit_is_refused_by_its_header() {
    let server = open_server(|_| {}).await;
    for opcode in [TEXT, BINARY] {
        for length in [LIMIT as u64 + 1, 1 << 20, 1 << 32, 1 << 62, (1 << 63) - 1] {
            let mut raw = Raw::talking(server.address).await;
            let header = header(FIN | opcode, length);
            // Not even the mask is waited for.
            raw.send(&header[..header.len() - 4]).await;
            assert_eq!(raw.closed().await, 1009, "{length}");
        }
    }
}

#[tokio::test]
async fn a_message_over_the_limit_that_comes_whole_is_told_why() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    raw.send(&text(command(7, LIMIT + 1))).await;
    assert_eq!(raw.closed().await, 1009);
    // Far more than what is taken at once: still no reset before the code.
    let mut raw = Raw::open(server.address, "?cf_protocol=msgpack").await;
    raw.send(&binary(vec![0; LIMIT * 10])).await;
    assert_eq!(raw.closed().await, 1009);
}

#[tokio::test]
async fn fragments_count_together() {
    let server = open_server(|_| {}).await;
    let exactly = command(7, LIMIT);
    let mut raw = Raw::talking(server.address).await;
    raw.send(&fragments(TEXT, exactly.as_bytes().chunks(1_000), &ping(""))).await;
    for _ in 0..65 {
        raw.next().await;
    }
    raw.answered(7).await;
    for piece in [LIMIT, 1_000, 60] {
        let mut raw = Raw::talking(server.address).await;
        for (at, chunk) in vec![b'x'; LIMIT].chunks(piece).enumerate() {
            raw.send(&frame(if at == 0 { TEXT } else { CONTINUATION }, chunk)).await;
        }
        raw.send(&ping("so far")).await;
        assert_eq!(raw.next().await.unwrap(), Seen::pong("so far"));
        raw.send(&frame(FIN | CONTINUATION, "x")).await;
        assert_eq!(raw.closed().await, 1009, "in pieces of {piece}");
    }
}

#[tokio::test]
async fn a_message_in_endless_fragments_is_refused() {
    let server = open_server(|_| {}).await;
    for piece in ["", "x"] {
        let mut raw = Raw::talking(server.address).await;
        raw.send(&frame(TEXT, piece)).await;
        let more: Vec<u8> = (0..500).flat_map(|_| frame(CONTINUATION, piece)).collect();
        let mut sent = 0;
        while raw.push_on(&more).await.is_ok() && sent < 100 {
            sent += 1;
        }
        assert_eq!(raw.closed().await, 1009);
    }
}

#[tokio::test]
async fn the_limit_is_the_operators() {
    let server = open_server(|config| config.limits.message_bytes = 100).await;
    let mut raw = Raw::open(server.address, "").await;
    raw.introduce().await;
    raw.send(&text(command(7, 100))).await;
    raw.answered(7).await;
    raw.send(&header(FIN | TEXT, 101)).await;
    assert_eq!(raw.closed().await, 1009);
}
