//! The drop rules of Canvas: which scores to leave out so that the rest is best for the student.
//!
//! Dropping the scores with the lowest percentages is wrong when points differ. What is wanted is the subset of size `k`
//! that maximises `sum(score) / sum(possible)`, together with what may not be dropped. A subset reaches the ratio `q` if
//! and only if `sum(score - q * possible) >= 0`, and for a given `q` the best subset simply is the `k` largest of
//! `score - q * possible` (Kane and Kane, "Dropping lowest grades", 2006).
//!
//! Canvas finds `q` by bisection, until the interval is shorter than `1 / (2 k max_possible^2)`, which is exact for whole
//! points. Here `q` becomes the ratio of the best subset for the last `q` until that no longer grows (Dinkelbach,
//! 1967): the same optimum, exact for fractions of points too, and reached within some four rounds instead of twenty.

/// More rounds than any gradebook needs: the ratio grows strictly and faster than linearly.
const MAX_ROUNDS: usize = 64;

/// A score that counts, before dropping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub score: f64,
    pub possible: f64,
    pub never_drop: bool,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    DroppedLowest,
    DroppedHighest,
}

/// What became of all candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dropping {
    /// One for each candidate.
    pub fates: Vec<Fate>,
    /// How many were dropped as lowest.
    pub lowest: usize,
    /// How many were dropped as highest.
    pub highest: usize,
}

/// Points of a subset.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    score: f64,
    possible: f64,
}

/// Which end of the scores stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Highest,
    Lowest,
}

/// Applies the rules. At least one candidate that may be dropped stays: `lowest` shrinks to one less than there are of
/// them, and `highest` is not applied if both together would leave none.
pub(super) fn drop_scores(candidates: &[Candidate], lowest: u32, highest: u32) -> Dropping {
    let mut fates = vec![Fate::Kept; candidates.len()];
    let pool: Vec<usize> = (0..candidates.len()).filter(|at| !candidates[*at].never_drop).collect();
    if pool.is_empty() || (lowest == 0 && highest == 0) {
        return Dropping { fates, lowest: 0, highest: 0 };
    }
    let lowest = (lowest as usize).min(pool.len() - 1);
    let highest = highest as usize;
    let highest = if lowest + highest >= pool.len() { 0 } else { highest };
    let (best, kept) = if candidates.iter().any(|candidate| candidate.possible > 0.0) {
        let fixed = tally(candidates.iter().filter(|candidate| candidate.never_drop));
        let best = optimal(candidates, &pool, fixed, pool.len() - lowest, Keep::Highest);
        let kept = optimal(candidates, &best, fixed, best.len() - highest, Keep::Lowest);
        (best, kept)
    } else {
        // Without points there is no ratio: the scores themselves are compared.
        let mut by_score = pool.clone();
        by_score.sort_by(|a, b| candidates[*a].score.total_cmp(&candidates[*b].score));
        let best = by_score.split_off(lowest);
        let kept = best[..best.len() - highest].to_vec();
        (best, kept)
    };
    for at in pool {
        fates[at] = Fate::DroppedLowest;
    }
    for at in best {
        fates[at] = Fate::DroppedHighest;
    }
    for at in kept {
        fates[at] = Fate::Kept;
    }
    Dropping { fates, lowest, highest }
}

/// The `keep` of `pool` that with `fixed` have the highest or lowest ratio.
fn optimal(candidates: &[Candidate], pool: &[usize], fixed: Tally, keep: usize, end: Keep) -> Vec<usize> {
    if pool.len() <= keep {
        return pool.to_vec();
    }
    let ratio = |subset: &[usize]| {
        let chosen = tally(subset.iter().map(|at| &candidates[*at]));
        (fixed.score + chosen.score) / (fixed.possible + chosen.possible)
    };
    let mut best = chosen(candidates, pool, fixed, keep, end, ratio(pool));
    let mut reached = ratio(&best);
    for _ in 0..MAX_ROUNDS {
        let next = chosen(candidates, pool, fixed, keep, end, reached);
        let next_ratio = ratio(&next);
        let better = match end {
            Keep::Highest => next_ratio > reached,
            Keep::Lowest => next_ratio < reached,
        };
        if !better {
            break;
        }
        (best, reached) = (next, next_ratio);
    }
    best
}

/// The `keep` of `pool` with the largest or smallest `score - q * possible`; of equals, those that come first.
fn chosen(
    candidates: &[Candidate],
    pool: &[usize],
    fixed: Tally,
    keep: usize,
    end: Keep,
    q: f64,
) -> Vec<usize> {
    let rated = |at: &usize| (candidates[*at].score - q * candidates[*at].possible, *at);
    let mut rated: Vec<(f64, usize)> = pool.iter().map(rated).collect();
    rated.sort_unstable_by(|a, b| {
        let by_rating = match end {
            Keep::Highest => b.0.total_cmp(&a.0),
            Keep::Lowest => a.0.total_cmp(&b.0),
        };
        by_rating.then(a.1.cmp(&b.1))
    });
    let pointed = |rated: &(f64, usize)| candidates[rated.1].possible > 0.0;
    // A subset without points has no ratio. If the best one has none, the best one with points has one item of it
    // replaced by the best item with points.
    if fixed.possible <= 0.0
        && !rated[..keep].iter().any(pointed)
        && let Some(first) = rated.iter().position(pointed)
    {
        rated.swap(keep - 1, first);
    }
    let mut subset: Vec<usize> = rated[..keep].iter().map(|(_, at)| *at).collect();
    // Sums are taken in one order, so that the same subset always has the same ratio.
    subset.sort_unstable();
    subset
}

fn tally<'a>(candidates: impl Iterator<Item = &'a Candidate>) -> Tally {
    candidates.fold(Tally::default(), |sum, candidate| Tally {
        score: sum.score + candidate.score,
        possible: sum.possible + candidate.possible,
    })
}

#[cfg(test)]
mod tests;
