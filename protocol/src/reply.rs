//! Replies: what the server answers to commands.

use crate::{codes::ErrorBody, payload::Payload, push::ClientInfo, push::Publication};
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::collections::BTreeMap;
use std::ops::Not;

/// A reply to a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The command's number.
    pub id: u32,
    /// Its result, or why there is none.
    pub result: Result<ReplyBody, ErrorBody>,
}

/// Results by kind of command.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplyBody {
    /// Of `connect`.
    Connect(ConnectResult),
    /// Of `subscribe`.
    Subscribe(SubscribeResult),
    /// Of `unsubscribe`.
    Unsubscribe,
    /// Of `publish`.
    Publish,
    /// Of `presence`.
    Presence(PresenceResult),
    /// Of `presence_stats`.
    PresenceStats(PresenceStatsResult),
    /// Of `history`.
    History(HistoryResult),
    /// Of `rpc`.
    Rpc(RpcResult),
    /// Of `refresh`.
    Refresh(RefreshResult),
    /// Of `sub_refresh`.
    SubRefresh(SubRefreshResult),
}

/// Result of `connect`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConnectResult {
    /// Id of the connection.
    pub client: String,
    /// Version of the server, never empty.
    pub version: String,
    /// Whether the client must refresh.
    #[serde(skip_serializing_if = "Not::not")]
    pub expires: bool,
    /// Seconds until it must.
    #[serde(skip_serializing_if = "is_zero")]
    pub ttl: u32,
    /// For the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
    /// Server-side subscriptions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subs: BTreeMap<String, SubscribeResult>,
    /// Seconds between the server's pings.
    #[serde(skip_serializing_if = "is_zero")]
    pub ping: u32,
    /// Whether pings must be answered.
    #[serde(skip_serializing_if = "Not::not")]
    pub pong: bool,
    /// Where commands are sent to on transports that only carry the server's messages; empty on others.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// The node that holds the session; empty as `session` is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// Server time, milliseconds.
    pub time: u64,
}

/// Result of `subscribe`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SubscribeResult {
    /// Whether the client must refresh the subscription.
    #[serde(skip_serializing_if = "Not::not")]
    pub expires: bool,
    /// Seconds until it must.
    #[serde(skip_serializing_if = "is_zero")]
    pub ttl: u32,
    /// Whether the subscription can be recovered later.
    #[serde(skip_serializing_if = "Not::not")]
    pub recoverable: bool,
    /// Whether the subscription has a position.
    #[serde(skip_serializing_if = "Not::not")]
    pub positioned: bool,
    /// Life of the stream.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// The position: the stream's top, or the request's offset when `publications` lead on from there.
    #[serde(skip_serializing_if = "is_zero_u64")]
    pub offset: u64,
    /// What was missed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub publications: Vec<Publication>,
    /// Whether nothing is missing.
    #[serde(skip_serializing_if = "Not::not")]
    pub recovered: bool,
    /// Whether recovery was tried.
    #[serde(skip_serializing_if = "Not::not")]
    pub was_recovering: bool,
    /// For the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
    /// Whether publications may come as deltas.
    #[serde(skip_serializing_if = "Not::not")]
    pub delta: bool,
}

/// Result of `presence`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PresenceResult {
    /// By connection id.
    pub presence: BTreeMap<String, ClientInfo>,
}

/// Result of `presence_stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PresenceStatsResult {
    /// Connections.
    pub num_clients: u32,
    /// Different users among them.
    pub num_users: u32,
}

/// Result of `history`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HistoryResult {
    /// Past publications.
    pub publications: Vec<Publication>,
    /// Life of the stream.
    pub epoch: String,
    /// Offset of the stream's top.
    pub offset: u64,
}

/// Result of `rpc`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RpcResult {
    /// Result of the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
}

/// Result of `refresh`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RefreshResult {
    /// Whether the client must refresh again.
    #[serde(skip_serializing_if = "Not::not")]
    pub expires: bool,
    /// Seconds until it must.
    #[serde(skip_serializing_if = "is_zero")]
    pub ttl: u32,
}

/// Result of `sub_refresh`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SubRefreshResult {
    /// Whether the client must refresh again.
    #[serde(skip_serializing_if = "Not::not")]
    pub expires: bool,
    /// Seconds until it must.
    #[serde(skip_serializing_if = "is_zero")]
    pub ttl: u32,
}

#[derive(Serialize)]
struct Empty {}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero_u64(value: &u64) -> bool {
    *value == 0
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("id", &self.id)?;
        match &self.result {
            Err(error) => map.serialize_entry("error", error)?,
            Ok(ReplyBody::Connect(result)) => map.serialize_entry("connect", result)?,
            Ok(ReplyBody::Subscribe(result)) => map.serialize_entry("subscribe", result)?,
            Ok(ReplyBody::Unsubscribe) => map.serialize_entry("unsubscribe", &Empty {})?,
            Ok(ReplyBody::Publish) => map.serialize_entry("publish", &Empty {})?,
            Ok(ReplyBody::Presence(result)) => map.serialize_entry("presence", result)?,
            Ok(ReplyBody::PresenceStats(result)) => map.serialize_entry("presence_stats", result)?,
            Ok(ReplyBody::History(result)) => map.serialize_entry("history", result)?,
            Ok(ReplyBody::Rpc(result)) => map.serialize_entry("rpc", result)?,
            Ok(ReplyBody::Refresh(result)) => map.serialize_entry("refresh", result)?,
            Ok(ReplyBody::SubRefresh(result)) => map.serialize_entry("sub_refresh", result)?,
        }
        map.end()
    }
}
