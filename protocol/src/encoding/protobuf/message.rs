//! Messages of the server to their protobuf messages.

use super::{command::bytes, wire};
use crate::{
    codes::{Disconnect, ErrorBody, Unsubscribed},
    encoding::Message,
    push::{ClientInfo, Publication, Push, PushBody, SubscribePush},
    reply::{
        ConnectResult, HistoryResult, PresenceResult, PresenceStatsResult, RefreshResult, Reply, ReplyBody,
        SubRefreshResult, SubscribeResult,
    },
};

/// Times are signed on the wire.
fn signed(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

impl From<&Message> for wire::Reply {
    fn from(message: &Message) -> Self {
        match message {
            Message::Reply(reply) => reply.into(),
            Message::Push(push) => Self { push: Some(push.into()), ..Self::default() },
            Message::Ping => Self::default(),
        }
    }
}

impl From<&Reply> for wire::Reply {
    fn from(reply: &Reply) -> Self {
        let mut out = Self { id: reply.id, ..Self::default() };
        match &reply.result {
            Err(error) => out.error = Some(error.into()),
            Ok(ReplyBody::Connect(result)) => out.connect = Some(result.into()),
            Ok(ReplyBody::Subscribe(result)) => out.subscribe = Some(result.into()),
            Ok(ReplyBody::Unsubscribe) => out.unsubscribe = Some(wire::Empty {}),
            Ok(ReplyBody::Publish) => out.publish = Some(wire::Empty {}),
            Ok(ReplyBody::Presence(result)) => out.presence = Some(result.into()),
            Ok(ReplyBody::PresenceStats(result)) => out.presence_stats = Some(result.into()),
            Ok(ReplyBody::History(result)) => out.history = Some(result.into()),
            Ok(ReplyBody::Rpc(result)) => out.rpc = Some(wire::Data { data: bytes(result.data.as_ref()) }),
            Ok(ReplyBody::Refresh(result)) => out.refresh = Some(result.into()),
            Ok(ReplyBody::SubRefresh(result)) => out.sub_refresh = Some(result.into()),
        }
        out
    }
}

impl From<&ErrorBody> for wire::Error {
    fn from(error: &ErrorBody) -> Self {
        Self { code: error.code, message: error.message.to_string(), temporary: error.temporary }
    }
}

impl From<&ConnectResult> for wire::ConnectResult {
    fn from(result: &ConnectResult) -> Self {
        Self {
            client: result.client.clone(),
            version: result.version.clone(),
            expires: result.expires,
            ttl: result.ttl,
            data: bytes(result.data.as_ref()),
            subs: result.subs.iter().map(|(channel, sub)| (channel.clone(), sub.into())).collect(),
            ping: result.ping,
            pong: result.pong,
            session: result.session.clone(),
            node: result.node.clone(),
            time: signed(result.time),
        }
    }
}

impl From<&SubscribeResult> for wire::SubscribeResult {
    fn from(result: &SubscribeResult) -> Self {
        Self {
            expires: result.expires,
            ttl: result.ttl,
            recoverable: result.recoverable,
            epoch: result.epoch.clone(),
            publications: result.publications.iter().map(Into::into).collect(),
            recovered: result.recovered,
            offset: result.offset,
            positioned: result.positioned,
            data: bytes(result.data.as_ref()),
            was_recovering: result.was_recovering,
            delta: result.delta,
        }
    }
}

impl From<&PresenceResult> for wire::PresenceResult {
    fn from(result: &PresenceResult) -> Self {
        Self {
            presence: result.presence.iter().map(|(client, info)| (client.clone(), info.into())).collect(),
        }
    }
}

impl From<&PresenceStatsResult> for wire::PresenceStatsResult {
    fn from(&PresenceStatsResult { num_clients, num_users }: &PresenceStatsResult) -> Self {
        Self { num_clients, num_users }
    }
}

impl From<&HistoryResult> for wire::HistoryResult {
    fn from(result: &HistoryResult) -> Self {
        Self {
            publications: result.publications.iter().map(Into::into).collect(),
            epoch: result.epoch.clone(),
            offset: result.offset,
        }
    }
}

impl From<&RefreshResult> for wire::RefreshResult {
    fn from(&RefreshResult { expires, ttl }: &RefreshResult) -> Self {
        Self { expires, ttl }
    }
}

impl From<&RefreshResult> for wire::Refresh {
    fn from(&RefreshResult { expires, ttl }: &RefreshResult) -> Self {
        Self { expires, ttl }
    }
}

impl From<&SubRefreshResult> for wire::Refresh {
    fn from(&SubRefreshResult { expires, ttl }: &SubRefreshResult) -> Self {
        Self { expires, ttl }
    }
}

impl From<&Push> for wire::Push {
    fn from(push: &Push) -> Self {
        let channel = push.channel.as_ref().map(|channel| channel.as_str().to_owned()).unwrap_or_default();
        let mut out = Self { channel, ..Self::default() };
        match &push.body {
            PushBody::Publication(publication) => out.publication = Some(publication.into()),
            PushBody::Join(info) => out.join = Some(wire::Membership { info: Some(info.into()) }),
            PushBody::Leave(info) => out.leave = Some(wire::Membership { info: Some(info.into()) }),
            PushBody::Unsubscribe(reason) => out.unsubscribe = Some(reason.into()),
            PushBody::Subscribe(subscribe) => out.subscribe = Some(subscribe.into()),
            PushBody::Message(data) => out.message = Some(wire::Data { data: bytes(Some(data)) }),
            PushBody::Disconnect(disconnect) => out.disconnect = Some(disconnect.into()),
            PushBody::Refresh(refresh) => out.refresh = Some(refresh.into()),
        }
        out
    }
}

impl From<&ClientInfo> for wire::ClientInfo {
    fn from(info: &ClientInfo) -> Self {
        Self {
            user: info.user.clone(),
            client: info.client.clone(),
            conn_info: bytes(info.conn_info.as_ref()),
            chan_info: bytes(info.chan_info.as_ref()),
        }
    }
}

impl From<&Publication> for wire::Publication {
    fn from(publication: &Publication) -> Self {
        Self {
            data: bytes(Some(&publication.data)),
            info: publication.info.as_ref().map(Into::into),
            offset: publication.offset,
            tags: publication.tags.clone(),
            delta: publication.delta,
            time: signed(publication.time),
            epoch: publication.epoch.clone().unwrap_or_default(),
        }
    }
}

impl From<&Unsubscribed> for wire::Unsubscribe {
    fn from(&Unsubscribed { code, reason }: &Unsubscribed) -> Self {
        Self { code, reason: reason.to_owned() }
    }
}

impl From<&SubscribePush> for wire::Subscribe {
    fn from(subscribe: &SubscribePush) -> Self {
        Self {
            recoverable: subscribe.recoverable,
            epoch: subscribe.epoch.clone(),
            offset: subscribe.offset,
            positioned: subscribe.positioned,
            data: bytes(subscribe.data.as_ref()),
        }
    }
}

impl From<&Disconnect> for wire::Disconnect {
    fn from(&Disconnect { code, reason }: &Disconnect) -> Self {
        Self { code: code.into(), reason: reason.to_owned() }
    }
}
