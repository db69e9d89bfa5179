#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use crate::{
    channel::Channel,
    codes::{Unsubscribed, error},
    command::Request,
    payload::Payload,
    push::{ClientInfo, Publication, PushBody},
    reply::{ConnectResult, PresenceResult, PresenceStatsResult, ReplyBody, SubscribeResult},
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn json_of(message: &Message) -> String {
    String::from_utf8(Encoding::Json.encode(message).to_vec()).unwrap()
}

fn reply(id: u32, body: ReplyBody) -> Message {
    Message::Reply(Reply { id, result: Ok(body) })
}

fn msgpack(values: &[Value]) -> Vec<u8> {
    values.iter().flat_map(|value| rmp_serde::to_vec_named(value).unwrap()).collect()
}

#[test]
fn pipelined_commands_are_read_in_order() {
    let frame = b"{\"id\":1,\"connect\":{\"token\":\"t\",\"data\":null,\"unknown\":1}}\n{\"id\":2,\"subscribe\":{\"channel\":\"a:b\",\"recover\":true,\"offset\":5,\"epoch\":\"e\",\"flag\":1}}\n{}\n";
    let commands = Encoding::Json.decode(frame).unwrap();
    assert_eq!(commands.len(), 3);
    assert!(matches!(&commands[0].request, Request::Connect(connect) if connect.token == "t"));
    assert!(matches!(&commands[1].request, Request::Subscribe(sub) if sub.offset == 5 && sub.recover));
    assert_eq!(commands[2].request, Request::Pong);
}

#[test]
fn both_encodings_read_the_same_commands() {
    let values = [
        json!({"id":1,"connect":{"token":"t","subs":{"x":{"recover":true,"offset":3,"epoch":"e"}}}}),
        json!({"id":2,"publish":{"channel":"a:b","data":{"k":[1,2.5,"ü",null,true,-7]}}}),
        json!({"id":3,"history":{"channel":"a:b","limit":-1,"since":{"offset":3,"epoch":"e"},"reverse":true}}),
        json!({"id":4,"rpc":{"method":"quiz.state","data":{"game":"g"}}}),
        json!({"send":{"data":{}}}),
        json!({}),
    ];
    let text = values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(
        Encoding::Json.decode(text.as_bytes()).unwrap(),
        Encoding::MsgPack.decode(&msgpack(&values)).unwrap()
    );
}

#[test]
fn frames_that_are_no_commands_are_refused() {
    for frame in [
        "",
        "\n",
        " ",
        "x",
        "[]",
        "{\"id\":1}",
        "{\"id\":0,\"connect\":{}}",
        "{\"id\":-1,\"connect\":{}}",
        "{}\n\n{}",
        "{\"id\":1,\"connect\":{},\"rpc\":{\"method\":\"m\"}}",
        "{\"id\":1,\"ping\":{}}",
        "{\"id\":1,\"connect\":\"x\"}",
        "{\"id\":4294967296,\"connect\":{}}",
        "{\"id\":1,\"connect\":{}",
    ] {
        assert!(Encoding::Json.decode(frame.as_bytes()).is_err(), "{frame:?}");
    }
    assert!(Encoding::Json.decode(b"{\"id\":1,\"rpc\":{\"method\":\"\xff\"}}").is_err());
    assert!(Encoding::MsgPack.decode(&[]).is_err());
    assert!(Encoding::MsgPack.decode(&[0xc1]).is_err());
}

