//! A node among others: the same node, with everything shared kept in Redis.

use super::{Node, NotReady};
use crate::{
    broker::{Coalesced, RedisBroker},
    clock::SharedClock,
    config::RealtimeConfig,
    hub::Hub,
    key::ChannelKey,
    nodes::{Duties, NodeId, Peers, RedisPeers},
    presence::RedisPresence,
    room::placement::Leased,
    wheel::Wheel,
};
use persistence::{
    RedisRoomLog,
    redis::{Redis, RedisConfig, StartError},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize},
    },
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// A node's connections to Redis. They are apart, so that a heartbeat does not wait behind a storm of publications, nor a
/// room's log behind either.
#[derive(Clone, Debug)]
pub struct Links {
    publications: Redis,
    state: Redis,
    nodes: Redis,
    clock: Arc<SharedClock>,
}

impl Links {
    /// Connects all of them; one try.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn connect(config: &RedisConfig) -> Result<Self, StartError> {
        // The first one alone: what is wrong with the configuration is said once.
        let publications = Redis::connect(config).await?;
        let (state, nodes) = tokio::try_join!(Redis::connect(config), Redis::connect(config))?;
        let clock = RedisPeers::clock(&nodes).await;
        let clock = clock.map_err(|error| StartError::Unreachable(error.to_string()))?;
        Ok(Self { publications, state, nodes, clock })
    }

    /// The log of rooms.
    #[must_use]
    pub fn room_log(&self) -> RedisRoomLog {
        RedisRoomLog::new(self.state.clone())
    }
}

/// What has to be run for a node that is one of many.
pub(super) struct OverRedis {
    peers: Arc<RedisPeers>,
    broker: Arc<RedisBroker>,
    presence: Arc<RedisPresence>,
    leased: Arc<Leased>,
}

impl OverRedis {
    pub(super) async fn run(&self, stop: &CancellationToken) {
        let returns = vec![self.broker.resets(), self.peers.returns()];
        tokio::join!(
            Arc::clone(&self.broker).run(stop.clone()),
            self.presence.run(returns, stop.clone()),
            Arc::clone(&self.leased).run(stop.clone()),
        );
    }

    pub(super) fn readiness(&self) -> Result<(), NotReady> {
        if self.peers.is_isolated() || !self.peers.has_joined() {
            return Err(NotReady::Isolated);
        }
        if self.broker.ready().is_ready() { Ok(()) } else { Err(NotReady::Deaf) }
    }
}

impl Node {
    /// One node of those that share a Redis. It is among them once [`Node::run`] runs and [`Peers::joined`] returns.
    #[must_use]
    pub fn over_redis(config: RealtimeConfig, links: Links) -> Arc<Self> {
        let id = uuid::Uuid::now_v7().to_string();
        let clock = links.clock;
        let time = Arc::clone(&clock);
        Arc::new_cyclic(|node| {
            let hub = Arc::new(Hub::default());
            let sink = Arc::<Hub>::clone(&hub);
            let namespaces = config.clone();
            let keeps = move |key: &ChannelKey| {
                namespaces.options(&key.channel).is_some_and(|options| options.history().is_some())
            };
            let broker = RedisBroker::new(links.publications, sink, id.clone(), keeps);
            let duties = Duties::new(node.clone());
            let own = NodeId::from(id.as_str());
            let handler = Arc::<Duties>::clone(&duties);
            let peers = RedisPeers::new(links.nodes, own, &config.version, time, handler);
            let alive = Arc::clone(&peers);
            let alive = Arc::new(move |node: &str| alive.is_alive(node));
            let presence = Arc::new(RedisPresence::new(links.state.clone(), id.clone(), alive));
            let leased = Leased::new(peers.clone(), Arc::new(RedisRoomLog::new(links.state)));
            Self {
                id,
                config,
                hub,
                broker: Arc::new(Coalesced::new(broker.clone())),
                presence: presence.clone(),
                peers: peers.clone(),
                duties,
                placement: leased.clone(),
                wheel: Wheel::default(),
                clock,
                over_redis: Some(OverRedis { peers, broker, presence, leased }),
                began: Instant::now(),
                connections: AtomicUsize::new(0),
                draining: AtomicBool::new(false),
            }
        })
    }
}
