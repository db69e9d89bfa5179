use super::*;
use proptest::prelude::*;

fn score(score: f64, possible: f64) -> Candidate {
    Candidate { score, possible, never_drop: false }
}

fn ratio<'a>(candidates: impl Iterator<Item = &'a Candidate>) -> f64 {
    let sum = tally(candidates);
    sum.score / sum.possible
}

fn kept(candidates: &[Candidate], dropping: &Dropping) -> f64 {
    let kept = candidates.iter().zip(&dropping.fates).filter(|(_, fate)| **fate == Fate::Kept);
    ratio(kept.map(|(candidate, _)| candidate))
}

/// The ratios of all subsets with points that drop so many of what may be dropped.
fn all_ratios(candidates: &[Candidate], dropped: usize) -> Vec<f64> {
    let subsets = 0_u32..1 << candidates.len();
    let stays = |subset: u32, at: usize| subset >> at & 1 == 1;
    let allowed = |subset: &u32| {
        subset.count_zeros() as usize - (32 - candidates.len()) == dropped
            && (0..candidates.len()).all(|at| stays(*subset, at) || !candidates[at].never_drop)
    };
    let of = |subset: u32| {
        ratio(
            candidates
                .iter()
                .enumerate()
                .filter(|(at, _)| stays(subset, *at))
                .map(|(_, candidate)| candidate),
        )
    };
    subsets.filter(allowed).map(of).filter(|ratio| ratio.is_finite()).collect()
}

/// The published search: bisection until the interval is shorter than two different ratios can be apart.
fn bisected(candidates: &[Candidate], keep: usize) -> f64 {
    let rate = |q: f64| {
        let mut rated: Vec<(f64, usize)> =
            candidates.iter().enumerate().map(|(at, c)| (c.score - q * c.possible, at)).collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0));
        rated.truncate(keep);
        (rated.iter().map(|(rating, _)| rating).sum::<f64>(), rated)
    };
    let ratios = || candidates.iter().map(|candidate| candidate.score / candidate.possible);
    let mut low = ratios().fold(f64::INFINITY, f64::min);
    let mut high = ratios().fold(0.0, f64::max);
    let largest = candidates.iter().map(|candidate| candidate.possible).fold(0.0, f64::max);
    while high - low >= 1.0 / (2.0 * keep as f64 * largest * largest) {
        let middle = f64::midpoint(low, high);
        if rate(middle).0 < 0.0 { high = middle } else { low = middle }
    }
    ratio(rate(low).1.iter().map(|(_, at)| &candidates[*at]))
}

/// Up to seven scores, some of which may not be dropped, some without points.
fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let points = prop_oneof![1 => Just(0_u32), 6 => 1_u32..400];
    let candidate =
        (points, 0_u32..=110, proptest::bool::weighted(0.2)).prop_map(|(points, percent, never_drop)| {
            let possible = f64::from(points) / 4.0;
            let score =
                if points == 0 { f64::from(percent) / 20.0 } else { possible * f64::from(percent) / 100.0 };
            Candidate { score, possible, never_drop }
        });
    proptest::collection::vec(candidate, 1..=7)
}

#[test]
fn of_equals_those_that_come_first_are_kept() {
    let dropping = drop_scores(&[score(8.0, 10.0), score(80.0, 100.0), score(8.0, 10.0)], 1, 0);
    assert_eq!(dropping.fates, [Fate::Kept, Fate::Kept, Fate::DroppedLowest]);
}

#[test]
fn a_single_score_with_points_outlives_many_without() {
    let candidates = [score(0.0, 0.0), score(0.0, 0.0), score(1.0, 10.0)];
    assert_eq!(drop_scores(&candidates, 2, 0).fates[2], Fate::Kept);
}

proptest! {
    #[test]
    fn the_lowest_are_dropped_as_well_as_trying_all_subsets_does(candidates in candidates(), lowest in 0_u32..8) {
        let dropping = drop_scores(&candidates, lowest, 0);
        let best = all_ratios(&candidates, dropping.lowest).into_iter().fold(f64::NEG_INFINITY, f64::max);
        if candidates.iter().any(|candidate| candidate.possible > 0.0) && best.is_finite() {
            prop_assert!((kept(&candidates, &dropping) - best).abs() < 1e-9);
        }
    }

    #[test]
    fn the_highest_are_dropped_as_badly_as_trying_all_subsets_does(candidates in candidates(), highest in 0_u32..8) {
        let dropping = drop_scores(&candidates, 0, highest);
        let worst = all_ratios(&candidates, dropping.highest).into_iter().fold(f64::INFINITY, f64::min);
        if candidates.iter().any(|candidate| candidate.possible > 0.0) && worst.is_finite() {
            prop_assert!((kept(&candidates, &dropping) - worst).abs() < 1e-9);
        }
    }

    #[test]
    fn after_the_lowest_the_highest_are_dropped_from_the_rest(candidates in candidates(), lowest in 0_u32..8, highest in 0_u32..8) {
        let dropping = drop_scores(&candidates, lowest, highest);
        let rest: Vec<Candidate> = candidates.iter().zip(&dropping.fates)
            .filter(|(_, fate)| **fate != Fate::DroppedLowest).map(|(candidate, _)| *candidate).collect();
        let worst = all_ratios(&rest, dropping.highest).into_iter().fold(f64::INFINITY, f64::min);
        if worst.is_finite() {
            prop_assert!((kept(&candidates, &dropping) - worst).abs() < 1e-9);
        }
    }

    #[test]
    fn as_many_are_dropped_as_the_rule_fitted_to_them_says(candidates in candidates(), lowest in 0_u32..8, highest in 0_u32..8) {
        let dropping = drop_scores(&candidates, lowest, highest);
        let count = |fate| dropping.fates.iter().filter(|other| **other == fate).count();
        prop_assert_eq!((count(Fate::DroppedLowest), count(Fate::DroppedHighest)), (dropping.lowest, dropping.highest));
        let droppable = candidates.iter().filter(|candidate| !candidate.never_drop).count();
        prop_assert!(droppable == 0 || dropping.lowest + dropping.highest < droppable);
        for (candidate, fate) in candidates.iter().zip(&dropping.fates) {
            prop_assert!(!candidate.never_drop || *fate == Fate::Kept);
        }
    }

    #[test]
    fn the_published_bisection_comes_to_the_same_for_whole_points(
        scores in proptest::collection::vec((1_u32..=100, 0_u32..=100), 2..=12), lowest in 1_u32..6,
    ) {
        let of = |(points, percent): &(u32, u32)| score(f64::from(points * percent / 100), f64::from(*points));
        let candidates: Vec<Candidate> = scores.iter().map(of).collect();
        let dropping = drop_scores(&candidates, lowest, 0);
        let bisected = bisected(&candidates, candidates.len() - dropping.lowest);
        prop_assert!((kept(&candidates, &dropping) - bisected).abs() < 1e-9);
    }
}
