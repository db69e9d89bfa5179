//! SM-2 (Woźniak 1987), for decks that began with it.
//!
//! The method has several readings. This one, `sm2_ceiling_1`, is: a lapse (below 3) leaves the easiness alone and begins
//! again; an interval grows by the *new* easiness and is rounded *up*; an answer of 3 counts, but the item is repeated the
//! same day until it is answered with 4 or 5, and these repetitions count for nothing else.
//!
//! ```text
//! EF' = max(1.3, EF + 0.1 - (5-q) (0.08 + (5-q) 0.02))
//! I1 = 1, I2 = 6, In = ⌈I(n-1) EF'⌉ days
//! ```
//!
//! Every step of EF is a whole number of hundredths, so all arithmetic is in integers: 5 days at 2.6 are 13, not the 14
//! that a rounding error above 13 would give.

use super::Model;
use super::fsrs::{DAY_MS, MAX_INTERVAL_DAYS, Rating};
use serde::{Deserialize, Serialize};

/// The word for states of this rule.
pub const MODEL: Model = Model::Sm2Ceiling1;
/// The easiness of a new item, hundredths.
pub const FIRST_EASINESS: u16 = 250;
/// The least easiness, hundredths.
pub const MIN_EASINESS: u16 = 130;
/// The greatest easiness, hundredths. The method names none; this one takes 75 answers of 5 to reach.
pub const MAX_EASINESS: u16 = 1_000;

/// How well an item was answered, 0..=5: from 3 it was right, 5 is without hesitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Quality(u8);

/// One student's card for one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sm2Card {
    /// EF in hundredths; what lies outside [`MIN_EASINESS`]..=[`MAX_EASINESS`] counts as the bound.
    pub easiness: u16,
    /// Right answers since the beginning or the last lapse, same-day repetitions left out.
    pub repetitions: u32,
    /// The interval in days, 0 after a lapse, at most a hundred years.
    pub interval_days: u32,
    /// Whether it is repeated today before the interval begins.
    pub repeating: bool,
    /// When to see it again, server milliseconds.
    pub due_at: u64,
}

/// Why a card was not reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Sm2Error {
    /// Not a quality.
    #[error("rate an answer from 0 to 5")]
    Quality,
    /// Too early: the method takes every review for one at its time, and would lengthen the interval.
    #[error("the card is not due yet; review it when it is")]
    NotDue,
}

impl Sm2Error {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Quality => "sm2_quality",
            Self::NotDue => "sm2_not_due",
        }
    }
}

impl Quality {
    /// A quality.
    ///
    /// # Errors
    /// [`Sm2Error::Quality`] above 5.
    pub fn new(value: u8) -> Result<Self, Sm2Error> {
        if value <= 5 { Ok(Self(value)) } else { Err(Sm2Error::Quality) }
    }

    /// 0..=5.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Quality {
    type Error = Sm2Error;

    fn try_from(value: u8) -> Result<Self, Sm2Error> {
        Self::new(value)
    }
}

/// The four ratings among the six qualities: again is the best of the lapses, the other three are right.
impl From<Rating> for Quality {
    fn from(rating: Rating) -> Self {
        Self(match rating {
            Rating::Again => 2,
            Rating::Hard => 3,
            Rating::Good => 4,
            Rating::Easy => 5,
        })
    }
}

impl From<Quality> for u8 {
    fn from(quality: Quality) -> Self {
        quality.0
    }
}

impl Sm2Card {
    /// A new card, due at once.
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self { easiness: FIRST_EASINESS, repetitions: 0, interval_days: 0, repeating: false, due_at: now }
    }

    /// The card after it was answered at `now`, server milliseconds. Intervals begin now, however late that is.
    ///
    /// # Errors
    /// [`Sm2Error::NotDue`].
    pub fn review(&self, quality: Quality, now: u64) -> Result<Self, Sm2Error> {
        if now < self.due_at {
            return Err(Sm2Error::NotDue);
        }
        let q = quality.get();
        if self.repeating {
            let done = q >= 4;
            return Ok(Self {
                repeating: !done,
                due_at: if done { after(now, self.interval_days) } else { now },
                ..*self
            });
        }
        if q < 3 {
            return Ok(Self { repetitions: 0, interval_days: 0, due_at: now, ..*self });
        }
        let easiness = eased(self.easiness, q);
        let interval_days = match self.repetitions {
            0 => 1,
            1 => 6,
            _ => grown(self.interval_days, easiness),
        };
        let repeating = q < 4;
        Ok(Self {
            easiness,
            repetitions: self.repetitions.saturating_add(1),
            interval_days,
            repeating,
            due_at: if repeating { now } else { after(now, interval_days) },
        })
    }
}

