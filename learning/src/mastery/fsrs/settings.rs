//! What a school may choose about reviews, and the weights.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The longest interval there is: a hundred years.
pub const MAX_INTERVAL_DAYS: u32 = 36_500;
/// The most learning or relearning steps.
pub const MAX_STEPS: usize = 10;
/// The longest step, seconds: a day.
const MAX_STEP_S: u32 = 86_400;
/// Below, most cards are forgotten when they come; above, they come all the time.
const RETENTION: RangeInclusive<f64> = 0.7..=0.99;

/// The default weights w0..=w20, as published: the mean over many learners.
pub const WEIGHTS: [f64; 21] = [
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835, 0.0614,
    0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
];

/// Where the published optimiser keeps each weight.
const WEIGHT_BOUNDS: [RangeInclusive<f64>; 21] = [
    0.001..=100.0,
    0.001..=100.0,
    0.001..=100.0,
    0.001..=100.0,
    1.0..=10.0,
    0.001..=4.0,
    0.001..=4.0,
    0.001..=0.75,
    0.0..=4.5,
    0.0..=0.8,
    0.001..=3.5,
    0.001..=5.0,
    0.001..=0.25,
    0.001..=0.9,
    0.0..=4.0,
    0.0..=1.0,
    1.0..=6.0,
    0.0..=2.0,
    0.0..=2.0,
    0.0..=0.8,
    0.1..=0.8,
];

/// Settings, as they are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FsrsSettings {
    /// w0..=w20, each where the published optimiser keeps it.
    pub weights: [f64; 21],
    /// The chance of recall at which a card is due, 0.7..=0.99.
    pub desired_retention: f64,
    /// The longest interval, 1..=[`MAX_INTERVAL_DAYS`] days.
    pub maximum_interval_days: u32,
    /// Seconds of the learning steps, each up to a day, at most [`MAX_STEPS`]; none to go to days at once.
    pub learning_steps_s: Vec<u32>,
    /// Seconds of the relearning steps, with the same bounds.
    pub relearning_steps_s: Vec<u32>,
}

/// The scheduler: settings within their bounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FsrsSettings", into = "FsrsSettings")]
pub struct Fsrs {
    pub(super) settings: FsrsSettings,
}

/// Why settings are not a scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FsrsError {
    /// A weight is out of its bounds; which one.
    #[error("weight {0} is out of its bounds; fit the weights again or take the default ones")]
    Weight(usize),
    /// The desired retention is out of bounds.
    #[error("choose a desired retention between 0.7 and 0.99")]
    Retention,
    /// The longest interval is out of bounds.
    #[error("choose a maximum interval of 1 to 36500 days")]
    Interval,
    /// The steps are out of bounds.
    #[error("choose at most 10 learning and 10 relearning steps of 1 second to 1 day each")]
    Steps,
}

impl FsrsError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Weight(_) => "fsrs_weight",
            Self::Retention => "fsrs_retention",
            Self::Interval => "fsrs_interval",
            Self::Steps => "fsrs_steps",
        }
    }
}

impl Fsrs {
    /// A scheduler from its settings.
    ///
    /// # Errors
    /// The first setting that is out of its bounds or not a number.
    pub fn new(settings: FsrsSettings) -> Result<Self, FsrsError> {
        let mut weights = settings.weights.iter().zip(&WEIGHT_BOUNDS);
        if let Some(nth) = weights.position(|(weight, bounds)| !bounds.contains(weight)) {
            return Err(FsrsError::Weight(nth));
        }
        if !RETENTION.contains(&settings.desired_retention) {
            return Err(FsrsError::Retention);
        }
        if !(1..=MAX_INTERVAL_DAYS).contains(&settings.maximum_interval_days) {
            return Err(FsrsError::Interval);
        }
        for steps in [&settings.learning_steps_s, &settings.relearning_steps_s] {
            if steps.len() > MAX_STEPS || steps.iter().any(|step| !(1..=MAX_STEP_S).contains(step)) {
                return Err(FsrsError::Steps);
            }
        }
        Ok(Self { settings })
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &FsrsSettings {
        &self.settings
    }
}

impl Default for FsrsSettings {
    /// The published weights, 90 % retention, learning steps of 1 and 10 minutes, one relearning step of 10 minutes.
    fn default() -> Self {
        Self {
            weights: WEIGHTS,
            desired_retention: 0.9,
            maximum_interval_days: MAX_INTERVAL_DAYS,
            learning_steps_s: vec![60, 600],
            relearning_steps_s: vec![600],
        }
    }
}

impl TryFrom<FsrsSettings> for Fsrs {
    type Error = FsrsError;

    fn try_from(settings: FsrsSettings) -> Result<Self, FsrsError> {
        Self::new(settings)
    }
}

impl From<Fsrs> for FsrsSettings {
    fn from(scheduler: Fsrs) -> Self {
        scheduler.settings
    }
}
