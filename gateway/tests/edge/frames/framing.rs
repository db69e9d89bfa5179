//! Headers: lengths in their forms, masks, reserved bits and opcodes.

use crate::raw::{
    BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, Raw, TEXT, binary, command, frame, open_server, text,
};
use protocol::{Command, Encoding, Request, command::RpcRequest};
use serde_json::{Value, json};

/// Where the length changes its form, and around.
const SIZES: [usize; 10] = [60, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 1_000];

#[tokio::test]
async fn text_of_every_length_form_is_taken_in_pieces_of_any_size() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    for size in SIZES {
        let bytes = text(command(7, size));
        for piece in
            [bytes.len(), 1, 2, 997, 1_460, 16_384].into_iter().filter(|piece| bytes.len() / piece < 2_000)
        {
            raw.chopped(&bytes, piece).await;
            raw.answered(7).await;
        }
    }
}

#[tokio::test]
async fn binary_of_every_length_form_is_taken_in_pieces_of_any_size() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::open(server.address, "?cf_protocol=msgpack").await;
    let pack = |value: &Value| rmp_serde::to_vec_named(value).unwrap();
    raw.send(&binary(pack(&json!({"id":1,"connect":{}})))).await;
    assert_eq!(raw.next().await.unwrap().opcode, BINARY);
    for size in SIZES {
        // The length of the length of a string in MessagePack changes, too.
        let padded = |by: usize| pack(&json!({"id":7,"rpc":{"method":"x","data":"x".repeat(by)}}));
        let by = (0..=size).rev().find(|&by| padded(by).len() <= size).unwrap();
        let bytes = binary(padded(by));
        for piece in [bytes.len(), 1, 997, 1_460].into_iter().filter(|piece| bytes.len() / piece < 2_000) {
            raw.chopped(&bytes, piece).await;
            let answer: Value = rmp_serde::from_slice(&raw.next().await.unwrap().payload).unwrap();
            assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(108)));
        }
    }
}

#[tokio::test]
async fn protobuf_comes_and_goes_in_binary_frames() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::open(server.address, "?cf_protocol=protobuf").await;
    // Command { id: 1, connect: {} }, and Command { id: 2, rpc: { method: "x" } }, each behind its length.
    let bytes =
        [&[0x04, 0x08, 0x01, 0x22, 0x00][..], &[0x07, 0x08, 0x02, 0x6a, 0x03, 0x12, 0x01, b'x']].concat();
    let rpc = Request::Rpc(RpcRequest { method: "x".to_owned(), data: None });
    assert_eq!(Encoding::Protobuf.decode(&bytes[5..]).unwrap(), [Command { id: 2, request: rpc }]);
    raw.chopped(&binary(&bytes), 1).await;
    let (first, second) = (raw.next().await.unwrap(), raw.next().await.unwrap());
    assert_eq!((first.opcode, second.opcode), (BINARY, BINARY));
    assert_eq!(second.payload[1..3], [0x08, 0x02], "the reply to the second command");
}

#[tokio::test]
async fn what_is_framed_well_and_means_nothing_is_a_bad_request() {
    let server = open_server(|_| {}).await;
    for nonsense in [
        "",
        " ",
        "x",
        "null",
        "{",
        "\u{0}",
        "{}\n{}",
        &"x".repeat(125),
        &"x".repeat(126),
        &"x".repeat(65_536),
    ] {
        let mut raw = Raw::open(server.address, "").await;
        raw.send(&text(nonsense)).await;
        assert_eq!(raw.closed().await, 3501, "{nonsense:.20}");
    }
    for query in ["?cf_protocol=msgpack", "?cf_protocol=protobuf"] {
        for nonsense in [&[][..], &[0xc1], &[0xff; 65_535], &[0xff; 65_536]] {
            let mut raw = Raw::open(server.address, query).await;
            raw.send(&binary(nonsense)).await;
            assert_eq!(raw.closed().await, 3501, "{query} {}", nonsense.len());
        }
    }
}

#[tokio::test]
async fn a_length_that_is_not_in_its_shortest_form_is_a_protocol_error() {
    let server = open_server(|_| {}).await;
    for opcode in [TEXT, BINARY, PING] {
        let mut wrong: Vec<Vec<u8>> =
            [0u16, 1, 125].iter().map(|length| [&[0x80 | 126][..], &length.to_be_bytes()].concat()).collect();
        for length in [0u64, 125, 126, 65_535, 1 << 63, u64::MAX] {
            wrong.push([&[0x80 | 127][..], &length.to_be_bytes()].concat());
        }
        for length in wrong {
            let mut raw = Raw::talking(server.address).await;
            raw.send(&[&[FIN | opcode], &length[..]].concat()).await;
            assert_eq!(raw.closed().await, 1002, "{opcode} {length:?}");
        }
    }
}

#[tokio::test]
async fn a_frame_without_a_mask_is_a_protocol_error() {
    let server = open_server(|_| {}).await;
    for opcode in [TEXT, BINARY, CLOSE, PING, PONG] {
        let mut raw = Raw::talking(server.address).await;
        raw.send(&text(command(5, 60))).await;
        raw.send(&[FIN | opcode, 2, b'{', b'}']).await;
        raw.answered(5).await;
        assert_eq!(raw.closed().await, 1002, "{opcode}");
    }
}

#[tokio::test]
async fn a_mask_of_zeros_is_a_mask() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    let payload = command(5, 60);
    raw.send(&[&[FIN | TEXT, 0x80 | 60, 0, 0, 0, 0], payload.as_bytes()].concat()).await;
    raw.answered(5).await;
}

#[tokio::test]
async fn reserved_bits_are_protocol_errors_and_what_came_before_counts() {
    let server = open_server(|_| {}).await;
    for bits in 1..=7u8 {
        for opcode in [TEXT, BINARY, CLOSE, PING, PONG] {
            let wrong = frame(FIN | (bits << 4) | opcode, "");
            let mut raw = Raw::talking(server.address).await;
            raw.send(&[text(command(5, 60)), wrong.clone(), text(command(6, 60))].concat()).await;
            raw.answered(5).await;
            assert_eq!(raw.closed().await, 1002, "{wrong:x?}");
        }
        let mut raw = Raw::talking(server.address).await;
        raw.send(&[frame(TEXT, "{"), frame(FIN | (bits << 4) | CONTINUATION, "}")].concat()).await;
        assert_eq!(raw.closed().await, 1002, "a continuation with {bits}");
    }
}

#[tokio::test]
async fn reserved_opcodes_are_protocol_errors_and_what_came_before_counts() {
    let server = open_server(|_| {}).await;
    for opcode in [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        for payload in ["", "reserved"] {
            let mut raw = Raw::talking(server.address).await;
            let bytes = [text(command(5, 60)), frame(FIN | opcode, payload), text(command(6, 60))].concat();
            raw.chopped(&bytes, if payload.is_empty() { 1 } else { bytes.len() }).await;
            raw.answered(5).await;
            assert_eq!(raw.closed().await, 1002, "{opcode:x}");
        }
    }
}

#[tokio::test]
async fn frames_of_the_other_kind_are_inappropriate() {
    let server = open_server(|_| {}).await;
    for (query, wrong) in
        [("", binary("{}")), ("?cf_protocol=msgpack", text("{}")), ("?cf_protocol=protobuf", text("{}"))]
    {
        let mut raw = Raw::open(server.address, query).await;
        raw.send(&wrong).await;
        assert_eq!(raw.closed().await, 3506, "{query}");
    }
}
