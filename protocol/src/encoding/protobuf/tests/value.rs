//! What a protobuf message says, as the JSON that the protocol describes for it: names, omitted zeros, fields that are
//! always there. Written from the specification, apart from the types that are sent.

use super::wire;
use crate::payload::Payload;
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// How bytes that are no JSON are shown.
type Binary = fn(&[u8]) -> Value;

#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn always(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    fn unless_zero(self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if [json!(0), json!(""), json!(false), json!([]), json!({})].contains(&value) {
            return self;
        }
        self.always(name, value)
    }

    fn payload(self, name: &str, bytes: &Bytes, binary: Binary) -> Self {
        if bytes.is_empty() { self } else { self.always(name, payload(bytes, binary)) }
    }

    fn message(self, name: &str, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.always(name, value),
            None => self,
        }
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

fn payload(bytes: &Bytes, binary: Binary) -> Value {
    Payload::from_bytes(bytes.clone()).read().unwrap_or_else(|_| binary(bytes))
}

pub(super) fn reply(reply: &wire::Reply, binary: Binary) -> Value {
    let id =
        if reply.push.is_some() || *reply == wire::Reply::default() { None } else { Some(reply.id.into()) };
    Object::default()
        .message("id", id)
        .message("error", reply.error.as_ref().map(error))
        .message("push", reply.push.as_ref().map(|it| push(it, binary)))
        .message("connect", reply.connect.as_ref().map(|it| connect(it, binary)))
        .message("subscribe", reply.subscribe.as_ref().map(|it| subscribe(it, binary)))
        .message("unsubscribe", reply.unsubscribe.as_ref().map(|_| json!({})))
        .message("publish", reply.publish.as_ref().map(|_| json!({})))
        .message("presence", reply.presence.as_ref().map(|it| presence(it, binary)))
        .message("presence_stats", reply.presence_stats.as_ref().map(stats))
        .message("history", reply.history.as_ref().map(|it| history(it, binary)))
        .message(
            "rpc",
            reply.rpc.as_ref().map(|it| Object::default().payload("data", &it.data, binary).done()),
        )
        .message("refresh", reply.refresh.as_ref().map(|it| expiry(it.expires, it.ttl)))
        .message("sub_refresh", reply.sub_refresh.as_ref().map(|it| expiry(it.expires, it.ttl)))
        .done()
}

fn error(error: &wire::Error) -> Value {
    Object::default()
        .always("code", error.code)
        .always("message", error.message.as_str())
        .unless_zero("temporary", error.temporary)
        .done()
}

fn expiry(expires: bool, ttl: u32) -> Value {
    Object::default().unless_zero("expires", expires).unless_zero("ttl", ttl).done()
}

fn connect(result: &wire::ConnectResult, binary: Binary) -> Value {
    let subs: Map<_, _> =
        result.subs.iter().map(|(channel, sub)| (channel.clone(), subscribe(sub, binary))).collect();
    Object::default()
        .always("client", result.client.as_str())
        .always("version", result.version.as_str())
        .unless_zero("expires", result.expires)
        .unless_zero("ttl", result.ttl)
        .payload("data", &result.data, binary)
        .unless_zero("subs", subs)
        .unless_zero("ping", result.ping)
        .unless_zero("pong", result.pong)
        .unless_zero("session", result.session.as_str())
        .unless_zero("node", result.node.as_str())
        .always("time", result.time)
        .done()
}

fn subscribe(result: &wire::SubscribeResult, binary: Binary) -> Value {
    Object::default()
        .unless_zero("expires", result.expires)
        .unless_zero("ttl", result.ttl)
        .unless_zero("recoverable", result.recoverable)
        .unless_zero("positioned", result.positioned)
        .unless_zero("epoch", result.epoch.as_str())
        .unless_zero("offset", result.offset)
        .unless_zero("publications", publications(&result.publications, binary))
        .unless_zero("recovered", result.recovered)
        .unless_zero("was_recovering", result.was_recovering)
        .payload("data", &result.data, binary)
        .unless_zero("delta", result.delta)
        .done()
}

fn presence(result: &wire::PresenceResult, binary: Binary) -> Value {
    let clients: Map<_, _> =
        result.presence.iter().map(|(client, it)| (client.clone(), info(it, binary))).collect();
    Object::default().always("presence", clients).done()
}

fn stats(result: &wire::PresenceStatsResult) -> Value {
    Object::default().always("num_clients", result.num_clients).always("num_users", result.num_users).done()
}

fn history(result: &wire::HistoryResult, binary: Binary) -> Value {
    Object::default()
        .always("publications", publications(&result.publications, binary))
        .always("epoch", result.epoch.as_str())
        .always("offset", result.offset)
        .done()
}

fn publications(publications: &[wire::Publication], binary: Binary) -> Value {
    publications.iter().map(|it| publication(it, binary)).collect()
}

fn publication(publication: &wire::Publication, binary: Binary) -> Value {
    let tags: Map<_, _> =
        publication.tags.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    Object::default()
        .always("data", payload(&publication.data, binary))
        .message("info", publication.info.as_ref().map(|it| info(it, binary)))
        .unless_zero("offset", publication.offset)
        .unless_zero("tags", tags)
        .unless_zero("delta", publication.delta)
        .unless_zero("time", publication.time)
        .unless_zero("epoch", publication.epoch.as_str())
        .done()
}

fn info(info: &wire::ClientInfo, binary: Binary) -> Value {
    Object::default()
        .always("user", info.user.as_str())
        .always("client", info.client.as_str())
        .payload("conn_info", &info.conn_info, binary)
        .payload("chan_info", &info.chan_info, binary)
        .done()
}

fn push(push: &wire::Push, binary: Binary) -> Value {
    let membership = |it: &wire::Membership| json!({"info": it.info.as_ref().map(|it| info(it, binary))});
    let reason = |code: u32, reason: &str| json!({"code": code, "reason": reason});
    Object::default()
        .unless_zero("channel", push.channel.as_str())
        .message("pub", push.publication.as_ref().map(|it| publication(it, binary)))
        .message("join", push.join.as_ref().map(membership))
        .message("leave", push.leave.as_ref().map(membership))
        .message("unsubscribe", push.unsubscribe.as_ref().map(|it| reason(it.code, &it.reason)))
        .message("message", push.message.as_ref().map(|it| json!({"data": payload(&it.data, binary)})))
        .message("subscribe", push.subscribe.as_ref().map(|it| subscribed(it, binary)))
        .message("disconnect", push.disconnect.as_ref().map(|it| reason(it.code, &it.reason)))
        .message("refresh", push.refresh.as_ref().map(|it| expiry(it.expires, it.ttl)))
        .done()
}

fn subscribed(push: &wire::Subscribe, binary: Binary) -> Value {
    Object::default()
        .unless_zero("recoverable", push.recoverable)
        .unless_zero("positioned", push.positioned)
        .unless_zero("epoch", push.epoch.as_str())
        .unless_zero("offset", push.offset)
        .payload("data", &push.data, binary)
        .done()
}
