//! How far the writer is behind, over all shards that it holds.

use super::shard::age;
use crate::journal::{Depth, EntryId, Shard};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far a writer is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// Shards that it holds.
    pub shards: usize,
    /// How much of them is not committed.
    pub depth: Depth,
    /// How long the oldest of that has waited.
    pub lag: Duration,
}

/// What was seen last of each shard.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    shards: Mutex<HashMap<Shard, Seen>>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    depth: Depth,
    /// What has waited longest, as it is not committed.
    oldest: Option<EntryId>,
}

impl Gauges {
    /// A shard has so much that is not committed, and this is the oldest of it.
    pub(super) fn see(&self, shard: Shard, depth: Depth, oldest: Option<EntryId>) {
        self.shards().insert(shard, Seen { depth, oldest });
    }

    /// A shard is not ours any more.
    pub(super) fn forget(&self, shard: Shard) {
        self.shards().remove(&shard);
    }

    fn shards(&self) -> MutexGuard<'_, HashMap<Shard, Seen>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As it is now: what waits grows older while nothing is written.
    pub(super) fn behind(&self) -> Behind {
        let shards = self.shards();
        let mut behind = Behind { shards: shards.len(), ..Behind::default() };
        for Seen { depth, oldest } in shards.values() {
            behind.depth.bytes = behind.depth.bytes.saturating_add(depth.bytes);
            behind.depth.entries = behind.depth.entries.saturating_add(depth.entries);
            behind.lag =
                oldest.map_or(Duration::ZERO, |oldest| Duration::from_micros(age(oldest))).max(behind.lag);
        }
        behind
    }
}
