//! Letters for grades.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most letters of a scale.
const MAX_LETTERS: usize = 100;
/// Longest letter, in bytes; a letter may be a word.
const MAX_LETTER_BYTES: usize = 64;

/// A letter and where it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// As it is shown.
    pub letter: Arc<str>,
    /// The lowest grade that gets it, percent.
    pub from_percent: f64,
}

/// Letters by the grade, as it is shown with two decimals. A grade has the letter with the highest bound that it
/// reaches; the lowest letter begins at 0 and takes everything below as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Letter>", into = "Vec<Letter>")]
pub struct LetterScale {
    /// Highest bound first.
    letters: Vec<Letter>,
}

/// Why a letter scale is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterScaleError {
    /// None, or more than a hundred.
    #[error("give the scale 1 to 100 letters")]
    Count,
    /// Empty or long.
    #[error("write each letter in 1 to 64 bytes")]
    Letter,
    /// Not a number or negative.
    #[error("begin each letter at 0 % or above")]
    Bound,
    /// Two letters with one bound.
    #[error("begin each letter at a percentage of its own")]
    SameBound,
    /// Nothing for the lowest grades.
    #[error("begin the lowest letter at 0 %")]
    Lowest,
}

impl LetterScaleError {
    /// The stable code, as in `problem+json`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Count => "letter_count",
            Self::Letter => "letter_length",
            Self::Bound => "letter_bound",
            Self::SameBound => "letter_bound_repeated",
            Self::Lowest => "letter_lowest",
        }
    }
}

impl LetterScale {
    /// A scale of letters in any order.
    ///
    /// # Errors
    /// If there are none or too many, a letter is empty or long, a bound is no number, negative or repeated, or no letter
    /// begins at 0.
    pub fn new(mut letters: Vec<Letter>) -> Result<Self, LetterScaleError> {
        if letters.is_empty() || letters.len() > MAX_LETTERS {
            return Err(LetterScaleError::Count);
        }
        if letters.iter().any(|letter| !(1..=MAX_LETTER_BYTES).contains(&letter.letter.len())) {
            return Err(LetterScaleError::Letter);
        }
        if letters.iter().any(|letter| !letter.from_percent.is_finite() || letter.from_percent < 0.0) {
            return Err(LetterScaleError::Bound);
        }
        letters.sort_by(|a, b| b.from_percent.total_cmp(&a.from_percent));
        if letters.windows(2).any(|pair| pair[0].from_percent <= pair[1].from_percent) {
            return Err(LetterScaleError::SameBound);
        }
        if letters.last().is_some_and(|lowest| lowest.from_percent > 0.0) {
            return Err(LetterScaleError::Lowest);
        }
        Ok(Self { letters })
    }

    /// The letter of a grade, percent.
    #[must_use]
    pub fn letter(&self, percent: f64) -> Arc<str> {
        let reached = self.letters.partition_point(|letter| letter.from_percent > percent);
        // Below the lowest bound, which is 0: a negative grade.
        let place = reached.min(self.letters.len().saturating_sub(1));
        self.letters.get(place).map_or_else(|| Arc::from(""), |letter| Arc::clone(&letter.letter))
    }
}

impl TryFrom<Vec<Letter>> for LetterScale {
    type Error = LetterScaleError;
    fn try_from(letters: Vec<Letter>) -> Result<Self, Self::Error> {
        Self::new(letters)
    }
}

impl From<LetterScale> for Vec<Letter> {
    fn from(scale: LetterScale) -> Self {
        scale.letters
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn letters(bounds: &[(&str, f64)]) -> Vec<Letter> {
        bounds
            .iter()
            .map(|(letter, from)| Letter { letter: Arc::from(*letter), from_percent: *from })
            .collect()
    }

    #[test]
    fn a_letter_begins_at_its_bound() {
        let scale = LetterScale::new(letters(&[("F", 0.0), ("A", 90.0), ("B", 80.0)])).unwrap();
        let of = |percent| scale.letter(percent).to_string();
        assert_eq!(
            [of(100.0), of(90.0), of(89.99), of(80.0), of(79.99), of(0.0)],
            ["A", "A", "B", "B", "F", "F"]
        );
    }

    #[test]
    fn beyond_the_scale_are_its_ends() {
        let scale = LetterScale::new(letters(&[("pass", 50.0), ("fail", 0.0)])).unwrap();
        assert_eq!((&*scale.letter(140.0), &*scale.letter(-5.0)), ("pass", "fail"));
    }

    #[test]
    fn a_scale_that_leaves_a_question_open_is_refused() {
        let refused = |bounds: &[(&str, f64)]| LetterScale::new(letters(bounds)).unwrap_err();
        assert_eq!(refused(&[]), LetterScaleError::Count);
        assert_eq!(refused(&[("", 0.0)]), LetterScaleError::Letter);
        assert_eq!(refused(&[("A", f64::NAN), ("B", 0.0)]), LetterScaleError::Bound);
        assert_eq!(refused(&[("A", -1.0), ("B", 0.0)]), LetterScaleError::Bound);
        assert_eq!(refused(&[("A", 0.0), ("B", 0.0)]), LetterScaleError::SameBound);
        assert_eq!(refused(&[("A", 90.0), ("B", 1.0)]), LetterScaleError::Lowest);
    }
}
