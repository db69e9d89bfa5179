use super::*;
use crate::mastery::number::{Difficulty, Draw, MAX_STABILITY, MIN_STABILITY, Stability};
use Rating::{Again, Easy, Good, Hard};
use proptest::prelude::*;

const MINUTE: u64 = 60_000;
const START: u64 = 1_700_000_000_000;

fn stability(days: f64) -> Stability {
    Stability::new(days).unwrap()
}

fn seen(card: &Card, rating: Rating, now: u64) -> Card {
    Fsrs::default().review(card, rating, now, None).unwrap().card
}

/// Reviews whenever the card is due; the interval after each, whole days.
fn intervals(scheduler: &Fsrs, ratings: &[Rating]) -> Vec<u64> {
    let mut card = Card::new(START);
    let each = ratings.iter().map(|rating| {
        card = scheduler.review(&card, *rating, card.due_at, None).unwrap().card;
        card.interval_days()
    });
    each.collect()
}

/// Reviews after gaps of days.
fn memory_after(scheduler: &Fsrs, ratings: &[Rating], gaps: &[u64]) -> Memory {
    let (mut card, mut now) = (Card::new(START), START);
    for (rating, gap) in ratings.iter().zip(gaps) {
        now += gap * DAY_MS;
        card = scheduler.review(&card, *rating, now, None).unwrap().card;
    }
    card.memory.unwrap()
}

fn with(change: impl FnOnce(&mut FsrsSettings)) -> Result<Fsrs, FsrsError> {
    let mut settings = FsrsSettings::default();
    change(&mut settings);
    Fsrs::new(settings)
}

#[test]
fn the_published_sequence_of_intervals_holds() {
    let ratings = [Good, Good, Good, Good, Good, Good, Again, Again, Good, Good, Good, Good, Good];
    assert_eq!(intervals(&Fsrs::default(), &ratings), [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]);
}

#[test]
fn the_published_memory_after_gaps_holds() {
    let (ratings, gaps) = ([Again, Good, Good, Good, Good, Good], [0, 0, 1, 3, 8, 21]);
    let memory = memory_after(&Fsrs::default(), &ratings, &gaps);
    // Published in single precision.
    assert!((memory.stability.days() - 53.626_91).abs() < 1e-4, "{memory:?}");
    assert!((memory.difficulty.get() - 6.357_486_7).abs() < 1e-5, "{memory:?}");
}

#[test]
fn without_the_same_day_weights_the_published_memory_holds() {
    let scheduler = with(|settings| settings.weights[17..20].fill(0.0)).unwrap();
    let (ratings, gaps) = ([Again, Good, Good, Good, Good, Good], [0, 0, 1, 3, 8, 21]);
    let memory = memory_after(&scheduler, &ratings, &gaps);
    assert!((memory.stability.days() - 53.335_106).abs() < 1e-4, "{memory:?}");
}

#[test]
fn the_published_days_for_each_retention_hold() {
    let published = [3_116_766.0, 34_793.0, 2_508.0, 387.0, 90.0, 27.0, 9.0, 3.0, 1.0, 1.0];
    let scheduler = Fsrs::default();
    for (nth, expected) in published.into_iter().enumerate() {
        let retention = Probability::new((nth as f64 + 1.0) / 10.0).unwrap();
        let days = scheduler.days_until(stability(1.0), retention).round().max(1.0);
        // The first was published in single precision: in double precision it is 3,116,769.
        let precision = if nth == 0 { 4.0 } else { 0.0 };
        assert!((days - expected).abs() <= precision, "{retention:?}: {days} days");
    }
}

#[test]
fn the_published_recall_holds() {
    let scheduler = with(|settings| settings.weights[20] = 0.2).unwrap();
    for (days, expected) in [(0, 1.0), (1, 0.9), (2, 0.840_289_35), (3, 0.798_500_1)] {
        assert!((scheduler.recall(stability(1.0), days).get() - expected).abs() < 1e-6, "{days} days");
    }
}

#[test]
fn recall_is_ninety_percent_after_the_stability() {
    assert!((Fsrs::default().recall(stability(30.0), 30).get() - 0.9).abs() < 1e-12);
    assert_eq!(Fsrs::default().interval_days(stability(30.0)), 30);
}

#[test]
fn a_new_card_passes_one_and_ten_minutes() {
    let new = Card::new(START);
    assert!(new.is_due(START));
    let again = seen(&new, Again, START);
    assert_eq!((again.state, again.step, again.due_at), (CardState::Learning, 0, START + MINUTE));
    let hard = seen(&new, Hard, START);
    assert_eq!((hard.state, hard.step, hard.due_at), (CardState::Learning, 0, START + 330_000));
    let good = seen(&new, Good, START);
    assert_eq!((good.state, good.step, good.due_at), (CardState::Learning, 1, START + 10 * MINUTE));
    assert!(!good.is_due(START));
    let easy = seen(&new, Easy, START);
    assert_eq!((easy.state, easy.step, easy.interval_days()), (CardState::Review, 0, 8));
    let hard_later = seen(&good, Hard, good.due_at);
    assert_eq!((hard_later.step, hard_later.due_at), (1, good.due_at + 10 * MINUTE));
    let learned = seen(&good, Good, good.due_at);
    assert_eq!((learned.state, learned.step, learned.interval_days()), (CardState::Review, 0, 2));
}

