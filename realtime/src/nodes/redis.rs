//! Nodes that meet over Redis: one registry, one log and channel for all, and a channel for each.
//!
//! A heartbeat is one script each half second. It enters the node, reads who else is there, and fetches what was told to
//! all since the last one: a message that its subscriber lost is late by half a second and never lost. Everything else
//! goes through pub/sub.

mod beat;
mod frame;
mod hearing;
mod pending;
mod places;
mod recent;
mod roll;

use super::{
    AskError, ControlMessage, Handler, Load, MAX_BODY, NodeId, NodeInfo, Peers, TellError, ask_oneself,
};
use crate::clock::{Clock as _, SharedClock, monotonic_ms};
use async_trait::async_trait;
use bytes::Bytes;
use frame::{Head, Kind};
use pending::Pending;
use persistence::redis::{Arg, Events, Redis, RedisError, Script};
use places::Places;
use recent::Recent;
use roll::{ALIVE, Roll};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Questions that wait for answers at most; one for each player of a few large games.
const QUESTIONS: usize = 16_384;
/// Ids of messages that are remembered, of each kind.
const REMEMBERED: usize = 8_192;
/// What was told to all is kept about so long and so many, for nodes that are cut off.
const TOLD_TTL: Duration = Duration::from_secs(600);
const TOLD_MOST: i64 = 10_000;

static TELL: Script = Script { name: "nodes_tell", body: include_str!("redis/tell.lua") };
/// Looks at the clock of Redis at the start.
const READINGS: usize = 3;

static TIME: Script = Script { name: "nodes_time", body: include_str!("redis/time.lua") };
static SEND: Script = Script { name: "nodes_send", body: include_str!("redis/send.lua") };

/// The nodes of one Redis.
pub struct RedisPeers {
    redis: Redis,
    places: Places,
    own: NodeId,
    started_at: u64,
    version: String,
    clock: Arc<SharedClock>,
    handler: Arc<dyn Handler>,
    events: Mutex<Option<Events>>,
    beats: Mutex<Beats>,
    view: watch::Sender<Arc<[NodeInfo]>>,
    returns: watch::Sender<u64>,
    stage: watch::Sender<Stage>,
    draining: AtomicBool,
    /// A heartbeat is wanted at once.
    hurry: Notify,
    /// When the last heartbeat was sent that was answered, monotonic milliseconds; 0 before the first.
    beaten: AtomicU64,
    /// When something was last heard on the own channel, monotonic milliseconds.
    heard: AtomicU64,
    /// Messages to all that heartbeats brought since the channel of all was last heard.
    unheard: AtomicU32,
    pending: Pending,
    told: Mutex<Recent>,
    asked: Mutex<Recent>,
}

/// What heartbeats go on from.
#[derive(Debug, Default)]
struct Beats {
    roll: Roll,
    /// Up to where the log of what was told to all is known; empty before the first heartbeat.
    cursor: String,
    /// The operator was told that this node is isolated.
    complained: bool,
}

/// How far a node is on its way in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Outside,
    /// It hears what it is told.
    Hearing,
    /// Its first heartbeat was answered.
    Beating,
    /// All others have had the time to see it.
    Joined,
}

impl RedisPeers {
    /// A node that is not among the others until [`Peers::run`] runs. `redis` must be a connection of its own: all its
    /// events are taken here, and what nodes tell each other does not wait behind publications. `clock` is kept
    /// right by the heartbeats.
    #[must_use]
    pub fn new(
        redis: Redis,
        own: NodeId,
        version: &str,
        clock: Arc<SharedClock>,
        handler: Arc<dyn Handler>,
    ) -> Arc<Self> {
        let started_at = clock.now_ms();
        let events = redis.events();
        let places = Places::new(&redis, &own);
        let alone = NodeInfo {
            id: own.clone(),
            started_at,
            version: version.to_owned(),
            draining: false,
            load: Load::default(),
        };
        Arc::new(Self {
            redis,
            places,
            own,
            started_at,
            version: version.to_owned(),
            clock,
            handler,
            events: Mutex::new(Some(events)),
            beats: Mutex::default(),
            view: watch::Sender::new(Arc::from([alone])),
            returns: watch::Sender::new(0),
            stage: watch::Sender::default(),
            draining: AtomicBool::new(false),
            hurry: Notify::new(),
            beaten: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            unheard: AtomicU32::new(0),
            pending: Pending::new(QUESTIONS),
            told: Mutex::new(Recent::new(REMEMBERED)),
            asked: Mutex::new(Recent::new(REMEMBERED)),
        })
    }

    /// A clock with the time of Redis, which all nodes share.
    ///
    /// # Errors
    /// [`RedisError`] when Redis does not tell it.
    pub async fn clock(redis: &Redis) -> Result<Arc<SharedClock>, RedisError> {
        // Of the server that answers the heartbeats, too.
        let registry = Places::new(redis, &NodeId::from("")).registry;
        let mut clock = None;
        for _ in 0..READINGS {
            let asked = monotonic_ms();
            let now = redis.run(&TIME, vec![registry.clone()], vec![]).await?.int()?;
            let took = monotonic_ms().saturating_sub(asked);
            let read = SharedClock::at(u64::try_from(now).unwrap_or(0) + took / 2);
            // The quickest is the most exact.
            if clock.as_ref().is_none_or(|(best, _)| took < *best) {
                clock = Some((took, read));
            }
        }
        let (_, clock) =
            clock.ok_or_else(|| RedisError::Unavailable("the time was not asked for".to_owned()))?;
        Ok(Arc::new(clock))
    }

