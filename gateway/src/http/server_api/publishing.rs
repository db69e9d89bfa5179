//! `publish` and `broadcast`.

use super::{
    Answer, Backend, Method, Params, Refusals,
    answer::{bad_request, broker_failed},
    call::{payload, present},
};
use futures_util::future::join_all;
use protocol::{ErrorBody, Payload, command::StreamPosition};
use realtime::{PublishOptions, broker::Draft};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Channels of one broadcast, and of all broadcasts of a batch together.
pub(super) const MAX_CHANNELS: usize = 10_000;
/// Channels that are published to at once. Enough to hide a broker's answer time behind others.
const AT_ONCE: usize = 64;
/// Longest idempotency key, bytes.
const MAX_KEY: usize = 128;
/// A publication must leave room in a subscriber's queue: one that filled it would close every reader as slow.
const SHARE_OF_OUTBOX: usize = 4;

/// What to publish, and where.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Publish {
    channel: String,
    /// Any JSON value.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<Payload>,
    /// Any bytes in base64, instead of `data`.
    b64data: Option<String>,
    /// Do not keep the publication, whatever the namespace keeps.
    #[serde(default)]
    skip_history: bool,
    /// Labels for subscribers that filter by them.
    tags: Option<BTreeMap<String, String>>,
    /// The same key again within five minutes, among the channel's latest 1,024, publishes nothing and gets the same
    /// position; at most 128 bytes.
    idempotency_key: Option<String>,
    /// Subscribers that can may receive the difference to the publication before.
    #[serde(default)]
    delta: bool,
}

// The fields stand here again: flattened into one struct they would be buffered, which raw JSON cannot be.
/// What to publish into many channels. The fields are those of `publish`.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Broadcast {
    /// 1 to 10,000.
    channels: Vec<String>,
    /// Any JSON value.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<Payload>,
    /// Any bytes in base64, instead of `data`.
    b64data: Option<String>,
    /// Do not keep the publications, whatever the namespaces keep.
    #[serde(default)]
    skip_history: bool,
    /// Labels for subscribers that filter by them.
    tags: Option<BTreeMap<String, String>>,
    /// As in `publish`, for each of the channels.
    idempotency_key: Option<String>,
    /// As in `publish`.
    #[serde(default)]
    delta: bool,
}

/// Where a publication stands in its channel's stream.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Position {
    /// 0 where no history is kept.
    offset: u64,
    /// Empty where no history is kept.
    epoch: String,
}

impl From<StreamPosition> for Position {
    fn from(position: StreamPosition) -> Self {
        Self { offset: position.offset, epoch: position.epoch }
    }
}

/// One answer per channel, in the order of the channels.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Responses {
    responses: Vec<Answer<Position>>,
}

/// A publication that was checked, for one channel or many.
struct Message {
    draft: Draft,
    options: PublishOptions,
    skip_history: bool,
}

impl Publish {
    /// Checks everything but the channel, which is given back with the message.
    fn message(self, backend: &Backend) -> Result<(String, Message), ErrorBody> {
        let data =
            payload(self.data, self.b64data.as_deref())?.ok_or_else(|| bad_request("data is missing"))?;
        let tags = self.tags.unwrap_or_default();
        let labels: usize = tags.iter().map(|(name, value)| name.len() + value.len()).sum();
        let most = backend.app.config.limits.outbox_bytes / SHARE_OF_OUTBOX;
        if data.bytes().len() + labels > most {
            return Err(bad_request(format_args!("data and tags may have {most} bytes together")));
        }
        let key = self.idempotency_key.filter(|key| !key.is_empty());
        if key.as_ref().is_some_and(|key| key.len() > MAX_KEY) {
            return Err(bad_request(format_args!("an idempotency key may have {MAX_KEY} bytes")));
        }
        let options = PublishOptions {
            // Features publish under keys of their own, which a platform must neither hit nor guess.
            idempotency_key: key.map(|key| format!("api:{key}")),
            delta: self.delta,
            ..PublishOptions::default()
        };
        let draft = Draft { tags, ..Draft::new(data) };
        Ok((self.channel, Message { draft, options, skip_history: self.skip_history }))
    }
}

impl Message {
    async fn publish(&self, backend: &Backend, channel: &str) -> Result<Position, ErrorBody> {
        let (key, _) = backend.open_channel(channel)?;
        let (draft, options) = (self.draft.clone(), self.options.clone());
        let node = &backend.app.node;
        let published = if self.skip_history {
            node.publish_unkept(&key, draft, options).await
        } else {
            node.publish(&key, draft, options).await
        };
        published.map(Position::from).map_err(|error| broker_failed(&error))
    }
}

impl Method for Publish {
    type Result = Position;

    async fn run(self, backend: &Backend) -> Result<Position, ErrorBody> {
        let (channel, message) = self.message(backend)?;
        message.publish(backend, &channel).await
    }
}

impl Broadcast {
    /// How many channels are named.
    pub(super) fn width(&self) -> usize {
        self.channels.len()
    }
}

impl Method for Broadcast {
    type Result = Responses;

    async fn run(self, backend: &Backend) -> Result<Responses, ErrorBody> {
        let Self { channels, data, b64data, skip_history, tags, idempotency_key, delta } = self;
        if channels.is_empty() || channels.len() > MAX_CHANNELS {
            return Err(bad_request(format_args!("name 1 to {MAX_CHANNELS} channels")));
        }
        let publish =
            Publish { channel: String::new(), data, b64data, skip_history, tags, idempotency_key, delta };
        let (_, message) = publish.message(backend)?;
        let mut responses = Vec::with_capacity(channels.len());
        for some in channels.chunks(AT_ONCE) {
            let published = join_all(some.iter().map(|channel| message.publish(backend, channel))).await;
            responses.extend(published.into_iter().map(Answer::from));
            // A broker within the process hardly ever waits, and ten thousand channels would hold their core until all are
            // done.
            tokio::task::yield_now().await;
        }
        Ok(Responses { responses })
    }
}

/// Publishes into a channel.
#[utoipa::path(post, operation_id = "publish", path = "/api/publish", tag = "Server API", security(("api_key" = [])), request_body = Publish, responses(
    (status = 200, body = Answer<Position>),
    Refusals,
))]
pub async fn publish(backend: Backend, Params(params): Params<Publish>) -> Answer<Position> {
    params.run(&backend).await.into()
}

/// Publishes the same into many channels. Each has an answer of its own: some may fail while others do not.
#[utoipa::path(post, operation_id = "broadcast", path = "/api/broadcast", tag = "Server API", security(("api_key" = [])), request_body = Broadcast, responses(
    (status = 200, body = Answer<Responses>),
    Refusals,
))]
pub async fn broadcast(backend: Backend, Params(params): Params<Broadcast>) -> Answer<Responses> {
    params.run(&backend).await.into()
}
