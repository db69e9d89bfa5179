//! Clients that want to harm: slow heads, silence, closed windows, resets, bombs. Each ends by itself, and an honest client
//! beside them gets all that it asks for. What they cost is measured in `memory`.

#[cfg(target_os = "linux")]
mod memory;

use crate::{
    harness::Server,
    raw::{
        BINARY, CLOSE, FIN, PATIENCE, PONG, Raw, Seen, TEXT, binary, command, frame, open_server, ping, text,
    },
};
use futures_util::future::join_all;
use protocol::{Channel, Payload};
use realtime::{ChannelKey, PublishOptions, broker::Draft};
use socket2::SockRef;
use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

/// Waits until the server holds so many connections and no more.
async fn connections_are(server: &Server, count: usize) {
    let began = Instant::now();
    while server.app.node.connection_count() != count {
        assert!(began.elapsed() < PATIENCE, "{} connections are left", server.app.node.connection_count());
        sleep(Duration::from_millis(20)).await;
    }
}

async fn publish(server: &Server, channel: &str, data: Payload) {
    let school = server.app.config.auth.default_school.unwrap();
    let key = ChannelKey::new(school, Channel::parse(channel).unwrap());
    server.app.node.publish(&key, Draft::new(data), PublishOptions::default()).await.unwrap();
}

#[tokio::test]
async fn five_hundred_slow_heads_are_closed_and_others_are_served() {
    let server = open_server(|config| config.http.header_timeout_s = 2).await;
    let slow = |at: usize| {
        let address = server.address;
        async move {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let head =
                ["GET /health HTTP/1.1\r\nX-Slow: ", "GET /connection/websocket HTTP/1.1\r\nHost: x\r\n"];
            socket.write_all(head[at % 2].as_bytes()).await.unwrap();
            let began = Instant::now();
            loop {
                let mut answer = [0; 64];
                match timeout(Duration::from_millis(200), socket.read(&mut answer)).await {
                    // A reset is an end, too.
                    Ok(Ok(0) | Err(_)) => return began.elapsed(),
                    Ok(Ok(_)) => assert!(!answer.starts_with(b"HTTP/1.1 2")),
                    Err(_) => drop(socket.write_all(b"x").await),
                }
                assert!(began.elapsed() < PATIENCE, "a slow head is kept");
            }
        }
    };
    let honest = async {
        let mut raw = Raw::talking(server.address).await;
        for _ in 0..20 {
            assert_eq!(server.get("/health").send().await.unwrap().status(), 200);
            raw.lives().await;
            sleep(Duration::from_millis(50)).await;
        }
        raw
    };
    let (ends, mut raw) = tokio::join!(join_all((0..500).map(slow)), honest);
    assert!(ends.iter().all(|end| *end >= Duration::from_secs(1)), "it was the timeout that ended them");
    raw.lives().await;
}

