//! Bayesian Knowledge Tracing: a skill is known or not, and each answer is evidence (Corbett and Anderson 1995).
//!
//! With `L` the probability that it is known, `s` of slipping, `g` of guessing, `T` of learning it by one question and
//! `f` of forgetting it:
//!
//! ```text
//! L | right = L (1-s) / (L (1-s) + (1-L) g)
//! L | wrong = L s / (L s + (1-L) (1-g))
//! L'        = (L | answer) (1-f) + (1 - (L | answer)) T
//! ```

use super::Model;
use super::number::{Guess, MAX_GUESS, Probability};
use serde::{Deserialize, Serialize};

/// The word for states of this rule.
pub const MODEL: Model = Model::Bkt1;
/// A skill this likely to be known counts as mastered.
pub const MASTERED: f64 = 0.95;
/// Who knows a skill slips at most this often; beyond, knowing it would mean failing.
pub const MAX_SLIP: f64 = 0.5;
/// The slip that fits usually stay below.
pub const USUAL_SLIP: f64 = 0.1;
/// The guess that fits usually stay below.
pub const USUAL_GUESS: f64 = 0.3;

/// The five probabilities of a skill, as they are fitted and kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BktRates {
    /// That it is known before the first answer, 0..=1.
    pub prior: f64,
    /// Of learning it by one question, 0..=1.
    pub learn: f64,
    /// Of forgetting it by the next question, 0..=1; 0 in the classical model. With `learn` at most 1, or who knows the
    /// skill would be likelier to lose it than who does not to gain it.
    pub forget: f64,
    /// Of a right answer without knowing it, 0..=[`MAX_GUESS`].
    pub guess: f64,
    /// Of a wrong answer in spite of knowing it, 0..=[`MAX_SLIP`].
    pub slip: f64,
}

/// The model of one skill: rates within their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BktRates", into = "BktRates")]
pub struct Bkt(BktRates);

/// What is believed of one student and one skill.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knowledge {
    /// That the skill is known.
    pub p: Probability,
    /// Answers behind it.
    pub n: u32,
}

/// Why rates are not a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BktError {
    /// `prior` is no probability.
    #[error("choose a prior between 0 and 1")]
    Prior,
    /// `learn` is no probability.
    #[error("choose a chance of learning between 0 and 1")]
    Learn,
    /// `forget` is no probability.
    #[error("choose a chance of forgetting between 0 and 1, which with that of learning is at most 1")]
    Forget,
    /// `guess` is out of bounds.
    #[error("choose a chance of guessing between 0 and 0.5")]
    Guess,
    /// `slip` is out of bounds.
    #[error("choose a chance of slipping between 0 and 0.5")]
    Slip,
}

impl BktError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Prior => "bkt_prior",
            Self::Learn => "bkt_learn",
            Self::Forget => "bkt_forget",
            Self::Guess => "bkt_guess",
            Self::Slip => "bkt_slip",
        }
    }
}

impl Bkt {
    /// A model from its rates.
    ///
    /// # Errors
    /// The first rate that is out of its bounds or not a number.
    pub fn new(rates: BktRates) -> Result<Self, BktError> {
        let BktRates { prior, learn, forget, guess, slip } = rates;
        let chance = 0.0..=1.0;
        if !chance.contains(&prior) {
            return Err(BktError::Prior);
        }
        if !chance.contains(&learn) {
            return Err(BktError::Learn);
        }
        if !chance.contains(&forget) || learn + forget > 1.0 {
            return Err(BktError::Forget);
        }
        if !(0.0..=MAX_GUESS).contains(&guess) {
            return Err(BktError::Guess);
        }
        if !(0.0..=MAX_SLIP).contains(&slip) {
            return Err(BktError::Slip);
        }
        Ok(Self(rates))
    }

    /// Its rates.
    #[must_use]
    pub fn rates(&self) -> BktRates {
        self.0
    }

