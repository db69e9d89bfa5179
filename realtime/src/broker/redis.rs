//! The broker of many nodes, over Redis.
//!
//! ```text
//! publish ─→ one script: idempotency, offset, stream, (S)PUBLISH
//! Redis ─→ listen ─→ lane of the channel ─→ next? deliver : gap? bring it from the stream, then deliver ─→ sink
//! watch ─→ once a second, each partition in use: probe, heads ─→ behind? repair : silent? subscribe anew
//! ```
//! Pub/sub loses what it likes: while a connection is made anew, when a node is slow, when slots move. The stream has it all
//! the same, and the offsets show what is missing.

mod delivery;
mod followed;
pub(crate) mod place;
mod steps;
mod subscriptions;
mod watch;
pub(crate) mod wire;

pub use watch::Readiness;

use super::{Broker, BrokerError, BrokerSink, Draft, HistoryPage, HistoryQuery, PublishOptions};
use crate::key::ChannelKey;
use async_trait::async_trait;
use delivery::Job;
use followed::Table;
use persistence::redis::{Events, Redis, RedisError};
use place::Place;
use protocol::{ClientInfo, command::StreamPosition};
use std::sync::{Arc, Mutex, PoisonError};
use subscriptions::Gate;
use tokio::{
    sync::{Notify, mpsc, watch as signal},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use watch::Pulse;

/// Keeps streams in Redis, and delivers to this node's sink what any node publishes.
pub struct RedisBroker {
    redis: Redis,
    sink: Arc<dyn BrokerSink>,
    node: String,
    table: Table,
    gates: Vec<tokio::sync::Mutex<Gate>>,
    pulses: Vec<Pulse>,
    lanes: Vec<mpsc::Sender<Job>>,
    /// What [`Self::run`] takes.
    inlet: Mutex<Option<Inlet>>,
    /// All heads are to be compared at once.
    alarm: Notify,
    /// When Redis last answered a look.
    answered: Mutex<Option<Instant>>,
    resets: signal::Sender<u64>,
}

struct Inlet {
    events: Events,
    lanes: Vec<mpsc::Receiver<Job>>,
}

impl From<RedisError> for BrokerError {
    fn from(error: RedisError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl RedisBroker {
    /// A broker that delivers to `sink` once it runs. `redis` is its own: nobody else may take its events. `node` is the
    /// name of this node. `keeps` says whether the publications of a channel are kept: only then can it be seen that the
    /// last one was lost.
    #[must_use]
    pub fn new(
        redis: Redis,
        sink: Arc<dyn BrokerSink>,
        node: String,
        keeps: impl Fn(&ChannelKey) -> bool + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (lanes, receivers) = delivery::lanes();
        let table = Table::new(&redis, Box::new(keeps));
        Arc::new(Self {
            gates: table.all_partitions().map(|_| tokio::sync::Mutex::default()).collect(),
            pulses: table.all_partitions().map(|_| Pulse::new()).collect(),
            table,
            lanes,
            inlet: Mutex::new(Some(Inlet { events: redis.events(), lanes: receivers })),
            alarm: Notify::new(),
            answered: Mutex::default(),
            resets: signal::Sender::new(0),
            redis,
            sink,
            node,
        })
    }

    /// Delivers, watches and repairs until stopped. To be called once.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let inlet = self.inlet.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Inlet { mut events, lanes }) = inlet else {
            tracing::error!("the broker was started twice");
            return;
        };
        let mut serving: JoinSet<()> = lanes.into_iter().map(|jobs| Arc::clone(&self).serve(jobs)).collect();
        tokio::select! {
            () = stop.cancelled() => {}
            // They hold on to the sending ends themselves, so that one ends by a panic only.
            _ = serving.join_next() => tracing::error!("a part of the broker has failed; this node is not ready any more"),
            () = async { tokio::join!(self.listen(&mut events), self.watch()); } => {}
        }
    }

    /// Grows each time that Redis turns out to have forgotten what it held (FLUSHALL, or a restart without a file).
    #[must_use]
    pub fn resets(&self) -> signal::Receiver<u64> {
        self.resets.subscribe()
    }

    fn place(&self, key: &ChannelKey) -> Place {
        Place::of(&self.redis, key)
    }
}

fn counted(error: RedisError) -> BrokerError {
    metrics::counter!("schoolbell_broker_publish_errors_total").increment(1);
    error.into()
}

#[async_trait]
impl Broker for RedisBroker {
    async fn subscribe(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.follow(key).await
    }

    async fn unsubscribe(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.unfollow(key).await
    }

    async fn publish(
        &self,
        key: &ChannelKey,
        draft: Draft,
        options: &PublishOptions,
    ) -> Result<StreamPosition, BrokerError> {
        // Who publishes faster than this node's subscribers can be written to is held back here already.
        self.sink.admit(key).await;
        let body = wire::body(&draft, options.conflate);
        steps::publish(&self.redis, &self.place(key), body, options).await.map_err(counted)
    }

    async fn join(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError> {
        steps::tell(&self.redis, &self.place(key), b'J', &info).await.map_err(counted)
    }

    async fn leave(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError> {
        steps::tell(&self.redis, &self.place(key), b'L', &info).await.map_err(counted)
    }

    async fn history(&self, key: &ChannelKey, query: &HistoryQuery) -> Result<HistoryPage, BrokerError> {
        // A channel's second subscriber may come while the first one's subscription is still being made. What it reads must
        // not be older than what is delivered.
        if self.sink.follows(key) {
            self.follow(key).await?;
        }
        Ok(steps::history(&self.redis, &self.place(key), query).await?)
    }

    async fn remove_history(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        Ok(steps::forget(&self.redis, &self.place(key)).await?)
    }

    fn sweep(&self) {
        for pulse in &self.pulses {
            pulse.mark_untidy();
        }
    }
}
