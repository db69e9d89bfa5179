//! Presence over all nodes: a hash per channel in Redis, and what of it is this node's.

mod entry;
mod steps;

use super::Presence;
use crate::{
    broker::{BrokerError, redis::place::Place},
    key::ChannelKey,
};
use async_trait::async_trait;
use dashmap::DashMap;
use entry::Entry;
use futures_util::StreamExt;
use persistence::redis::Redis;
use protocol::{ClientInfo, ids::ClientId, reply::PresenceStatsResult};
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use steps::Excluded;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// How often channels with members of this node are compared with Redis, and their time there is renewed.
const RENEWAL: Duration = Duration::from_secs(10 * 60);
/// How often it is tried to take away those who left while Redis was away, and to bring what it did not take.
const RETRY: Duration = Duration::from_secs(5);
/// Members that left while Redis was away, and wait to be taken away. More are found at the next renewal.
const LATE: usize = 10_000;
/// Time that a node has to come back before its members are taken away. Until then they are only not counted.
const GRACE: Duration = Duration::from_secs(60);
/// Channels that are compared at a time.
const AT_A_TIME: usize = 16;
/// Members that one script writes.
const BATCH: usize = 100;

/// Says which nodes are there.
pub trait Alive: Send + Sync {
    /// Whether a node is there now.
    fn is_alive(&self, node: &str) -> bool;
}

impl<F: Fn(&str) -> bool + Send + Sync> Alive for F {
    fn is_alive(&self, node: &str) -> bool {
        self(node)
    }
}

/// Keeps members in Redis, each under the name of its node. No method returns a guard of a map.
pub struct RedisPresence {
    redis: Redis,
    node: String,
    alive: Arc<dyn Alive>,
    /// This node's own members: what Redis has to hold.
    own: DashMap<ChannelKey, HashMap<ClientId, ClientInfo>>,
    /// Own members that have left and that Redis may still hold.
    late: Mutex<VecDeque<(ChannelKey, ClientId)>>,
    /// Since when other nodes are not there.
    gone: Mutex<HashMap<String, Instant>>,
    grace: Duration,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No method leaves these half changed, so a panic elsewhere does not spoil them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RedisPresence {
    /// Members of this node go by the name `node`; those of nodes that are not `alive` are not counted.
    #[must_use]
    pub fn new(redis: Redis, node: String, alive: Arc<dyn Alive>) -> Self {
        Self {
            redis,
            node,
            alive,
            own: DashMap::new(),
            late: Mutex::default(),
            gone: Mutex::default(),
            grace: GRACE,
        }
    }

    /// Takes the members of nodes that are not there away after `grace`, instead of a minute.
    #[must_use]
    pub fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Keeps what Redis holds as it has to be, until stopped: all that is this node's, and nothing of those who left.
    /// Everything is compared every ten minutes, and whenever one of `signals` changes: Redis has forgotten what it held, or
    /// others have taken this node for gone.
    pub async fn run(&self, mut signals: Vec<watch::Receiver<u64>>, stop: CancellationToken) {
        let mut tick = interval(RETRY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut renewed, mut owed) = (Instant::now(), false);
        while stop.run_until_cancelled(changed(&mut signals, &mut tick)).await.is_some() {
            for signal in &mut signals {
                owed |= signal.has_changed().unwrap_or(false);
                signal.mark_unchanged();
            }
            owed |= renewed.elapsed() >= RENEWAL;
            let work = async {
                self.take_late_away().await;
                // What fails is owed until the next tick.
                if owed && self.restore().await.is_ok() {
                    (renewed, owed) = (Instant::now(), false);
                }
            };
            if stop.run_until_cancelled(work).await.is_none() {
                return;
            }
        }
    }

    /// Makes Redis hold exactly those members of this node that are here, and renews the time of their channels.
    ///
    /// # Errors
    /// [`BrokerError`], the last of those that the channels gave.
    pub async fn restore(&self) -> Result<(), BrokerError> {
        let channels: Vec<ChannelKey> = self.own.iter().map(|entry| entry.key().clone()).collect();
        let restored = futures_util::stream::iter(channels)
            .map(|key| async move { self.restore_channel(&key).await })
            .buffer_unordered(AT_A_TIME);
        restored.fold(Ok(()), |all, one| async move { one.and(all) }).await
    }

    async fn restore_channel(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        let here: Vec<ClientId> =
            self.own.get(key).map(|own| own.keys().copied().collect()).unwrap_or_default();
        if here.is_empty() {
            return Ok(());
        }
        let place = Place::of(&self.redis, key);
        let differing = steps::compare(&self.redis, &place, &self.node, &here).await?;
        for some in differing.chunks(BATCH) {
            self.put(key, &place, some).await?;
        }
        Ok(())
    }

    /// Writes members as they are here now, and gives how many entries there are. Somebody who leaves meanwhile is not left
    /// behind: whoever takes it away does so here first.
    async fn put(&self, key: &ChannelKey, place: &Place, clients: &[ClientId]) -> Result<usize, BrokerError> {
        let entry =
            |client: &ClientId| Some((*client, Entry::new(&self.node, self.own_member(key, *client)?)));
        let entries: Vec<_> = clients.iter().filter_map(entry).collect();
        if entries.is_empty() {
            return Ok(0);
        }
        let mut count = steps::add(&self.redis, place, &entries).await?;
        for (client, _) in entries {
            if self.own_member(key, client).is_none() {
                count = steps::remove(&self.redis, place, client).await?;
            }
        }
        Ok(count)
    }

    fn own_member(&self, key: &ChannelKey, client: ClientId) -> Option<ClientInfo> {
        self.own.get(key).and_then(|own| own.get(&client).cloned())
    }

    async fn take_late_away(&self) {
        for _ in 0..LATE {
            let Some((key, client)) = lock(&self.late).pop_front() else {
                return;
            };
            if self.own_member(&key, client).is_none()
                && steps::remove(&self.redis, &Place::of(&self.redis, &key), client).await.is_err()
            {
                self.note_late(&key, client);
                return;
            }
        }
    }

    fn note_late(&self, key: &ChannelKey, client: ClientId) {
        let mut late = lock(&self.late);
        if late.len() < LATE {
            late.push_back((key.clone(), client));
        }
    }

    /// Sorts out nodes that are not there.
    fn excluded<'a>(&self, nodes: impl Iterator<Item = &'a str>) -> Excluded {
        let mut gone = lock(&self.gone);
        let mut excluded = Excluded::default();
        for node in nodes {
            if node == self.node || self.alive.is_alive(node) {
                gone.remove(node);
                continue;
            }
            let since = gone.entry(node.to_owned()).or_insert_with(Instant::now);
            let forgotten = since.elapsed() >= self.grace;
            if forgotten { &mut excluded.forgotten } else { &mut excluded.uncounted }.push(node.to_owned());
        }
        // Names of nodes are new at each start: of those that are not asked about any more nobody is left.
        gone.retain(|_, since| since.elapsed() < self.grace + RENEWAL);
        excluded
    }
}

