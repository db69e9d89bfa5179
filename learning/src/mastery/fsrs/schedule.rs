//! Where a review sends a card.

use super::{Card, CardState, DAY_MS, Fsrs, Rating, ReviewError, Reviewed, fuzz};
use crate::mastery::number::Draw;

enum Next {
    /// A step within the day.
    Step { state: CardState, step: usize, wait_ms: u64 },
    /// An interval of days.
    Days,
}

impl Fsrs {
    /// A card after it was seen at `now` (server milliseconds) and rated. A clock that went back counts as no time.
    ///
    /// `fuzz` moves an interval of days a little; none leaves it exact.
    ///
    /// # Errors
    /// [`ReviewError::Incomplete`].
    pub fn review(
        &self,
        card: &Card,
        rating: Rating,
        now: u64,
        fuzz: Option<Draw>,
    ) -> Result<Reviewed, ReviewError> {
        let before = match (card.state, card.memory, card.reviewed_at) {
            (CardState::New, _, _) => None,
            (_, Some(memory), Some(at)) => Some((memory, whole_days(at, now))),
            _ => return Err(ReviewError::Incomplete),
        };
        let memory = self.remembered(before, rating);
        let (state, step, wait_ms) = match self.next(card, rating) {
            Next::Step { state, step, wait_ms } => (state, step, wait_ms),
            Next::Days => {
                let exact = self.interval_days(memory.stability);
                let longest = self.settings.maximum_interval_days;
                let days = fuzz.map_or(exact, |draw| fuzz::fuzzed(exact, longest, draw));
                (CardState::Review, 0, u64::from(days) * DAY_MS)
            }
        };
        let lapsed = card.state == CardState::Review && rating == Rating::Again;
        let card = Card {
            state,
            // There are at most ten steps.
            step: u8::try_from(step).unwrap_or(u8::MAX),
            memory: Some(memory),
            due_at: now.saturating_add(wait_ms),
            reviewed_at: Some(now),
            reviews: card.reviews.saturating_add(1),
            lapses: card.lapses.saturating_add(u32::from(lapsed)),
        };
        Ok(Reviewed {
            card,
            elapsed_days: before.map_or(0, |(_, days)| days),
            recall: before.map(|(memory, days)| self.recall(memory.stability, days)),
        })
    }

    fn next(&self, card: &Card, rating: Rating) -> Next {
        let (state, steps, step) = match card.state {
            CardState::New => (CardState::Learning, &self.settings.learning_steps_s, 0),
            CardState::Learning => (CardState::Learning, &self.settings.learning_steps_s, card.step),
            CardState::Relearning => (CardState::Relearning, &self.settings.relearning_steps_s, card.step),
            CardState::Review if rating == Rating::Again => {
                (CardState::Relearning, &self.settings.relearning_steps_s, 0)
            }
            CardState::Review => return Next::Days,
        };
        let at = usize::from(step);
        let place = |step: usize, wait_ms: u64| Next::Step { state, step, wait_ms };
        match rating {
            Rating::Again => steps.first().map_or(Next::Days, |first| place(0, ms(*first))),
            // Between the first two steps, or half as long again as an only one; later the same step once more.
            Rating::Hard => match (at, steps.as_slice()) {
                (0, [only]) => place(0, ms(*only) * 3 / 2),
                (0, [first, second, ..]) => place(0, u64::midpoint(ms(*first), ms(*second))),
                // A step that settings no longer have is passed.
                _ => steps.get(at).map_or(Next::Days, |same| place(at, ms(*same))),
            },
            Rating::Good => steps.get(at + 1).map_or(Next::Days, |following| place(at + 1, ms(*following))),
            Rating::Easy => Next::Days,
        }
    }
}

fn ms(seconds: u32) -> u64 {
    u64::from(seconds) * 1_000
}

fn whole_days(from: u64, to: u64) -> u32 {
    u32::try_from(to.saturating_sub(from) / DAY_MS).unwrap_or(u32::MAX)
}
