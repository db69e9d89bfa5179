//! FSRS-6: when to see an item again, from how well it was remembered so far.
//!
//! A memory has a stability `S` (days until recall falls to 90 %) and a difficulty `D` (1..=10). Recall fades as a power
//! of time, and an item is due when it has faded to the desired retention. The formulas stand beside their code in
//! `fsrs/memory.rs`; weights and formulas are those that the Open Spaced Repetition group published for FSRS-6 in 2025.
//!
//! A new item first passes short learning steps within the day, a forgotten one relearning steps.

mod fuzz;
mod memory;
mod schedule;
mod settings;

pub use memory::Memory;
pub use settings::{Fsrs, FsrsError, FsrsSettings, MAX_INTERVAL_DAYS, MAX_STEPS, WEIGHTS};

use super::Model;
use super::number::Probability;
use serde::{Deserialize, Serialize};

/// The word for states of this rule.
pub const MODEL: Model = Model::Fsrs6;
/// Milliseconds of a day. Elapsed time counts in whole days of 24 hours, whatever the calendar says.
pub const DAY_MS: u64 = 86_400_000;

/// How well an item was remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// 1: not at all.
    Again,
    /// 2: with great effort.
    Hard,
    /// 3: after some thought.
    Good,
    /// 4: at once.
    Easy,
}

/// Where a card is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// Never seen.
    #[default]
    New,
    /// In the learning steps.
    Learning,
    /// Seen at intervals of days.
    Review,
    /// Forgotten, in the relearning steps.
    Relearning,
}

/// One student's memory of one item: a row of `review_card`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Where it is on its way.
    pub state: CardState,
    /// Which learning or relearning step it waits in, from 0; 0 in other states.
    pub step: u8,
    /// None only while it is new.
    pub memory: Option<Memory>,
    /// When to see it again, server milliseconds.
    pub due_at: u64,
    /// When it was last seen, server milliseconds; none only while it is new.
    pub reviewed_at: Option<u64>,
    /// How often it was seen.
    pub reviews: u32,
    /// How often it was forgotten after it had been learned.
    pub lapses: u32,
}

/// A card after a review, with what a review log wants to know besides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The card from now on.
    pub card: Card,
    /// Whole days since the review before; 0 for a new card.
    pub elapsed_days: u32,
    /// The chance of recall just before it; none for a new card.
    pub recall: Option<Probability>,
}

/// Why a card was not reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// A card that is not new lacks its memory or the time of its last review.
    #[error("the card was seen before but its memory is missing; rebuild it from the review log")]
    Incomplete,
}

impl ReviewError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Incomplete => "card_incomplete",
        }
    }
}

impl Rating {
    /// All, the worst first.
    pub const ALL: [Self; 4] = [Self::Again, Self::Hard, Self::Good, Self::Easy];

    /// The number in formulas and logs, 1..=4.
    #[must_use]
    pub fn grade(self) -> u8 {
        match self {
            Self::Again => 1,
            Self::Hard => 2,
            Self::Good => 3,
            Self::Easy => 4,
        }
    }
}

impl Card {
    /// A new card, due at once.
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self {
            state: CardState::New,
            step: 0,
            memory: None,
            due_at: now,
            reviewed_at: None,
            reviews: 0,
            lapses: 0,
        }
    }

    /// Whether it waits to be seen.
    #[must_use]
    pub fn is_due(&self, now: u64) -> bool {
        self.due_at <= now
    }

    /// Whole days between its last review and the next; 0 in steps and while it is new.
    #[must_use]
    pub fn interval_days(&self) -> u64 {
        self.reviewed_at.map_or(0, |at| self.due_at.saturating_sub(at) / DAY_MS)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
