//! The writer: brings the facts of a journal into their tables, shard by shard.
//!
//! Each shard is written by one holder of its lease at a time. What a holder commits carries its fence into the checkpoint's
//! row, in the same transaction, so that one that was taken for dead cannot commit any more. A batch that was committed and
//! whose answer was lost is found out by the checkpoint, and so is one that was committed and not trimmed.

mod checkpoint;
mod commit;
mod gauges;
mod shard;
mod troubles;

pub(super) use checkpoint::committed_up_to;
pub(super) use commit::refusal;
pub use gauges::Behind;

use super::{Journal, ReadLimit, Shard, Sinks};
use crate::Store;
use crate::db::Db;
use futures_util::FutureExt as _;
use gauges::Gauges;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use troubles::Troubles;

/// How a writer works.
#[derive(Clone)]
pub struct WriterConfig {
    /// Its name among the nodes.
    pub node: String,
    /// How long a shard is kept without a sign of life. Longer than a transaction may take.
    pub lease: Duration,
    /// The most of one transaction.
    pub batch: ReadLimit,
    /// How long facts gather for a transaction, when there are fewer.
    pub gather: Duration,
    /// The longest pause of a shard without facts: when nothing wakes the writer, it looks by itself. Shorter than the lease.
    pub idle: Duration,
    /// The longest pause after a failure.
    pub retry: Duration,
    /// For how long a fact of a kind that this version does not know waits for a node that does, before it is parked: in a
    /// rolling upgrade an older node may hold its shard.
    pub unknown_kind: Duration,
    /// For how long a fact waits for a row that it refers to and that is not there, before it is parked: it may come by
    /// another shard.
    pub missing_row: Duration,
    /// Transactions at a time; fewer than the store has connections.
    pub at_once: usize,
    /// Which shards this node is to write; the others are left, or given back.
    pub wanted: Arc<dyn Fn(Shard) -> bool + Send + Sync>,
}

impl fmt::Debug for WriterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterConfig").field("node", &self.node).finish_non_exhaustive()
    }
}

impl WriterConfig {
    /// The usual, for all shards: a lease of 15 s, 1,000 facts or 4 MiB at a time, which gather for 50 ms.
    #[must_use]
    pub fn new(node: impl Into<String>) -> Self {
        Self {
            node: node.into(),
            lease: Duration::from_secs(15),
            batch: ReadLimit { entries: 1_000, bytes: 4 << 20 },
            gather: Duration::from_millis(50),
            idle: Duration::from_secs(5),
            retry: Duration::from_secs(5),
            unknown_kind: Duration::from_secs(600),
            missing_row: Duration::from_secs(30),
            at_once: 2,
            wanted: Arc::new(|_| true),
        }
    }
}

/// Brings the facts of a journal into their tables.
pub struct Writer {
    work: Arc<Work>,
}

/// What the shards share.
struct Work {
    journal: Arc<dyn Journal>,
    db: Db,
    sinks: Sinks,
    config: WriterConfig,
    turns: Semaphore,
    gauges: Gauges,
    troubles: Troubles,
}

impl Writer {
    /// From a journal into a store.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, store: &Store, sinks: Sinks, config: WriterConfig) -> Self {
        let (turns, gauges) = (Semaphore::new(config.at_once.max(1)), Gauges::default());
        let db = store.db().clone();
        let troubles = Troubles::default();
        Self { work: Arc::new(Work { journal, db, sinks, config, turns, gauges, troubles }) }
    }

    /// How far it is behind, by what it saw last of the shards that it holds.
    #[must_use]
    pub fn behind(&self) -> Behind {
        self.work.gauges.behind()
    }

    /// Writes until `stop`, then ends the transactions that are under way and gives the shards back. Dropped before, it
    /// leaves them to the leases' end, and whatever was not committed to the next writer.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for shard in (0..self.work.journal.shards()).map(Shard) {
            tasks.spawn(keep_writing(Arc::clone(&self.work), shard, stopped.clone()));
        }
        drop(stopped);
        stop.await;
        // Without a receiver all tasks have ended already.
        let _ = stopping.send(true);
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "the writer of a shard ended with a defect");
            }
        }
    }
}

/// Writes a shard until told to stop, whatever defect it meets: the facts behind one must not wait for the next start.
async fn keep_writing(work: Arc<Work>, shard: Shard, stop: watch::Receiver<bool>) {
    // What a panic leaves behind is a hold that is gone, and locks that are taken all the same.
    while AssertUnwindSafe(shard::keep_writing(&work, shard, stop.clone())).catch_unwind().await.is_err() {
        work.gauges.forget(shard);
        metrics::counter!("schoolbell_journal_defects_total").increment(1);
        tracing::error!(shard = shard.0, "the writer of a shard met a defect and begins anew");
        tokio::time::sleep(work.config.retry).await;
    }
}
