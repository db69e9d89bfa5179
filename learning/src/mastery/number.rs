//! The numbers that the rules take. Each type holds only what its rule can work with: never NaN, never out of bounds.

use serde::{Deserialize, Serialize};

/// Neither an ability nor a difficulty lies further out: there the odds are 22,026 to 1 already.
pub const MAX_LOGIT: f64 = 10.0;
/// The greatest chance of guessing: with one option there is nothing to ask.
pub const MAX_GUESS: f64 = 0.5;
/// The least stability: a minute and a half.
pub const MIN_STABILITY: f64 = 0.001;
/// The greatest stability: a hundred years, as the longest interval.
pub const MAX_STABILITY: f64 = 36_500.0;
/// Of the easiest item.
pub const MIN_DIFFICULTY: f64 = 1.0;
/// Of the hardest item.
pub const MAX_DIFFICULTY: f64 = 10.0;

/// A probability within 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// An ability or a difficulty in logits, within -[`MAX_LOGIT`]..=[`MAX_LOGIT`]: a student whose ability equals an item's
/// difficulty has even odds.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Logit(f64);

/// The chance, within 0..=[`MAX_GUESS`], of being right without knowing anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Guess(f64);

/// Days until the chance of recall falls to 90 %, within [`MIN_STABILITY`]..=[`MAX_STABILITY`].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Stability(f64);

/// How hard an item is to keep in memory, within [`MIN_DIFFICULTY`]..=[`MAX_DIFFICULTY`].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Difficulty(f64);

/// A random number, uniform within 0..1 (1 excluded), that a caller drew.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Draw(f64);

/// Why a number was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not a probability.
    #[error("give a probability between 0 and 1")]
    Probability,
    /// Not an ability or difficulty.
    #[error("give an ability or difficulty between -10 and 10 logits")]
    Logit,
    /// Not a chance of guessing.
    #[error("give a chance of guessing between 0 and 0.5")]
    Guess,
    /// Not a stability.
    #[error("give a stability between 0.001 and 36500 days")]
    Stability,
    /// Not a difficulty of a memory.
    #[error("give a difficulty between 1 and 10")]
    Difficulty,
    /// Not a draw.
    #[error("draw a random number of at least 0 and less than 1")]
    Draw,
}

impl NumberError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Probability => "invalid_probability",
            Self::Logit => "invalid_logit",
            Self::Guess => "invalid_guess",
            Self::Stability => "invalid_stability",
            Self::Difficulty => "invalid_difficulty",
            Self::Draw => "invalid_draw",
        }
    }
}

impl Probability {
    /// A probability.
    ///
    /// # Errors
    /// Outside 0..=1, or not a number.
    pub fn new(value: f64) -> Result<Self, NumberError> {
        if (0.0..=1.0).contains(&value) { Ok(Self(value)) } else { Err(NumberError::Probability) }
    }

    /// What a formula gave, freed from rounding beyond the bounds.
    pub(super) fn rounded(value: f64) -> Self {
        debug_assert!((-1e-9..=1.0 + 1e-9).contains(&value), "{value} is no probability");
        Self(value.clamp(0.0, 1.0))
    }

    /// Within 0..=1.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Logit {
    /// An ability or difficulty.
    ///
    /// # Errors
    /// Further out than [`MAX_LOGIT`], or not a number.
    pub fn new(value: f64) -> Result<Self, NumberError> {
        if value.abs() <= MAX_LOGIT { Ok(Self(value)) } else { Err(NumberError::Logit) }
    }

    /// What a formula gave, at most at the bound.
    pub(super) fn bounded(value: f64) -> Self {
        debug_assert!(!value.is_nan(), "a formula gives a number");
        Self(value.clamp(-MAX_LOGIT, MAX_LOGIT))
    }

    /// Logits.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Guess {
    /// Of an item that is not guessed, such as one that takes a text.
    pub const NONE: Self = Self(0.0);

    /// A chance of guessing.
    ///
    /// # Errors
    /// Outside 0..=[`MAX_GUESS`], or not a number.
    pub fn new(value: f64) -> Result<Self, NumberError> {
        if (0.0..=MAX_GUESS).contains(&value) { Ok(Self(value)) } else { Err(NumberError::Guess) }
    }

    /// Of an item with one right option among `options`; none without options.
    #[must_use]
    pub fn among(options: u32) -> Self {
        if options == 0 { Self::NONE } else { Self((1.0 / f64::from(options)).min(MAX_GUESS)) }
    }

    /// Within 0..=[`MAX_GUESS`].
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// The greater of two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }
}

