//! Commands: what clients send.

use crate::payload::{self, Payload};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One command of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The client's number for the reply; 0 for `send` and pongs, which have none.
    pub id: u32,
    /// What is asked.
    pub request: Request,
}

/// The kinds of commands.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Present credentials; must come first.
    Connect(ConnectRequest),
    /// Join a channel.
    Subscribe(SubscribeRequest),
    /// Leave a channel.
    Unsubscribe(ChannelRequest),
    /// Publish into a channel.
    Publish(PublishRequest),
    /// Ask who is in a channel.
    Presence(ChannelRequest),
    /// Ask how many are in a channel.
    PresenceStats(ChannelRequest),
    /// Ask for past publications.
    History(HistoryRequest),
    /// Call a method.
    Rpc(RpcRequest),
    /// A message without a reply.
    Send,
    /// Present fresh credentials.
    Refresh(RefreshRequest),
    /// Present a fresh subscription token.
    SubRefresh(SubRefreshRequest),
    /// Answer to a server's ping: a command without number and request.
    Pong,
}

/// Why a command cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCommand {
    /// More than one request under one number.
    #[error("a command carries exactly one request")]
    Ambiguous,
    /// A number without a request that this server knows.
    #[error("a command carries exactly one known request")]
    Empty,
    /// A request that must have a number has none.
    #[error("a command that is replied to has an id above zero")]
    NoId,
}

/// Parameters of `connect`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectRequest {
    /// JWT.
    pub token: String,
    /// For the application.
    #[serde(deserialize_with = "payload::present", skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
    /// Positions of server-side subscriptions to recover.
    pub subs: HashMap<String, SubscribeRequest>,
    /// Name of the client's library.
    pub name: String,
    /// Version of the client.
    pub version: String,
}

/// Parameters of `subscribe`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscribeRequest {
    /// Which channel; empty inside `connect`.
    pub channel: String,
    /// Subscription token.
    pub token: String,
    /// Whether to recover from `offset` and `epoch`.
    pub recover: bool,
    /// Epoch of the last position seen.
    pub epoch: String,
    /// Offset of the last position seen.
    pub offset: u64,
    /// For the application.
    #[serde(deserialize_with = "payload::present", skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
    /// Ask for a positioned subscription.
    pub positioned: bool,
    /// Ask for a recoverable subscription.
    pub recoverable: bool,
    /// Ask for join and leave pushes.
    pub join_leave: bool,
    /// Bit 2: refuse with 112 instead of an unrecovered subscription.
    pub flag: i64,
}

impl SubscribeRequest {
    /// Whether the client wants error 112 instead of an unrecovered subscription.
    #[must_use]
    pub fn rejects_unrecovered(&self) -> bool {
        self.flag & 2 != 0
    }
}

/// Parameters of `unsubscribe`, `presence` and `presence_stats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelRequest {
    /// Which channel.
    pub channel: String,
}

/// Parameters of `publish`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PublishRequest {
    /// Which channel.
    pub channel: String,
    /// What to publish.
    #[serde(deserialize_with = "payload::present", skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
}

/// A place in a channel's stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StreamPosition {
    /// Number of the last publication, 0 before the first.
    pub offset: u64,
    /// Life of the stream; offsets of different epochs cannot be compared.
    pub epoch: String,
}

/// Parameters of `history`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryRequest {
    /// Which channel.
    pub channel: String,
    /// At most so many; 0 asks for the position only; negative or above the server's cap means the cap.
    pub limit: i32,
    /// Begin behind (or, in reverse, before) this position.
    pub since: Option<StreamPosition>,
    /// Newest first.
    pub reverse: bool,
}

/// Parameters of `rpc`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RpcRequest {
    /// `<feature>.<verb>`.
    pub method: String,
    /// Parameters of the method.
    #[serde(deserialize_with = "payload::present", skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
}

/// Parameters of `refresh`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefreshRequest {
    /// JWT.
    pub token: String,
}

/// Parameters of `sub_refresh`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubRefreshRequest {
    /// Which channel.
    pub channel: String,
    /// Subscription token.
    pub token: String,
}

/// The fields of a command as they stand in a JSON or MessagePack map.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct CommandFields {
    id: u32,
    connect: Option<ConnectRequest>,
    subscribe: Option<SubscribeRequest>,
    unsubscribe: Option<ChannelRequest>,
    publish: Option<PublishRequest>,
    presence: Option<ChannelRequest>,
    presence_stats: Option<ChannelRequest>,
    history: Option<HistoryRequest>,
    rpc: Option<RpcRequest>,
    send: Option<serde::de::IgnoredAny>,
    refresh: Option<RefreshRequest>,
    sub_refresh: Option<SubRefreshRequest>,
}

impl TryFrom<CommandFields> for Command {
    type Error = InvalidCommand;

    fn try_from(fields: CommandFields) -> Result<Self, InvalidCommand> {
        let id = fields.id;
        let mut requests = [
            fields.connect.map(Request::Connect),
            fields.subscribe.map(Request::Subscribe),
            fields.unsubscribe.map(Request::Unsubscribe),
            fields.publish.map(Request::Publish),
            fields.presence.map(Request::Presence),
            fields.presence_stats.map(Request::PresenceStats),
            fields.history.map(Request::History),
            fields.rpc.map(Request::Rpc),
            fields.send.map(|_| Request::Send),
            fields.refresh.map(Request::Refresh),
            fields.sub_refresh.map(Request::SubRefresh),
        ]
        .into_iter()
        .flatten();
        match (requests.next(), requests.next(), id) {
            (Some(_), Some(_), _) => Err(InvalidCommand::Ambiguous),
            (Some(Request::Send), None, _) => Ok(Self { id: 0, request: Request::Send }),
            (Some(_), None, 0) => Err(InvalidCommand::NoId),
            (Some(request), None, id) => Ok(Self { id, request }),
            (None, _, 0) => Ok(Self { id: 0, request: Request::Pong }),
            (None, _, _) => Err(InvalidCommand::Empty),
        }
    }
}
