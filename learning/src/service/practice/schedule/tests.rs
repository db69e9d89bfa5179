#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use persistence::mastery::{Asked, Source};
use protocol::ids::{ItemId, PersonId, QuizId};
use uuid::Uuid;

const DAY: u64 = fsrs::DAY_MS;

fn answered(at_ms: u64) -> AnswerEvent {
    AnswerEvent {
        id: Uuid::from_u128(7),
        person: PersonId(Uuid::nil()),
        asked: Asked {
            item: ItemId(Uuid::nil()),
            quiz: QuizId(Uuid::nil()),
            version: 1,
            question: 0,
            order: Vec::new(),
        },
        source: Source::Review,
        correct: None,
        elapsed_ms: None,
        occurred_at: Micros::from_millis(at_ms),
    }
}

fn seen(new: Schedule, card: Option<&kept::Card>, rating: Rating, at_ms: u64) -> kept::Card {
    review(new, &answered(at_ms), card, rating).unwrap()
}

fn days(card: &kept::Card) -> u64 {
    (card.due_at.as_millis() - card.reviewed_at.as_millis()) / DAY
}

#[test]
fn a_deck_by_sm2_follows_its_published_days_through_what_is_kept() {
    let mut card: Option<kept::Card> = None;
    let ratings = [Rating::Good, Rating::Good, Rating::Good, Rating::Easy, Rating::Again, Rating::Good];
    let got = ratings.map(|rating| {
        let now = card.as_ref().map_or(0, |card| card.due_at.as_millis());
        let next = seen(Schedule::Sm2, card.as_ref(), rating, now);
        let days = days(&next);
        card = Some(next);
        days
    });
    assert_eq!(got, [1, 6, 15, 39, 0, 1]);
    let card = card.unwrap();
    assert_eq!((card.reviews, card.lapses, card.step), (6, 1, 1));
    assert!((card.difficulty - 2.6).abs() < 1e-9, "{card:?}");
}

#[test]
fn a_hard_one_is_seen_again_the_same_day_by_sm2() {
    let card = seen(Schedule::Sm2, None, Rating::Hard, 0);
    assert_eq!((card.due_at, card.state.as_str()), (Micros(0), "relearning"));
    let card = seen(Schedule::Sm2, Some(&card), Rating::Good, 1_000);
    assert_eq!((days(&card), card.state.as_str(), card.step), (1, "review", 1));
}

#[test]
fn an_answer_before_a_card_is_due_leaves_it_by_sm2() {
    let card = seen(Schedule::Sm2, None, Rating::Good, 0);
    assert_eq!(seen(Schedule::Sm2, Some(&card), Rating::Again, DAY - 1), card);
}

#[test]
fn a_card_keeps_the_rule_that_it_began_with() {
    let by_fsrs = seen(Schedule::Fsrs, None, Rating::Good, 0);
    let due = by_fsrs.due_at.as_millis();
    assert_eq!(
        seen(Schedule::Sm2, Some(&by_fsrs), Rating::Good, due),
        seen(Schedule::Fsrs, Some(&by_fsrs), Rating::Good, due)
    );
    let by_sm2 = seen(Schedule::Sm2, None, Rating::Good, 0);
    let due = by_sm2.due_at.as_millis();
    assert_eq!(days(&seen(Schedule::Fsrs, Some(&by_sm2), Rating::Good, due)), 6);
}

#[test]
fn a_card_of_an_unknown_rule_begins_anew() {
    let strange = kept::Card { model: "leitner_1".to_owned(), ..seen(Schedule::Fsrs, None, Rating::Good, 0) };
    assert_eq!(seen(Schedule::Sm2, Some(&strange), Rating::Good, DAY).model, "sm2_ceiling_1");
}

#[test]
fn whatever_is_kept_is_read_by_sm2() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300] {
        let strange = kept::Card {
            stability: number,
            difficulty: number,
            ..seen(Schedule::Sm2, None, Rating::Good, 0)
        };
        let card = seen(Schedule::Sm2, Some(&strange), Rating::Good, DAY);
        assert!((1.3..=10.0).contains(&card.difficulty), "{card:?}");
    }
}