impl Stability {
    /// A stability in days.
    ///
    /// # Errors
    /// Outside [`MIN_STABILITY`]..=[`MAX_STABILITY`], or not a number.
    pub fn new(days: f64) -> Result<Self, NumberError> {
        let fits = (MIN_STABILITY..=MAX_STABILITY).contains(&days);
        if fits { Ok(Self(days)) } else { Err(NumberError::Stability) }
    }

    /// What a formula gave, at most at the bound.
    pub(super) fn bounded(days: f64) -> Self {
        debug_assert!(!days.is_nan(), "a formula gives a number");
        Self(days.clamp(MIN_STABILITY, MAX_STABILITY))
    }

    /// Days.
    #[must_use]
    pub fn days(self) -> f64 {
        self.0
    }
}

impl Difficulty {
    /// A difficulty.
    ///
    /// # Errors
    /// Outside [`MIN_DIFFICULTY`]..=[`MAX_DIFFICULTY`], or not a number.
    pub fn new(value: f64) -> Result<Self, NumberError> {
        let fits = (MIN_DIFFICULTY..=MAX_DIFFICULTY).contains(&value);
        if fits { Ok(Self(value)) } else { Err(NumberError::Difficulty) }
    }

    /// What a formula gave, at most at the bound.
    pub(super) fn bounded(value: f64) -> Self {
        debug_assert!(!value.is_nan(), "a formula gives a number");
        Self(value.clamp(MIN_DIFFICULTY, MAX_DIFFICULTY))
    }

    /// Within 1..=10.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Draw {
    /// A draw.
    ///
    /// # Errors
    /// Negative, 1 or more, or not a number.
    pub fn new(value: f64) -> Result<Self, NumberError> {
        if (0.0..1.0).contains(&value) { Ok(Self(value)) } else { Err(NumberError::Draw) }
    }

    /// One of `0..n`, each as likely; 0 of nothing.
    pub(super) fn index(self, n: u32) -> u32 {
        // Truncating is what makes all of them equally likely; the product can round up to n.
        ((self.0 * f64::from(n)) as u32).min(n.saturating_sub(1))
    }
}

/// `1 / (1 + e^-x)`, without cancellation for either sign.
pub(super) fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

macro_rules! plain {
    ($($name:ident),+) => {$(
        impl TryFrom<f64> for $name {
            type Error = NumberError;
            fn try_from(value: f64) -> Result<Self, NumberError> {
                Self::new(value)
            }
        }

        impl From<$name> for f64 {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    )+};
}

plain!(Probability, Logit, Guess, Stability, Difficulty, Draw);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::de::{IntoDeserializer, value::Error};

    #[test]
    fn what_is_not_a_number_is_refused_everywhere() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Probability::new(bad), Err(NumberError::Probability));
            assert_eq!(Logit::new(bad), Err(NumberError::Logit));
            assert_eq!(Guess::new(bad), Err(NumberError::Guess));
            assert_eq!(Stability::new(bad), Err(NumberError::Stability));
            assert_eq!(Difficulty::new(bad), Err(NumberError::Difficulty));
            assert_eq!(Draw::new(bad), Err(NumberError::Draw));
            let kept: Result<Probability, Error> = Probability::deserialize(bad.into_deserializer());
            assert!(kept.is_err());
            let kept: Result<Logit, Error> = Logit::deserialize(bad.into_deserializer());
            assert!(kept.is_err());
        }
    }

    #[test]
    fn the_bounds_themselves_are_taken() {
        assert_eq!(Probability::new(0.0).unwrap().get(), 0.0);
        assert_eq!(Probability::new(1.0).unwrap().get(), 1.0);
        assert_eq!(Logit::new(-10.0).unwrap().get(), -10.0);
        assert_eq!(Guess::new(0.5).unwrap().get(), 0.5);
        assert_eq!(Draw::new(1.0), Err(NumberError::Draw));
    }

    #[test]
    fn guessing_among_options_is_one_in_as_many() {
        assert_eq!(Guess::among(0), Guess::NONE);
        assert_eq!(Guess::among(1).get(), 0.5);
        assert_eq!(Guess::among(2).get(), 0.5);
        assert_eq!(Guess::among(4).get(), 0.25);
    }

    proptest! {
        #[test]
        fn a_draw_picks_one_that_is_there(value in 0.0_f64..1.0, n in 1_u32..=u32::MAX) {
            prop_assert!(Draw::new(value).unwrap().index(n) < n);
        }

        #[test]
        fn the_logistic_is_a_probability_and_its_complement_the_other_side(x in -800.0_f64..800.0) {
            let p = logistic(x);
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!((p + logistic(-x) - 1.0).abs() < 1e-12);
        }
    }
}
