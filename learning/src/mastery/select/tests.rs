use super::*;
use crate::mastery::irt::{Curve, ItemParams, Prior, Response, eap};
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn id(n: u32) -> ItemId {
    format!("00000000-0000-0000-0000-{n:012x}").parse().unwrap()
}

fn theta(value: f64) -> Logit {
    Logit::new(value).unwrap()
}

fn draw(value: f64) -> Draw {
    Draw::new(value).unwrap()
}

fn candidate(n: u32, a: f64, b: f64) -> Candidate {
    Candidate { item: id(n), curve: Curve::new(ItemParams::two(a, b)).unwrap() }
}

fn rule(criterion: Criterion, top: u16) -> SelectRule {
    SelectRule::new(SelectSettings { criterion, top }).unwrap()
}

fn standing(ability: f64, given: u32, used: &HashSet<ItemId>) -> Standing<'_> {
    Standing { theta: theta(ability), given, used }
}

/// `n` items with difficulties from -3 to 3 and discriminations from 0.5 to 2 in another order.
fn bank(n: u32) -> Pool {
    let part = |nth: u32| f64::from(nth) / f64::from(n);
    let items = (0..n).map(|nth| candidate(nth, 0.5 + 1.5 * part(nth * 7 % n), -3.0 + 6.0 * part(nth)));
    Pool::new(items.collect()).unwrap()
}

#[test]
fn the_item_that_tells_most_is_next() {
    let pool =
        Pool::new(vec![candidate(1, 1.0, -2.0), candidate(2, 1.0, 0.1), candidate(3, 1.0, 2.0)]).unwrap();
    let none = HashSet::new();
    let best = rule(Criterion::Information, 1);
    assert_eq!(best.next(&pool, standing(0.0, 0, &none), draw(0.9)), Some(id(2)));
    assert_eq!(best.next(&pool, standing(1.9, 0, &none), draw(0.0)), Some(id(3)));
}

#[test]
fn an_item_is_not_asked_twice_and_an_empty_pool_has_none() {
    let pool = bank(20);
    let mut used = HashSet::new();
    for given in 0..20 {
        let next = SelectRule::default().next(&pool, standing(0.3, given, &used), draw(0.5)).unwrap();
        assert!(used.insert(next), "{next} came again");
    }
    assert_eq!(SelectRule::default().next(&pool, standing(0.3, 20, &used), draw(0.5)), None);
    assert_eq!(
        SelectRule::default().next(&Pool::default(), standing(0.0, 0, &HashSet::new()), draw(0.0)),
        None
    );
}

#[test]
fn chance_takes_each_of_the_best_few_and_no_other() {
    let pool = bank(1_000);
    let none = HashSet::new();
    let by_worth = {
        let mut items: Vec<(f64, ItemId)> =
            pool.all().iter().map(|c| (c.curve.information(theta(0.5)), c.item)).collect();
        items.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        items
    };
    let randomesque = rule(Criterion::Information, 5);
    for nth in 0..5_u32 {
        let next = randomesque.next(&pool, standing(0.5, 0, &none), draw(f64::from(nth) / 5.0 + 0.1));
        assert_eq!(next, Some(by_worth[nth as usize].1));
    }
}

#[test]
fn equals_are_told_apart_by_their_id() {
    let none = HashSet::new();
    let best = rule(Criterion::Information, 1);
    for order in [[3, 1, 2], [1, 2, 3], [2, 3, 1]] {
        let pool = Pool::new(order.map(|n| candidate(n, 1.0, 0.0)).to_vec()).unwrap();
        assert_eq!(best.next(&pool, standing(0.0, 0, &none), draw(0.0)), Some(id(1)));
    }
}

#[test]
fn strata_begin_with_dull_items_and_end_with_sharp_ones() {
    let pool = bank(400);
    let stratified = rule(Criterion::AStratified { strata: 4, length: 20 }, 1);
    let mut used = HashSet::new();
    let mut sharpness = Vec::new();
    for given in 0..20 {
        let next = stratified.next(&pool, standing(0.0, given, &used), draw(0.0)).unwrap();
        used.insert(next);
        let item = pool.all().iter().find(|c| c.item == next).unwrap().curve.params();
        assert!(item.b.abs() < 1.0, "each stratum has items near the ability");
        sharpness.push(item.a);
    }
    for (nth, five) in sharpness.chunks(5).enumerate() {
        let low = 0.5 + 1.5 * nth as f64 / 4.0;
        assert!(five.iter().all(|a| (low - 0.01..low + 0.385).contains(a)), "{five:?}");
    }
    let sharpest_first = rule(Criterion::Information, 1);
    let first = sharpest_first.next(&pool, standing(0.0, 0, &HashSet::new()), draw(0.0)).unwrap();
    let first = pool.all().iter().find(|c| c.item == first).unwrap();
    assert!(first.curve.params().a > 1.6, "without strata the sharp ones go first");
}

#[test]
fn an_exhausted_stratum_passes_its_turn_on() {
    let pool = Pool::new((0..4).map(|n| candidate(n, 0.5 + f64::from(n) / 10.0, 0.0)).collect()).unwrap();
    let stratified = rule(Criterion::AStratified { strata: 2, length: 10 }, 1);
    let mut used: HashSet<ItemId> = [id(0), id(1)].into();
    assert_eq!(stratified.next(&pool, standing(0.0, 0, &used), draw(0.0)), Some(id(2)));
    used = [id(2), id(3)].into();
    assert_eq!(stratified.next(&pool, standing(0.0, 9, &used), draw(0.0)), Some(id(0)));
    assert_eq!(turns(4, 20, 10).collect::<Vec<_>>(), [2, 3, 1, 0]);
    assert_eq!(turns(4, 20, 99).collect::<Vec<_>>(), [3, 2, 1, 0], "a test may run over its length");
}

