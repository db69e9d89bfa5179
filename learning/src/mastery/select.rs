//! Which item to ask next, and when to stop.
//!
//! The item that tells most about an ability would be asked of everybody who has it, and soon be known. Two remedies,
//! which go together: *randomesque* takes any of the best few (Kingsbury and Zara 1989); *a-stratified* begins with the
//! items that discriminate least and keeps the sharp ones for later, when the ability is known better (Chang and
//! Ying 1999).

mod pool;
mod stop;

pub use pool::{Candidate, MAX_POOL, Pool, PoolError};
pub use stop::{MAX_LENGTH, Stop, StopLimits, StopRule, StopRuleError};

use super::number::{Draw, Logit};
use protocol::ids::ItemId;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::HashSet;

/// The most items among which chance may choose: the twentieth best still tells nearly as much in a bank that is large
/// enough to need hiding.
pub const MAX_TOP: u16 = 20;
/// The most strata; more would leave too few items in each.
pub const MAX_STRATA: u16 = 10;

/// What makes an item the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Criterion {
    /// The greatest information at the ability.
    Information,
    /// The difficulty nearest to the ability, within the stratum of discriminations whose turn it is.
    AStratified {
        /// Into how many strata the pool is cut, 1..=[`MAX_STRATA`].
        strata: u16,
        /// How many items the test is meant to have, 1..=[`MAX_LENGTH`]; each stratum serves an equal part of it.
        length: u32,
    },
}

/// How to choose, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectSettings {
    /// What makes an item the best.
    pub criterion: Criterion,
    /// Chance takes any of so many best, 1..=[`MAX_TOP`]; 1 leaves nothing to chance.
    pub top: u16,
}

/// A rule of choice: settings within their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SelectSettings", into = "SelectSettings")]
pub struct SelectRule(SelectSettings);

/// Where the test stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The ability as it is estimated now.
    pub theta: Logit,
    /// Items that this test has asked.
    pub given: u32,
    /// Items that must not be asked: those of this test, and any that the student saw too lately.
    pub used: &'a HashSet<ItemId>,
}

/// Why settings are not a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectRuleError {
    /// `top` is out of bounds.
    #[error("let chance take one of the best 1 to 20 items")]
    Top,
    /// `strata` is out of bounds.
    #[error("cut the pool into 1 to 10 strata")]
    Strata,
    /// `length` is out of bounds.
    #[error("plan a test of 1 to 500 items, at least one for each stratum")]
    Length,
}

impl SelectRuleError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Top => "select_top",
            Self::Strata => "select_strata",
            Self::Length => "select_length",
        }
    }
}

impl SelectRule {
    /// A rule from its settings.
    ///
    /// # Errors
    /// The first setting that is out of its bounds.
    pub fn new(settings: SelectSettings) -> Result<Self, SelectRuleError> {
        if !(1..=MAX_TOP).contains(&settings.top) {
            return Err(SelectRuleError::Top);
        }
        if let Criterion::AStratified { strata, length } = settings.criterion {
            if !(1..=MAX_STRATA).contains(&strata) {
                return Err(SelectRuleError::Strata);
            }
            if length < u32::from(strata) || length > MAX_LENGTH {
                return Err(SelectRuleError::Length);
            }
        }
        Ok(Self(settings))
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> SelectSettings {
        self.0
    }

    /// The next item of `pool`, none if all are used. `draw` decides among the best; equals are ordered by id, so that
    /// the same draw gives the same item on every node.
    ///
    /// Takes time in proportion to the pool: each curve is looked at once.
    #[must_use]
    pub fn next(&self, pool: &Pool, standing: Standing<'_>, draw: Draw) -> Option<ItemId> {
        let mut best = Best::of(usize::from(self.0.top));
        match self.0.criterion {
            Criterion::Information => {
                best.offer(pool.all(), standing, |candidate| candidate.curve.information(standing.theta));
            }
            Criterion::AStratified { strata, length } => {
                let theta = standing.theta.get();
                for stratum in turns(strata, length, standing.given) {
                    let items = pool.stratum(stratum, strata);
                    best.offer(items, standing, |candidate| -(candidate.curve.params().b - theta).abs());
                    // A stratum without a free item passes its turn on; one with too few is not mixed with another.
                    if !best.found.is_empty() {
                        break;
                    }
                }
            }
        }
        best.take(draw)
    }
}

impl Default for SelectRule {
    /// Any of the five that tell most.
    fn default() -> Self {
        Self(SelectSettings { criterion: Criterion::Information, top: 5 })
    }
}

impl TryFrom<SelectSettings> for SelectRule {
    type Error = SelectRuleError;

    fn try_from(settings: SelectSettings) -> Result<Self, SelectRuleError> {
        Self::new(settings)
    }
}

impl From<SelectRule> for SelectSettings {
    fn from(rule: SelectRule) -> Self {
        rule.0
    }
}

/// The strata in the order in which they are asked after `given` items: the one whose turn it is, then the sharper ones,
/// then the duller ones from the sharpest on.
fn turns(strata: u16, length: u32, given: u32) -> impl Iterator<Item = u16> {
    let turn = u64::from(given) * u64::from(strata) / u64::from(length.max(1));
    let turn = u16::try_from(turn).unwrap_or(u16::MAX).min(strata.saturating_sub(1));
    (turn..strata).chain((0..turn).rev())
}

/// The few best candidates seen so far, best first.
struct Best {
    most: usize,
    found: Vec<(f64, ItemId)>,
}

impl Best {
    fn of(most: usize) -> Self {
        Self { most, found: Vec::with_capacity(most + 1) }
    }

    fn offer(&mut self, items: &[Candidate], standing: Standing<'_>, worth: impl Fn(&Candidate) -> f64) {
        for candidate in items {
            let offered = (worth(candidate), candidate.item);
            // Nearly all fail here, before the costlier look at what was used.
            let full = self.found.len() == self.most;
            if full && self.found.last().is_some_and(|last| order(last, &offered).is_lt()) {
                continue;
            }
            if standing.used.contains(&candidate.item) {
                continue;
            }
            let place = self.found.partition_point(|better| order(better, &offered).is_lt());
            self.found.insert(place, offered);
            self.found.truncate(self.most);
        }
    }

    fn take(self, draw: Draw) -> Option<ItemId> {
        let n = u32::try_from(self.found.len()).unwrap_or(u32::MAX);
        self.found.get(draw.index(n) as usize).map(|(_, item)| *item)
    }
}

/// Best first: the greater worth, then the smaller id.
fn order(a: &(f64, ItemId), b: &(f64, ItemId)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
