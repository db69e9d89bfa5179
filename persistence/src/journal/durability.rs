//! Waiting until accepted facts are committed.

use super::writer::committed_up_to;
use super::{Accepted, EntryId, Journal, Life, OpId, Shard, Watermark, checkpoint_name, dead_letters};
use crate::db::Db;
use crate::{Store, Unavailable};
use protocol::ids::SchoolId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// The journal's store has lost what was in it, and this was not committed before.
    #[error("the fact of operation {} was accepted and is lost with the journal's store; send it again", op.0)]
    Lost {
        /// Which, perhaps among others.
        op: OpId,
    },
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
            Self::Lost { .. } => "lost",
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
    known: Mutex<Watermark>,
    /// For the one who asks.
    turn: Semaphore,
}

impl Durability {
    /// Of a journal that is written into a store.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, store: &Store) -> Self {
        let mark = |_| Mark { known: Mutex::new(Watermark::default()), turn: Semaphore::new(1) };
        let marks = (0..journal.shards()).map(mark).collect();
        Self { journal, db: store.db().clone(), marks }
    }

    /// Waits until all of the facts are committed.
    ///
    /// # Errors
    /// [`DurableError`]; unless it says that they are lost, the facts stay accepted.
    pub async fn wait(&self, accepted: &Accepted, within: Duration) -> Result<(), DurableError> {
        tokio::time::timeout(within, self.committed(accepted)).await.unwrap_or(Err(DurableError::Late))
    }

    async fn committed(&self, accepted: &Accepted) -> Result<(), DurableError> {
        // The last one of each shard stands for all of them.
        let mut needed: BTreeMap<(Shard, Life), (EntryId, OpId)> = BTreeMap::new();
        let mut of_schools: BTreeMap<SchoolId, Vec<OpId>> = BTreeMap::new();
        for place in &accepted.places {
            let last = needed.entry((place.shard, place.life)).or_insert((place.id, place.op));
            *last = (*last).max((place.id, place.op));
            of_schools.entry(place.school).or_default().push(place.op);
        }
        for ((shard, life), (id, op)) in needed {
            if !self.reached(shard, life, id).await? {
                return Err(DurableError::Lost { op });
            }
        }
        for (school, ops) in of_schools {
            let parked = dead_letters::parked_among(&self.db, school, ops.into_iter()).await;
            if let Some(op) = parked.map_err(Unavailable::from)? {
                return Err(DurableError::Parked { op });
            }
        }
        Ok(())
    }

    /// Waits for a watermark; false if that life of the shard ended before.
    async fn reached(&self, shard: Shard, life: Life, id: EntryId) -> Result<bool, DurableError> {
        // A place of another journal's shard never comes.
        let Some(mark) = self.marks.get(usize::from(shard.0)) else { return Err(DurableError::Late) };
        loop {
            let known = mark.known();
            if known.life == Some(life) && known.id >= id {
                return Ok(true);
            }
            if let Ok(_turn) = mark.turn.try_acquire() {
                let now = self.journal.watermark(shard).await?;
                if now.life != Some(life) {
                    let name = checkpoint_name(self.journal.stream(), life);
                    let last = committed_up_to(&self.db, &name, shard).await.map_err(Unavailable::from)?;
                    return Ok(last >= id);
                }
                mark.learn(now);
                if now.id >= id {
                    return Ok(true);
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Mark {
    fn known(&self) -> Watermark {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, now: Watermark) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}
