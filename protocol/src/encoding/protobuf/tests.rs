//! Bytes against the field numbers, and messages against their JSON form.

#![expect(clippy::unwrap_used, reason = "tests")]

mod value;

use super::*;
use crate::{
    channel::Channel,
    codes::{Disconnect, Unsubscribed, error},
    command::{ConnectRequest, Request, SubscribeRequest},
    encoding::{Encoding, tests::any},
    filter::FilterNode,
    payload::Payload,
    push::{ClientInfo, Publication, Push, PushBody},
    reply::{ConnectResult, RefreshResult, Reply, ReplyBody, SubscribeResult},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::Value;

/// A field whose content is short enough for a length of one byte.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    assert!(content.len() < 0x80);
    [&[number << 3 | 2, content.len() as u8][..], content].concat()
}

/// A field whose number is short enough for one byte.
fn number(number: u8, value: u8) -> Vec<u8> {
    assert!(value < 0x80);
    vec![number << 3, value]
}

fn frame(message: &[Vec<u8>]) -> Vec<u8> {
    let message = message.concat();
    assert!(message.len() < 0x80);
    [&[message.len() as u8][..], &message].concat()
}

fn sent(message: &Message) -> Vec<u8> {
    Encoding::Protobuf.encode(message).payload().to_vec()
}

fn reply(id: u32, body: ReplyBody) -> Message {
    Message::Reply(Reply { id, result: Ok(body) })
}

fn push(channel: Option<&str>, body: PushBody) -> Message {
    Message::Push(Push { channel: channel.map(|name| Channel::parse(name).unwrap()), body })
}

#[test]
fn a_pong_and_a_ping_are_an_empty_message() {
    assert_eq!(decode(&[0]).unwrap(), [Command { id: 0, request: Request::Pong }]);
    assert_eq!(sent(&Message::Ping), [0]);
}

#[test]
fn connect_has_its_numbers() {
    let position = [number(3, 1), field(6, b"e"), number(7, 5)].concat();
    let bytes = frame(&[
        number(1, 1),
        field(
            4,
            &[
                field(1, b"t"),
                field(2, b"{}"),
                field(3, &[field(1, b"c"), field(2, &position)].concat()),
                field(4, b"js"),
                field(5, b"1.0"),
                field(6, &[field(1, b"k"), field(2, b"v")].concat()),
                number(7, 1),
                field(8, b"dict is not used"),
            ]
            .concat(),
        ),
    ]);
    let position = SubscribeRequest { recover: true, epoch: "e".into(), offset: 5, ..Default::default() };
    let request = ConnectRequest {
        token: "t".into(),
        data: Some(Payload::from_json(b"{}").unwrap()),
        subs: [("c".to_owned(), position)].into(),
        name: "js".into(),
        version: "1.0".into(),
        headers: [("k".to_owned(), "v".to_owned())].into(),
        flag: 1,
    };
    assert_eq!(decode(&bytes).unwrap(), [Command { id: 1, request: Request::Connect(request) }]);
}

#[test]
fn subscribe_has_its_numbers() {
    let leaf = [field(2, b"k"), field(3, b"in"), field(5, b"v"), field(5, b"w")].concat();
    let filter = [field(1, b"not"), field(6, &leaf)].concat();
    let bytes = frame(&[
        number(1, 2),
        field(
            5,
            &[
                [field(1, b"a:b"), field(2, b"t"), number(3, 1), field(6, b"e"), number(7, 5)].concat(),
                [field(8, b"[1]"), number(9, 1), number(10, 1), number(11, 1), field(12, b"fossil")].concat(),
                [field(13, &filter), number(14, 3), number(15, 1), vec![0x80, 0x01, 2]].concat(),
            ]
            .concat(),
        ),
    ]);
    let leaf = FilterNode {
        key: "k".into(),
        cmp: "in".into(),
        vals: vec!["v".into(), "w".into()],
        ..Default::default()
    };
    let request = SubscribeRequest {
        channel: "a:b".into(),
        token: "t".into(),
        recover: true,
        epoch: "e".into(),
        offset: 5,
        data: Some(Payload::from_json(b"[1]").unwrap()),
        positioned: true,
        recoverable: true,
        join_leave: true,
        delta: "fossil".into(),
        tf: Some(FilterNode { op: "not".into(), nodes: vec![leaf], ..Default::default() }),
        flag: 3,
        kind: 1,
    };
    assert_eq!(decode(&bytes).unwrap(), [Command { id: 2, request: Request::Subscribe(request) }]);
}

