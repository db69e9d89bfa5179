//! What messages look like in each encoding.

#![expect(clippy::unwrap_used, reason = "tests")]

pub(super) mod any;
mod hostile;
mod round;

use super::*;
use crate::{
    channel::Channel,
    codes::{Disconnect, Unsubscribed, error},
    command::Request,
    payload::Payload,
    push::{ClientInfo, Publication, PushBody, SubscribePush},
    reply::{
        ConnectResult, HistoryResult, PresenceResult, PresenceStatsResult, RefreshResult, ReplyBody,
        RpcResult, SubRefreshResult, SubscribeResult,
    },
};
use serde_json::{Value, json};

fn json_of(message: &Message) -> String {
    String::from_utf8(Encoding::Json.encode(message).payload().to_vec()).unwrap()
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
fn json_and_msgpack_read_the_same_commands() {
    let values = [
        json!({"id":1,"connect":{"token":"t","subs":{"x":{"recover":true,"offset":3,"epoch":"e"}}}}),
        json!({"id":2,"publish":{"channel":"a:b","data":{"k":[1,2.5,"ü",null,true,-7]}}}),
        json!({"id":3,"history":{"channel":"a:b","limit":-1,"since":{"offset":3,"epoch":"e"},"reverse":true}}),
        json!({"id":4,"rpc":{"method":"quiz.state","data":{"game":"g"}}}),
        json!({"send":{"data":{}}}),
        json!({"id":5,"subscribe":{"channel":"a","delta":"fossil","type":1,"phase":2,"cursor":"","tf":
            {"op":"and","nodes":[{"key":"k","cmp":"eq","val":"v"},{"key":"k","cmp":"in","vals":["v"]}]}}}),
        json!({"id":6,"sub_refresh":{"channel":"a","token":"t","type":0}}),
        json!({}),
    ];
    let text = values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(
        Encoding::Json.decode(text.as_bytes()).unwrap(),
        Encoding::MsgPack.decode(&msgpack(&values)).unwrap()
    );
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
    assert!(!Encoding::MsgPack.encode(&out).payload().is_empty());
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
    assert_eq!(json_of(&reply(7, ReplyBody::Publish)), r#"{"id":7,"publish":{}}"#);
    assert_eq!(
        json_of(&reply(7, ReplyBody::History(HistoryResult::default()))),
        r#"{"id":7,"history":{"publications":[],"epoch":"","offset":0}}"#
    );
    assert_eq!(json_of(&reply(8, ReplyBody::Rpc(RpcResult::default()))), r#"{"id":8,"rpc":{}}"#);
    assert_eq!(
        json_of(&reply(9, ReplyBody::Refresh(RefreshResult { expires: true, ttl: 60 }))),
        r#"{"id":9,"refresh":{"expires":true,"ttl":60}}"#
    );
    assert_eq!(
        json_of(&reply(9, ReplyBody::SubRefresh(SubRefreshResult::default()))),
        r#"{"id":9,"sub_refresh":{}}"#
    );
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
    let subscribe =
        SubscribePush { recoverable: true, positioned: true, epoch: "e".into(), offset: 3, data: None };
    assert_eq!(
        json_of(&push(PushBody::Subscribe(subscribe))),
        r#"{"push":{"channel":"a:b","subscribe":{"recoverable":true,"positioned":true,"epoch":"e","offset":3}}}"#
    );
}

#[test]
fn pushes_about_the_connection_have_no_channel() {
    let json_of = |body| json_of(&Message::Push(Push { channel: None, body }));
    assert_eq!(
        json_of(PushBody::Message(Payload::of(&json!({"k": 1})))),
        r#"{"push":{"message":{"data":{"k":1}}}}"#
    );
    assert_eq!(
        json_of(PushBody::Disconnect(Disconnect::SHUTDOWN)),
        r#"{"push":{"disconnect":{"code":3001,"reason":"shutdown"}}}"#
    );
    assert_eq!(
        json_of(PushBody::Refresh(RefreshResult { expires: true, ttl: 60 })),
        r#"{"push":{"refresh":{"expires":true,"ttl":60}}}"#
    );
}

#[test]
fn a_delta_over_json_is_a_text_and_says_so() {
    let publication = Publication {
        offset: 2,
        delta: true,
        time: 1_700_000_000_000,
        ..Publication::new(Payload::quoted(br#"{"k":"v"}"#).unwrap())
    };
    assert_eq!(
        json_of(&push(PushBody::Publication(publication))),
        r#"{"push":{"channel":"a:b","pub":{"data":"{\"k\":\"v\"}","offset":2,"delta":true,"time":1700000000000}}}"#
    );
}

#[test]
fn a_stored_publication_comes_back_as_it_was() {
    let publication = Publication {
        info: Some(ClientInfo { user: "u".into(), conn_info: Some(Payload::of(&1)), ..Default::default() }),
        tags: [("k".to_owned(), "v".to_owned())].into(),
        time: 5,
        epoch: Some("e".into()),
        ..Publication::new(Payload::binary(vec![0xff, 0].into()))
    };
    let stored = rmp_serde::to_vec_named(&publication).unwrap();
    assert_eq!(rmp_serde::from_slice::<Publication>(&stored).unwrap(), publication);
}

#[test]
fn a_shared_message_is_encoded_once() {
    let shared = SharedMessage::new(Message::Ping);
    assert_eq!(
        shared.frame(Encoding::Json).bytes().as_ptr(),
        shared.clone().frame(Encoding::Json).bytes().as_ptr()
    );
    assert_eq!(&shared.frame(Encoding::MsgPack).payload()[..], [0x80]);
    assert_eq!(&shared.frame(Encoding::Protobuf).payload()[..], [0]);
}
