//! How publications travel between nodes, and the streams that make channels recoverable.
//!
//! One trait, one implementation per transport, one contract suite ([`contract`]) that each must pass.

mod coalesced;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod memory;
pub(crate) mod redis;

pub use coalesced::Coalesced;
pub use memory::MemoryBroker;
pub use redis::{Readiness, RedisBroker};

use crate::key::ChannelKey;
use async_trait::async_trait;
use protocol::{ClientInfo, Payload, Publication, command::StreamPosition};
use std::{collections::BTreeMap, time::Duration};

/// Why a broker did not do what it was asked. Temporary: the same call may succeed later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// The transport is away.
    #[error("the broker is not reachable: {0}")]
    Unreachable(String),
}

/// How publications of a channel are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryOptions {
    /// At most so many.
    pub size: usize,
    /// At most so long.
    pub ttl: Duration,
}

/// Names a kind of publication of which only the latest matters to a channel's subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conflate(pub &'static str);

/// How to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishOptions {
    /// Keep the publication and give it a position.
    pub history: Option<HistoryOptions>,
    /// The same key again within five minutes publishes nothing, as long as it is among the channel's latest.
    pub idempotency_key: Option<String>,
    /// Only the latest of a kind matters. Not for channels with history: it would make gaps.
    pub conflate: Option<Conflate>,
    /// Subscribers that asked for deltas may get the difference to the publication before. Only with history.
    pub delta: bool,
}

/// What a sink is told about a publication besides its content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    /// Only the latest of a kind matters.
    pub conflate: Option<Conflate>,
    /// The publication that a delta may be made from, if one is wanted.
    pub previous: Option<Previous>,
}

/// The publication before another one in its stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Previous {
    /// Its number.
    pub offset: u64,
    /// Its payload.
    pub data: Payload,
}

/// What to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The payload.
    pub data: Payload,
    /// The client that published it, if one did.
    pub info: Option<ClientInfo>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// When it is published, milliseconds since 1970; 0 when that is not told.
    pub time: u64,
}

impl Draft {
    /// A draft of the server itself.
    #[must_use]
    pub fn new(data: Payload) -> Self {
        Self { data, info: None, tags: BTreeMap::new(), time: 0 }
    }
}

/// Part of a channel's stream to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// At most so many; 0 reads the position only.
    pub limit: usize,
    /// Begin behind (in reverse: before) this offset.
    pub since: Option<u64>,
    /// Newest first.
    pub reverse: bool,
}

/// Part of a channel's stream.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPage {
    /// What was asked for and is still kept.
    pub publications: Vec<Publication>,
    /// The stream's top.
    pub top: StreamPosition,
}

/// Carries publications to every node that has subscribers.
///
/// Promises: the publications of a channel reach each sink in the order of their offsets; a stream's offsets have no
/// holes within an epoch; whenever they start anew, the epoch is another.
///
/// A broker within the process loses nothing. One over a network may lose what no later publication shows, so its node
/// has to compare the heads of the streams that it follows with the broker's from time to time.
#[async_trait]
pub trait Broker: Send + Sync {
    /// This node now has subscribers of the channel.
    async fn subscribe(&self, key: &ChannelKey) -> Result<(), BrokerError>;

    /// This node has no subscribers of the channel any more.
    async fn unsubscribe(&self, key: &ChannelKey) -> Result<(), BrokerError>;

    /// Publishes and gives the position (offset 0 and an empty epoch without history).
    async fn publish(
        &self,
        key: &ChannelKey,
        draft: Draft,
        options: &PublishOptions,
    ) -> Result<StreamPosition, BrokerError>;

    /// Tells subscribers that somebody came.
    async fn join(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError>;

    /// Tells subscribers that somebody left.
    async fn leave(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError>;

    /// Reads from a channel's stream; makes the stream if there is none.
    async fn history(&self, key: &ChannelKey, query: &HistoryQuery) -> Result<HistoryPage, BrokerError>;

    /// Forgets a channel's publications; the position stays.
    async fn remove_history(&self, key: &ChannelKey) -> Result<(), BrokerError>;

    /// Forgets what has expired, where nothing else does. Called about once a minute.
    fn sweep(&self) {}
}

/// Where a broker delivers on its node. Called in the order of a channel's publications.
#[async_trait]
pub trait BrokerSink: Send + Sync {
    /// Waits while too much of a channel is still on its way. To be asked before each of the next four, which take what they
    /// are given at once: written to a small channel by the time they return, and on its way to a large one.
    async fn admit(&self, key: &ChannelKey);
    /// A publication arrived.
    fn publication(&self, key: &ChannelKey, publication: Publication, delivery: Delivery);
    /// Somebody came.
    fn join(&self, key: &ChannelKey, info: ClientInfo);
    /// Somebody left.
    fn leave(&self, key: &ChannelKey, info: ClientInfo);
    /// Publications were lost that cannot be brought any more, and none that follows has shown it yet.
    fn lost(&self, key: &ChannelKey);
    /// Whether the node has subscribers of the channel, or may have.
    fn follows(&self, key: &ChannelKey) -> bool;
}

/// A new life of a stream: 8 random letters.
#[must_use]
pub fn new_epoch() -> String {
    use rand::Rng;
    let mut rng = rand::rng();
    (0..8).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect()
}