#[test]
fn the_other_commands_have_their_numbers() {
    let channel = || field(1, b"c");
    let since = field(8, &[number(1, 3), field(2, b"e")].concat());
    let history = [channel(), number(7, 10), since, number(9, 1)].concat();
    let cases = [
        (6, channel(), r#"{"id":3,"unsubscribe":{"channel":"c"}}"#),
        (7, [channel(), field(2, b"{}")].concat(), r#"{"id":3,"publish":{"channel":"c","data":{}}}"#),
        (8, channel(), r#"{"id":3,"presence":{"channel":"c"}}"#),
        (9, channel(), r#"{"id":3,"presence_stats":{"channel":"c"}}"#),
        (
            10,
            history,
            r#"{"id":3,"history":{"channel":"c","limit":10,"since":{"offset":3,"epoch":"e"},"reverse":true}}"#,
        ),
        (12, field(1, b"x"), r#"{"send":{"data":"x"}}"#),
        (13, [field(1, b"5"), field(2, b"m")].concat(), r#"{"id":3,"rpc":{"method":"m","data":5}}"#),
        (14, field(1, b"t"), r#"{"id":3,"refresh":{"token":"t"}}"#),
        (
            15,
            [channel(), field(2, b"t"), number(3, 1)].concat(),
            r#"{"id":3,"sub_refresh":{"channel":"c","token":"t","type":1}}"#,
        ),
    ];
    for (request, content, json) in cases {
        let bytes = frame(&[number(1, 3), field(request, &content)]);
        assert_eq!(decode(&bytes).unwrap(), Encoding::Json.decode(json.as_bytes()).unwrap(), "{json}");
    }
    // A negative limit is ten bytes long.
    let minus_one = [channel(), vec![0x38], vec![0xff; 9], vec![1]].concat();
    let Request::History(history) =
        decode(&frame(&[number(1, 3), field(10, &minus_one)])).unwrap().remove(0).request
    else {
        unreachable!("field 10 is history")
    };
    assert_eq!(history.limit, -1);
    // `ping` is no command of this version.
    assert!(decode(&frame(&[number(1, 3), field(11, &[])])).is_err());
}

#[test]
fn several_messages_stand_in_one_frame() {
    let bytes = [
        frame(&[number(1, 1), field(4, &field(1, b"t"))]),
        frame(&[number(1, 2), field(5, &field(1, b"c"))]),
    ];
    let commands = decode(&bytes.concat()).unwrap();
    assert_eq!(commands.iter().map(|command| command.id).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn replies_have_their_numbers() {
    let publication = Publication { offset: 4, ..Publication::new(Payload::of(&5)) };
    let subscribed = SubscribeResult {
        expires: true,
        ttl: 60,
        recoverable: true,
        epoch: "e".into(),
        publications: vec![publication],
        recovered: true,
        offset: 3,
        positioned: true,
        data: Some(Payload::of(&1)),
        was_recovering: true,
        delta: true,
    };
    let subscribed_bytes = [
        [number(1, 1), number(2, 60), number(3, 1), field(6, b"e")].concat(),
        [field(7, &[field(4, b"5"), number(6, 4)].concat()), number(8, 1), number(9, 3)].concat(),
        [number(10, 1), field(11, b"1"), number(12, 1), number(13, 1)].concat(),
    ]
    .concat();
    assert_eq!(
        sent(&reply(2, ReplyBody::Subscribe(subscribed.clone()))),
        frame(&[number(1, 2), field(6, &subscribed_bytes)])
    );
    let connected = ConnectResult {
        client: "c".into(),
        version: "v".into(),
        expires: true,
        ttl: 60,
        data: Some(Payload::of(&1)),
        subs: [("#42".to_owned(), SubscribeResult::default())].into(),
        ping: 25,
        pong: true,
        session: "s".into(),
        node: "n".into(),
        time: 7,
    };
    let connected_bytes = [
        [field(1, b"c"), field(2, b"v"), number(3, 1), number(4, 60), field(5, b"1")].concat(),
        field(6, &[field(1, b"#42")].concat()),
        [number(7, 25), number(8, 1), field(9, b"s"), field(10, b"n"), number(11, 7)].concat(),
    ]
    .concat();
    assert_eq!(
        sent(&reply(1, ReplyBody::Connect(connected))),
        frame(&[number(1, 1), field(5, &connected_bytes)])
    );
    let refused = Message::Reply(Reply { id: 3, result: Err(error::TOO_MANY_REQUESTS) });
    let refused_bytes = [number(1, 111), field(2, b"too many requests"), number(3, 1)].concat();
    assert_eq!(sent(&refused), frame(&[number(1, 3), field(2, &refused_bytes)]));
    let refreshed = RefreshResult { expires: true, ttl: 9 };
    assert_eq!(
        sent(&reply(3, ReplyBody::Refresh(refreshed))),
        frame(&[number(1, 3), field(14, &[number(3, 1), number(4, 9)].concat())])
    );
    // Empty results are still there.
    assert_eq!(sent(&reply(3, ReplyBody::Unsubscribe)), [4, 0x08, 3, 0x3a, 0]);
    assert_eq!(sent(&reply(4, ReplyBody::Publish)), [4, 0x08, 4, 0x42, 0]);
}

#[test]
fn pushes_have_their_numbers() {
    let info = ClientInfo {
        user: "u".into(),
        client: "c".into(),
        conn_info: Some(Payload::of(&1)),
        chan_info: Some(Payload::of(&2)),
    };
    let info_bytes = [field(1, b"u"), field(2, b"c"), field(3, b"1"), field(4, b"2")].concat();
    let publication = Publication {
        data: Payload::from_bytes(vec![0xff, 0].into()),
        info: Some(info.clone()),
        offset: 1,
        tags: [("k".to_owned(), "v".to_owned())].into(),
        delta: true,
        time: 9,
        epoch: Some("e".into()),
    };
    let publication_bytes = [
        [field(4, &[0xff, 0]), field(5, &info_bytes), number(6, 1)].concat(),
        field(7, &[field(1, b"k"), field(2, b"v")].concat()),
        [number(8, 1), number(9, 9), field(14, b"e")].concat(),
    ]
    .concat();
    let channel = || field(2, b"a:b");
    let cases = [
        (PushBody::Publication(publication), field(4, &publication_bytes)),
        (PushBody::Join(info.clone()), field(5, &field(1, &info_bytes))),
        (PushBody::Leave(info), field(6, &field(1, &info_bytes))),
        (
            PushBody::Unsubscribe(Unsubscribed::INSUFFICIENT_STATE),
            field(7, &[vec![0x10, 0xc4, 0x13], field(3, b"insufficient state")].concat()),
        ),
    ];
    for (body, bytes) in cases {
        assert_eq!(sent(&push(Some("a:b"), body)), frame(&[field(4, &[channel(), bytes].concat())]));
    }
    let cases = [
        (PushBody::Message(Payload::of(&1)), field(8, &field(1, b"1"))),
        (
            PushBody::Disconnect(Disconnect::SHUTDOWN),
            field(11, &[vec![0x08, 0xb9, 0x17], field(2, b"shutdown")].concat()),
        ),
        (
            PushBody::Refresh(RefreshResult { expires: true, ttl: 9 }),
            field(12, &[number(1, 1), number(2, 9)].concat()),
        ),
    ];
    for (body, bytes) in cases {
        assert_eq!(sent(&push(None, body)), frame(&[field(4, &bytes)]));
    }
}

fn base64(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}

/// How a MessagePack `bin` reads where it is turned into JSON.
fn numbers(bytes: &[u8]) -> Value {
    bytes.to_vec().into()
}

proptest! {
    #[test]
    fn every_message_means_the_same_in_all_encodings(message in any::message()) {
        let reply = wire::Reply::decode_length_delimited(Encoding::Protobuf.encode(&message).payload()).unwrap();
        let json: Value = serde_json::from_slice(&Encoding::Json.encode(&message).payload()).unwrap();
        prop_assert_eq!(&json, &value::reply(&reply, base64));
        let msgpack = Encoding::MsgPack.encode(&message).payload();
        let mut msgpack = rmp_serde::Deserializer::from_read_ref(&msgpack);
        let msgpack = serde_transcode::transcode(&mut msgpack, serde_json::value::Serializer).unwrap();
        prop_assert_eq!(&msgpack, &value::reply(&reply, numbers));
        // One line each, as frames and streams need it.
        prop_assert!(!Encoding::Json.encode(&message).payload().contains(&b'\n'));
    }

    #[test]
    fn lengths_before_messages_are_true(messages in prop::collection::vec(any::message(), 1..4)) {
        let joined: Vec<u8> =
            messages.iter().flat_map(|message| Encoding::Protobuf.encode(message).payload().to_vec()).collect();
        let mut rest = &joined[..];
        for message in &messages {
            prop_assert_eq!(wire::Reply::decode(limits::delimited(&mut rest).unwrap()).unwrap(), message.into());
        }
        prop_assert!(rest.is_empty());
    }
}