/// Waits for the next tick, or until a signal changes.
async fn changed(signals: &mut [watch::Receiver<u64>], tick: &mut tokio::time::Interval) {
    let any = async {
        let each = signals.iter_mut().map(|signal| {
            Box::pin(async move {
                if signal.changed().await.is_err() {
                    // Whoever could have given it has ended.
                    std::future::pending::<()>().await;
                }
                signal.mark_changed();
            })
        });
        let each: Vec<_> = each.collect();
        if each.is_empty() {
            std::future::pending::<()>().await;
        }
        futures_util::future::select_all(each).await;
    };
    tokio::select! {
        _ = tick.tick() => {}
        () = any => {}
    }
}

#[async_trait]
impl Presence for RedisPresence {
    async fn add(&self, key: &ChannelKey, client: ClientId, info: ClientInfo) -> Result<usize, BrokerError> {
        // Here first: when Redis does not take it now, a renewal brings it.
        self.own.entry(key.clone()).or_default().insert(client, info);
        self.put(key, &Place::of(&self.redis, key), &[client]).await
    }

    async fn remove(&self, key: &ChannelKey, client: ClientId) -> Result<usize, BrokerError> {
        if let Some(mut own) = self.own.get_mut(key) {
            own.remove(&client);
        }
        self.own.remove_if(key, |_, own| own.is_empty());
        let removed = steps::remove(&self.redis, &Place::of(&self.redis, key), client).await;
        if removed.is_err() {
            self.note_late(key, client);
        }
        Ok(removed?)
    }

    async fn members(&self, key: &ChannelKey) -> Result<BTreeMap<String, ClientInfo>, BrokerError> {
        let place = Place::of(&self.redis, key);
        let members = steps::members(&self.redis, &place).await?;
        let nodes: HashSet<&str> = members.iter().map(|(_, entry)| entry.node.as_str()).collect();
        let excluded = self.excluded(nodes.into_iter());
        if !excluded.forgotten.is_empty() {
            steps::stats(&self.redis, &place, &excluded).await?;
        }
        let counted = members.into_iter().filter(|(_, entry)| !excluded.has(&entry.node));
        Ok(counted.map(|(client, entry)| (client, entry.info)).collect())
    }

    async fn stats(&self, key: &ChannelKey) -> Result<PresenceStatsResult, BrokerError> {
        let place = Place::of(&self.redis, key);
        let all = steps::stats(&self.redis, &place, &Excluded::default()).await?;
        let excluded = self.excluded(all.nodes.iter().map(String::as_str));
        if excluded == Excluded::default() {
            return Ok(all.counts);
        }
        Ok(steps::stats(&self.redis, &place, &excluded).await?.counts)
    }
}