#[test]
fn a_forgotten_card_is_learned_again_in_ten_minutes() {
    let learned = seen(&Card::new(START), Easy, START);
    let lapsed = seen(&learned, Again, learned.due_at);
    assert_eq!((lapsed.state, lapsed.due_at), (CardState::Relearning, learned.due_at + 10 * MINUTE));
    assert_eq!((lapsed.lapses, lapsed.reviews), (1, 2));
    let hard = seen(&lapsed, Hard, lapsed.due_at);
    assert_eq!((hard.state, hard.due_at), (CardState::Relearning, lapsed.due_at + 15 * MINUTE));
    let still = seen(&lapsed, Again, lapsed.due_at);
    assert_eq!((still.state, still.lapses), (CardState::Relearning, 1));
    let back = seen(&lapsed, Good, lapsed.due_at);
    assert_eq!(back.state, CardState::Review);
    assert!(back.interval_days() < learned.interval_days());
}

#[test]
fn without_steps_a_card_goes_to_days_at_once() {
    let scheduler = with(|settings| {
        settings.learning_steps_s.clear();
        settings.relearning_steps_s.clear();
    })
    .unwrap();
    let card = scheduler.review(&Card::new(START), Again, START, None).unwrap().card;
    assert_eq!((card.state, card.interval_days()), (CardState::Review, 1));
    let card = scheduler.review(&card, Again, card.due_at, None).unwrap().card;
    assert_eq!((card.state, card.lapses), (CardState::Review, 1));
}

#[test]
fn a_step_that_settings_no_longer_have_is_passed() {
    let good = seen(&Card::new(START), Good, START);
    let shorter = with(|settings| settings.learning_steps_s = vec![60]).unwrap();
    for rating in [Hard, Good, Easy] {
        let card = shorter.review(&good, rating, good.due_at, None).unwrap().card;
        assert_eq!(card.state, CardState::Review);
    }
}

#[test]
fn easy_ten_times_over_is_as_easy_as_can_be() {
    let mut card = Card::new(START);
    for nth in 0..10 {
        card = seen(&card, Easy, START + nth);
    }
    assert_eq!(card.memory.unwrap().difficulty.get(), 1.0);
}

#[test]
fn a_review_tells_what_the_log_wants_to_know() {
    let scheduler = Fsrs::default();
    let first = scheduler.review(&Card::new(START), Easy, START, None).unwrap();
    assert_eq!((first.elapsed_days, first.recall), (0, None));
    let second = scheduler.review(&first.card, Good, START + 8 * DAY_MS + 5, None).unwrap();
    assert_eq!(second.elapsed_days, 8);
    assert!((second.recall.unwrap().get() - 0.9).abs() < 0.01);
}

#[test]
fn a_clock_that_went_back_counts_as_no_time() {
    let card = seen(&Card::new(START), Easy, START);
    let reviewed = Fsrs::default().review(&card, Good, START - DAY_MS, None).unwrap();
    assert_eq!((reviewed.elapsed_days, reviewed.recall.unwrap().get()), (0, 1.0));
}

#[test]
fn a_card_without_its_memory_is_refused() {
    let whole = seen(&Card::new(START), Easy, START);
    for broken in [Card { memory: None, ..whole }, Card { reviewed_at: None, ..whole }] {
        assert_eq!(Fsrs::default().review(&broken, Good, START, None), Err(ReviewError::Incomplete));
    }
}

#[test]
fn a_greater_retention_shortens_and_the_longest_interval_bounds() {
    let strict = with(|settings| settings.desired_retention = 0.95).unwrap();
    assert!(strict.interval_days(stability(100.0)) < Fsrs::default().interval_days(stability(100.0)));
    let bounded = with(|settings| settings.maximum_interval_days = 30).unwrap();
    assert_eq!(bounded.interval_days(stability(100.0)), 30);
    assert_eq!(Fsrs::default().interval_days(stability(MAX_STABILITY)), MAX_INTERVAL_DAYS);
    assert_eq!(Fsrs::default().interval_days(stability(MIN_STABILITY)), 1);
}

#[test]
fn fuzz_moves_by_a_day_and_a_part_of_the_interval() {
    assert_eq!(fuzz::range(1, 36_500), (1, 1));
    assert_eq!(fuzz::range(2, 36_500), (2, 2));
    assert_eq!(fuzz::range(3, 36_500), (2, 4));
    // 1 + 0.15 * 4.5 + 0.1 * 3 = 1.975
    assert_eq!(fuzz::range(10, 36_500), (8, 12));
    // 1 + 0.15 * 4.5 + 0.1 * 13 + 0.05 * 80 = 6.975
    assert_eq!(fuzz::range(100, 36_500), (93, 107));
    assert_eq!(fuzz::range(100, 100), (93, 100));
    assert_eq!(fuzz::fuzzed(10, 36_500, Draw::new(0.0).unwrap()), 8);
    assert_eq!(fuzz::fuzzed(10, 36_500, Draw::new(0.999).unwrap()), 12);
}

