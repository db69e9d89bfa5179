//! Waiting until accepted facts are committed.

use super::{Accepted, EntryId, Journal, OpId, Shard, dead_letters};
use crate::db::Db;
use crate::{Store, Unavailable};
use protocol::ids::SchoolId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Between two looks at a watermark. However many wait, one of them asks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why it is not known that facts are committed.
#[derive(Debug, thiserror::Error)]
pub enum DurableError {
    /// They were not within the time; they are still accepted, and will be.
    #[error("the facts are accepted but not yet committed; ask again later")]
    Late,
    /// One could not be written and is parked, until an operator has mended the cause.
    #[error("the fact of operation {} is parked; look among the dead letters for its cause", op.0)]
    Parked {
        /// Which.
        op: OpId,
    },
    /// The journal's store or the database failed; the facts are still accepted.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl DurableError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Late => "not_yet_durable",
            Self::Parked { .. } => "parked",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Tells when accepted facts are durable. One for a process, so that those who wait share what is learned. Clones share it.
#[derive(Clone)]
pub struct Durability {
    journal: Arc<dyn Journal>,
    db: Db,
    marks: Arc<[Mark]>,
}

/// What is known of a shard's watermark.
struct Mark {
    known: AtomicU64,
    /// For the one who asks.
    turn: Semaphore,
}

impl Durability {
    /// Of a journal that is written into a store.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, store: &Store) -> Self {
        let mark = |_| Mark { known: AtomicU64::new(0), turn: Semaphore::new(1) };
        let marks = (0..journal.shards()).map(mark).collect();
        Self { journal, db: store.db().clone(), marks }
    }

    /// Waits until all of the facts are committed.
    ///
    /// # Errors
    /// [`DurableError`]; in each case the facts stay accepted.
    pub async fn wait(&self, accepted: &Accepted, within: Duration) -> Result<(), DurableError> {
        let mut needed: BTreeMap<Shard, EntryId> = BTreeMap::new();
        let mut of_schools: BTreeMap<SchoolId, Vec<OpId>> = BTreeMap::new();
        for place in &accepted.places {
            let id = needed.entry(place.shard).or_default();
            *id = place.id.max(*id);
            of_schools.entry(place.school).or_default().push(place.op);
        }
        let reached = async {
            for (shard, id) in needed {
                self.reached(shard, id).await?;
            }
            Ok(())
        };
        tokio::time::timeout(within, reached).await.unwrap_or(Err(DurableError::Late))?;
        for (school, ops) in of_schools {
            let parked = dead_letters::parked_among(&self.db, school, ops.into_iter()).await;
            if let Some(op) = parked.map_err(Unavailable::from)? {
                return Err(DurableError::Parked { op });
            }
        }
        Ok(())
    }

    async fn reached(&self, shard: Shard, id: EntryId) -> Result<(), DurableError> {
        // A place of another journal's shard never comes.
        let Some(mark) = self.marks.get(usize::from(shard.0)) else { return Err(DurableError::Late) };
        while mark.known.load(Ordering::Relaxed) < id.0 {
            if let Ok(_turn) = mark.turn.try_acquire() {
                let EntryId(now) = self.journal.watermark(shard).await?;
                if mark.known.fetch_max(now, Ordering::Relaxed).max(now) >= id.0 {
                    break;
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}
