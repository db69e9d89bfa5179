//! What can be wrong with a gradebook.

use super::LetterScaleError;
use protocol::ids::{CategoryId, LineItemId, PersonId, ScoreId, SessionId};
use std::fmt;

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A category.
    Category(CategoryId),
    /// A line item.
    LineItem(LineItemId),
    /// A grading period.
    Period(SessionId),
    /// A student.
    Student(PersonId),
    /// A score entry.
    Score(ScoreId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Category(id) => write!(f, "category {id}"),
            Self::LineItem(id) => write!(f, "line item {id}"),
            Self::Period(id) => write!(f, "grading period {id}"),
            Self::Student(id) => write!(f, "student {id}"),
            Self::Score(id) => write!(f, "score {id}"),
        }
    }
}

/// Why a gradebook cannot be graded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GradebookError {
    /// A weight that is negative or larger than [`MAX_WEIGHT_PPM`](super::MAX_WEIGHT_PPM).
    #[error("give {of} a weight of 0 to 1000000000 ppm")]
    WeightOutOfRange {
        /// What has the weight.
        of: Subject,
    },
    /// Points possible that are negative, not a number, or more than [`MAX_POINTS`](super::MAX_POINTS).
    #[error("give {of} 0 to 1000000 points possible")]
    PointsOutOfRange {
        /// What has the points.
        of: Subject,
    },
    /// A score that is not a number, or further from 0 than [`MAX_POINTS`](super::MAX_POINTS).
    #[error("correct {of}: give it -1000000 to 1000000 points")]
    ScoreOutOfRange {
        /// What has the score.
        of: Subject,
    },
    /// A category that is named and not there.
    #[error("put {of} into a category of this gradebook; there is no category {category}")]
    UnknownCategory {
        /// What names it.
        of: Subject,
        /// What it names.
        category: CategoryId,
    },
    /// A category inside itself.
    #[error("move category {category} to another parent; it is inside itself")]
    CategoryCycle {
        /// One of the circle.
        category: CategoryId,
    },
    /// A category inside another by rules that know a flat list only.
    #[error("move category {category} to the top; these rules do not nest categories")]
    NestedCategory {
        /// The inner one.
        category: CategoryId,
    },
    /// A second root by rules that need a single one.
    #[error("put category {category} into another; these rules have a single category at the top")]
    SeveralRoots {
        /// The second one.
        category: CategoryId,
    },
    /// A line item's grading period that is not there.
    #[error("put line item {line_item} into a grading period of this policy; there is no period {period}")]
    UnknownPeriod {
        /// What names it.
        line_item: LineItemId,
        /// What it names.
        period: SessionId,
    },
    /// The single grading period to cover is not there.
    #[error("cover a grading period of this policy or all of them; there is no period {period}")]
    UnknownOnlyPeriod {
        /// What is named.
        period: SessionId,
    },
    /// A grading period that ends before it starts.
    #[error("let grading period {period} end after it starts")]
    PeriodBackwards {
        /// Which.
        period: SessionId,
    },
    /// Weighted grading periods without any weight.
    #[error("give at least one grading period a weight, or do not weight them")]
    PeriodsWithoutWeight,
    /// A score for a line item that is not there.
    #[error("remove score {score} or add its line item {line_item}")]
    UnknownLineItem {
        /// The entry.
        score: ScoreId,
        /// What it names.
        line_item: LineItemId,
    },
    /// A score of somebody who is not a student of the class.
    #[error("remove score {score} or enrol its student {student}")]
    UnknownStudent {
        /// The entry.
        score: ScoreId,
        /// Whom it names.
        student: PersonId,
    },
    /// The same id twice.
    #[error("give {of} once; it is there twice")]
    Duplicate {
        /// What is there twice.
        of: Subject,
    },
    /// More than the engine takes.
    #[error("split the class; a gradebook has at most {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The letter scale.
    #[error(transparent)]
    Letters(#[from] LetterScaleError),
}

impl GradebookError {
    /// The stable code, as in `problem+json`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WeightOutOfRange { .. } => "weight_out_of_range",
            Self::PointsOutOfRange { .. } => "points_out_of_range",
            Self::ScoreOutOfRange { .. } => "score_out_of_range",
            Self::UnknownCategory { .. } => "unknown_category",
            Self::CategoryCycle { .. } => "category_cycle",
            Self::NestedCategory { .. } => "nested_category",
            Self::SeveralRoots { .. } => "several_roots",
            Self::UnknownPeriod { .. } => "unknown_period",
            Self::UnknownOnlyPeriod { .. } => "unknown_only_period",
            Self::PeriodBackwards { .. } => "period_backwards",
            Self::PeriodsWithoutWeight => "periods_without_weight",
            Self::UnknownLineItem { .. } => "unknown_line_item",
            Self::UnknownStudent { .. } => "unknown_student",
            Self::Duplicate { .. } => "duplicate",
            Self::TooMany { .. } => "too_many",
            Self::Letters(error) => error.code(),
        }
    }

    /// The field of the input that has to change.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::WeightOutOfRange { of } => match of {
                Subject::Category(_) => "categories.weight_ppm",
                Subject::Period(_) => "policy.periods.weight_ppm",
                _ => "line_items.weight_ppm",
            },
            Self::PointsOutOfRange { of: Subject::Category(_) } => "categories.max_points",
            Self::PointsOutOfRange { .. } => "line_items.points_possible",
            Self::ScoreOutOfRange { .. } => "scores.given",
            Self::UnknownCategory { of: Subject::Category(_), .. }
            | Self::CategoryCycle { .. }
            | Self::NestedCategory { .. }
            | Self::SeveralRoots { .. } => "categories.parent",
            Self::UnknownCategory { .. } => "line_items.category",
            Self::UnknownPeriod { .. } => "line_items.period",
            Self::UnknownOnlyPeriod { .. } => "policy.only_period",
            Self::PeriodBackwards { .. } => "policy.periods.ends_at",
            Self::PeriodsWithoutWeight => "policy.periods.weight_ppm",
            Self::UnknownLineItem { .. } => "scores.line_item",
            Self::UnknownStudent { .. } => "scores.student",
            Self::Duplicate { of } => match of {
                Subject::Category(_) => "categories.id",
                Subject::LineItem(_) => "line_items.id",
                Subject::Period(_) => "policy.periods.id",
                Subject::Student(_) => "students",
                Subject::Score(_) => "scores.id",
            },
            Self::TooMany { what, .. } => what,
            Self::Letters(_) => "policy.letters",
        }
    }
}
