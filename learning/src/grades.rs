//! The grade engine: from a class's gradebook to every student's grade, with the reasons. No clock, no store, no chance.
//!
//! ```text
//! Setup + students + scores ─ Gradebook::open ─→ Gradebook ─ grade_class(as of) ─→ StudentGrade { …, trace }
//!                             (checks, indexes)            └ what_if(as of, hypothetical scores)
//! ```
//! A class chooses the rules of [Canvas](Rules::Canvas) or of [Moodle](Rules::Moodle). Whatever the rules, a grade is a
//! sum of contributions: [`PartTrace::contribution`] over everything that counted is the grade before rounding, in
//! percentage points.
//!
//! Numbers are `f64`, as in the published engines, and are rounded in two places only: each grade that is shown, to two
//! decimals, halves away from zero; and a grading period's grade before periods are combined. Nothing is
//! rounded between an item and its category, or a category and the grade.

mod canvas;
mod dropping;
mod gradebook;
mod invalid;
mod letters;
mod moodle;
mod periods;
mod rounding;
mod setup;
#[cfg(test)]
mod tests;
mod trace;
mod what_if;

pub use gradebook::Gradebook;
pub use invalid::{GradebookError, Subject};
pub use letters::{Letter, LetterScale, LetterScaleError};
pub use setup::{
    Aggregation, Category, GradingPeriod, GradingPeriods, LineItem, MAX_CATEGORIES, MAX_LINE_ITEMS,
    MAX_PERIODS, MAX_POINTS, MAX_SCORES, MAX_STUDENTS, MAX_WEIGHT_PPM, Policy, Rules, ScoreEntry, Setup,
    WHOLE_PPM, WeightScheme,
};
pub use trace::{
    Basis, CategoryTrace, Combination, GradeTrace, Part, PartTrace, PeriodTrace, Trace, Verdict, Workings,
};
pub use what_if::{Change, Hypothetical, WhatIf, WhatIfError, what_if};

use gradebook::Held;
use protocol::ids::{CategoryId, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A grade as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// Percent, two decimals; none if nothing counts yet. Extra credit can lift it above 100 under the rules of Canvas.
    pub percent: Option<f64>,
    /// By the policy's letter scale; none without a scale or without a grade.
    pub letter: Option<Arc<str>>,
}

/// What a student has in one category, over everything the policy covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoryGrade {
    /// The category.
    pub category: CategoryId,
    /// Percent, two decimals, ungraded work ignored.
    pub current_grade: Option<f64>,
    /// Percent, two decimals, ungraded work counted as 0.
    pub final_grade: Option<f64>,
}

/// What a student has in one grading period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodGrade {
    /// The period.
    pub period: SessionId,
    /// Ungraded work ignored.
    pub current_grade: Grade,
    /// Ungraded work counted as 0.
    pub final_grade: Grade,
}

/// What a student has in the class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudentGrade {
    /// The student.
    pub student: PersonId,
    /// The version of the policy that was applied.
    pub policy_version: u32,
    /// Only scores up to this moment count, microseconds since the epoch.
    pub as_of: i64,
    /// Ungraded work ignored.
    pub current_grade: Grade,
    /// Ungraded work counted as 0.
    pub final_grade: Grade,
    /// Each category, in the order of the setup.
    pub categories: Vec<CategoryGrade>,
    /// Each grading period, in the order of the setup; empty if the policy covers a single one.
    pub periods: Vec<PeriodGrade>,
    /// How both grades came about.
    pub trace: Trace,
}

/// The grades of all students, in the order in which they were given, by the scores up to `as_of` (microseconds since
/// the epoch, inclusive).
#[must_use]
pub fn grade_class(book: &Gradebook, as_of: i64) -> Vec<StudentGrade> {
    let mut held = Vec::new();
    let grade = |(slot, student): (usize, &PersonId)| {
        book.hold(slot, as_of, &mut held);
        graded(book, *student, as_of, &held)
    };
    book.students().iter().enumerate().map(grade).collect()
}

/// The grade of one student, by the scores up to `as_of`; none if the gradebook does not know the student.
#[must_use]
pub fn grade_student(book: &Gradebook, student: PersonId, as_of: i64) -> Option<StudentGrade> {
    let mut held = Vec::new();
    book.hold(book.student_slot(student)?, as_of, &mut held);
    Some(graded(book, student, as_of, &held))
}

/// `held` has one place for each line item.
fn graded(book: &Gradebook, student: PersonId, as_of: i64, held: &[Held]) -> StudentGrade {
    let current = periods::trace(book, held, Basis::Current);
    let last = periods::trace(book, held, Basis::Final);
    let letters = book.policy().letters.as_ref();
    let grade = |percent: Option<f64>| {
        let letter = percent.zip(letters).map(|(percent, scale)| scale.letter(percent));
        Grade { percent, letter }
    };
    let categories = current.whole.categories.iter().zip(&last.whole.categories);
    let periods = current.periods.iter().zip(&last.periods);
    StudentGrade {
        student,
        policy_version: book.policy().version,
        as_of,
        current_grade: grade(current.percent),
        final_grade: grade(last.percent),
        categories: categories
            .map(|(current, last)| CategoryGrade {
                category: current.category,
                current_grade: current.percent,
                final_grade: last.percent,
            })
            .collect(),
        periods: periods
            .map(|(current, last)| PeriodGrade {
                period: current.period,
                current_grade: grade(current.workings.percent),
                final_grade: grade(last.workings.percent),
            })
            .collect(),
        trace: Trace { current_grade: current, final_grade: last },
    }
}
