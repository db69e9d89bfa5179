//! The grade that a student would have.

use super::gradebook::{Gradebook, Held, is_score};
use super::{StudentGrade, graded};
use protocol::ids::{LineItemId, PersonId};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A score that is laid over what a student holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hypothetical {
    /// For what.
    pub line_item: LineItemId,
    /// Points; none for ungraded.
    pub given: Option<f64>,
    /// As if the student were excused.
    #[serde(default)]
    pub excused: bool,
}

/// What a hypothetical score stands in place of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// For what.
    pub line_item: LineItemId,
    /// Points before; none if ungraded.
    pub from: Option<f64>,
    /// Whether the student was excused before.
    pub from_excused: bool,
    /// Points now; none for ungraded.
    pub to: Option<f64>,
    /// Whether the student is excused now.
    pub to_excused: bool,
}

/// A student's grade as it is and as it would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    /// By the scores alone.
    pub actual: StudentGrade,
    /// With the hypothetical scores; its trace marks them.
    pub hypothetical: StudentGrade,
    /// What was laid over, in the order in which it was asked for.
    pub changes: Vec<Change>,
}

/// Why a question cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    /// Not a student of the class.
    #[error("choose a student of this class")]
    UnknownStudent,
    /// Not a line item of the gradebook.
    #[error("choose line items of this gradebook; there is no line item {0}")]
    UnknownLineItem(LineItemId),
    /// The same line item twice.
    #[error("give line item {0} one hypothetical score")]
    Repeated(LineItemId),
    /// Not a number, or far too large.
    #[error("give line item {0} between -1000000 and 1000000 points")]
    ScoreOutOfRange(LineItemId),
}

impl WhatIfError {
    /// The stable code, as in `problem+json`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownStudent => "unknown_student",
            Self::UnknownLineItem(_) => "unknown_line_item",
            Self::Repeated(_) => "line_item_repeated",
            Self::ScoreOutOfRange(_) => "score_out_of_range",
        }
    }
}

/// The grade of `student` as of a moment, with hypothetical scores laid over. The gradebook stays as it is.
///
/// # Errors
/// If the student or a line item is not of this gradebook, a line item is there twice, or a score is out of range.
pub fn what_if(
    book: &Gradebook,
    student: PersonId,
    as_of: i64,
    scores: &[Hypothetical],
) -> Result<WhatIf, WhatIfError> {
    let slot = book.student_slot(student).ok_or(WhatIfError::UnknownStudent)?;
    let mut held = Vec::new();
    book.hold(slot, as_of, &mut held);
    let actual = graded(book, student, as_of, &held);
    let mut seen = HashSet::new();
    let mut changes = Vec::with_capacity(scores.len());
    for score in scores {
        let id = score.line_item;
        let place = book.item_slot(id).ok_or(WhatIfError::UnknownLineItem(id))?;
        if !seen.insert(place) {
            return Err(WhatIfError::Repeated(id));
        }
        if score.given.is_some_and(|given| !is_score(given)) {
            return Err(WhatIfError::ScoreOutOfRange(id));
        }
        let over = Held { given: score.given, excused: score.excused, entry: None, hypothetical: true };
        let before = std::mem::replace(&mut held[place], over);
        changes.push(Change {
            line_item: id,
            from: before.given,
            from_excused: before.excused,
            to: score.given,
            to_excused: score.excused,
        });
    }
    let hypothetical = graded(book, student, as_of, &held);
    Ok(WhatIf { actual, hypothetical, changes })
}
