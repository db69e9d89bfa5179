//! The gradebook of a class: the policy, the categories, the line items and every entry of a score.
//!
//! What is kept is what the grade engine reads, and nothing is computed here. Policies and the rules of categories are
//! JSON whose shape is the engine's.

mod categories;
mod fingerprint;
mod game_posts;
mod line_items;
mod load;
mod policies;
pub(crate) mod scores;
mod transcript;

pub use categories::{
    Category, CategoryContent, CreateCategoryError, DeleteCategoryError, MAX_CATEGORIES, UpdateCategoryError,
};
pub use game_posts::{GamePost, GamePosted, PostGameError};
pub use line_items::{
    CreateLineItemError, DeleteLineItemError, LineItem, LineItemContent, MAX_LINE_ITEMS, MAX_POINTS,
    UpdateLineItemError,
};
pub use load::{ClassGradebook, GradedStudent, LoadGradebookError, MAX_LOADED_SCORES, ScoreEntry};
pub use policies::{GradingPolicy, SetPolicyError};
pub use scores::{
    AppendScoresError, BadScore, MAX_SCORES, NewScore, RefusedScore, ScoreRecord, ScoreSource, ScoreVerdict,
};
pub use transcript::{ClassOfStudent, CourseTitle, SessionTitle};

use crate::db::Db;
use protocol::ids::PersonId;

/// Largest weight, parts in a million: a thousand times the whole.
pub const MAX_WEIGHT_PPM: i64 = 1_000_000_000;

/// The repository of gradebooks.
#[derive(Clone, Debug)]
pub struct Gradebooks {
    db: Db,
    by: Option<PersonId>,
}

impl Gradebooks {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, by: None }
    }

    /// The same in the name of a person, for the audit log. Entries of scores name their author themselves.
    #[must_use]
    pub fn by(self, person: PersonId) -> Self {
        Self { by: Some(person), ..self }
    }
}

fn is_weight(ppm: Option<i64>) -> bool {
    ppm.is_none_or(|ppm| (0..=MAX_WEIGHT_PPM).contains(&ppm))
}
