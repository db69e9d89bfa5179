//! One node: hub, broker, presence and settings, and what features and the server itself may do with them.

mod control;
mod redis;

pub use control::{Population, Target};
pub use redis::Links;

use crate::{
    broker::{Broker, BrokerError, Draft, MemoryBroker, PublishOptions},
    clock::{Clock, SystemClock},
    config::{NamespaceOptions, RealtimeConfig},
    hub::Hub,
    key::ChannelKey,
    nodes::{Alone, ControlMessage, Duties, NodeId, Peers, TellError},
    presence::{MemoryPresence, Presence},
    room::placement::{self, Placement},
    wheel::Wheel,
};
use protocol::{
    Channel, Disconnect, Payload, Unsubscribed,
    command::StreamPosition,
    ids::{SchoolId, UserId},
};
use redis::OverRedis;
use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// A node of the engine.
pub struct Node {
    /// Its name among the nodes, another one at each start.
    pub id: String,
    /// Settings.
    pub config: RealtimeConfig,
    /// The node's own subscribers.
    pub hub: Arc<Hub>,
    /// The way to all nodes' subscribers.
    pub broker: Arc<dyn Broker>,
    /// Who is where.
    pub presence: Arc<dyn Presence>,
    /// The nodes, this one included.
    pub peers: Arc<dyn Peers>,
    /// What this node does for the others, to which features add what they answer.
    pub duties: Arc<Duties>,
    /// Which node owns which room.
    pub placement: Arc<dyn Placement>,
    /// When connections want to be looked at.
    pub wheel: Wheel,
    /// Server time.
    pub clock: Arc<dyn Clock>,
    /// What has to be run for a node that is one of many.
    over_redis: Option<OverRedis>,
    began: Instant,
    connections: AtomicUsize,
    draining: AtomicBool,
}

/// Why a node is not ready for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// It goes down.
    Draining,
    /// It is not yet, or not any more, among the other nodes.
    Isolated,
    /// What other nodes publish may not reach it.
    Deaf,
}

/// A place among the node's connections; given back when dropped.
pub struct Seat(Arc<Node>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("schoolbell_connections").decrement(1.0);
    }
}

impl Node {
    /// A node on its own: everything in this process.
    #[must_use]
    pub fn embedded(config: RealtimeConfig) -> Arc<Self> {
        let hub = Arc::new(Hub::default());
        let broker = Arc::new(MemoryBroker::new(Arc::<Hub>::clone(&hub)));
        let id = uuid::Uuid::now_v7().to_string();
        let clock = Arc::new(SystemClock::default());
        Arc::new_cyclic(|node| {
            let duties = Duties::new(Weak::clone(node));
            let handler = Arc::<Duties>::clone(&duties);
            let peers = Alone::new(NodeId::from(id.as_str()), &config.version, clock.now_ms(), handler);
            Self {
                id,
                config,
                hub,
                broker,
                presence: Arc::new(MemoryPresence::default()),
                peers,
                duties,
                placement: Arc::new(placement::Alone::default()),
                wheel: Wheel::default(),
                clock,
                over_redis: None,
                began: Instant::now(),
                connections: AtomicUsize::new(0),
                draining: AtomicBool::new(false),
            }
        })
    }

    /// Takes a place for a connection, if the node has one left.
    #[must_use]
    pub fn seat(self: &Arc<Self>) -> Option<Seat> {
        let taken = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let seat = Seat(Arc::clone(self));
        // Steps and no absolute values: those of two threads could arrive in the wrong order.
        metrics::gauge!("schoolbell_connections").increment(1.0);
        (taken <= self.config.limits.connections).then_some(seat)
    }

    /// Whether the node is going down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether clients should come here.
    ///
    /// # Errors
    /// [`NotReady`]
    pub fn readiness(&self) -> Result<(), NotReady> {
        if self.is_draining() {
            return Err(NotReady::Draining);
        }
        self.over_redis.as_ref().map_or(Ok(()), OverRedis::readiness)
    }

    /// Connections of this node.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Options of a channel's namespace, none when it is not configured.
    #[must_use]
    pub fn options(&self, channel: &Channel) -> Option<&NamespaceOptions> {
        self.config.options(channel)
    }