#[test]
fn payloads_that_another_encoding_cannot_carry_are_refused() {
    for data in ["1e999", "-1e999", r#""\ud800""#, r#"{"k":["\udc00"]}"#] {
        let frame = format!(r#"{{"id":1,"publish":{{"channel":"c","data":{data}}}}}"#);
        assert!(Encoding::Json.decode(frame.as_bytes()).is_err(), "{data}");
        assert!(Payload::from_json(data.as_bytes()).is_err(), "{data}");
    }
    // Beyond 64 bits a number is carried as a float.
    let large = Payload::from_json(b"123456789012345678901234567890").unwrap();
    let out = push(PushBody::Publication(Publication::new(large)));
    assert!(!Encoding::MsgPack.encode(&out).is_empty());
}

#[test]
fn bombs_are_refused_before_they_are_decoded() {
    let deep = format!(
        "{{\"id\":1,\"rpc\":{{\"method\":\"m\",\"data\":{}1{}}}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(matches!(Encoding::Json.decode(deep.as_bytes()), Err(DecodeError::TooDeep)));
    // Brackets inside a text are no nesting.
    let text = format!("{{\"id\":1,\"rpc\":{{\"method\":\"m\",\"data\":\"\\\"{}\"}}}}", "[".repeat(1000));
    assert!(Encoding::Json.decode(text.as_bytes()).is_ok());
    assert!(matches!(
        Encoding::MsgPack.decode(&vec![0x91; 100_000]),
        Err(DecodeError::TooDeep | DecodeError::Malformed(_))
    ));
    // {"": [[[…]]]}
    let mut nested = vec![0x81, 0xa0];
    nested.extend([0x91; 200]);
    nested.push(0xc0);
    assert!(matches!(Encoding::MsgPack.decode(&nested), Err(DecodeError::TooDeep)));
    let lies: [&[u8]; 4] = [
        &[0xdd, 0xff, 0xff, 0xff, 0xff],
        &[0xdf, 0x7f, 0xff, 0xff, 0xff],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xc6, 0, 1, 0, 0],
    ];
    for lie in lies {
        // {"": <a length that the frame does not hold>}
        let frame = [&[0x81, 0xa0][..], lie].concat();
        assert!(matches!(Encoding::MsgPack.decode(&frame), Err(DecodeError::Malformed(_))), "{lie:?}");
    }
    let many = "{}\n".repeat(MAX_COMMANDS + 1);
    assert!(matches!(Encoding::Json.decode(many.as_bytes()), Err(DecodeError::TooMany)));
}

#[test]
fn replies_omit_zero_values_but_not_empty_results() {
    assert_eq!(json_of(&reply(3, ReplyBody::Unsubscribe)), r#"{"id":3,"unsubscribe":{}}"#);
    assert_eq!(
        json_of(&reply(2, ReplyBody::Subscribe(SubscribeResult::default()))),
        r#"{"id":2,"subscribe":{}}"#
    );
    assert_eq!(
        json_of(&reply(5, ReplyBody::Presence(PresenceResult::default()))),
        r#"{"id":5,"presence":{"presence":{}}}"#
    );
    assert_eq!(
        json_of(&reply(6, ReplyBody::PresenceStats(PresenceStatsResult::default()))),
        r#"{"id":6,"presence_stats":{"num_clients":0,"num_users":0}}"#
    );
    assert_eq!(
        json_of(&Message::Reply(Reply { id: 2, result: Err(error::TOO_MANY_REQUESTS) })),
        r#"{"id":2,"error":{"code":111,"message":"too many requests","temporary":true}}"#
    );
    assert_eq!(json_of(&Message::Ping), "{}");
    let connect = ConnectResult {
        client: "c".into(),
        version: "1".into(),
        ping: 25,
        pong: true,
        time: 7,
        ..Default::default()
    };
    assert_eq!(
        json_of(&reply(1, ReplyBody::Connect(connect))),
        r#"{"id":1,"connect":{"client":"c","version":"1","ping":25,"pong":true,"time":7}}"#
    );
}

fn push(body: PushBody) -> Message {
    Message::Push(Push { channel: Some(Channel::parse("a:b").unwrap()), body })
}

#[test]
fn pushes_have_the_protocols_shape() {
    let info = ClientInfo { user: "42".into(), client: "c".into(), conn_info: None, chan_info: None };
    let mut publication = Publication::new(Payload::from_json(b"{\"x\":\n[1]}").unwrap());
    publication.offset = 1;
    publication.epoch = Some("e".into());
    publication.info = Some(info.clone());
    assert_eq!(
        json_of(&push(PushBody::Publication(publication))),
        r#"{"push":{"channel":"a:b","pub":{"data":{"x":[1]},"info":{"user":"42","client":"c"},"offset":1,"epoch":"e"}}}"#
    );
    assert_eq!(
        json_of(&push(PushBody::Leave(info))),
        r#"{"push":{"channel":"a:b","leave":{"info":{"user":"42","client":"c"}}}}"#
    );
    assert_eq!(
        json_of(&push(PushBody::Unsubscribe(Unsubscribed::INSUFFICIENT_STATE))),
        r#"{"push":{"channel":"a:b","unsubscribe":{"code":2500,"reason":"insufficient state"}}}"#
    );
}

#[test]
fn frames_join_messages_as_their_encoding_asks() {
    let messages = [Bytes::from_static(b"{}"), Bytes::from_static(b"{}")];
    assert_eq!(&Encoding::Json.join(&messages)[..], b"{}\n{}");
    assert_eq!(&Encoding::MsgPack.join(&messages)[..], b"{}{}");
}

#[test]
fn a_shared_message_is_encoded_once() {
    let shared = SharedMessage::new(Message::Ping);
    assert_eq!(shared.encoded(Encoding::Json).as_ptr(), shared.clone().encoded(Encoding::Json).as_ptr());
    assert_eq!(&shared.encoded(Encoding::MsgPack)[..], [0x80]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_payload_survives_any_way_through_both_encodings(value in any_json()) {
        let command = json!({"id":1,"publish":{"channel":"c","data":value}});
        let read = |request: Request| match request {
            Request::Publish(publish) => publish.data.unwrap().read::<Value>().unwrap(),
            other => panic!("{other:?}"),
        };
        let from_text = Encoding::Json.decode(command.to_string().as_bytes()).unwrap().remove(0).request;
        let from_binary = Encoding::MsgPack.decode(&msgpack(&[command])).unwrap().remove(0).request;
        prop_assert_eq!(read(from_text), value.clone());
        prop_assert_eq!(read(from_binary), value.clone());
        let out = push(PushBody::Publication(Publication::new(Payload::of(&value))));
        let binary: Value = rmp_serde::from_slice(&Encoding::MsgPack.encode(&out)).unwrap();
        let text: Value = serde_json::from_slice(&Encoding::Json.encode(&out)).unwrap();
        prop_assert_eq!(&text["push"]["pub"]["data"], &value);
        prop_assert_eq!(binary, text);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for encoding in [Encoding::Json, Encoding::MsgPack] {
            if let Ok(commands) = encoding.decode(&bytes) {
                prop_assert!(!commands.is_empty());
            }
        }
    }
}
