//! The journal: facts on their way into their tables.
//!
//! ```text
//! append → accepted: in the journal, which survives the end of a process
//!    → writer: one lease holder per shard reads batches → sinks → rows and checkpoint in one transaction: durable
//!    → the watermark moves up to the checkpoint, and what lies below it is trimmed
//! ```
//! A fact has an operation id of its origin, so appending it again is appending it once; and its sink writes rows that are
//! the same when they are written again. What the journal cannot keep it refuses, before it is acknowledged.

#[cfg(feature = "contract")]
pub mod contract;
mod dead_letters;
mod durability;
mod fact;
mod local;
mod redis;
mod sink;
mod writer;

pub use dead_letters::{DeadLetter, DeadLetters, ReplayError};
pub use durability::{Durability, DurableError};
pub use fact::{
    Accepted, Depth, Entry, EntryId, Fact, Kind, Life, MAX_BODY, MAX_FACTS, MAX_KEY, MAX_KIND, OpId, Place,
    Shard,
};
pub use local::LocalJournal;
pub use redis::RedisJournal;
pub use sink::{Cell, Column, Poison, Row, Sink, Sinks, SinksError, Upsert};
pub use writer::{Behind, Writer, WriterConfig};

use crate::Unavailable;
use async_trait::async_trait;
use std::time::Duration;

/// What a shard may hold, and how long it remembers operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Bytes that are not committed, by [`Fact::size`], in one shard. Four fifths of them are used: the rest is for what
    /// the store itself needs while it is full.
    pub bytes: u64,
    /// Facts that are not committed, in one shard; used to four fifths as well.
    pub entries: u64,
    /// How long an operation is remembered, at least, after it was accepted.
    pub remembered: Duration,
    /// Operations that one shard remembers, at least, before it forgets some of them sooner than that.
    pub remembered_ops: u64,
}

impl Default for Budget {
    /// Of each shard 64 MiB and 250,000 facts; 10 minutes and 100,000 operations.
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            entries: 250_000,
            remembered: Duration::from_secs(600),
            remembered_ops: 100_000,
        }
    }
}

impl Budget {
    /// Up to where facts are accepted.
    pub(super) fn usable(&self) -> Depth {
        let of = |whole: u64| u64::try_from(u128::from(whole) * 4 / 5).unwrap_or(u64::MAX);
        Depth { bytes: of(self.bytes), entries: of(self.entries) }
    }
}

/// Why facts were not accepted.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// More than four fifths of a shard's budget would be in use: what was accepted before has to be written first.
    #[error("the journal is full; try again later")]
    Full {
        /// Which part.
        shard: Shard,
    },
    /// The body, the key or the kind of a fact is too long.
    #[error("the fact of operation {} is too large; split it", op.0)]
    TooLarge {
        /// Which operation.
        op: OpId,
    },
    /// More than [`MAX_FACTS`].
    #[error("{got} facts at once are too many; append at most {MAX_FACTS}")]
    TooMany {
        /// How many.
        got: usize,
    },
    /// The journal's store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl JournalError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full { .. } => "journal_full",
            Self::TooLarge { .. } => "fact_too_large",
            Self::TooMany { .. } => "too_many_facts",
            Self::Unavailable(error) => error.code(),
        }
    }

    /// Whether the same facts may be accepted later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Unavailable(_))
    }
}

/// What came of asking to write a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShardClaim {
    /// It is ours to write.
    Held {
        /// Of the shard.
        life: Life,
        /// Greater than that of all former writers.
        fence: u64,
    },
    /// Another writes it.
    Other {
        /// Until its lease ends, unless it is renewed.
        left: Duration,
    },
}

/// A writer's right to a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// Which part.
    pub shard: Shard,
    /// In which life of it.
    pub life: Life,
    /// By what all may know that it is the newest writer.
    pub fence: u64,
    /// The writer's node.
    pub node: String,
    /// How long the lease lasts without a sign of life.
    pub lease: Duration,
}

