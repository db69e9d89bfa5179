//! What a student is likely to know, what to ask next, and when to see it again.
//!
//! | question | module |
//! |---|---|
//! | is this skill mastered? | [`bkt`]: Bayesian Knowledge Tracing |
//! | how able is the student, how hard the item? | [`elo`] while answers come in, [`irt`] once items are calibrated |
//! | which item next, and when to stop? | [`select`] |
//! | when to see an item again? | [`fsrs`], or [`sm2`] for decks that began with it |
//! | what does one answer change? | [`answer`]: what a live quiz feeds |
//!
//! Everything here is pure: time is in server milliseconds since the epoch and, like chance, an argument. Numbers that
//! come from outside pass through [`number`] first, so that the rules behind it need not ask whether they are numbers.

pub mod answer;
pub mod bkt;
pub mod elo;
pub mod fsrs;
pub mod irt;
pub mod number;
pub mod select;
pub mod sm2;

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Which rule, in which version, a kept state belongs to: the `model` column. A version never changes once states were
/// kept under it; another reading of a formula gets another word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Model {
    /// [`bkt`], with forgetting.
    #[serde(rename = "bkt_1")]
    Bkt1,
    /// [`elo`], K decaying on both sides.
    #[serde(rename = "elo_1")]
    Elo1,
    /// [`irt`], the four-parameter logistic with D = 1.
    #[serde(rename = "irt_1")]
    Irt1,
    /// [`fsrs`], 21 weights.
    #[serde(rename = "fsrs_6")]
    Fsrs6,
    /// [`sm2`]: lapses leave the easiness alone, intervals grow by the new easiness and are rounded up.
    #[serde(rename = "sm2_ceiling_1")]
    Sm2Ceiling1,
}

/// A model's word that no version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such model; use bkt_1, elo_1, irt_1, fsrs_6 or sm2_ceiling_1")]
pub struct UnknownModel;

impl Model {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Bkt1, Self::Elo1, Self::Irt1, Self::Fsrs6, Self::Sm2Ceiling1];

    /// The word as it stands in a column or in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bkt1 => "bkt_1",
            Self::Elo1 => "elo_1",
            Self::Irt1 => "irt_1",
            Self::Fsrs6 => "fsrs_6",
            Self::Sm2Ceiling1 => "sm2_ceiling_1",
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Model {
    type Err = UnknownModel;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|model| model.word() == word).ok_or(UnknownModel)
    }
}

impl UnknownModel {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "unknown_model"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::{IntoDeserializer, value::Error};

    #[test]
    fn a_model_is_kept_by_its_word() {
        for model in Model::ALL {
            assert_eq!(model.word().parse(), Ok(model));
            let kept: Result<Model, Error> = Model::deserialize(model.word().into_deserializer());
            assert_eq!(kept, Ok(model));
        }
        assert_eq!("fsrs_5".parse::<Model>(), Err(UnknownModel));
    }
}
