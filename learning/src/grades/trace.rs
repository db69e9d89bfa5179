//! How a grade came about, for a page to show. All weights are fractions of 1; contributions are percentage points of the
//! grade that the [`Workings`] are of.

use super::LineItem;
use super::gradebook::Held;
use protocol::ids::{CategoryId, LineItemId, ScoreId, SessionId};
use serde::{Deserialize, Serialize};

/// What ungraded work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Left out.
    Current,
    /// 0.
    Final,
}

/// Both grades of a student.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// With ungraded work left out.
    pub current_grade: GradeTrace,
    /// With ungraded work as 0.
    pub final_grade: GradeTrace,
}

/// One grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradeTrace {
    /// What ungraded work is.
    pub basis: Basis,
    /// What the grade is made of.
    pub combination: Combination,
    /// Everything that the policy covers at once.
    pub whole: Workings,
    /// Each grading period alone; empty if the policy covers a single one.
    pub periods: Vec<PeriodTrace>,
    /// Percent before rounding.
    pub unrounded: Option<f64>,
    /// Percent, rounded to two decimals, halves away from zero.
    pub percent: Option<f64>,
}

/// What a grade is made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Combination {
    /// The categories of [`GradeTrace::whole`].
    Categories,
    /// The periods' rounded grades by their weights.
    Periods {
        /// The sum of the weights that count, percent.
        full_weight: f64,
        /// What the sum was multiplied by, because the weights were below 100 %.
        scale: f64,
    },
}

/// One grading period's part in the grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodTrace {
    /// The period.
    pub period: SessionId,
    /// Its weight as used, after scaling; 0 if periods are not weighted.
    pub weight: f64,
    /// Percentage points of the grade.
    pub contribution: f64,
    /// The period's own grade.
    pub workings: Workings,
}

/// A grade made of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workings {
    /// In the order of the setup.
    pub categories: Vec<CategoryTrace>,
    /// Points that count. Moodle: of the category at the top.
    pub score: f64,
    /// Points that were possible. Moodle: of the category at the top.
    pub possible: f64,
    /// Canvas, percent scheme: the sum of the weights of categories with points, percent.
    pub full_weight: Option<f64>,
    /// What the sum was multiplied by, because the weights were below 100 %; otherwise 1.
    pub scale: f64,
    /// Percent before rounding; none if nothing counts.
    pub unrounded: Option<f64>,
    /// Percent, rounded to two decimals, halves away from zero.
    pub percent: Option<f64>,
}

/// One category's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoryTrace {
    /// The category.
    pub category: CategoryId,
    /// The category around it.
    pub parent: Option<CategoryId>,
    /// Points that count.
    pub score: f64,
    /// Points that were possible.
    pub possible: f64,
    /// Percent, rounded to two decimals; none if nothing was possible.
    pub percent: Option<f64>,
    /// Its weight as used, after scaling: in the grade, or by Moodle's rules in the category around it.
    pub weight: f64,
    /// Percentage points of the grade: the sum of its parts' contributions.
    pub contribution: f64,
    /// How many scores were dropped as lowest, after the rule was fitted to how many there are.
    pub dropped_lowest: usize,
    /// How many scores were dropped as highest.
    pub dropped_highest: usize,
    /// Line items, and by Moodle's rules categories inside.
    pub parts: Vec<PartTrace>,
}

/// What a category is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Part {
    /// A line item.
    LineItem(LineItemId),
    /// A category inside.
    Category(CategoryId),
}

/// Whether a part counts, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Counts.
    Counted,
    /// Is not graded and counts as 0.
    CountedAsZero,
    /// Counts, and adds nothing to what is possible.
    ExtraCredit,
    /// Dropped among the lowest.
    DroppedLowest,
    /// Dropped among the highest.
    DroppedHighest,
    /// Not among the highest that are kept.
    NotAmongHighest,
    /// The student is excused.
    Excused,
    /// Not graded yet.
    NotGraded,
    /// Not visible to students.
    Hidden,
    /// Set not to count.
    Omitted,
    /// Has no points, so that it has no place between 0 and 1 (Moodle).
    NoPoints,
    /// A category in which nothing can count (Moodle).
    Empty,
}

impl Verdict {
    /// About a line item, before any rule of its category. `as_zero`: ungraded work counts as 0.
    pub(super) fn of(item: &LineItem, held: Held, as_zero: bool) -> Self {
        if item.hidden {
            Self::Hidden
        } else if item.omit_from_final {
            Self::Omitted
        } else if held.excused {
            Self::Excused
        } else if held.given.is_some() {
            Self::Counted
        } else if as_zero {
            Self::CountedAsZero
        } else {
            Self::NotGraded
        }
    }

    /// Whether the part is in the sum.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, Self::Counted | Self::CountedAsZero | Self::ExtraCredit)
    }
}

/// One part of a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartTrace {
    /// Which.
    pub part: Part,
    /// Whether it counts, and why not.
    pub verdict: Verdict,
    /// Points as given; of a category, as computed.
    pub given: Option<f64>,
    /// Points as counted: 0 for ungraded work that counts, and for what does not count.
    pub score: f64,
    /// Points possible; 0 for extra credit by the rules of Canvas.
    pub possible: f64,
    /// Its share of the category, as used.
    pub weight: f64,
    /// Percentage points of the grade.
    pub contribution: f64,
    /// The entry that the score is from.
    pub entry: Option<ScoreId>,
    /// Whether the score is a hypothetical one.
    pub hypothetical: bool,
}
