//! Telling of failures: a database that is away fails at every shard, several times a minute.

use crate::journal::Shard;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines in the log.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Failures since the last line.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    told: Mutex<(Option<Instant>, u64)>,
}

impl Troubles {
    /// Tells of one in the log, unless another was told lately; those are counted.
    pub(super) fn tell(&self, error: &dyn Display, shard: Shard, what: &'static str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, untold) = &mut *told;
        if last.is_some_and(|last| last.elapsed() < TOLD_EVERY) {
            *untold += 1;
            return;
        }
        tracing::warn!(%error, shard = shard.0, untold = *untold, "{what}");
        (*last, *untold) = (Some(Instant::now()), 0);
    }
}
