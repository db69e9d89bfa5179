//! The servers, and which of them to ask.
//!
//! The masters of a cluster are asked one by one and not by the client's own routing: that one stops for all masters
//! while one is away, repeats subscriptions only in part after a slot has moved, and takes a value that begins with
//! `MOVED` for a redirection.

use super::RedisError;
use super::address::{Access, ServerAddress};
use super::link::wait_until;
use super::master::Master;
use super::partitions::{Partition, Partitions, SLOTS};
use super::slots::{Range, SlotMap, read_ranges};
use super::subscriptions::Subscriptions;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Between two looks at who serves what. A slot that moved is found earlier by commands, but nothing tells a subscriber.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For one look.
const LOOK_LIMIT: Duration = Duration::from_secs(1);
/// A server that serves nothing is forgotten after this: it may be about to, or be the target of a moving slot.
const FORGET_AFTER: Duration = Duration::from_secs(30);

struct Known {
    master: Arc<Master>,
    idle_since: Option<Instant>,
}

pub(super) struct Routes {
    access: Access,
    partitions: Arc<Partitions>,
    subscriptions: Arc<Subscriptions>,
    known: Mutex<HashMap<ServerAddress, Known>>,
    slots: RwLock<Arc<SlotMap>>,
    looking: tokio::sync::Mutex<()>,
    looks: AtomicU64,
    closed: AtomicBool,
}

impl Routes {
    /// Begins to connect to all masters. Without a cluster, `ranges` is one over all slots.
    pub(super) fn open(
        access: Access,
        partitions: Arc<Partitions>,
        subscriptions: Arc<Subscriptions>,
        ranges: Vec<Range>,
    ) -> Self {
        let routes = Self {
            access,
            partitions,
            subscriptions,
            known: Mutex::default(),
            slots: RwLock::default(),
            looking: tokio::sync::Mutex::default(),
            looks: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        };
        routes.apply(ranges);
        routes
    }

    /// All slots at one server.
    pub(super) fn one_range(address: ServerAddress) -> Vec<Range> {
        vec![Range { from: 0, to: SLOTS - 1, address }]
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.access.cluster
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ServerAddress, Known>> {
        // Each use is one step that cannot panic half-way.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slots(&self) -> Arc<SlotMap> {
        Arc::clone(&self.slots.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who serves a slot; any master for none.
    pub(super) fn master(&self, slot: Option<u16>) -> Result<Arc<Master>, RedisError> {
        let slots = self.slots();
        let master = slot.map_or_else(|| slots.any(), |slot| slots.master(slot)).cloned();
        master.ok_or_else(|| {
            RedisError::Unavailable(if self.closed.load(Ordering::Acquire) {
                "the connections were closed".to_owned()
            } else {
                "no master serves the slot".to_owned()
            })
        })
    }

    /// A server by its address, known or new. It may not be connected yet.
    pub(super) fn at(&self, address: &ServerAddress) -> Arc<Master> {
        self.at_in(&mut self.known(), address)
    }

    fn at_in(&self, known: &mut HashMap<ServerAddress, Known>, address: &ServerAddress) -> Arc<Master> {
        let open = || Known {
            master: Arc::new(Master::open(&self.access, address, &self.subscriptions)),
            idle_since: None,
        };
        Arc::clone(&known.entry(address.clone()).or_insert_with(open).master)
    }

    /// The partitions that a server serves.
    pub(super) fn partitions_of(&self, address: &ServerAddress) -> Vec<Partition> {
        let slots = self.slots();
        self.partitions.within(|slot| slots.serves(address, slot))
    }

    /// Whether all connections to all masters are there.
    pub(super) fn all_connected(&self) -> bool {
        self.slots().masters().all(|master| master.is_connected())
    }

    /// Asks who serves what: `hint`, who should know best, or else everybody. Whoever comes while another asks takes that
    /// one's finding.
    pub(super) async fn look(&self, hint: Option<&ServerAddress>) {
        let looks = self.looks.load(Ordering::Acquire);
        let _one = self.looking.lock().await;
        if self.looks.load(Ordering::Acquire) != looks {
            return;
        }
        if let Some(hint) = hint {
            let master = self.at(hint);
            wait_until(LOOK_LIMIT / 2, || master.answers()).await;
            if let Some(ranges) = slots_by(&master).await {
                return self.found(ranges);
            }
        }
        let mut known: Vec<_> = self.known().values().map(|known| Arc::clone(&known.master)).collect();
        known.retain(|master| master.answers());
        // A master that was away believes for a moment that all is as it was. The others know better.
        let said = join_all(known.iter().map(|master| slots_by(master))).await;
        let said: Vec<_> = said.into_iter().flatten().collect();
        if let Some(ranges) = most_common(&said, &self.slots()) {
            return self.found(ranges);
        }
        // Nobody of those: their names may by now stand for other servers.
        for seed in &self.access.seeds {
            let master = self.at(seed);
            if wait_until(LOOK_LIMIT, || master.answers()).await
                && let Some(ranges) = slots_by(&master).await
            {
                return self.found(ranges);
            }
        }
    }

    fn found(&self, ranges: Vec<Range>) {
        self.apply(ranges);
        self.looks.fetch_add(1, Ordering::Release);
    }

    fn apply(&self, ranges: Vec<Range>) {
        let before = self.slots();
        let mut known = self.known();
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        let now = Instant::now();
        for (address, known) in known.iter_mut() {
            let serves = ranges.iter().any(|range| range.address == *address);
            known.idle_since = if serves { None } else { known.idle_since.or(Some(now)) };
        }
        known.retain(|_, known| known.idle_since.is_none_or(|since| now - since < FORGET_AFTER));
        if before.is(&ranges) {
            return;
        }
        let after = Arc::new(SlotMap::new(ranges, |address| self.at_in(&mut known, address)));
        *self.slots.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&after);
        drop(known);
        if before.is(&[]) {
            // The beginning: nothing can be subscribed to yet.
            return;
        }
        let address = |slots: &SlotMap, slot| slots.master(slot).map(|master| master.address.clone());
        let moved = self.partitions.within(|slot| address(&before, slot) != address(&after, slot));
        self.subscriptions.partitions_moved(moved);
    }

    /// Looks every second, for ever.
    pub(super) async fn keep_looking(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.look(None).await;
        }
    }

    /// Ends all connections.
    pub(super) fn close(&self) {
        let mut known = self.known();
        self.closed.store(true, Ordering::Release);
        *self.slots.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        known.clear();
    }
}

async fn slots_by(master: &Master) -> Option<Vec<Range>> {
    let reply = master.ask("CLUSTER", vec!["SLOTS".into()], LOOK_LIMIT).await.ok()?.ok()?;
    read_ranges(&reply, &master.address).ok().filter(|ranges| !ranges.is_empty())
}

/// What most say; of several with as many voices, what is believed already.
fn most_common(said: &[Vec<Range>], believed: &SlotMap) -> Option<Vec<Range>> {
    let voices = |one: &Vec<Range>| said.iter().filter(|other| *other == one).count();
    said.iter().max_by_key(|one| (voices(one), believed.is(one))).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_master_that_knows_no_better_is_outvoted() {
        let server = |port| Routes::one_range(ServerAddress { host: "r".to_owned(), port });
        let said = [server(1), server(2), server(2)];
        assert_eq!(most_common(&said, &SlotMap::default()), Some(server(2)));
        assert_eq!(most_common(&said[..1], &SlotMap::default()), Some(server(1)));
        assert_eq!(most_common(&[], &SlotMap::default()), None);
    }
}