    /// Whether slip and guess are where fits usually find them ([`USUAL_SLIP`], [`USUAL_GUESS`]); a fit that is not
    /// deserves a look at the skill's items.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.0.slip <= USUAL_SLIP && self.0.guess <= USUAL_GUESS
    }

    /// For an item that is easier to guess than the skill's items are on the whole: the greater guess counts.
    ///
    /// A smaller one does not, for one right text would otherwise make a skill mastered.
    #[must_use]
    pub fn for_item(&self, guess: Guess) -> Self {
        Self(BktRates { guess: self.0.guess.max(guess.get()), ..self.0 })
    }

    /// What is believed before the first answer.
    #[must_use]
    pub fn start(&self) -> Knowledge {
        Knowledge { p: Probability::rounded(self.0.prior), n: 0 }
    }

    /// The chance that the next answer is right: `L (1-s) + (1-L) g`.
    #[must_use]
    pub fn chance(&self, knowledge: Knowledge) -> Probability {
        let l = knowledge.p.get();
        Probability::rounded(l * (1.0 - self.0.slip) + (1.0 - l) * self.0.guess)
    }

    /// What is believed after one answer.
    #[must_use]
    pub fn observe(&self, knowledge: Knowledge, correct: bool) -> Knowledge {
        let BktRates { learn, forget, guess, slip, .. } = self.0;
        let l = knowledge.p.get();
        let (if_known, if_not) = if correct { (1.0 - slip, guess) } else { (slip, 1.0 - guess) };
        let (known, not) = (l * if_known, (1.0 - l) * if_not);
        // What the model calls impossible (0 of 0) cannot say which of its certainties is false, so it changes nothing.
        let posterior = if known + not > 0.0 { known / (known + not) } else { l };
        let p = posterior * (1.0 - forget) + (1.0 - posterior) * learn;
        Knowledge { p: Probability::rounded(p), n: knowledge.n.saturating_add(1) }
    }
}

impl Default for Bkt {
    /// For a skill that nobody has fitted yet: within the usual bounds, mastered after three right answers in a row.
    fn default() -> Self {
        Self(BktRates { prior: 0.25, learn: 0.1, forget: 0.0, guess: 0.25, slip: 0.1 })
    }
}

impl Knowledge {
    /// Whether the skill counts as mastered.
    #[must_use]
    pub fn is_mastered(&self) -> bool {
        self.p.get() >= MASTERED
    }
}

impl TryFrom<BktRates> for Bkt {
    type Error = BktError;

    fn try_from(rates: BktRates) -> Result<Self, BktError> {
        Self::new(rates)
    }
}