/// EF' in hundredths: 10 more for 5, the same for 4, 14 less for 3.
fn eased(easiness: u16, q: u8) -> u16 {
    let short = u16::from(5_u8.saturating_sub(q));
    let raised = easiness.saturating_add(10).saturating_sub(short * (8 + short * 2));
    raised.clamp(MIN_EASINESS, MAX_EASINESS)
}

fn grown(days: u32, easiness: u16) -> u32 {
    let grown = (u64::from(days) * u64::from(easiness)).div_ceil(100);
    u32::try_from(grown).unwrap_or(u32::MAX).clamp(1, MAX_INTERVAL_DAYS)
}

fn after(now: u64, days: u32) -> u64 {
    now.saturating_add(u64::from(days.min(MAX_INTERVAL_DAYS)) * DAY_MS)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn q(value: u8) -> Quality {
        Quality::new(value).unwrap()
    }

    /// Reviews whenever the card is due; days until the next review after each.
    fn days(card: &mut Sm2Card, qualities: &[u8]) -> Vec<u64> {
        let each = qualities.iter().map(|value| {
            let now = card.due_at;
            *card = card.review(q(*value), now).unwrap();
            (card.due_at - now) / DAY_MS
        });
        each.collect()
    }

    #[test]
    fn the_published_sequence_of_days_holds() {
        let mut card = Sm2Card::new(0);
        let got = days(&mut card, &[4, 3, 3, 4, 5, 3, 0, 1, 3, 3, 4, 5, 3]);
        assert_eq!(got, [1, 0, 0, 6, 15, 0, 0, 0, 0, 0, 35, 85, 0]);
    }

    #[test]
    fn each_quality_moves_the_easiness_as_published() {
        let after = |value| Sm2Card::new(0).review(q(value), 0).unwrap().easiness;
        assert_eq!((after(5), after(4), after(3)), (260, 250, 236));
        assert_eq!([0, 1, 2].map(after), [250; 3], "in this reading a lapse leaves it alone");
    }

    #[test]
    fn a_lapse_begins_again() {
        let mut card = Sm2Card::new(0);
        assert_eq!(days(&mut card, &[5, 5, 5]), [1, 6, 17]);
        assert_eq!(days(&mut card, &[2]), [0]);
        assert_eq!((card.repetitions, card.interval_days, card.easiness), (0, 0, 280));
        assert_eq!(days(&mut card, &[4, 4]), [1, 6]);
    }

    #[test]
    fn an_interval_is_rounded_up_from_the_exact_product() {
        assert_eq!(grown(5, 260), 13);
        assert_eq!(grown(15, 232), 35);
        assert_eq!(grown(36_000, 250), MAX_INTERVAL_DAYS);
    }

    #[test]
    fn a_card_that_is_not_due_is_refused() {
        let card = Sm2Card::new(0).review(q(4), 0).unwrap();
        assert_eq!(card.review(q(4), DAY_MS - 1), Err(Sm2Error::NotDue));
        assert_eq!(card.review(q(4), 3 * DAY_MS).unwrap().due_at, 9 * DAY_MS, "late by two days");
    }

    #[test]
    fn a_quality_above_five_is_refused() {
        assert_eq!(Quality::new(6), Err(Sm2Error::Quality));
    }

    proptest! {
        #[test]
        fn whatever_happens_a_card_stays_within_its_bounds(qualities in prop::collection::vec(0_u8..=5, 0..120)) {
            let mut card = Sm2Card::new(0);
            for value in qualities {
                let now = card.due_at;
                card = card.review(q(value), now).unwrap();
                prop_assert!((MIN_EASINESS..=MAX_EASINESS).contains(&card.easiness));
                prop_assert!(card.interval_days <= MAX_INTERVAL_DAYS);
                prop_assert_eq!(card.due_at > now, value >= 4, "only 4 and 5 end the day");
            }
        }

        #[test]
        fn a_kept_card_with_any_numbers_can_be_reviewed(easiness in any::<u16>(), repetitions in any::<u32>(), interval_days in any::<u32>(), value in 0_u8..=5) {
            let card = Sm2Card { easiness, repetitions, interval_days, repeating: false, due_at: 0 };
            let next = card.review(q(value), 0).unwrap();
            prop_assert!(next.interval_days <= MAX_INTERVAL_DAYS);
        }
    }
}
