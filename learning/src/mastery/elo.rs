//! Elo for education: student and item play each other, and both ratings move (Pelánek 2016).
//!
//! With the student's ability θ and the item's difficulty b in logits, `g` the chance of guessing and `S` 1 for a right
//! answer and 0 for a wrong one:
//!
//! ```text
//! P  = g + (1-g) / (1 + e^-(θ-b))
//! θ += K(n of the student) (S-P)
//! b -= K(n of the item) (S-P)
//! K(n) = first / (1 + decay n)
//! ```

use super::Model;
use super::number::{Guess, Logit, Probability, logistic};
use serde::{Deserialize, Serialize};

/// The word for states of this rule.
pub const MODEL: Model = Model::Elo1;
/// The greatest first step, logits: one answer shall not throw a rating from one end to the other.
pub const MAX_FIRST: f64 = 5.0;
/// The greatest decay: beyond, everything after the first answer would be noise.
pub const MAX_DECAY: f64 = 1.0;

/// The rating of a student in a skill, or of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EloRating {
    /// Ability or difficulty.
    pub logit: Logit,
    /// Answers behind it; the more, the smaller the steps.
    pub n: u32,
}

/// How large the steps are, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EloSteps {
    /// The first step's K, logits, above 0 and at most [`MAX_FIRST`].
    pub first: f64,
    /// How fast K shrinks per answer, 0 (constant) to [`MAX_DECAY`].
    pub decay: f64,
}

/// The rule: steps within their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EloSteps", into = "EloSteps")]
pub struct Elo(EloSteps);

/// Both ratings after one answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EloUpdate {
    /// Of the student.
    pub person: EloRating,
    /// Of the item.
    pub item: EloRating,
    /// How likely a right answer was before it.
    pub expected: Probability,
}

/// Why steps are not a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EloError {
    /// `first` is out of bounds.
    #[error("choose a first step above 0 and at most 5 logits")]
    First,
    /// `decay` is out of bounds.
    #[error("choose a decay between 0 and 1")]
    Decay,
}

impl EloError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::First => "elo_first",
            Self::Decay => "elo_decay",
        }
    }
}

impl Elo {
    /// A rule from its steps.
    ///
    /// # Errors
    /// Steps out of their bounds or not numbers.
    pub fn new(steps: EloSteps) -> Result<Self, EloError> {
        if !(steps.first > 0.0 && steps.first <= MAX_FIRST) {
            return Err(EloError::First);
        }
        if !(0.0..=MAX_DECAY).contains(&steps.decay) {
            return Err(EloError::Decay);
        }
        Ok(Self(steps))
    }

    /// Its steps.
    #[must_use]
    pub fn steps(&self) -> EloSteps {
        self.0
    }

    /// K after `n` answers, logits.
    #[must_use]
    pub fn k(&self, n: u32) -> f64 {
        self.0.first / (1.0 + self.0.decay * f64::from(n))
    }

    /// One answer: both ratings move against each other, each by its own K.
    #[must_use]
    pub fn answer(&self, person: EloRating, item: EloRating, guess: Guess, correct: bool) -> EloUpdate {
        let expected = chance(person.logit, item.logit, guess);
        let surprise = surprise(expected, correct);
        EloUpdate { person: self.moved(person, surprise), item: self.moved(item, -surprise), expected }
    }

    /// A rating after one answer whose `surprise` is in its favour (against it, if negative).
    pub(super) fn moved(&self, rating: EloRating, surprise: f64) -> EloRating {
        let logit = Logit::bounded(rating.logit.get() + self.k(rating.n) * surprise);
        EloRating { logit, n: rating.n.saturating_add(1) }
    }
}

impl Default for Elo {
    /// The values that Pelánek found to work about equally well for many kinds of items: K = 1 / (1 + 0.05 n).
    fn default() -> Self {
        Self(EloSteps { first: 1.0, decay: 0.05 })
    }
}

/// The chance of a right answer: `g + (1-g) / (1 + e^-(θ-b))`.
#[must_use]
pub fn chance(ability: Logit, difficulty: Logit, guess: Guess) -> Probability {
    let g = guess.get();
    Probability::rounded(g + (1.0 - g) * logistic(ability.get() - difficulty.get()))
}

/// `S - P`: how far the answer was from what was expected, positive if better.
pub(super) fn surprise(expected: Probability, correct: bool) -> f64 {
    f64::from(u8::from(correct)) - expected.get()
}

impl TryFrom<EloSteps> for Elo {
    type Error = EloError;

    fn try_from(steps: EloSteps) -> Result<Self, EloError> {
        Self::new(steps)
    }
}