impl From<Bkt> for BktRates {
    fn from(model: Bkt) -> Self {
        model.0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::de::value::{Error, MapDeserializer};

    /// A published fit, of the skill "Box and Whisker" in pyBKT's documentation.
    const BOX_AND_WHISKER: BktRates =
        BktRates { prior: 0.8269, learn: 0.1797, forget: 0.0127, guess: 0.2660, slip: 0.1483 };

    fn at(p: f64) -> Knowledge {
        Knowledge { p: Probability::new(p).unwrap(), n: 0 }
    }

    fn near(got: Probability, expected: f64) -> bool {
        (got.get() - expected).abs() < 1e-9
    }

    #[test]
    fn the_published_fit_gives_its_worked_values() {
        let skill = Bkt::new(BOX_AND_WHISKER).unwrap();
        assert!(near(skill.chance(skill.start()), 0.750_315_33));
        let right = skill.observe(skill.start(), true);
        assert!(near(right.p, 0.937_740_011_721_471_8));
        let wrong = skill.observe(skill.start(), false);
        assert!(near(wrong.p, 0.576_341_886_151_841));
        assert_eq!((right.n, wrong.n), (1, 1));
        assert!(!skill.is_usual());
    }

    #[test]
    fn a_round_example_can_be_followed_by_hand() {
        // 0.5 * 0.9 / (0.5 * 0.9 + 0.5 * 0.1) = 0.9, and a tenth of the rest is learned.
        let skill =
            Bkt::new(BktRates { prior: 0.5, learn: 0.1, forget: 0.0, guess: 0.1, slip: 0.1 }).unwrap();
        assert!(near(skill.observe(skill.start(), true).p, 0.91));
        assert!(near(skill.observe(skill.start(), false).p, 0.19));
    }

    #[test]
    fn mastered_begins_at_ninety_five_percent() {
        assert!(at(0.95).is_mastered());
        assert!(!at(0.949_999).is_mastered());
    }

    #[test]
    fn an_unfitted_skill_is_mastered_by_three_right_answers_in_a_row() {
        let skill = Bkt::default();
        assert_eq!(Bkt::new(skill.rates()), Ok(skill));
        assert!(skill.is_usual());
        let mut knowledge = skill.start();
        for nth in 1..=3 {
            knowledge = skill.observe(knowledge, true);
            assert_eq!(knowledge.is_mastered(), nth == 3);
        }
    }

    #[test]
    fn what_the_model_calls_impossible_changes_nothing() {
        let sure = Bkt::new(BktRates { prior: 0.0, learn: 0.0, forget: 0.0, guess: 0.0, slip: 0.0 }).unwrap();
        assert_eq!(sure.observe(at(0.0), true).p.get(), 0.0);
        assert_eq!(sure.observe(at(1.0), false).p.get(), 1.0);
    }

    #[test]
    fn the_greater_guess_of_item_and_skill_counts() {
        let skill = Bkt::default();
        assert_eq!(skill.for_item(Guess::among(2)).rates().guess, 0.5);
        assert_eq!(skill.for_item(Guess::NONE).rates().guess, 0.25);
    }

    #[test]
    fn rates_out_of_bounds_are_refused_by_name() {
        let fit = BOX_AND_WHISKER;
        let refused = |rates| Bkt::new(rates).unwrap_err();
        for bad in [f64::NAN, -0.01, 1.01, f64::INFINITY] {
            assert_eq!(refused(BktRates { prior: bad, ..fit }), BktError::Prior);
            assert_eq!(refused(BktRates { learn: bad, ..fit }), BktError::Learn);
            assert_eq!(refused(BktRates { forget: bad, ..fit }), BktError::Forget);
            assert_eq!(refused(BktRates { guess: bad, ..fit }), BktError::Guess);
            assert_eq!(refused(BktRates { slip: bad, ..fit }), BktError::Slip);
        }
        assert_eq!(refused(BktRates { guess: 0.51, ..fit }), BktError::Guess);
        assert_eq!(refused(BktRates { slip: 0.51, ..fit }), BktError::Slip);
        assert_eq!(refused(BktRates { learn: 0.6, forget: 0.5, ..fit }), BktError::Forget);
    }

    #[test]
    fn kept_rates_are_looked_at_again_when_they_are_read() {
        let kept = |slip| -> Result<Bkt, Error> {
            let columns = [("prior", 0.3), ("learn", 0.1), ("forget", 0.0), ("guess", 0.2), ("slip", slip)];
            Bkt::deserialize(MapDeserializer::new(columns.into_iter()))
        };
        assert_eq!(kept(0.1).unwrap().rates().slip, 0.1);
        assert!(kept(0.9).is_err());
    }

    fn any_model() -> impl Strategy<Value = Bkt> {
        (0.0..=1.0, 0.0..=1.0, 0.0..=1.0, 0.0..=MAX_GUESS, 0.0..=MAX_SLIP).prop_map(
            |(prior, learn, part, guess, slip): (f64, f64, f64, f64, f64)| {
                let forget = ((1.0 - learn) * part).min(1.0 - learn);
                Bkt::new(BktRates { prior, learn, forget, guess, slip }).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn knowledge_stays_a_probability(skill in any_model(), answers in prop::collection::vec(any::<bool>(), 0..60)) {
            let mut knowledge = skill.start();
            for correct in answers {
                knowledge = skill.observe(knowledge, correct);
                prop_assert!((0.0..=1.0).contains(&knowledge.p.get()));
                prop_assert!((0.0..=1.0).contains(&skill.chance(knowledge).get()));
            }
        }

        #[test]
        fn a_right_answer_never_leaves_less_than_a_wrong_one(skill in any_model(), p in 0.0..=1.0) {
            let (right, wrong) = (skill.observe(at(p), true), skill.observe(at(p), false));
            prop_assert!(right.p.get() >= wrong.p.get() - 1e-12);
        }

        #[test]
        fn without_forgetting_a_right_answer_never_lowers(skill in any_model(), p in 0.0..=1.0) {
            let skill = Bkt::new(BktRates { forget: 0.0, ..skill.rates() }).unwrap();
            prop_assert!(skill.observe(at(p), true).p.get() >= p - 1e-12);
        }
    }
}
