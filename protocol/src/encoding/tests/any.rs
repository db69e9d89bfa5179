//! Any command and any message, for property tests.

use crate::{
    channel::Channel,
    codes::{Disconnect, ErrorBody, Unsubscribed, error},
    command::{
        ChannelRequest, Command, ConnectRequest, HistoryRequest, PublishRequest, RefreshRequest, Request,
        RpcRequest, StreamPosition, SubRefreshRequest, SubscribeRequest,
    },
    encoding::Message,
    filter::FilterNode,
    payload::Payload,
    push::{ClientInfo, Publication, Push, PushBody, SubscribePush},
    reply::{
        ConnectResult, HistoryResult, PresenceResult, PresenceStatsResult, RefreshResult, Reply, ReplyBody,
        RpcResult, SubRefreshResult, SubscribeResult,
    },
};
use bytes::Bytes;
use proptest::{collection, option, prelude::*};
use serde_json::Value;

pub(in crate::encoding) fn json() -> impl Strategy<Value = Value> {
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
            collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            collection::btree_map(".{0,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn json_payload() -> impl Strategy<Value = Payload> {
    json().prop_map(|value| Payload::of(&value))
}

fn payload() -> impl Strategy<Value = Payload> {
    // 0xff is in no JSON text.
    let binary = collection::vec(any::<u8>(), 0..20).prop_map(|mut bytes| {
        bytes.push(0xff);
        Payload::from_bytes(Bytes::from(bytes))
    });
    prop_oneof![3 => json_payload(), 1 => binary]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), ".{0,12}"]
}

fn filter() -> impl Strategy<Value = FilterNode> {
    let leaf = (text(), text(), text(), collection::vec(text(), 0..3))
        .prop_map(|(key, cmp, val, vals)| FilterNode { key, cmp, val, vals, ..Default::default() });
    leaf.prop_recursive(3, 12, 3, |inner| {
        (text(), collection::vec(inner, 0..3)).prop_map(|(op, nodes)| FilterNode {
            op,
            nodes,
            ..Default::default()
        })
    })
}

prop_compose! {
    fn position()(recover: bool, epoch in text(), offset: u64, flag: i64) -> SubscribeRequest {
        SubscribeRequest { recover, epoch, offset, flag, ..Default::default() }
    }
}

prop_compose! {
    fn subscribe()(
        position in position(),
        channel in text(),
        token in text(),
        data in option::of(json_payload()),
        (positioned, recoverable, join_leave) in any::<(bool, bool, bool)>(),
        delta in text(),
        tf in option::of(filter()),
        kind: i32,
    ) -> SubscribeRequest {
        SubscribeRequest { channel, token, data, positioned, recoverable, join_leave, delta, tf, kind, ..position }
    }
}

prop_compose! {
    fn connect()(
        token in text(),
        data in option::of(json_payload()),
        subs in collection::hash_map(text(), position(), 0..3),
        name in text(),
        version in text(),
        headers in collection::hash_map(text(), text(), 0..3),
        flag: i64,
    ) -> ConnectRequest {
        ConnectRequest { token, data, subs, name, version, headers, flag }
    }
}

fn request() -> impl Strategy<Value = Request> {
    let channel = || text().prop_map(|channel| ChannelRequest { channel });
    let since = (any::<u64>(), text()).prop_map(|(offset, epoch)| StreamPosition { offset, epoch });
    let history = (text(), any::<i32>(), option::of(since), any::<bool>())
        .prop_map(|(channel, limit, since, reverse)| HistoryRequest { channel, limit, since, reverse });
    prop_oneof![
        connect().prop_map(Request::Connect),
        subscribe().prop_map(Request::Subscribe),
        channel().prop_map(Request::Unsubscribe),
        (text(), option::of(json_payload()))
            .prop_map(|(channel, data)| Request::Publish(PublishRequest { channel, data })),
        channel().prop_map(Request::Presence),
        channel().prop_map(Request::PresenceStats),
        history.prop_map(Request::History),
        (text(), option::of(json_payload()))
            .prop_map(|(method, data)| Request::Rpc(RpcRequest { method, data })),
        Just(Request::Send),
        text().prop_map(|token| Request::Refresh(RefreshRequest { token })),
        (text(), text(), any::<i32>()).prop_map(|(channel, token, kind)| Request::SubRefresh(
            SubRefreshRequest { channel, token, kind }
        )),
        Just(Request::Pong),
    ]
}

/// A command whose payloads are JSON.
pub(in crate::encoding) fn command() -> impl Strategy<Value = Command> {
    (1..=u32::MAX, request()).prop_map(|(id, request)| {
        let numbered = !matches!(request, Request::Send | Request::Pong);
        Command { id: if numbered { id } else { 0 }, request }
    })
}

