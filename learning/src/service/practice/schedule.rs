//! When a question is seen again: cards from what is kept to what the rules take, and back.

use crate::mastery::fsrs::{self, Card, CardState, Fsrs, Memory, Rating};
use crate::mastery::number::{Difficulty, Stability};
use crate::mastery::sm2::{self, Sm2Card};
use persistence::Micros;
use persistence::mastery::{self as kept, AnswerEvent};
use serde::{Deserialize, Serialize};

/// By which rule a new card is seen again. A card keeps the rule that it began with: neither rule can tell what the other
/// knows of a memory, and beginning anew would make whole decks due at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// FSRS-6.
    #[default]
    Fsrs,
    /// SM-2. An answer before a card is due tells its card nothing.
    Sm2,
}

impl Schedule {
    /// Which one a kept card began with, if this version knows it.
    fn of(card: &kept::Card) -> Option<Self> {
        [Self::Fsrs, Self::Sm2].into_iter().find(|schedule| schedule.model() == card.model)
    }

    fn model(self) -> &'static str {
        match self {
            Self::Fsrs => fsrs::MODEL.word(),
            Self::Sm2 => sm2::MODEL.word(),
        }
    }
}

/// The card after an answer; none if what is kept cannot be read. One that no rule here knows begins anew.
pub(super) fn review(
    new: Schedule,
    event: &AnswerEvent,
    kept: Option<&kept::Card>,
    rating: Rating,
) -> Option<kept::Card> {
    let known = kept.and_then(|card| Some((card, Schedule::of(card)?)));
    let schedule = known.map_or(new, |(_, schedule)| schedule);
    let kept = known.map(|(card, _)| card);
    // An answer that comes late was given before the last review; a card does not go back.
    let now = kept.map_or(event.occurred_at, |card| card.reviewed_at.max(event.occurred_at));
    match schedule {
        Schedule::Fsrs => by_fsrs(event, kept, rating, now),
        Schedule::Sm2 => by_sm2(kept, rating, now),
    }
}

fn by_fsrs(
    event: &AnswerEvent,
    kept: Option<&kept::Card>,
    rating: Rating,
    now: Micros,
) -> Option<kept::Card> {
    let at = now.as_millis();
    let card = match kept {
        Some(kept) => read(kept)?,
        None => Card::new(at),
    };
    let draw = super::draw(event.id);
    let reviewed = Fsrs::default().review(&card, rating, at, draw).ok()?.card;
    let memory = reviewed.memory?;
    Some(kept::Card {
        model: Schedule::Fsrs.model().to_owned(),
        state: state_word(reviewed.state).to_owned(),
        step: reviewed.step,
        stability: memory.stability.days(),
        difficulty: memory.difficulty.get(),
        reviews: reviewed.reviews,
        lapses: reviewed.lapses,
        reviewed_at: Micros::from_millis(at),
        due_at: Micros::from_millis(reviewed.due_at),
    })
}

fn read(kept: &kept::Card) -> Option<Card> {
    let memory = Memory {
        stability: Stability::new(kept.stability).ok()?,
        difficulty: Difficulty::new(kept.difficulty).ok()?,
    };
    let states = [CardState::Learning, CardState::Review, CardState::Relearning];
    Some(Card {
        state: states.into_iter().find(|state| state_word(*state) == kept.state)?,
        step: kept.step,
        memory: Some(memory),
        due_at: kept.due_at.as_millis(),
        reviewed_at: Some(kept.reviewed_at.as_millis()),
        reviews: kept.reviews,
        lapses: kept.lapses,
    })
}

fn state_word(state: CardState) -> &'static str {
    match state {
        CardState::New => "new",
        CardState::Learning => "learning",
        CardState::Review => "review",
        CardState::Relearning => "relearning",
    }
}

fn by_sm2(kept: Option<&kept::Card>, rating: Rating, now: Micros) -> Option<kept::Card> {
    let at = now.as_millis();
    let card = kept.map_or(Sm2Card::new(at), read_sm2);
    let Ok(reviewed) = card.review(rating.into(), at) else {
        // Not due: it is seen again when it would have been.
        return kept.cloned();
    };
    let (reviews, lapses) = kept.map_or((0, 0), |kept| (kept.reviews, kept.lapses));
    let lapsed = card.repetitions > 0 && reviewed.repetitions == 0;
    let state = match (reviewed.repeating, reviewed.repetitions) {
        (true, _) => CardState::Relearning,
        (false, 0) => CardState::Learning,
        (false, _) => CardState::Review,
    };
    Some(kept::Card {
        model: Schedule::Sm2.model().to_owned(),
        state: state_word(state).to_owned(),
        step: u8::try_from(reviewed.repetitions).unwrap_or(u8::MAX),
        stability: f64::from(reviewed.interval_days),
        difficulty: f64::from(reviewed.easiness) / 100.0,
        reviews: reviews.saturating_add(1),
        lapses: lapses.saturating_add(u32::from(lapsed)),
        reviewed_at: Micros::from_millis(at),
        due_at: Micros::from_millis(reviewed.due_at),
    })
}

fn read_sm2(kept: &kept::Card) -> Sm2Card {
    Sm2Card {
        // Whatever is kept becomes a number within the rule's bounds.
        easiness: (kept.difficulty * 100.0).round() as u16,
        repetitions: u32::from(kept.step),
        interval_days: kept.stability as u32,
        repeating: kept.state == state_word(CardState::Relearning),
        due_at: kept.due_at.as_millis(),
    }
}

#[cfg(test)]
mod tests;
