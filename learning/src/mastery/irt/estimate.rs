//! From answers to an ability.

use super::Curve;
use crate::mastery::number::Logit;
use serde::{Deserialize, Serialize};

/// More answers than a test has; they bound the work, 241 logarithms for each.
pub const MAX_RESPONSES: usize = 2_000;
/// Abilities are looked for within -6..=6: who is further out needs other items, not a finer number.
const REACH: f64 = 6.0;
/// Every twentieth of a logit: a mean over a grid is as good as exact while its step is not above the standard error,
/// and 2,000 Rasch items at their best reach 0.045.
const POINTS: u32 = 241;
/// Halvings of the last step of [`mle`]: a tenth of a logit down to 1e-9.
const REFINEMENTS: u32 = 40;
/// The golden section, which lets each refinement reuse a point.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// An answer to an item with a known curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// Of the item.
    pub curve: Curve,
    /// Whether it was right.
    pub correct: bool,
}

/// A normal prior over abilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    mean: f64,
    sd: f64,
}

/// Where a student stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The ability.
    pub theta: Logit,
    /// Its standard error, logits: of [`eap`] the posterior's standard deviation, of [`mle`] `1 / √ΣI`.
    pub se: f64,
    /// Answers behind it.
    pub n: u32,
}

/// Why no ability was estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// More answers than [`MAX_RESPONSES`].
    #[error("estimate from at most 2000 answers; leave out the oldest")]
    TooMany,
    /// All right, all wrong, or none: the likelihood has no maximum within -6..=6.
    #[error("these answers have no most likely ability; ask more items or estimate with a prior")]
    Unbounded,
}

/// Why a prior was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriorError {
    /// The mean is off the grid.
    #[error("choose a mean between -6 and 6 logits")]
    Mean,
    /// The deviation is off the grid.
    #[error("choose a standard deviation between 0.1 and 6 logits")]
    Deviation,
}

impl EstimateError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMany => "estimate_too_many",
            Self::Unbounded => "estimate_unbounded",
        }
    }
}

impl PriorError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mean => "prior_mean",
            Self::Deviation => "prior_deviation",
        }
    }
}

impl Prior {
    /// A normal prior, in logits.
    ///
    /// # Errors
    /// A mean outside -6..=6, a standard deviation outside 0.1 (two steps of the grid) to 6, or not numbers.
    pub fn new(mean: f64, sd: f64) -> Result<Self, PriorError> {
        if !(-REACH..=REACH).contains(&mean) {
            return Err(PriorError::Mean);
        }
        if !(0.1..=REACH).contains(&sd) {
            return Err(PriorError::Deviation);
        }
        Ok(Self { mean, sd })
    }
}

impl Default for Prior {
    /// The standard normal, to which item banks are scaled.
    fn default() -> Self {
        Self { mean: 0.0, sd: 1.0 }
    }
}

/// Expected a posteriori: the mean of the posterior over a grid. Stable for all-right and all-wrong answers, and for
/// none, when it is the prior.
///
/// # Errors
/// [`EstimateError::TooMany`].
pub fn eap(responses: &[Response], prior: Prior) -> Result<Estimate, EstimateError> {
    let n = count(responses)?;
    let logs: Vec<(f64, f64)> = grid()
        .map(|theta| {
            let z = (theta - prior.mean) / prior.sd;
            (theta, log_likelihood(responses, theta) - z * z / 2.0)
        })
        .collect();
    // A thousand likelihoods multiply to less than a float can hold: only their ratio to the greatest counts.
    let greatest = logs.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<(f64, f64)> = logs.iter().map(|(theta, log)| (*theta, (log - greatest).exp())).collect();
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mean = weights.iter().map(|(theta, weight)| theta * weight).sum::<f64>() / total;
    let variance = weights.iter().map(|(theta, weight)| (theta - mean).powi(2) * weight).sum::<f64>() / total;
    Ok(Estimate { theta: Logit::bounded(mean), se: variance.sqrt(), n })
}

/// Maximum likelihood within -6..=6, for reports that must not depend on a prior.
///
/// # Errors
/// [`EstimateError::TooMany`]; [`EstimateError::Unbounded`] if the likelihood is greatest at an end.
pub fn mle(responses: &[Response]) -> Result<Estimate, EstimateError> {
    let n = count(responses)?;
    // With guessing the likelihood can have several peaks, so the highest is found before it is refined.
    let (peak, _) = grid()
        .map(|theta| (theta, log_likelihood(responses, theta)))
        .fold((-REACH, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best });
    if responses.is_empty() || peak <= -REACH || peak >= REACH {
        return Err(EstimateError::Unbounded);
    }
    let theta = Logit::bounded(refined(responses, peak - step(), peak + step()));
    let se = super::standard_error(responses.iter().map(|response| response.curve), theta);
    se.map(|se| Estimate { theta, se, n }).ok_or(EstimateError::Unbounded)
}

/// Golden-section search for the maximum between `low` and `high`.
fn refined(responses: &[Response], mut low: f64, mut high: f64) -> f64 {
    let at = |theta| log_likelihood(responses, theta);
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (at(left), at(right));
    for _ in 0..REFINEMENTS {
        if at_left >= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = at(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = at(right);
        }
    }
    f64::midpoint(low, high)
}

fn log_likelihood(responses: &[Response], theta: f64) -> f64 {
    responses
        .iter()
        .map(|response| {
            let (right, wrong) = response.curve.right_and_wrong(theta);
            if response.correct { right.ln() } else { wrong.ln() }
        })
        .sum()
}

fn grid() -> impl Iterator<Item = f64> {
    (0..POINTS).map(|point| -REACH + f64::from(point) * step())
}

fn step() -> f64 {
    2.0 * REACH / f64::from(POINTS - 1)
}

fn count(responses: &[Response]) -> Result<u32, EstimateError> {
    match u32::try_from(responses.len()) {
        Ok(n) if responses.len() <= MAX_RESPONSES => Ok(n),
        _ => Err(EstimateError::TooMany),
    }
}