    /// Publishes to everybody in a channel. The namespace decides whether it is kept.
    ///
    /// # Errors
    /// [`BrokerError`]; nothing was published for sure only if the broker says so.
    pub async fn publish(
        &self,
        key: &ChannelKey,
        draft: Draft,
        mut options: PublishOptions,
    ) -> Result<StreamPosition, BrokerError> {
        let namespace = self.options(&key.channel);
        options.history = namespace.and_then(NamespaceOptions::history);
        options.delta = namespace.is_some_and(|namespace| namespace.publishes_delta(options.delta));
        let draft = Draft { time: self.clock.now_ms(), ..draft };
        metrics::counter!("schoolbell_publications_total").increment(1);
        self.broker.publish(key, draft, &options).await
    }

    /// The channel that every connection of a user is subscribed to; none for anonymous users, who would share one, and
    /// when the user's name fits no channel.
    #[must_use]
    pub fn personal_channel(&self, user: &UserId) -> Option<Channel> {
        let name = match (user.as_str(), self.config.personal_namespace.as_str()) {
            ("", _) => return None,
            (user, "") => format!("#{user}"),
            (user, namespace) => format!("{namespace}:#{user}"),
        };
        Channel::parse(&name).ok()
    }

    /// Publishes to every connection of a user.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub async fn publish_to_user(
        &self,
        school: SchoolId,
        user: &UserId,
        data: Payload,
        options: PublishOptions,
    ) -> Result<(), BrokerError> {
        if let Some(channel) = self.personal_channel(user) {
            self.publish(&ChannelKey::new(school, channel), Draft::new(data), options).await?;
        }
        Ok(())
    }

    /// Ends a user's subscriptions to a channel, on all nodes.
    ///
    /// # Errors
    /// [`TellError`]; here it is done.
    pub async fn unsubscribe_user(
        &self,
        school: SchoolId,
        user: &UserId,
        channel: &Channel,
        reason: Unsubscribed,
    ) -> Result<(), TellError> {
        let target = Target { school, user: user.clone(), client: None, session: None };
        self.peers.tell_all(&ControlMessage::Unsubscribe { target, channel: channel.clone(), reason }).await
    }

    /// From now on the node is not ready, its rooms go to other nodes, and who connects is sent away at once.
    pub fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.peers.begin_drain();
    }

    /// Closes all connections with 3001 in random order, spread over at most `over`, so that they do not come back
    /// all at once; also those that have not identified themselves. Who connects from now on is sent away at once.
    pub async fn drain(&self, over: Duration) {
        use rand::seq::SliceRandom;
        const TICK: Duration = Duration::from_millis(10);
        self.begin_drain();
        // Those that nobody has vouched for yet come first: one that identifies itself in between is then in one of the
        // lists, or asks afterwards whether the node is going down.
        let mut connections = self.wheel.connections();
        connections.retain(|connection| connection.identity().is_none());
        connections.extend(self.hub.all_connections());
        connections.shuffle(&mut rand::rng());
        tracing::info!(connections = connections.len(), over_ms = over.as_millis(), "closing connections");
        let ticks = usize::try_from(over.as_millis() / TICK.as_millis()).unwrap_or(1).max(1);
        for some in connections.chunks(connections.len().div_ceil(ticks).max(1)) {
            for connection in some {
                connection.close(Disconnect::SHUTDOWN);
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// Keeps the node going until stopped: writes bursts, beats the hearts of connections, forgets what has expired.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let flush = self.hub.flush(self.config.write_delay, stop.clone());
        let beat = self.wheel.run(stop.clone());
        let meet = Arc::clone(&self.peers).run(stop.clone());
        let keep_up = async {
            if let Some(over_redis) = &self.over_redis {
                over_redis.run(&stop).await;
            }
        };
        let sweep = async {
            let mut minute = tokio::time::interval(Duration::from_secs(60));
            while stop.run_until_cancelled(minute.tick()).await.is_some() {
                self.hub.sweep();
                self.broker.sweep();
            }
        };
        tokio::join!(flush, beat, meet, keep_up, sweep);
        // They hold on to what holds on to this node.
        self.duties.end();
    }
}
