//! What people have mastered, when they see an item again, and what they were shown.
//!
//! ```text
//! answers:  take the turn of their people ─→ leave out what is known ─→ lock their items ─→ read ─→ rule, one by one ─→ write
//! ```
//! The rule is the caller's: here is only what makes each answer count once, in an order that all writers share.

mod cards;
mod learn;
mod ledger;
mod lists;
mod rows;
mod shown;

pub use cards::DueCard;
pub use learn::{LearnError, Rule};
pub use ledger::{Card, Change, ItemState, Known, Mastery};
pub use lists::{Candidate, ClassMastery, SkillMastery};
pub use shown::Shown;

use crate::Micros;
use crate::db::Db;
use protocol::ids::{ItemId, PersonId, QuizId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Most answers that are learned from in one transaction: a few hundred milliseconds of others waiting.
pub const MAX_ANSWERS: usize = 2_000;

/// Where an answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In a live game.
    Game,
    /// To an item that was chosen for the person.
    Response,
    /// To a card that was due.
    Review,
}

/// Where a question stands, and how it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// As which item.
    pub item: ItemId,
    /// Of which quiz.
    pub quiz: QuizId,
    /// In which version of it.
    pub version: u32,
    /// Index of the question, from 0.
    pub question: u32,
    /// How the items of an ordering question were shuffled; empty for other kinds.
    pub order: Vec<usize>,
}

/// What a person answered, and once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerEvent {
    /// Follows from what was answered: the same answer has the same id, however often it comes.
    pub id: Uuid,
    /// Who.
    pub person: PersonId,
    /// What was asked.
    pub asked: Asked,
    /// Where.
    pub source: Source,
    /// Whether it was right; none if the person rated the own memory instead.
    pub correct: Option<bool>,
    /// Time to the answer.
    pub elapsed_ms: Option<u64>,
    /// When it was given.
    pub occurred_at: Micros,
}

/// The repository of what people have mastered and when they see it again.
#[derive(Clone, Debug)]
pub struct MasteryRecords {
    db: Db,
}

impl MasteryRecords {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}
