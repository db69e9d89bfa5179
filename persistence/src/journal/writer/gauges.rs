//! How far the writer is behind, over all shards that it holds.

use crate::journal::{Depth, Shard};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What was seen last of each shard.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    shards: Mutex<HashMap<Shard, Seen>>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    depth: Depth,
    /// Microseconds that the oldest fact has waited.
    lag: u64,
}

impl Gauges {
    /// A shard has so much that is not committed, the oldest of it for so long (microseconds).
    pub(super) fn see(&self, shard: Shard, depth: Depth, lag: u64) {
        self.change(|shards| _ = shards.insert(shard, Seen { depth, lag }));
    }

    /// A shard is not ours any more.
    pub(super) fn forget(&self, shard: Shard) {
        self.change(|shards| _ = shards.remove(&shard));
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<Shard, Seen>)) {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut shards);
        let (mut bytes, mut entries, mut lag) = (0_u64, 0_u64, 0);
        for seen in shards.values() {
            bytes = bytes.saturating_add(seen.depth.bytes);
            entries = entries.saturating_add(seen.depth.entries);
            lag = seen.lag.max(lag);
        }
        #[expect(clippy::cast_precision_loss, reason = "gauges are doubles")]
        {
            metrics::gauge!("schoolbell_journal_depth_bytes").set(bytes as f64);
            metrics::gauge!("schoolbell_journal_depth_facts").set(entries as f64);
            metrics::gauge!("schoolbell_journal_lag_seconds").set(lag as f64 / 1e6);
        }
    }
}
