//! What this node is subscribed to, and its restoring after a connection broke or a slot moved.

use super::address::ServerAddress;
use super::events::{Event, Events, Inlet, queue};
use super::partitions::{Partition, Partitions};
use super::refusal::Refusal;
use super::routes::Routes;
use super::{COMMAND_LIMIT, RedisError};
use futures_util::StreamExt as _;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Channels in one command.
const BATCH: usize = 500;
/// Partitions that are restored at a time.
const AT_A_TIME: usize = 16;
/// Before what could not be restored is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(200);
/// Before a slot that is moving is asked again.
const MOVING: Duration = Duration::from_millis(20);

/// Whose subscriptions must be made anew.
#[derive(Debug, Default)]
struct Stale {
    servers: BTreeSet<ServerAddress>,
    partitions: BTreeSet<Partition>,
}

pub(super) struct Subscriptions {
    wanted: Mutex<HashMap<Partition, BTreeSet<String>>>,
    // One per partition, held across a command: of a subscribing and an unsubscribing at the same time the later counts.
    gates: Vec<tokio::sync::Mutex<()>>,
    stale: Mutex<Stale>,
    restore: Notify,
    inlet: Inlet,
    events: Mutex<Option<Events>>,
}

impl Subscriptions {
    pub(super) fn new(partitions: &Partitions) -> Self {
        let (inlet, events) = queue();
        Self {
            wanted: Mutex::default(),
            gates: partitions.all().map(|_| tokio::sync::Mutex::default()).collect(),
            stale: Mutex::default(),
            restore: Notify::new(),
            inlet,
            events: Mutex::new(Some(events)),
        }
    }

    fn wanted(&self) -> MutexGuard<'_, HashMap<Partition, BTreeSet<String>>> {
        // Each use of a lock here is one step that cannot panic half-way.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stale(&self) -> MutexGuard<'_, Stale> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events, for the first who asks.
    pub(super) fn take_events(&self) -> Option<Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) async fn deliver(&self, message: Event) -> bool {
        self.inlet.deliver(message).await
    }

    pub(super) fn missed(&self, count: u64) {
        self.inlet.missed(count);
    }

    pub(super) fn server_came_back(&self, address: &ServerAddress) {
        self.stale().servers.insert(address.clone());
        self.restore.notify_one();
    }

    pub(super) fn partitions_moved(&self, partitions: Vec<Partition>) {
        self.stale().partitions.extend(partitions);
        self.restore.notify_one();
    }

    async fn gate(
        &self,
        partition: Partition,
        until: Instant,
    ) -> Result<tokio::sync::MutexGuard<'_, ()>, RedisError> {
        let gate = self.gates.get(usize::from(partition.0));
        let gate =
            gate.ok_or_else(|| RedisError::Script(format!("there is no partition {}", partition.0)))?;
        let late = |_| RedisError::Unavailable("another subscription of the partition takes long".to_owned());
        tokio::time::timeout_at(until, gate.lock()).await.map_err(late)
    }

    pub(super) async fn subscribe(
        &self,
        routes: &Routes,
        slot: u16,
        partition: Partition,
        channels: Vec<String>,
    ) -> Result<(), RedisError> {
        let until = Instant::now() + COMMAND_LIMIT;
        let _gate = self.gate(partition, until).await?;
        // Before the command: a connection that breaks right behind it must restore these as well.
        let added: Vec<String> = {
            let mut wanted = self.wanted();
            let wanted = wanted.entry(partition).or_default();
            channels.iter().filter(|channel| wanted.insert((*channel).clone())).cloned().collect()
        };
        let done = subscribe_at_owner(routes, slot, &channels, until).await;
        if done.is_err() {
            self.forget(partition, &added);
        }
        done
    }

    pub(super) async fn unsubscribe(
        &self,
        routes: &Routes,
        slot: u16,
        partition: Partition,
        channels: &[String],
    ) -> Result<(), RedisError> {
        let _gate = self.gate(partition, Instant::now() + COMMAND_LIMIT).await?;
        self.forget(partition, channels);
        let master = routes.master(Some(slot))?;
        for batch in channels.chunks(BATCH) {
            master.unsubscribe(routes.is_cluster(), batch).await?;
        }
        Ok(())
    }

    fn forget(&self, partition: Partition, channels: &[String]) {
        let mut wanted = self.wanted();
        if let Some(of_partition) = wanted.get_mut(&partition) {
            for channel in channels {
                of_partition.remove(channel);
            }
            if of_partition.is_empty() {
                wanted.remove(&partition);
            }
        }
    }

    /// Restores what became stale, for ever.
    pub(super) async fn keep_restoring(&self, routes: &Routes, partitions: &Partitions) {
        loop {
            self.restore.notified().await;
            while let Some(batch) = self.take_stale(routes) {
                let restored = futures_util::stream::iter(batch).map(|partition| async move {
                    let done = self.restore(routes, partitions.slot(partition), partition).await;
                    (partition, done)
                });
                let restored: Vec<_> = restored.buffer_unordered(AT_A_TIME).collect().await;
                if restored.iter().any(|(_, done)| done.is_ok()) {
                    self.inlet.reconnected();
                }
                let failed: Vec<_> =
                    restored.into_iter().filter_map(|(p, done)| Some((p, done.err()?))).collect();
                if let Some((_, cause)) = failed.first() {
                    tracing::warn!(partitions = failed.len(), %cause, "subscriptions are not restored yet");
                    self.stale().partitions.extend(failed.iter().map(|(partition, _)| *partition));
                    tokio::time::sleep(TRY_AGAIN).await;
                }
            }
        }
    }

    /// The stale partitions that have any channel. They are taken first, so that one that becomes stale again meanwhile
    /// is restored again.
    fn take_stale(&self, routes: &Routes) -> Option<Vec<Partition>> {
        let Stale { servers, mut partitions } = std::mem::take(&mut *self.stale());
        for server in servers {
            partitions.extend(routes.partitions_of(&server));
        }
        let wanted = self.wanted();
        partitions.retain(|partition| wanted.contains_key(partition));
        if partitions.is_empty() { None } else { Some(partitions.into_iter().collect()) }
    }

    async fn restore(&self, routes: &Routes, slot: u16, partition: Partition) -> Result<(), RedisError> {
        let until = Instant::now() + COMMAND_LIMIT;
        let _gate = self.gate(partition, until).await?;
        let channels: Vec<String> = self.wanted().get(&partition).into_iter().flatten().cloned().collect();
        subscribe_at_owner(routes, slot, &channels, until).await
    }
}

async fn subscribe_at_owner(
    routes: &Routes,
    slot: u16,
    channels: &[String],
    until: Instant,
) -> Result<(), RedisError> {
    for batch in channels.chunks(BATCH) {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(RedisError::Unavailable("the subscription was not confirmed in time".to_owned()));
            }
            let master = routes.master(Some(slot))?;
            let Err(text) = master.subscribe(routes.is_cluster(), batch, left).await? else { break };
            match Refusal::read(&text, &master.address) {
                Refusal::Moved(to) if routes.is_cluster() => {
                    // Out of time here is seen at the beginning of the next turn.
                    let _ = tokio::time::timeout_at(until, routes.look(Some(&to))).await;
                }
                Refusal::Again => tokio::time::sleep(MOVING).await,
                other => return Err(other.into_error("subscribe")),
            }
        }
    }
    Ok(())
}