#[test]
fn ten_thousand_items_take_far_less_than_the_time_there_is() {
    let pool = bank(10_000);
    let used: HashSet<ItemId> = (0..500).map(|nth| id(nth * 19)).collect();
    let choices = (0..10).map(|given| {
        let begun = Instant::now();
        let next = SelectRule::default().next(&pool, standing(0.2, given, &used), draw(0.3));
        assert!(next.is_some());
        begun.elapsed()
    });
    // The fastest of ten, for the machine may be busy; unoptimised, against the 300 ms that a whole request may take.
    let fastest = choices.min().unwrap();
    assert!(fastest < Duration::from_millis(60), "{fastest:?}");
}

#[test]
fn a_pool_has_each_item_once_and_a_bound() {
    let twice = vec![candidate(7, 1.0, 0.0), candidate(7, 1.0, 1.0)];
    assert_eq!(Pool::new(twice).unwrap_err(), PoolError::Duplicate(id(7)));
    let many = vec![candidate(7, 1.0, 0.0); MAX_POOL + 1];
    assert_eq!(Pool::new(many).unwrap_err(), PoolError::TooMany);
}

#[test]
fn settings_out_of_bounds_are_refused_by_name() {
    let refused = |criterion, top| SelectRule::new(SelectSettings { criterion, top }).unwrap_err();
    assert_eq!(refused(Criterion::Information, 0), SelectRuleError::Top);
    assert_eq!(refused(Criterion::Information, 21), SelectRuleError::Top);
    assert_eq!(refused(Criterion::AStratified { strata: 0, length: 10 }, 1), SelectRuleError::Strata);
    assert_eq!(refused(Criterion::AStratified { strata: 4, length: 3 }, 1), SelectRuleError::Length);
    assert_eq!(refused(Criterion::AStratified { strata: 4, length: 501 }, 1), SelectRuleError::Length);
}

#[test]
fn a_test_ends_when_it_is_precise_or_long_enough() {
    let stop = StopRule::new(StopLimits { min_items: 5, max_items: 20, target_se: Some(0.3) }).unwrap();
    assert_eq!(stop.stop(4, Some(0.1)), None, "too short to be trusted");
    assert_eq!(stop.stop(5, Some(0.3)), Some(Stop::Precise));
    assert_eq!(stop.stop(19, Some(0.31)), None);
    assert_eq!(stop.stop(20, Some(0.31)), Some(Stop::Length));
    assert_eq!(stop.stop(20, None), Some(Stop::Length));
    let fixed = StopRule::new(StopLimits { min_items: 1, max_items: 10, target_se: None }).unwrap();
    assert_eq!(fixed.stop(9, Some(0.01)), None);
    assert_eq!(fixed.stop(10, Some(0.01)), Some(Stop::Length));
}

#[test]
fn stop_limits_out_of_bounds_are_refused_by_name() {
    let refused = |min_items, max_items, target_se| {
        StopRule::new(StopLimits { min_items, max_items, target_se }).unwrap_err()
    };
    assert_eq!(refused(0, 10, None), StopRuleError::Items);
    assert_eq!(refused(11, 10, None), StopRuleError::Items);
    assert_eq!(refused(1, 501, None), StopRuleError::Items);
    for bad in [f64::NAN, 0.0, -1.0, 6.1] {
        assert_eq!(refused(1, 10, Some(bad)), StopRuleError::Error);
    }
}

#[test]
fn a_whole_test_finds_the_ability_of_a_student() {
    let pool = bank(1_000);
    let truth = theta(1.2);
    let mut responses = Vec::new();
    let mut used = HashSet::new();
    let mut estimate = eap(&responses, Prior::default()).unwrap();
    let mut owed = 0.0;
    let stop = StopRule::new(StopLimits { min_items: 5, max_items: 60, target_se: Some(0.25) }).unwrap();
    while stop.stop(estimate.n, Some(estimate.se)).is_none() {
        let at = Standing { theta: estimate.theta, given: estimate.n, used: &used };
        let next = SelectRule::default().next(&pool, at, draw(0.4)).unwrap();
        used.insert(next);
        let curve = pool.all().iter().find(|c| c.item == next).unwrap().curve;
        // A student who is right as often as the curves say, without chance.
        owed += curve.chance(truth).get();
        let correct = owed >= 0.5;
        owed -= f64::from(u8::from(correct));
        responses.push(Response { curve, correct });
        estimate = eap(&responses, Prior::default()).unwrap();
    }
    assert_eq!(stop.stop(estimate.n, Some(estimate.se)), Some(Stop::Precise));
    assert!((estimate.theta.get() - 1.2).abs() < 0.3, "{estimate:?}");
}

proptest! {
    #[test]
    fn whatever_is_chosen_is_in_the_pool_and_unused(
        n in 1_u32..60, skip in 1_u32..5, ability in -10.0_f64..=10.0, given in 0_u32..600,
        top in 1_u16..=MAX_TOP, strata in 0_u16..=MAX_STRATA, chance in 0.0_f64..1.0,
    ) {
        let criterion = if strata == 0 { Criterion::Information } else { Criterion::AStratified { strata, length: 30 } };
        let pool = bank(n);
        let used: HashSet<ItemId> = (0..n).filter(|nth| nth % skip != 0).map(id).collect();
        let next = rule(criterion, top).next(&pool, standing(ability, given, &used), draw(chance));
        // Item 0 is always free.
        let next = next.unwrap();
        prop_assert!(!used.contains(&next) && pool.all().iter().any(|c| c.item == next));
    }
}
