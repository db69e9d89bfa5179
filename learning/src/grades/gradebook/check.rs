//! What is checked of each thing alone.

use crate::grades::{
    GradebookError, MAX_CATEGORIES, MAX_LINE_ITEMS, MAX_PERIODS, MAX_POINTS, MAX_SCORES, MAX_STUDENTS,
    MAX_WEIGHT_PPM, Policy, ScoreEntry, Setup, Subject,
};
use protocol::ids::PersonId;
use std::collections::HashSet;

/// Whether a score is a number within bounds.
pub(in crate::grades) fn is_score(given: f64) -> bool {
    (-MAX_POINTS..=MAX_POINTS).contains(&given)
}

/// How much there is of everything.
pub(super) fn bounds(
    setup: &Setup,
    students: &[PersonId],
    scores: &[ScoreEntry],
) -> Result<(), GradebookError> {
    let within = |what, count: usize, limit: usize| {
        if count > limit { Err(GradebookError::TooMany { what, limit }) } else { Ok(()) }
    };
    within("categories", setup.categories.len(), MAX_CATEGORIES)?;
    within("line_items", setup.line_items.len(), MAX_LINE_ITEMS)?;
    within("policy.periods", setup.policy.periods.periods.len(), MAX_PERIODS)?;
    within("students", students.len(), MAX_STUDENTS)?;
    within("scores", scores.len(), MAX_SCORES)
}

/// The policy by itself.
pub(super) fn policy(policy: &Policy) -> Result<(), GradebookError> {
    let mut seen = HashSet::new();
    for period in &policy.periods.periods {
        let of = Subject::Period(period.id);
        if !seen.insert(period.id) {
            return Err(GradebookError::Duplicate { of });
        }
        weight(Some(period.weight_ppm), of)?;
        if period.ends_at <= period.starts_at {
            return Err(GradebookError::PeriodBackwards { period: period.id });
        }
    }
    let periods = &policy.periods;
    if periods.weighted && periods.periods.iter().all(|period| period.weight_ppm == 0) {
        return Err(GradebookError::PeriodsWithoutWeight);
    }
    match policy.only_period {
        Some(period) if !seen.contains(&period) => Err(GradebookError::UnknownOnlyPeriod { period }),
        _ => Ok(()),
    }
}

/// A weight, if there is one.
pub(super) fn weight(ppm: Option<i64>, of: Subject) -> Result<(), GradebookError> {
    match ppm {
        Some(ppm) if !(0..=MAX_WEIGHT_PPM).contains(&ppm) => Err(GradebookError::WeightOutOfRange { of }),
        _ => Ok(()),
    }
}

/// Points possible. A NaN is in no range.
pub(super) fn points(points: f64, of: Subject) -> Result<(), GradebookError> {
    if (0.0..=MAX_POINTS).contains(&points) { Ok(()) } else { Err(GradebookError::PointsOutOfRange { of }) }
}
