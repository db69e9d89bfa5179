//! The items that may be asked.

use crate::mastery::irt::Curve;
use protocol::ids::ItemId;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Items of one pool, about 5 MiB; a school's bank for one skill is a hundredth of it.
pub const MAX_POOL: usize = 100_000;

/// An item that may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which.
    pub item: ItemId,
    /// How it responds.
    pub curve: Curve,
}

/// Candidates in ascending order of discrimination, each once. Built once per bank, not per question.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    items: Vec<Candidate>,
}

/// Why items are not a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// More than [`MAX_POOL`].
    #[error("a pool has at most 100000 items; make one for each skill")]
    TooMany,
    /// An item stands there twice.
    #[error("item {0} is in the pool twice; give each item one curve")]
    Duplicate(ItemId),
}

impl PoolError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMany => "pool_too_many",
            Self::Duplicate(_) => "pool_duplicate",
        }
    }
}

impl Pool {
    /// A pool of these items.
    ///
    /// # Errors
    /// Too many of them, or one of them twice.
    pub fn new(mut items: Vec<Candidate>) -> Result<Self, PoolError> {
        if items.len() > MAX_POOL {
            return Err(PoolError::TooMany);
        }
        let mut seen = HashSet::with_capacity(items.len());
        if let Some(twice) = items.iter().find(|candidate| !seen.insert(candidate.item)) {
            return Err(PoolError::Duplicate(twice.item));
        }
        items.sort_unstable_by(|x, y| {
            let (a, b) = (x.curve.params().a, y.curve.params().a);
            a.total_cmp(&b).then(x.item.cmp(&y.item))
        });
        Ok(Self { items })
    }

    /// All items, those that discriminate least first.
    #[must_use]
    pub fn all(&self) -> &[Candidate] {
        &self.items
    }

    /// The `nth` of `strata` parts of (nearly) equal size, 0 being the one that discriminates least.
    pub(super) fn stratum(&self, nth: u16, strata: u16) -> &[Candidate] {
        let cut = |at: u16| self.items.len() * usize::from(at) / usize::from(strata.max(1));
        self.items.get(cut(nth)..cut(nth.saturating_add(1))).unwrap_or_default()
    }
}
