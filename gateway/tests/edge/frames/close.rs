//! The close handshake.

use crate::raw::{
    CLOSE, FIN, PATIENCE, Raw, TEXT, command, fragments, frame, header, open_server, ping, reason, text,
};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;

fn close(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | CLOSE, payload)
}

#[tokio::test]
async fn a_close_frame_is_answered_with_its_code_and_the_socket_ends() {
    let server = open_server(|_| {}).await;
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    {
        for words in ["", "bye", &"é".repeat(61)] {
            for connected in [false, true] {
                let mut raw = Raw::open(server.address, "").await;
                if connected {
                    raw.introduce().await;
                }
                raw.chopped(&close(reason(code, words)), if connected { 1 } else { 200 }).await;
                assert_eq!(raw.closed().await, code);
            }
        }
    }
    let mut raw = Raw::talking(server.address).await;
    raw.send(&close("")).await;
    assert_eq!(raw.closed().await, 1000, "no code is a normal end");
    let mut raw = Raw::talking(server.address).await;
    raw.send(&close(reason(1000, [b'x'; 123]))).await;
    assert_eq!(raw.closed().await, 1000, "the longest reason");
}

#[tokio::test]
async fn codes_that_never_stand_in_a_frame_are_protocol_errors() {
    let server = open_server(|_| {}).await;
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        for words in ["", "bye"] {
            let mut raw = Raw::talking(server.address).await;
            raw.send(&close(reason(code, words))).await;
            assert_eq!(raw.closed().await, 1002, "{code}");
        }
    }
}

#[tokio::test]
async fn close_frames_that_are_none_are_refused() {
    let server = open_server(|_| {}).await;
    let cases = [
        ("half a code", close("x"), 1002),
        ("too long a reason", close(reason(1000, [b'x'; 124])), 1002),
        ("a long length", header(FIN | CLOSE, 65_536), 1002),
        ("in fragments", frame(CLOSE, reason(1000, "")), 1002),
        ("a reason that is no text", close(reason(1000, b"\xce\xba\xed\xa0\x80")), 1007),
        ("a reason cut in a character", close(reason(1000, b"\xe2\x82")), 1007),
    ];
    for (what, bytes, code) in cases {
        let mut raw = Raw::talking(server.address).await;
        raw.send(&bytes).await;
        assert_eq!(raw.closed().await, code, "{what}");
    }
}

#[tokio::test]
async fn what_came_before_a_close_frame_counts_and_what_comes_after_does_not() {
    let server = open_server(|_| {}).await;
    let after = [ping("late"), text(command(8, 60)), close(reason(1001, "")), vec![0xff; 100]].concat();
    let mut raw = Raw::talking(server.address).await;
    raw.send(&[text(command(7, 60)), close(reason(1000, "")), after.clone()].concat()).await;
    raw.answered(7).await;
    assert_eq!(raw.closed().await, 1000);
    // In a write of its own, which may meet a closed door.
    let mut raw = Raw::talking(server.address).await;
    raw.send(&close(reason(4321, ""))).await;
    let _cut = raw.push_on(&after).await;
    assert_eq!(raw.closed().await, 4321);
}

#[tokio::test]
async fn a_close_frame_may_come_between_fragments() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    raw.send(&fragments(TEXT, [b"{".as_slice(), b"}"], &close(reason(1001, "")))).await;
    assert_eq!(raw.closed().await, 1001);
}

#[tokio::test]
async fn a_client_that_does_not_end_its_side_is_dropped() {
    let server = open_server(|_| {}).await;
    for bytes in [close(reason(1000, "")), frame(FIN | 0x3, "")] {
        let mut raw = Raw::talking(server.address).await;
        raw.send(&bytes).await;
        raw.closed().await;
        // Its writes fail once the server has dropped the socket.
        let began = Instant::now();
        while raw.socket.write_all(&[0]).await.is_ok() {
            assert!(began.elapsed() < PATIENCE, "the socket is kept");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn a_client_that_ends_its_side_without_a_word_is_let_go() {
    let server = open_server(|_| {}).await;
    // After a whole message, within a header, within a frame, and between fragments.
    for bytes in [text(command(7, 60)), vec![FIN | TEXT], text("{}")[..7].to_vec(), frame(TEXT, "{")] {
        let mut raw = Raw::talking(server.address).await;
        raw.send(&bytes).await;
        raw.socket.shutdown().await.unwrap();
        assert_eq!(raw.closed_at_last().await, 3000);
    }
}