#[test]
fn fuzz_leaves_steps_alone() {
    let draw = Some(Draw::new(0.9).unwrap());
    let card = Fsrs::default().review(&Card::new(START), Good, START, draw).unwrap().card;
    assert_eq!(card.due_at, START + 10 * MINUTE);
}

#[test]
fn settings_out_of_bounds_are_refused_by_name() {
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        for nth in 0..21 {
            assert_eq!(with(|s| s.weights[nth] = bad), Err(FsrsError::Weight(nth)));
        }
    }
    for bad in [f64::NAN, 0.69, 1.0] {
        assert_eq!(with(|s| s.desired_retention = bad), Err(FsrsError::Retention));
    }
    for bad in [0, 36_501] {
        assert_eq!(with(|s| s.maximum_interval_days = bad), Err(FsrsError::Interval));
    }
    assert_eq!(with(|s| s.learning_steps_s = vec![0]), Err(FsrsError::Steps));
    assert_eq!(with(|s| s.relearning_steps_s = vec![60; 11]), Err(FsrsError::Steps));
    assert_eq!(Fsrs::new(FsrsSettings::default()), Ok(Fsrs::default()));
}

fn any_rating() -> impl Strategy<Value = Rating> {
    prop::sample::select(Rating::ALL.to_vec())
}

fn any_memory() -> impl Strategy<Value = Memory> {
    (MIN_STABILITY..=MAX_STABILITY, 1.0..=10.0).prop_map(|(days, difficulty)| Memory {
        stability: stability(days),
        difficulty: Difficulty::new(difficulty).unwrap(),
    })
}

proptest! {
    #[test]
    fn whatever_happens_a_card_stays_within_its_bounds(
        reviews in prop::collection::vec((any_rating(), 0_u64..2_000, 0.0_f64..1.0), 1..60),
        retention in 0.7_f64..=0.99, longest in 1_u32..=36_500,
    ) {
        let scheduler = with(|settings| {
            settings.desired_retention = retention;
            settings.maximum_interval_days = longest;
        }).unwrap();
        let (mut card, mut now) = (Card::new(START), START);
        for (rating, days, chance) in reviews {
            now += days * DAY_MS;
            card = scheduler.review(&card, rating, now, Some(Draw::new(chance).unwrap())).unwrap().card;
            let memory = card.memory.unwrap();
            prop_assert!(Stability::new(memory.stability.days()).is_ok());
            prop_assert!(Difficulty::new(memory.difficulty.get()).is_ok());
            prop_assert!(card.state != CardState::New && card.due_at > now);
            if card.state == CardState::Review {
                prop_assert!((1..=u64::from(longest)).contains(&card.interval_days()));
            } else {
                prop_assert!(card.due_at - now <= 10 * MINUTE + 5 * MINUTE);
            }
        }
    }

    #[test]
    fn a_better_rating_never_leaves_less_stability(memory in any_memory(), days in 0_u32..5_000) {
        let after: Vec<f64> = Rating::ALL.into_iter()
            .map(|rating| Fsrs::default().remembered(Some((memory, days)), rating).stability.days())
            .collect();
        prop_assert!(after.is_sorted(), "{after:?}");
    }

    #[test]
    fn a_better_rating_never_leaves_more_difficulty(memory in any_memory(), days in 0_u32..5_000) {
        let after: Vec<f64> = Rating::ALL.into_iter()
            .map(|rating| Fsrs::default().remembered(Some((memory, days)), rating).difficulty.get())
            .collect();
        prop_assert!(after.is_sorted_by(|worse, better| worse >= better), "{after:?}");
    }

    #[test]
    fn recall_is_a_probability_and_only_fades(days in MIN_STABILITY..=MAX_STABILITY, a in any::<u32>(), b in any::<u32>()) {
        let (early, late) = (a.min(b), a.max(b));
        let scheduler = Fsrs::default();
        let (then, later) = (scheduler.recall(stability(days), early), scheduler.recall(stability(days), late));
        prop_assert!((0.0..=1.0).contains(&then.get()) && (0.0..=1.0).contains(&later.get()));
        prop_assert!(later <= then);
    }

    #[test]
    fn fuzz_stays_within_its_range_and_the_longest_interval(days in 1_u32..=36_500, more in 0_u32..100, chance in 0.0_f64..1.0) {
        let longest = (days + more).min(MAX_INTERVAL_DAYS);
        let (low, high) = fuzz::range(days, longest);
        let moved = fuzz::fuzzed(days, longest, Draw::new(chance).unwrap());
        prop_assert!(low <= moved && moved <= high && high <= longest && low >= 1);
        prop_assert!(low <= days && days <= high);
    }
}