impl From<Elo> for EloSteps {
    fn from(rule: Elo) -> Self {
        rule.0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rating(logit: f64, n: u32) -> EloRating {
        EloRating { logit: Logit::new(logit).unwrap(), n }
    }

    fn near(got: f64, expected: f64) -> bool {
        (got - expected).abs() < 1e-12
    }

    #[test]
    fn equals_have_even_odds_and_move_by_half_a_step() {
        let update = Elo::default().answer(EloRating::default(), EloRating::default(), Guess::NONE, true);
        assert!(near(update.expected.get(), 0.5));
        assert!(near(update.person.logit.get(), 0.5));
        assert!(near(update.item.logit.get(), -0.5));
        assert_eq!((update.person.n, update.item.n), (1, 1));
    }

    #[test]
    fn with_four_options_a_right_answer_says_less_and_a_wrong_one_more() {
        let new = EloRating::default();
        let right = Elo::default().answer(new, new, Guess::among(4), true);
        assert!(near(right.expected.get(), 0.625));
        assert!(near(right.person.logit.get(), 0.375));
        let wrong = Elo::default().answer(new, new, Guess::among(4), false);
        assert!(near(wrong.person.logit.get(), -0.625));
        assert!(near(wrong.item.logit.get(), 0.625));
    }

    #[test]
    fn each_side_moves_by_its_own_k() {
        // K = 1 / (1 + 0.05 * 20) = 0.5 for the student, 1 / (1 + 0.05 * 60) = 0.25 for the item.
        let update = Elo::default().answer(rating(1.0, 20), rating(1.0, 60), Guess::NONE, false);
        assert!(near(update.person.logit.get(), 0.75));
        assert!(near(update.item.logit.get(), 1.125));
        assert_eq!((update.person.n, update.item.n), (21, 61));
    }

    #[test]
    fn a_constant_k_stays() {
        let rule = Elo::new(EloSteps { first: 0.1, decay: 0.0 }).unwrap();
        assert!(near(rule.k(0), 0.1) && near(rule.k(u32::MAX), 0.1));
    }

    #[test]
    fn steps_out_of_bounds_are_refused_by_name() {
        for bad in [f64::NAN, 0.0, -1.0, 5.1, f64::INFINITY] {
            assert_eq!(Elo::new(EloSteps { first: bad, decay: 0.05 }), Err(EloError::First));
        }
        for bad in [f64::NAN, -0.1, 1.1] {
            assert_eq!(Elo::new(EloSteps { first: 1.0, decay: bad }), Err(EloError::Decay));
        }
    }

    #[test]
    fn ratings_find_the_ability_that_the_answers_have() {
        // A student two logits above the items is right in 0.881 of the answers; 881 in 1,000 evenly spread.
        let rule = Elo::default();
        let mut person = EloRating::default();
        let truth = chance(Logit::new(2.0).unwrap(), Logit::default(), Guess::NONE).get();
        let mut owed = 0.0;
        for _ in 0..1_000 {
            owed += truth;
            let correct = owed >= 1.0;
            owed -= f64::from(u8::from(correct));
            person = rule.answer(person, EloRating::default(), Guess::NONE, correct).person;
        }
        assert!((person.logit.get() - 2.0).abs() < 0.1, "{person:?}");
    }

    proptest! {
        #[test]
        fn a_right_answer_raises_the_student_and_lowers_the_item(
            ability in -10.0_f64..=10.0, difficulty in -10.0_f64..=10.0, n in 0_u32..10_000, options in 0_u32..10,
        ) {
            let (person, item) = (rating(ability, n), rating(difficulty, n));
            let right = Elo::default().answer(person, item, Guess::among(options), true);
            prop_assert!((0.0..=1.0).contains(&right.expected.get()));
            prop_assert!(right.person.logit >= person.logit && right.item.logit <= item.logit);
            let wrong = Elo::default().answer(person, item, Guess::among(options), false);
            prop_assert!(wrong.person.logit <= person.logit && wrong.item.logit >= item.logit);
        }

        #[test]
        fn ratings_stay_within_their_bounds(answers in prop::collection::vec(any::<bool>(), 0..200)) {
            let rule = Elo::new(EloSteps { first: MAX_FIRST, decay: 0.0 }).unwrap();
            let (mut person, mut item) = (EloRating::default(), EloRating::default());
            for correct in answers {
                let update = rule.answer(person, item, Guess::NONE, correct);
                (person, item) = (update.person, update.item);
                prop_assert!(person.logit.get().abs() <= 10.0 && item.logit.get().abs() <= 10.0);
            }
        }
    }
}
