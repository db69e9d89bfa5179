//! Pushes: what the server sends unasked.

use crate::{
    channel::Channel,
    codes::{Disconnect, Unsubscribed},
    payload::Payload,
    reply::RefreshResult,
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use std::{collections::BTreeMap, ops::Not};

/// A message in a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    /// What was published.
    pub data: Payload,
    /// Who published it, when a client did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<ClientInfo>,
    /// Number in the channel's stream, from 1; 0 without history.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u64,
    /// Labels set by the publisher.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Whether `data` is a delta against the publication before it in the same subscription.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub delta: bool,
    /// When it was published, milliseconds since 1970; 0 when that is not told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub time: u64,
    /// Life of the stream; set on the first publication only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
}

impl Publication {
    /// A publication without a place in a stream.
    #[must_use]
    pub fn new(data: Payload) -> Self {
        Self { data, info: None, offset: 0, tags: BTreeMap::new(), delta: false, time: 0, epoch: None }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// A client as others see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientInfo {
    /// Subject of the client's token.
    pub user: String,
    /// Id of the connection.
    pub client: String,
    /// From the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conn_info: Option<Payload>,
    /// From the subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chan_info: Option<Payload>,
}

/// A push.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// Which channel, none for pushes about the connection.
    pub channel: Option<Channel>,
    /// What.
    pub body: PushBody,
}

/// The kinds of pushes.
#[derive(Clone, Debug, PartialEq)]
pub enum PushBody {
    /// A publication.
    Publication(Publication),
    /// Somebody came.
    Join(ClientInfo),
    /// Somebody left.
    Leave(ClientInfo),
    /// The server ended the subscription.
    Unsubscribe(Unsubscribed),
    /// The server made a subscription.
    Subscribe(SubscribePush),
    /// A message to this connection alone.
    Message(Payload),
    /// The connection ends; on transports without close frames.
    Disconnect(Disconnect),
    /// The connection's expiry has changed.
    Refresh(RefreshResult),
}

/// A subscription that the server made on a standing connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SubscribePush {
    /// Whether the subscription can be recovered later.
    #[serde(skip_serializing_if = "Not::not")]
    pub recoverable: bool,
    /// Whether the subscription has a position.
    #[serde(skip_serializing_if = "Not::not")]
    pub positioned: bool,
    /// Life of the stream.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// The stream's top.
    #[serde(skip_serializing_if = "is_zero")]
    pub offset: u64,
    /// For the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
}

/// A push's body inside its envelope.
#[derive(Serialize)]
struct Info<'a> {
    info: &'a ClientInfo,
}

#[derive(Serialize)]
struct Data<'a> {
    data: &'a Payload,
}

#[derive(Serialize)]
struct Reason {
    code: u32,
    reason: &'static str,
}

impl Serialize for Push {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 1 + usize::from(self.channel.is_some());
        let mut map = serializer.serialize_map(Some(fields))?;
        if let Some(channel) = &self.channel {
            map.serialize_entry("channel", channel)?;
        }
        match &self.body {
            PushBody::Publication(publication) => map.serialize_entry("pub", publication)?,
            PushBody::Join(info) => map.serialize_entry("join", &Info { info })?,
            PushBody::Leave(info) => map.serialize_entry("leave", &Info { info })?,
            PushBody::Unsubscribe(Unsubscribed { code, reason }) => {
                map.serialize_entry("unsubscribe", &Reason { code: *code, reason })?;
            }
            PushBody::Subscribe(subscribe) => map.serialize_entry("subscribe", subscribe)?,
            PushBody::Message(data) => map.serialize_entry("message", &Data { data })?,
            PushBody::Disconnect(Disconnect { code, reason }) => {
                map.serialize_entry("disconnect", &Reason { code: u32::from(*code), reason })?;
            }
            PushBody::Refresh(refresh) => map.serialize_entry("refresh", refresh)?,
        }
        map.end()
    }
}
