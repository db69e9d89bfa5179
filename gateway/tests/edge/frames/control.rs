//! Pings and pongs.

use crate::raw::{
    FIN, PING, PONG, Raw, Seen, TEXT, command, fragments, frame, header, open_server, ping, text,
};

#[tokio::test]
async fn a_ping_brings_its_payload_back_whatever_it_is() {
    let server = open_server(|_| {}).await;
    // Also before anything was said.
    let mut raw = Raw::open(server.address, "").await;
    for size in 0..=125u8 {
        let payload: Vec<u8> = (0..size).map(|byte| byte.wrapping_mul(0x55) ^ 0xff).collect();
        raw.chopped(&ping(&payload), if size % 2 == 0 { 200 } else { 1 }).await;
        assert_eq!(raw.next().await.unwrap(), Seen::pong(payload));
    }
}

#[tokio::test]
async fn a_control_frame_of_more_than_125_bytes_is_a_protocol_error() {
    let server = open_server(|_| {}).await;
    for opcode in [PING, PONG] {
        for size in [126, 65_536] {
            let mut raw = Raw::talking(server.address).await;
            // Refused by its header alone.
            raw.send(&header(FIN | opcode, size)).await;
            assert_eq!(raw.closed().await, 1002, "{opcode:x} {size}");
        }
    }
}

#[tokio::test]
async fn a_control_frame_in_fragments_is_a_protocol_error() {
    let server = open_server(|_| {}).await;
    for opcode in [PING, PONG] {
        let mut raw = Raw::talking(server.address).await;
        raw.send(&fragments(opcode, ["one".as_bytes(), b"two"], &[])).await;
        assert_eq!(raw.closed().await, 1002, "{opcode:x}");
    }
}

#[tokio::test]
async fn pongs_that_nobody_asked_for_are_ignored() {
    let server = open_server(|_| {}).await;
    for query in ["", "?cf_ws_frame_ping_pong=true"] {
        let mut raw = Raw::open(server.address, query).await;
        raw.send(&frame(FIN | PONG, "")).await;
        raw.introduce().await;
        raw.send(&[frame(FIN | PONG, "unasked"), ping("asked")].concat()).await;
        assert_eq!(raw.next().await.unwrap(), Seen::pong("asked"));
        raw.send(&frame(FIN | PONG, [0xff; 125])).await;
        raw.lives().await;
    }
}

#[tokio::test]
async fn ten_pings_bring_ten_pongs_in_their_order() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    let words: Vec<String> = (0..10).map(|at| format!("payload-{at}")).collect();
    let bytes: Vec<u8> = words.iter().flat_map(ping).collect();
    for piece in [bytes.len(), 1, 20] {
        raw.chopped(&bytes, piece).await;
        for word in &words {
            assert_eq!(raw.next().await.unwrap(), Seen::pong(word));
        }
    }
}

#[tokio::test]
async fn of_a_flood_of_pings_the_last_is_answered() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    for _ in 0..20 {
        let flood: Vec<u8> = (0..1_000).flat_map(|at: u32| ping(at.to_be_bytes())).collect();
        raw.send(&flood).await;
    }
    raw.send(&ping("last")).await;
    let mut pongs = 0;
    while raw.next().await.expect("the connection stays") != Seen::pong("last") {
        pongs += 1;
    }
    assert!(pongs >= 20, "a flood is answered now and then");
    raw.lives().await;
}

#[tokio::test]
async fn pings_come_between_the_fragments_of_a_message() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    let command = command(7, 80);
    let pieces = command.as_bytes().chunks(20);
    let bytes = fragments(TEXT, pieces, &ping("between"));
    for piece in [bytes.len(), 1] {
        raw.chopped(&bytes, piece).await;
        for _ in 0..3 {
            assert_eq!(raw.next().await.unwrap(), Seen::pong("between"));
        }
        raw.answered(7).await;
    }
    raw.send(&text(command)).await;
    raw.answered(7).await;
}
