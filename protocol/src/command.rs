//! Commands: what clients send.

mod bounded;
mod fields;

use crate::{
    filter::FilterNode,
    payload::{self, Payload},
};
pub(crate) use fields::CommandFields;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most positions of server-side subscriptions in a `connect`.
pub const MAX_SUBS: usize = 512;
/// Most headers in a `connect`.
pub const MAX_HEADERS: usize = 64;
/// Most nodes and values, counted together, in one tags filter. What a filter may hold to be taken is decided where it
/// is compiled; this keeps a frame from growing in memory before that.
pub const MAX_FILTER_PARTS: usize = 1024;

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
    /// Positions of server-side subscriptions to recover, by channel. Only `recover`, `epoch`, `offset` and `flag` are
    /// read.
    #[serde(deserialize_with = "bounded::positions", serialize_with = "bounded::write_positions")]
    pub subs: HashMap<String, SubscribeRequest>,
    /// Name of the client's library.
    pub name: String,
    /// Version of the client.
    pub version: String,
    /// In the place of HTTP headers, which browsers cannot set on a WebSocket.
    #[serde(deserialize_with = "bounded::headers")]
    pub headers: HashMap<String, String>,
    /// Bit 1: channels may be told by number. Never done here.
    pub flag: i64,
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
    /// Kind of delta that the client can apply: `fossil`, or empty.
    pub delta: String,
    /// Which publications the client wants, by their tags.
    #[serde(deserialize_with = "bounded::filter", skip_serializing_if = "Option::is_none")]
    pub tf: Option<FilterNode>,
    /// Bit 2: refuse with 112 instead of an unrecovered subscription.
    pub flag: i64,
    /// Kind of subscription; 0 is the only one that this server has.
    #[serde(rename = "type")]
    pub kind: i32,
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
    /// Kind of refresh; 0 is the only one that this server has.
    #[serde(rename = "type")]
    pub kind: i32,
}
