//! When a test has asked enough.

use serde::{Deserialize, Serialize};

/// The most items of one test.
pub const MAX_LENGTH: u32 = 500;

/// When to stop, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StopLimits {
    /// Items that are asked in any case, at least 1.
    pub min_items: u32,
    /// Items at which the test ends in any case, `min_items`..=[`MAX_LENGTH`].
    pub max_items: u32,
    /// The standard error, logits, that is good enough, above 0 and at most 6; none for a test of fixed length.
    /// About 0.3 is a reliability of 0.9 if abilities have a standard deviation of 1.
    pub target_se: Option<f64>,
}

/// A rule for stopping: limits within their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StopLimits", into = "StopLimits")]
pub struct StopRule(StopLimits);

/// Why a test ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The ability is known well enough.
    Precise,
    /// As many items as there may be were asked.
    Length,
}

/// Why limits are not a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopRuleError {
    /// The numbers of items are out of bounds.
    #[error("ask at least 1 item and at most 500, the least no more than the most")]
    Items,
    /// The error is out of bounds.
    #[error("aim at a standard error above 0 and at most 6 logits")]
    Error,
}

impl StopRuleError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Items => "stop_items",
            Self::Error => "stop_error",
        }
    }
}

impl StopRule {
    /// A rule from its limits.
    ///
    /// # Errors
    /// The first limit that is out of its bounds or not a number.
    pub fn new(limits: StopLimits) -> Result<Self, StopRuleError> {
        if limits.min_items == 0 || limits.min_items > limits.max_items || limits.max_items > MAX_LENGTH {
            return Err(StopRuleError::Items);
        }
        if limits.target_se.is_some_and(|se| !(se > 0.0 && se <= 6.0)) {
            return Err(StopRuleError::Error);
        }
        Ok(Self(limits))
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> StopLimits {
        self.0
    }

    /// Whether to stop after `given` items with the standard error `se`, logits; none while nothing is known.
    #[must_use]
    pub fn stop(&self, given: u32, se: Option<f64>) -> Option<Stop> {
        let StopLimits { min_items, max_items, target_se } = self.0;
        let precise = matches!((se, target_se), (Some(se), Some(target)) if se <= target);
        if given >= min_items && precise {
            Some(Stop::Precise)
        } else if given >= max_items {
            Some(Stop::Length)
        } else {
            None
        }
    }
}

impl Default for StopRule {
    /// 5 to 30 items, until the standard error is 0.3.
    fn default() -> Self {
        Self(StopLimits { min_items: 5, max_items: 30, target_se: Some(0.3) })
    }
}

impl TryFrom<StopLimits> for StopRule {
    type Error = StopRuleError;

    fn try_from(limits: StopLimits) -> Result<Self, StopRuleError> {
        Self::new(limits)
    }
}

impl From<StopRule> for StopLimits {
    fn from(rule: StopRule) -> Self {
        rule.0
    }
}
