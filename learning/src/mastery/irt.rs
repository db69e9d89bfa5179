//! Item Response Theory: the logistic with one to four parameters, how much an item tells, and where a student stands.
//!
//! With the ability θ, the discrimination `a`, the difficulty `b`, the lower asymptote `c` and the upper one `d`:
//!
//! ```text
//! P(θ) = c + (d-c) / (1 + e^(-a(θ-b)))
//! I(θ) = a² (P-c)² (d-P)² / ((d-c)² P (1-P))
//! SE   = 1 / √ΣI
//! ```
//!
//! The scaling constant D is 1: abilities are in logits. Parameters that were calibrated with D = 1.7 need their `a`
//! multiplied by 1.7 first. Sources: Birnbaum 1968 for the information, Bock and Mislevy 1982 for [`eap`].

mod estimate;

pub use estimate::{Estimate, EstimateError, MAX_RESPONSES, Prior, PriorError, Response, eap, mle};

use super::Model;
use super::number::{Guess, Logit, NumberError, Probability, logistic};
use serde::{Deserialize, Serialize};

/// The word for states of this rule.
pub const MODEL: Model = Model::Irt1;
/// The greatest discrimination; items of real banks stay below 3.
pub const MAX_DISCRIMINATION: f64 = 10.0;

/// An item's parameters, as they are calibrated and kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemParams {
    /// Discrimination: the slope, above 0 and at most [`MAX_DISCRIMINATION`].
    pub a: f64,
    /// Difficulty, logits within -10..=10.
    pub b: f64,
    /// Lower asymptote: the chance of those who know nothing, 0 or more.
    pub c: f64,
    /// Upper asymptote: the chance of those who know everything, above `c` and at most 1.
    pub d: f64,
}

/// An item's response curve: parameters within their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ItemParams", into = "ItemParams")]
pub struct Curve(ItemParams);

/// Why parameters are not a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurveError {
    /// `a` is out of bounds.
    #[error("choose a discrimination above 0 and at most 10")]
    Discrimination,
    /// `b` is out of bounds.
    #[error("choose a difficulty between -10 and 10 logits")]
    Difficulty,
    /// `c` and `d` are not asymptotes.
    #[error("choose a lower asymptote of at least 0 and an upper one above it, at most 1")]
    Asymptotes,
}

impl CurveError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Discrimination => "irt_discrimination",
            Self::Difficulty => "irt_difficulty",
            Self::Asymptotes => "irt_asymptotes",
        }
    }
}

impl ItemParams {
    /// One parameter, the Rasch model: a = 1, c = 0, d = 1.
    #[must_use]
    pub fn one(b: f64) -> Self {
        Self::two(1.0, b)
    }

    /// Two parameters: c = 0, d = 1.
    #[must_use]
    pub fn two(a: f64, b: f64) -> Self {
        Self::three(a, b, 0.0)
    }

    /// Three parameters: d = 1.
    #[must_use]
    pub fn three(a: f64, b: f64, c: f64) -> Self {
        Self { a, b, c, d: 1.0 }
    }
}

impl Curve {
    /// A curve from its parameters.
    ///
    /// # Errors
    /// The first parameter that is out of its bounds or not a number.
    pub fn new(params: ItemParams) -> Result<Self, CurveError> {
        let ItemParams { a, b, c, d } = params;
        if !(a > 0.0 && a <= MAX_DISCRIMINATION) {
            return Err(CurveError::Discrimination);
        }
        Logit::new(b).map_err(|_: NumberError| CurveError::Difficulty)?;
        if !(c >= 0.0 && c < d && d <= 1.0) {
            return Err(CurveError::Asymptotes);
        }
        Ok(Self(params))
    }

    /// The Rasch curve of an item that only has an Elo difficulty yet, lifted by its chance of guessing.
    #[must_use]
    pub fn rated(difficulty: Logit, guess: Guess) -> Self {
        Self(ItemParams::three(1.0, difficulty.get(), guess.get()))
    }

    /// Its parameters.
    #[must_use]
    pub fn params(&self) -> ItemParams {
        self.0
    }

    /// The chance of a right answer.
    #[must_use]
    pub fn chance(&self, theta: Logit) -> Probability {
        Probability::rounded(self.right_and_wrong(theta.get()).0)
    }

    /// Fisher information: how much an answer tells about an ability near `theta`, per square logit.
    #[must_use]
    pub fn information(&self, theta: Logit) -> f64 {
        let ItemParams { a, b, c, d } = self.0;
        let x = a * (theta.get() - b);
        let (up, down) = (logistic(x), logistic(-x));
        let (right, wrong) = self.right_and_wrong(theta.get());
        // (P-c) = (d-c) up and (d-P) = (d-c) down, which spares the differences of nearly equal numbers.
        let slope = a * (d - c) * up * down;
        slope * slope / (right * wrong)
    }

    /// `P` and `1-P`, each to full precision however small it is.
    fn right_and_wrong(&self, theta: f64) -> (f64, f64) {
        let ItemParams { a, b, c, d } = self.0;
        let x = a * (theta - b);
        (c + (d - c) * logistic(x), (1.0 - d) + (d - c) * logistic(-x))
    }
}

impl TryFrom<ItemParams> for Curve {
    type Error = CurveError;

    fn try_from(params: ItemParams) -> Result<Self, CurveError> {
        Self::new(params)
    }
}

impl From<Curve> for ItemParams {
    fn from(curve: Curve) -> Self {
        curve.0
    }
}

/// `1 / √ΣI` at `theta`, logits; none if nothing was asked.
#[must_use]
pub fn standard_error(curves: impl IntoIterator<Item = Curve>, theta: Logit) -> Option<f64> {
    let information: f64 = curves.into_iter().map(|curve| curve.information(theta)).sum();
    (information > 0.0).then(|| 1.0 / information.sqrt())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