#[tokio::test]
async fn a_client_that_does_not_begin_is_stale_whatever_else_it_sends() {
    let server = open_server(|config| config.client.connect_timeout_s = 1).await;
    let silent = async {
        let mut raw = Raw::open(server.address, "").await;
        assert_eq!(raw.closed().await, 3502);
    };
    let within_a_frame = async {
        let mut raw = Raw::open(server.address, "").await;
        raw.send(&text(r#"{"id":1,"connect":{}}"#)[..12]).await;
        assert_eq!(raw.closed().await, 3502);
    };
    let drip = |bytes: Vec<u8>, address| async move {
        let mut raw = Raw::open(address, "?cf_ws_frame_ping_pong=true").await;
        let began = Instant::now();
        while raw.push_on(&bytes).await.is_ok() && began.elapsed() < Duration::from_millis(1_500) {
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(raw.closed_at_last().await, 3502);
    };
    let fragments = async {
        let mut raw = Raw::open(server.address, "").await;
        raw.send(&frame(TEXT, "{")).await;
        for _ in 0..15 {
            let _cut = raw.push_on(&frame(0, " ")).await;
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(raw.closed().await, 3502);
    };
    let pings = drip(ping("awake"), server.address);
    let pongs = drip(frame(FIN | PONG, "awake"), server.address);
    tokio::join!(silent, within_a_frame, fragments, pings, pongs);
    connections_are(&server, 0).await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_pings_is_ended() {
    let set = |config: &mut gateway::config::Config| {
        (config.client.ping_interval_s, config.client.pong_timeout_s) = (1, 1);
    };
    let server = open_server(set).await;
    let (mut silent, mut native) =
        (Raw::talking(server.address).await, Raw::open(server.address, "?cf_ws_frame_ping_pong=true").await);
    native.introduce().await;
    assert_eq!(silent.closed_at_last().await, 3012);
    assert_eq!(native.closed_at_last().await, 3012);
}

#[tokio::test]
async fn readers_with_a_closed_window_are_given_up_and_the_others_get_all_in_order() {
    const MESSAGES: usize = 3_000;
    let server = open_server(|config| config.limits.outbox_bytes = 128 * 1_024).await;
    let mut closed = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::narrow(server.address, "").await;
        raw.channel = "open:busy".to_owned();
        raw.introduce().await;
        closed.push(raw);
    }
    let honest = |mut raw: Raw| async move {
        for at in 0..MESSAGES {
            let push = raw.reply().await;
            let data = push["push"]["pub"]["data"].as_str().unwrap().trim_end_matches('x').to_owned();
            assert_eq!(data, at.to_string());
        }
        raw.lives().await;
    };
    let mut readers = Vec::new();
    for _ in 0..3 {
        let mut raw = Raw::open(server.address, "").await;
        raw.channel = "open:busy".to_owned();
        raw.introduce().await;
        readers.push(tokio::spawn(honest(raw)));
    }
    for at in 0..MESSAGES {
        publish(&server, "open:busy", Payload::of(&format!("{at}{}", "x".repeat(2_000)))).await;
        // An honest reader on the same thread needs its turn.
        tokio::task::yield_now().await;
    }
    for reader in readers {
        timeout(PATIENCE, reader).await.unwrap().unwrap();
    }
    // Cut even if they never read: what they are told has its time.
    connections_are(&server, 0).await;
    for mut raw in closed {
        // And cut off, or the system would keep for minutes what they do not take.
        let reset = async {
            while raw
                .socket
                .take_error()
                .unwrap()
                .is_none_or(|error| error.kind() != ErrorKind::ConnectionReset)
            {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, reset).await.expect("a reset");
        raw.widen();
        let mut got = 0;
        while let Some(seen) = raw.next().await {
            assert!(seen.opcode != CLOSE || seen.payload[..2] == 3008u16.to_be_bytes(), "{seen:?}");
            got += 1;
        }
        assert!(got < MESSAGES);
    }
}

#[tokio::test]
async fn a_slow_reader_that_comes_back_in_time_is_told_that_it_was_slow() {
    let server = open_server(|config| config.limits.outbox_bytes = 64 * 1_024).await;
    let mut raw = Raw::narrow(server.address, "").await;
    raw.introduce().await;
    let data = Payload::of(&"x".repeat(10_000));
    for _ in 0..1_000 {
        publish(&server, &raw.channel, data.clone()).await;
        tokio::task::yield_now().await;
    }
    raw.widen();
    assert_eq!(raw.closed_at_last().await, 3008);
}

#[tokio::test]
async fn resets_at_any_moment_leave_nothing_behind() {
    let server = open_server(|_| {}).await;
    let mut honest = Raw::talking(server.address).await;
    let moments: [Vec<u8>; 6] = [
        Vec::new(),
        vec![FIN | TEXT],
        text("{\"id\":1")[..8].to_vec(),
        frame(TEXT, "{"),
        text(r#"{"id":1,"connect":{}}"#),
        [text(r#"{"id":1,"connect":{}}"#), text(command(2, 65_000))].concat(),
    ];
    for bytes in moments {
        for unread in [false, true] {
            let sockets = join_all((0..20).map(|_| Raw::open(server.address, ""))).await;
            for mut raw in sockets {
                raw.send(&bytes).await;
                if unread {
                    sleep(Duration::from_millis(2)).await;
                }
                SockRef::from(&raw.socket).set_linger(Some(Duration::ZERO)).unwrap();
            }
        }
        honest.lives().await;
    }
    connections_are(&server, 1).await;
    honest.lives().await;
}

#[tokio::test]
async fn publishing_to_those_who_are_gone_disturbs_nobody() {
    let server = open_server(|_| {}).await;
    let mut honest = Raw::open(server.address, "").await;
    honest.channel = "open:busy".to_owned();
    honest.introduce().await;
    for _ in 0..30 {
        let mut raw = Raw::open(server.address, "").await;
        raw.channel = "open:busy".to_owned();
        raw.introduce().await;
        SockRef::from(&raw.socket).set_linger(Some(Duration::ZERO)).unwrap();
        drop(raw);
        publish(&server, "open:busy", Payload::of(&"still")).await;
        assert_eq!(honest.reply().await["push"]["pub"]["data"], "still");
    }
    connections_are(&server, 1).await;
}

#[tokio::test]
async fn a_client_may_end_its_side_and_read_to_the_end() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    let commands: Vec<u8> = (1..=50).flat_map(|id| text(command(id, 60))).collect();
    raw.send(&commands).await;
    raw.socket.shutdown().await.unwrap();
    for id in 1..=50 {
        raw.answered(id).await;
    }
    assert_eq!(raw.closed().await, 3000);
    connections_are(&server, 0).await;
}

/// Bombs that fit where an operator allows messages of 32 MiB.
fn large_bombs() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let many = |pair: &str| vec![pair; 1_000_000].join(",");
    let headers = (0..1_000_000).map(|at| format!("\"{at}\":\"\"")).collect::<Vec<_>>().join(",");
    let subs = headers.replace("\"\"", "{}");
    let json = |inside: String| text(format!(r#"{{"id":2,{inside}}}"#));
    // {"id":2,"rpc":{"method":"x","data": …}}
    let packed = b"\x82\xa2id\x02\xa3rpc\x82\xa6method\xa1x\xa4data";
    let msgpack = |bomb: &[u8]| binary([packed, bomb].concat());
    let half_a_map = [&[0xdf, 0, 0x0f, 0x42, 0x40][..], &b"\xa1a\xc0".repeat(999_999)].concat();
    vec![
        (
            "",
            "json, 100,000 deep",
            json(format!(r#""rpc":{{"data":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000))),
        ),
        ("", "json, 100,000 deep and open", json("[".repeat(100_000))),
        ("", "json, 100,000 maps deep", json(format!(r#""rpc":{{"data":{}1"#, r#"{"a":"#.repeat(100_000)))),
        ("", "a million headers", json(format!(r#""connect":{{"headers":{{{headers}}}}}"#))),
        ("", "a million subscriptions", json(format!(r#""connect":{{"subs":{{{subs}}}}}"#))),
        ("", "a million commands", text(vec!["{}"; 1_000_000].join("\n"))),
        ("", "a million ids", json(many("\"id\":2"))),
        ("?cf_protocol=msgpack", "msgpack, 100,000 deep", msgpack(&[0x91; 100_000])),
        ("?cf_protocol=msgpack", "a million pairs, one missing", msgpack(&half_a_map)),
        ("?cf_protocol=protobuf", "a million empty commands", binary(vec![0; 1_000_000])),
    ]
}

#[tokio::test]
async fn bombs_are_bad_requests_even_where_large_messages_are_allowed() {
    let server = open_server(|config| config.limits.message_bytes = 32 << 20).await;
    let mut honest = Raw::talking(server.address).await;
    for (query, what, bytes) in large_bombs() {
        let mut raw = Raw::open(server.address, query).await;
        let hello: &[u8] = match query {
            "" => br#"{"id":1,"connect":{}}"#,
            "?cf_protocol=msgpack" => b"\x82\xa2id\x01\xa7connect\x80",
            _ => &[0x04, 0x08, 0x01, 0x22, 0x00],
        };
        let opcode = if query.is_empty() { TEXT } else { BINARY };
        raw.send(&frame(FIN | opcode, hello)).await;
        assert_eq!(raw.next().await.map(|seen| seen.opcode), Some(opcode), "{what}");
        raw.send(&bytes).await;
        assert_eq!(raw.closed().await, 3501, "{what}");
        honest.lives().await;
    }
    connections_are(&server, 1).await;
}

#[tokio::test]
async fn a_flood_of_pings_leaves_an_honest_client_its_answers() {
    let server = open_server(|_| {}).await;
    let mut honest = Raw::talking(server.address).await;
    let mut attackers = Vec::new();
    for _ in 0..10 {
        let mut raw = Raw::narrow(server.address, "").await;
        attackers.push(tokio::spawn(async move {
            let flood = ping([7; 125]).repeat(500);
            for _ in 0..20 {
                raw.send(&flood).await;
            }
            raw.widen();
            raw.send(&ping("last")).await;
            while raw.next().await.expect("the connection stays") != Seen::pong("last") {}
            raw
        }));
    }
    for _ in 0..50 {
        honest.lives().await;
    }
    for attacker in attackers {
        // The flood had to be read first by those who sent it, and then they are as others.
        timeout(PATIENCE, attacker).await.unwrap().unwrap().introduce().await;
    }
}

#[tokio::test]
async fn commands_whose_answers_are_not_read_end_the_connection() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::narrow(server.address, "").await;
    raw.introduce().await;
    let mut honest = Raw::talking(server.address).await;
    let flood = text(command(7, 60)).repeat(1_000);
    let began = Instant::now();
    while raw.push_on(&flood).await.is_ok() {
        assert!(began.elapsed() < PATIENCE, "answers are queued without end");
        honest.lives().await;
    }
    connections_are(&server, 1).await;
}
