//! For how long events are kept.

use persistence::Retention;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Longest time that can be said, months: a thousand years.
pub(super) const MOST_MONTHS: u32 = 12_000;

/// Whole months after their own one; 0 keeps for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Answers of live games.
    pub answers_months: u32,
    /// Who was in live classes.
    pub attendance_months: u32,
    /// Who changed grades and rosters.
    pub audit_months: u32,
    /// Answers outside live games.
    pub responses_months: u32,
    /// What was learned from, answer by answer. What is believed of people, and their cards, stay.
    pub reviews_months: u32,
}

impl RetentionConfig {
    /// Each with its key.
    pub(super) fn all(&self) -> [(&'static str, u32); 5] {
        [
            ("retention.answers_months", self.answers_months),
            ("retention.attendance_months", self.attendance_months),
            ("retention.audit_months", self.audit_months),
            ("retention.responses_months", self.responses_months),
            ("retention.reviews_months", self.reviews_months),
        ]
    }
}

impl From<&RetentionConfig> for Retention {
    fn from(config: &RetentionConfig) -> Self {
        Self {
            answers: NonZeroU32::new(config.answers_months),
            attendance: NonZeroU32::new(config.attendance_months),
            audit: NonZeroU32::new(config.audit_months),
            responses: NonZeroU32::new(config.responses_months),
            reviews: NonZeroU32::new(config.reviews_months),
        }
    }
}
