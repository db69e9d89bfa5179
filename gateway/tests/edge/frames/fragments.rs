//! Messages in fragments, in every order.

use crate::raw::{
    CONTINUATION, FIN, PONG, Raw, Seen, TEXT, command, fragments, frame, open_server, ping, text,
};

#[tokio::test]
async fn a_message_may_be_cut_anywhere() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    let command = command(7, 70);
    for at in 0..=command.len() {
        let (one, two) = command.as_bytes().split_at(at);
        let bytes = fragments(TEXT, [one, two], &[]);
        raw.chopped(&bytes, if at % 2 == 0 { bytes.len() } else { 3 }).await;
        raw.answered(7).await;
        raw.send(&fragments(TEXT, [one, b"", two, b""], &ping(""))).await;
        for _ in 0..3 {
            assert_eq!(raw.next().await.unwrap(), Seen::pong(""));
        }
        raw.answered(7).await;
    }
}

#[tokio::test]
async fn a_message_may_come_in_fragments_of_any_size() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    for (size, piece) in
        [(200, 1), (4_000, 1), (65_536, 64), (65_536, 256), (65_536, 4_096), (65_536, 65_535)]
    {
        let command = command(7, size);
        let bytes = fragments(TEXT, command.as_bytes().chunks(piece), &[]);
        raw.send(&bytes).await;
        raw.answered(7).await;
    }
    // Each fragment in a write of its own.
    for chunk in fragments(TEXT, command(8, 100).as_bytes().chunks(1), &frame(FIN | PONG, "x")).chunks(7) {
        raw.chopped(chunk, chunk.len()).await;
    }
    raw.answered(8).await;
}

#[tokio::test]
async fn fragments_in_no_order_are_protocol_errors_and_what_came_before_counts() {
    let server = open_server(|_| {}).await;
    let good = command(7, 60);
    let (one, two) = good.as_bytes().split_at(30);
    let whole = fragments(TEXT, [one, two], &[]);
    let (end, middle) = (frame(FIN | CONTINUATION, two), frame(CONTINUATION, one));
    let cases = [
        ("an end of nothing", false, [end.clone(), text(&good)].concat()),
        ("an end of nothing that is empty", false, frame(FIN | CONTINUATION, "")),
        ("a middle of nothing", false, [middle.clone(), text(&good)].concat()),
        ("a middle, then whole messages", false, [middle.clone(), text(&good), middle.clone()].concat()),
        ("an end behind a whole message", true, [text(&good), end.clone()].concat()),
        ("an end behind fragments", true, [whole.clone(), end.clone()].concat()),
        ("a middle behind fragments", true, [whole, middle, text(&good)].concat()),
        ("a message inside another", false, [frame(TEXT, one), text(&good)].concat()),
        ("a beginning inside a message", false, [frame(TEXT, one), frame(TEXT, two), end.clone()].concat()),
        ("binary inside text", false, [frame(TEXT, one), frame(FIN | 2, two)].concat()),
        ("a ping, then an end of nothing", false, [frame(FIN | PONG, ""), end].concat()),
    ];
    for (what, answered, bytes) in cases {
        for piece in [bytes.len(), 1] {
            let mut raw = Raw::talking(server.address).await;
            // The door may be closed before all is said.
            for chunk in bytes.chunks(piece) {
                if raw.push_on(chunk).await.is_err() {
                    break;
                }
            }
            if answered {
                raw.answered(7).await;
            }
            assert_eq!(raw.closed().await, 1002, "{what}, in pieces of {piece}");
        }
    }
}

#[tokio::test]
async fn fragments_of_nothing_are_an_empty_message() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    raw.send(&fragments(TEXT, [b"".as_slice(); 5], &ping("still"))).await;
    for _ in 0..4 {
        assert_eq!(raw.next().await.unwrap(), Seen::pong("still"));
    }
    assert_eq!(raw.closed().await, 3501);
}