impl Tenure {
    /// The name of the shard's checkpoint: each life of each journal has its own. Those of former lives stay, for whoever
    /// still waits for a fact of theirs.
    #[must_use]
    pub fn checkpoint(&self, stream: &str) -> String {
        checkpoint_name(stream, self.life)
    }
}

fn checkpoint_name(stream: &str, life: Life) -> String {
    format!("{stream}/{}", life.0)
}

/// How far a shard is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watermark {
    /// In which life; none in a shard that nobody ever used.
    pub life: Option<Life>,
    /// What is not greater is committed.
    pub id: EntryId,
}

/// How much is read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimit {
    /// Facts.
    pub entries: usize,
    /// Bytes, by [`Fact::size`]; one fact is read whatever its size.
    pub bytes: u64,
}

/// What was read of a shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portion {
    /// In order.
    pub entries: Vec<Entry>,
    /// The watermark.
    pub mark: EntryId,
    /// How much is not committed.
    pub depth: Depth,
}

/// Why a writer may not go on.
#[derive(Debug, thiserror::Error)]
pub enum TenureError {
    /// Another has taken the shard over.
    #[error("another writer has taken the shard over; claim it again")]
    Lost,
    /// The journal's store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl TenureError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Facts on their way into their tables. Clocks are those of the journal's store.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// What kind of journal it is: the first part of its checkpoints' names.
    fn stream(&self) -> &'static str;

    /// Into how many shards it is divided.
    fn shards(&self) -> u16;

    /// Accepts facts. An operation that the journal remembers is accepted once, at the place that it has. Facts of one
    /// shard are accepted in their order, those of a large call by parts.
    ///
    /// # Errors
    /// [`JournalError`]; some of the facts may be accepted then: append all of them again, with the same operation ids.
    async fn append(&self, facts: &[Fact]) -> Result<Accepted, JournalError>;

    /// The watermark of a shard.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn watermark(&self, shard: Shard) -> Result<Watermark, Unavailable>;

    /// How much of a shard is not committed.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn depth(&self, shard: Shard) -> Result<Depth, Unavailable>;

    /// The oldest entry of a shard that is not committed.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn oldest(&self, shard: Shard) -> Result<Option<EntryId>, Unavailable>;

    /// Waits until facts may have come into a shard that was claimed. It is a hint: now and then it comes without facts, and
    /// facts without it, so whoever waits looks now and then all the same.
    async fn appended(&self, _shard: Shard) {
        std::future::pending::<()>().await;
    }

    /// Asks to write a shard, with a fence greater than `above`. A node that claims its own shard again gets a greater one.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails; the shard may be claimed all the same.
    async fn claim(
        &self,
        shard: Shard,
        node: &str,
        lease: Duration,
        above: u64,
    ) -> Result<ShardClaim, Unavailable>;

    /// Gives a shard back, so that another need not wait for the lease's end. Of another's lease nothing changes.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn release(&self, tenure: &Tenure) -> Result<(), Unavailable>;

    /// Renews the lease and reads what stands behind an entry.
    ///
    /// # Errors
    /// [`TenureError`]
    async fn read(&self, tenure: &Tenure, after: EntryId, limit: ReadLimit) -> Result<Portion, TenureError>;

    /// Says that all up to an entry is committed, and drops it from the journal: nothing behind it. The watermark never
    /// goes back.
    ///
    /// # Errors
    /// [`TenureError`]
    async fn mark(&self, tenure: &Tenure, up_to: EntryId) -> Result<(), TenureError>;
}

/// Counts what was asked of a journal.
fn count_appended(result: &Result<Accepted, JournalError>) {
    match result {
        Ok(accepted) => {
            let count = u64::try_from(accepted.places.len()).unwrap_or(u64::MAX);
            metrics::counter!("schoolbell_journal_accepted_total").increment(count);
        }
        Err(error) => {
            metrics::counter!("schoolbell_journal_refused_total", "code" => error.code()).increment(1);
        }
    }
}
