//! Commands to and from their protobuf messages.

use super::wire;
use crate::{
    command::{
        ChannelRequest, Command, CommandFields, ConnectRequest, HistoryRequest, PublishRequest,
        RefreshRequest, Request, RpcRequest, StreamPosition, SubRefreshRequest, SubscribeRequest,
    },
    filter::FilterNode,
    payload::Payload,
};
use bytes::Bytes;

/// Absent and empty are one in protobuf.
fn payload(bytes: Bytes) -> Option<Payload> {
    (!bytes.is_empty()).then(|| Payload::from_bytes(bytes))
}

pub(super) fn bytes(payload: Option<&Payload>) -> Bytes {
    payload.map(|payload| payload.bytes().clone()).unwrap_or_default()
}

impl From<wire::Command> for CommandFields {
    fn from(command: wire::Command) -> Self {
        let mut fields = Self::new(command.id);
        fields.add(command.connect.map(|request| Request::Connect(request.into())));
        fields.add(command.subscribe.map(|request| Request::Subscribe(request.into())));
        fields.add(command.unsubscribe.map(|request| Request::Unsubscribe(request.into())));
        fields.add(command.publish.map(|request| Request::Publish(request.into())));
        fields.add(command.presence.map(|request| Request::Presence(request.into())));
        fields.add(command.presence_stats.map(|request| Request::PresenceStats(request.into())));
        fields.add(command.history.map(|request| Request::History(request.into())));
        fields.add(command.send.map(|wire::Empty {}| Request::Send));
        fields.add(command.rpc.map(|request| Request::Rpc(request.into())));
        fields.add(command.refresh.map(|request| Request::Refresh(request.into())));
        fields.add(command.sub_refresh.map(|request| Request::SubRefresh(request.into())));
        fields
    }
}

impl From<&Command> for wire::Command {
    fn from(command: &Command) -> Self {
        let mut out = Self { id: command.id, ..Self::default() };
        match command.request.clone() {
            Request::Connect(request) => out.connect = Some(request.into()),
            Request::Subscribe(request) => out.subscribe = Some(request.into()),
            Request::Unsubscribe(request) => out.unsubscribe = Some(request.into()),
            Request::Publish(request) => out.publish = Some(request.into()),
            Request::Presence(request) => out.presence = Some(request.into()),
            Request::PresenceStats(request) => out.presence_stats = Some(request.into()),
            Request::History(request) => out.history = Some(request.into()),
            Request::Rpc(request) => out.rpc = Some(request.into()),
            Request::Send => out.send = Some(wire::Empty {}),
            Request::Refresh(request) => out.refresh = Some(request.into()),
            Request::SubRefresh(request) => out.sub_refresh = Some(request.into()),
            Request::Pong => {}
        }
        out
    }
}

impl From<wire::ConnectRequest> for ConnectRequest {
    fn from(request: wire::ConnectRequest) -> Self {
        let wire::ConnectRequest { token, data, subs, name, version, headers, flag } = request;
        let subs = subs.into_iter().map(|(channel, position)| (channel, position.into())).collect();
        Self { token, data: payload(data), subs, name, version, headers, flag }
    }
}

impl From<ConnectRequest> for wire::ConnectRequest {
    fn from(request: ConnectRequest) -> Self {
        let ConnectRequest { token, data, subs, name, version, headers, flag } = request;
        let subs = subs.into_iter().map(|(channel, position)| (channel, position.into())).collect();
        Self { token, data: bytes(data.as_ref()), subs, name, version, headers, flag }
    }
}

impl From<wire::Position> for SubscribeRequest {
    fn from(position: wire::Position) -> Self {
        let wire::Position { recover, epoch, offset, flag } = position;
        Self { recover, epoch, offset, flag, ..Self::default() }
    }
}

impl From<SubscribeRequest> for wire::Position {
    fn from(request: SubscribeRequest) -> Self {
        let SubscribeRequest { recover, epoch, offset, flag, .. } = request;
        Self { recover, epoch, offset, flag }
    }
}

impl From<wire::SubscribeRequest> for SubscribeRequest {
    fn from(request: wire::SubscribeRequest) -> Self {
        Self {
            channel: request.channel,
            token: request.token,
            recover: request.recover,
            epoch: request.epoch,
            offset: request.offset,
            data: payload(request.data),
            positioned: request.positioned,
            recoverable: request.recoverable,
            join_leave: request.join_leave,
            delta: request.delta,
            tf: request.tf.map(Into::into),
            flag: request.flag,
            kind: request.kind,
        }
    }
}

impl From<SubscribeRequest> for wire::SubscribeRequest {
    fn from(request: SubscribeRequest) -> Self {
        Self {
            channel: request.channel,
            token: request.token,
            recover: request.recover,
            epoch: request.epoch,
            offset: request.offset,
            data: bytes(request.data.as_ref()),
            positioned: request.positioned,
            recoverable: request.recoverable,
            join_leave: request.join_leave,
            delta: request.delta,
            tf: request.tf.map(Into::into),
            flag: request.flag,
            kind: request.kind,
        }
    }
}

impl From<wire::FilterNode> for FilterNode {
    fn from(node: wire::FilterNode) -> Self {
        let wire::FilterNode { op, key, cmp, val, vals, nodes } = node;
        Self { op, key, cmp, val, vals, nodes: nodes.into_iter().map(Into::into).collect() }
    }
}

impl From<FilterNode> for wire::FilterNode {
    fn from(node: FilterNode) -> Self {
        let FilterNode { op, key, cmp, val, vals, nodes } = node;
        Self { op, key, cmp, val, vals, nodes: nodes.into_iter().map(Into::into).collect() }
    }
}

impl From<wire::PublishRequest> for PublishRequest {
    fn from(request: wire::PublishRequest) -> Self {
        Self { channel: request.channel, data: payload(request.data) }
    }
}

impl From<PublishRequest> for wire::PublishRequest {
    fn from(request: PublishRequest) -> Self {
        Self { channel: request.channel, data: bytes(request.data.as_ref()) }
    }
}

impl From<wire::RpcRequest> for RpcRequest {
    fn from(request: wire::RpcRequest) -> Self {
        Self { method: request.method, data: payload(request.data) }
    }
}

impl From<RpcRequest> for wire::RpcRequest {
    fn from(request: RpcRequest) -> Self {
        Self { method: request.method, data: bytes(request.data.as_ref()) }
    }
}

impl From<wire::HistoryRequest> for HistoryRequest {
    fn from(request: wire::HistoryRequest) -> Self {
        let wire::HistoryRequest { channel, limit, since, reverse } = request;
        Self { channel, limit, since: since.map(Into::into), reverse }
    }
}

impl From<HistoryRequest> for wire::HistoryRequest {
    fn from(request: HistoryRequest) -> Self {
        let HistoryRequest { channel, limit, since, reverse } = request;
        Self { channel, limit, since: since.map(Into::into), reverse }
    }
}

/// Both ways between types of the same fields.
macro_rules! alike {
    ($($name:ident { $($field:ident),+ })+) => {$(
        impl From<wire::$name> for $name {
            fn from(wire::$name { $($field),+ }: wire::$name) -> Self {
                Self { $($field),+ }
            }
        }

        impl From<$name> for wire::$name {
            fn from($name { $($field),+ }: $name) -> Self {
                Self { $($field),+ }
            }
        }
    )+};
}

alike! {
    ChannelRequest { channel }
    StreamPosition { offset, epoch }
    RefreshRequest { token }
    SubRefreshRequest { channel, token, kind }
}