prop_compose! {
    fn info()(
        user in text(),
        client in text(),
        conn_info in option::of(payload()),
        chan_info in option::of(payload()),
    ) -> ClientInfo {
        ClientInfo { user, client, conn_info, chan_info }
    }
}

prop_compose! {
    fn publication()(
        data in payload(),
        info in option::of(info()),
        offset: u64,
        tags in collection::btree_map(text(), text(), 0..3),
        delta: bool,
        time in 0..=i64::MAX as u64,
        epoch in option::of(".{1,8}"),
    ) -> Publication {
        Publication { data, info, offset, tags, delta, time, epoch }
    }
}

prop_compose! {
    fn subscribed()(
        (expires, recoverable, positioned) in any::<(bool, bool, bool)>(),
        ttl: u32,
        epoch in text(),
        offset: u64,
        publications in collection::vec(publication(), 0..3),
        (recovered, was_recovering, delta) in any::<(bool, bool, bool)>(),
        data in option::of(payload()),
    ) -> SubscribeResult {
        SubscribeResult {
            expires, ttl, recoverable, positioned, epoch, offset, publications, recovered, was_recovering, data,
            delta,
        }
    }
}

prop_compose! {
    fn connected()(
        (client, version, session, node) in (text(), text(), text(), text()),
        (expires, pong) in any::<(bool, bool)>(),
        (ttl, ping) in any::<(u32, u32)>(),
        data in option::of(payload()),
        subs in collection::btree_map(text(), subscribed(), 0..3),
        time in 0..=i64::MAX as u64,
    ) -> ConnectResult {
        ConnectResult { client, version, expires, ttl, data, subs, ping, pong, session, node, time }
    }
}

fn refusal() -> impl Strategy<Value = ErrorBody> {
    prop_oneof![Just(error::INTERNAL), Just(error::PERMISSION_DENIED), Just(error::CONCURRENT_PAGINATION)]
}

fn body() -> impl Strategy<Value = ReplyBody> {
    let history = (collection::vec(publication(), 0..3), text(), any::<u64>()).prop_map(
        |(publications, epoch, offset)| ReplyBody::History(HistoryResult { publications, epoch, offset }),
    );
    prop_oneof![
        connected().prop_map(ReplyBody::Connect),
        subscribed().prop_map(ReplyBody::Subscribe),
        Just(ReplyBody::Unsubscribe),
        Just(ReplyBody::Publish),
        collection::btree_map(text(), info(), 0..3)
            .prop_map(|presence| ReplyBody::Presence(PresenceResult { presence })),
        any::<(u32, u32)>().prop_map(|(num_clients, num_users)| ReplyBody::PresenceStats(
            PresenceStatsResult { num_clients, num_users }
        )),
        history,
        option::of(payload()).prop_map(|data| ReplyBody::Rpc(RpcResult { data })),
        any::<(bool, u32)>().prop_map(|(expires, ttl)| ReplyBody::Refresh(RefreshResult { expires, ttl })),
        any::<(bool, u32)>()
            .prop_map(|(expires, ttl)| ReplyBody::SubRefresh(SubRefreshResult { expires, ttl })),
    ]
}

fn push() -> impl Strategy<Value = PushBody> {
    let subscribe = (any::<(bool, bool, u64)>(), text(), option::of(payload())).prop_map(
        |((recoverable, positioned, offset), epoch, data)| {
            PushBody::Subscribe(SubscribePush { recoverable, positioned, epoch, offset, data })
        },
    );
    prop_oneof![
        publication().prop_map(PushBody::Publication),
        info().prop_map(PushBody::Join),
        info().prop_map(PushBody::Leave),
        (2000..3000u32).prop_map(|code| PushBody::Unsubscribe(Unsubscribed { code, reason: "left" })),
        subscribe,
        payload().prop_map(PushBody::Message),
        (3000..5000u32).prop_map(|code| PushBody::Disconnect(
            Disconnect::with_code(code).unwrap_or(Disconnect::CONNECTION_CLOSED)
        )),
        any::<(bool, u32)>().prop_map(|(expires, ttl)| PushBody::Refresh(RefreshResult { expires, ttl })),
    ]
}

/// Any message of the server.
pub(in crate::encoding) fn message() -> impl Strategy<Value = Message> {
    let channel =
        option::of("[a-z:#$]{1,20}".prop_map(|name| Channel::parse(&name).ok())).prop_map(Option::flatten);
    prop_oneof![
        (any::<u32>(), body()).prop_map(|(id, body)| Message::Reply(Reply { id, result: Ok(body) })),
        (any::<u32>(), refusal()).prop_map(|(id, error)| Message::Reply(Reply { id, result: Err(error) })),
        (channel, push()).prop_map(|(channel, body)| Message::Push(Push { channel, body })),
        Just(Message::Ping),
    ]
}