    /// Whether [`Peers::joined`] would return at once.
    #[must_use]
    pub fn has_joined(&self) -> bool {
        *self.stage.borrow() == Stage::Joined
    }

    fn head(&self, id: Uuid, kind: Kind) -> Head {
        Head { from: self.own.clone(), id, kind }
    }

    /// Sends to one node, and gives how many subscribers it reached.
    async fn send(&self, node: &NodeId, head: &Head, body: &[u8]) -> Result<i64, RedisError> {
        let channel = Places::channel_of(&self.redis, node);
        let args = vec![Arg::from(self.redis.publish_word()), Arg::from(frame::encode(head, body))];
        self.redis.run(&SEND, vec![channel], args).await?.int()
    }

    /// Does what all are told, unless it was done before.
    fn obey(&self, id: Uuid, body: &[u8]) -> bool {
        if !lock(&self.told).is_new(id) {
            return false;
        }
        match serde_json::from_slice(body) {
            Ok(message) => self.handler.obey(&message),
            Err(error) => tracing::warn!(%error, "what all nodes were told cannot be read here"),
        }
        true
    }
}

#[async_trait]
impl Peers for RedisPeers {
    fn own_id(&self) -> &NodeId {
        &self.own
    }

    fn alive(&self) -> Arc<[NodeInfo]> {
        Arc::clone(&self.view.borrow())
    }

    fn changes(&self) -> watch::Receiver<Arc<[NodeInfo]>> {
        self.view.subscribe()
    }

    fn is_isolated(&self) -> bool {
        let beaten = self.beaten.load(Ordering::Relaxed);
        // Counted from when the heartbeat was sent: the others count from when it arrived, and so never earlier.
        beaten == 0 || u128::from(monotonic_ms().saturating_sub(beaten)) >= ALIVE.as_millis()
    }

    fn returns(&self) -> watch::Receiver<u64> {
        self.returns.subscribe()
    }

    async fn joined(&self) {
        let mut stage = self.stage.subscribe();
        // The sender lives as long as `self`.
        stage.wait_for(|stage| *stage == Stage::Joined).await.ok();
    }

    fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.hurry.notify_one();
    }

    async fn tell_all(&self, message: &ControlMessage) -> Result<(), TellError> {
        self.handler.obey(message);
        let unavailable = |error: &dyn std::fmt::Display| TellError::Unavailable(error.to_string());
        let body = serde_json::to_vec(message).map_err(|error| unavailable(&error))?;
        let head = self.head(Uuid::now_v7(), Kind::Control);
        let args = vec![
            Arg::from(self.redis.publish_word()),
            Arg::from(frame::encode(&head, &body)),
            Arg::from(TOLD_MOST),
            Arg::from(milliseconds(TOLD_TTL)),
        ];
        let keys = vec![self.places.log.clone(), self.places.everybody.clone()];
        self.redis.run(&TELL, keys, args).await.map_err(|error| unavailable(&error))?;
        Ok(())
    }

    async fn ask(
        &self,
        node: &NodeId,
        topic: &str,
        body: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, AskError> {
        if *node == self.own {
            return ask_oneself(&*self.handler, topic, body, deadline).await;
        }
        // Before the look at who is alive: whoever leaves after it ends what is asked of it.
        let asked = self.pending.ask(node).ok_or(AskError::Unavailable)?;
        if !self.is_alive(node.as_str()) {
            return Err(AskError::Gone);
        }
        if self.is_isolated() || body.len() > MAX_BODY {
            return Err(AskError::Unavailable);
        }
        let head = self.head(asked.id, Kind::ask(topic, deadline));
        let exchange = async {
            match self.send(node, &head, &body).await {
                // Its subscription is not there at the moment.
                Ok(0) => Err(AskError::Unavailable),
                Ok(_) => asked.outcome().await,
                Err(error) => {
                    tracing::debug!(%error, %node, "a node could not be asked");
                    Err(AskError::Unavailable)
                }
            }
        };
        let outcome = tokio::time::timeout(deadline, exchange).await.unwrap_or(Err(AskError::Deadline));
        if let Err(error) = outcome {
            let reason = match error {
                AskError::Gone => "gone",
                AskError::Deadline => "deadline",
                AskError::Unavailable => "unavailable",
            };
            metrics::counter!("schoolbell_nodes_unanswered_total", "reason" => reason).increment(1);
        }
        outcome
    }

    async fn run(self: Arc<Self>, stop: CancellationToken) {
        let events = lock(&self.events).take();
        let Some(events) = events else {
            tracing::error!("a node is run twice; the second run does nothing");
            return;
        };
        // While it answers what it was asked, nobody shall think that it has left.
        let silent = CancellationToken::new();
        let hear = async {
            Arc::clone(&self).hear(events, &stop).await;
            silent.cancel();
        };
        tokio::join!(hear, self.attend(&stop), self.beat_until(&silent));
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No method leaves what it guards half changed, so a panic elsewhere does not spoil it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
