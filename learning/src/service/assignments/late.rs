//! What it costs to be late. No clock, no store.

use crate::service::RecordError;
use persistence::Micros;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// How an assignment takes late work. What is not known is refused: a misspelled rule must not cost points in silence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkPolicy {
    /// Whether work is taken after it is due.
    pub accept_late: bool,
    /// Minutes after it is due in which work is not late yet, 0 to 1,000,000.
    pub grace_minutes: u32,
    /// Taken off for each day that was begun, percent of the points possible, 0 to 100.
    pub late_percent_per_day: f64,
    /// Most that is taken off, percent of the points possible, 0 to 100.
    pub late_percent_most: f64,
}

impl Default for WorkPolicy {
    fn default() -> Self {
        Self { accept_late: true, grace_minutes: 0, late_percent_per_day: 0.0, late_percent_most: 100.0 }
    }
}

impl WorkPolicy {
    /// From what was sent; the usual one for null.
    pub(super) fn read(json: &Json) -> Result<Self, RecordError> {
        if json.is_null() {
            return Ok(Self::default());
        }
        let policy = Self::deserialize(json)
            .map_err(|error| RecordError::invalid("policy", format!("mend it: {error}")))?;
        let percent = |field, value: f64| {
            if (0.0..=100.0).contains(&value) {
                return Ok(());
            }
            Err(RecordError::invalid(field, "give 0 to 100 percent"))
        };
        percent("policy.late_percent_per_day", policy.late_percent_per_day)?;
        percent("policy.late_percent_most", policy.late_percent_most)?;
        if policy.grace_minutes > 1_000_000 {
            return Err(RecordError::invalid("policy.grace_minutes", "give 0 to 1,000,000 minutes"));
        }
        Ok(policy)
    }

    /// How late work is, microseconds behind what is due; 0 within the grace, or if it is never due.
    #[must_use]
    pub fn late_by(&self, due_at: Option<Micros>, handed_in: Micros) -> i64 {
        let Some(due_at) = due_at else { return 0 };
        let late = handed_in.0.saturating_sub(due_at.0);
        if late > i64::from(self.grace_minutes) * MINUTE { late } else { 0 }
    }

    /// What is taken off for being so late, of so many points possible.
    #[must_use]
    pub fn penalty(&self, late_by: i64, points_possible: f64) -> f64 {
        if late_by <= 0 {
            return 0.0;
        }
        // A day counts as soon as it is begun.
        let days = (late_by - 1) / DAY + 1;
        let percent = (days as f64 * self.late_percent_per_day).min(self.late_percent_most);
        points_possible * percent / 100.0
    }

    /// The points that remain of those given: never below nothing for being late, and as they are if they were already.
    #[must_use]
    pub fn remaining(&self, given: f64, late_by: i64, points_possible: f64) -> f64 {
        (given - self.penalty(late_by, points_possible)).max(given.min(0.0))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::float_cmp, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy() -> WorkPolicy {
        WorkPolicy::read(&json!({"grace_minutes": 10, "late_percent_per_day": 15, "late_percent_most": 40}))
            .unwrap()
    }

    #[test]
    fn a_day_counts_as_soon_as_it_is_begun_and_the_grace_does_not() {
        let due = Some(Micros(1_000));
        let left = |after: i64| policy().remaining(20.0, policy().late_by(due, Micros(1_000 + after)), 20.0);
        assert_eq!([left(-5), left(0), left(10 * MINUTE)], [20.0; 3]);
        assert_eq!([left(10 * MINUTE + 1), left(DAY)], [17.0; 2]);
        assert_eq!(left(DAY + 1), 14.0);
        assert_eq!(left(90 * DAY), 12.0, "no more than the most");
    }

    #[test]
    fn being_late_never_makes_debts() {
        assert_eq!(policy().remaining(1.0, DAY * 9, 20.0), 0.0);
        assert_eq!(policy().remaining(-3.0, DAY * 9, 20.0), -3.0);
        assert_eq!(policy().late_by(None, Micros(i64::MAX)), 0);
    }

    #[test]
    fn a_policy_that_cannot_be_followed_is_refused_by_field() {
        let cases = [
            (json!({"late_percent_per_day": 101}), "policy.late_percent_per_day"),
            (json!({"late_percent_most": -1}), "policy.late_percent_most"),
            (json!({"grace_minutes": 1_000_001}), "policy.grace_minutes"),
            (json!({"grace": 1}), "policy"),
            (json!("strict"), "policy"),
        ];
        for (json, field) in cases {
            let RecordError::Invalid(errors) = WorkPolicy::read(&json).unwrap_err() else { unreachable!() };
            assert_eq!(errors[0].field, field, "{json}");
        }
        assert_eq!(WorkPolicy::read(&Json::Null).unwrap(), WorkPolicy::default());
    }
}
