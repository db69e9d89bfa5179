//! Grades by the rules of Canvas: groups of assignments with drop rules, by points or by weights in percent.
//!
//! A group's fraction is `sum(score) / sum(possible)` of what is kept. By points, the grade is all scores by all points.
//! By percent it is `sum(score / possible * weight)` over the groups with points, scaled by `100 / sum(weight)` if those
//! weights are below 100. An extra credit item adds its score and nothing to the points, as one without points does.

use super::dropping::{Candidate, Fate, drop_scores};
use super::gradebook::{CategoryNode, Gradebook, Held};
use super::{
    Basis, CategoryTrace, LineItem, Part, PartTrace, Verdict, WHOLE_PPM, WeightScheme, Workings, rounding,
};

/// The grade of one student, over all line items or those of one period.
pub(super) fn work_out(
    book: &Gradebook,
    scheme: WeightScheme,
    held: &[Held],
    basis: Basis,
    period: Option<usize>,
) -> Workings {
    let mut categories: Vec<CategoryTrace> =
        book.categories().iter().map(|node| group(book, node, held, basis, period)).collect();
    let score: f64 = categories.iter().map(|group| group.score).sum();
    let possible: f64 = categories.iter().map(|group| group.possible).sum();
    let mut full_weight = None;
    let mut scale = 1.0;
    let unrounded = match scheme {
        WeightScheme::Points => {
            // A group without points has a share of 0, and still adds its score.
            share(&mut categories, |group| group.possible / possible, |_| possible);
            (possible > 0.0).then(|| score / possible * 100.0)
        }
        WeightScheme::Percent => {
            let weights = || book.categories().iter().map(|node| node.category.weight_ppm.unwrap_or(0));
            let pointed = categories.iter().zip(weights()).filter(|(group, _)| group.possible > 0.0);
            let full: i64 = pointed.map(|(_, weight)| weight).sum();
            full_weight = Some(percent_of(full));
            if full > 0 && full < WHOLE_PPM {
                scale = WHOLE_PPM as f64 / full as f64;
            }
            for (group, weight) in categories.iter_mut().zip(weights()) {
                let weight =
                    if group.possible > 0.0 { weight as f64 / WHOLE_PPM as f64 * scale } else { 0.0 };
                // score / (possible / weight) of each part is its fraction of the group times the weight.
                share(std::slice::from_mut(group), |_| weight, |group| group.possible / weight);
            }
            (full > 0).then(|| categories.iter().map(|group| group.contribution).sum())
        }
    };
    let percent = unrounded.and_then(rounding::percent);
    Workings { categories, score, possible, full_weight, scale, unrounded, percent }
}

/// Percent of a weight.
fn percent_of(ppm: i64) -> f64 {
    ppm as f64 * 100.0 / WHOLE_PPM as f64
}

/// Gives groups their weight, and them and their parts their contributions: their scores by `divisor`, in percent.
fn share(
    groups: &mut [CategoryTrace],
    weight: impl Fn(&CategoryTrace) -> f64,
    divisor: impl Fn(&CategoryTrace) -> f64,
) {
    for group in groups {
        let divisor = divisor(group);
        let part =
            |score: f64| if divisor > 0.0 && divisor.is_finite() { score / divisor * 100.0 } else { 0.0 };
        for counted in &mut group.parts {
            counted.contribution = part(counted.score);
        }
        group.contribution = part(group.score);
        let weight = weight(group);
        group.weight = if weight.is_finite() { weight } else { 0.0 };
    }
}

/// One group, without its weight and contributions.
fn group(
    book: &Gradebook,
    node: &CategoryNode,
    held: &[Held],
    basis: Basis,
    period: Option<usize>,
) -> CategoryTrace {
    let mut parts = Vec::with_capacity(node.items.len());
    let mut counted = Vec::with_capacity(node.items.len());
    let mut candidates = Vec::with_capacity(node.items.len());
    for slot in &node.items {
        let item = &book.line_items()[*slot];
        if period.is_some() && item.period != period {
            continue;
        }
        let part = assignment(&item.item, held[*slot], basis);
        if part.verdict.counts() {
            counted.push(parts.len());
            candidates.push(Candidate {
                score: part.score,
                possible: part.possible,
                never_drop: item.item.never_drop,
            });
        }
        parts.push(part);
    }
    let category = &node.category;
    let dropping = drop_scores(&candidates, category.drop_lowest, category.drop_highest);
    for (at, fate) in counted.into_iter().zip(&dropping.fates) {
        let dropped = match fate {
            Fate::Kept => continue,
            Fate::DroppedLowest => Verdict::DroppedLowest,
            Fate::DroppedHighest => Verdict::DroppedHighest,
        };
        parts[at].verdict = dropped;
        parts[at].score = 0.0;
    }
    let kept = || parts.iter().filter(|part| part.verdict.counts());
    let score: f64 = kept().map(|part| part.score).sum();
    let possible: f64 = kept().map(|part| part.possible).sum();
    for part in parts.iter_mut().filter(|part| part.verdict.counts() && possible > 0.0) {
        part.weight = part.possible / possible;
    }
    let percent = if possible > 0.0 { rounding::percent(score / possible * 100.0) } else { None };
    CategoryTrace {
        category: category.id,
        parent: None,
        score,
        possible,
        percent,
        weight: 0.0,
        contribution: 0.0,
        dropped_lowest: dropping.lowest,
        dropped_highest: dropping.highest,
        parts,
    }
}

fn assignment(item: &LineItem, held: Held, basis: Basis) -> PartTrace {
    let verdict = match Verdict::of(item, held, basis == Basis::Final) {
        Verdict::Counted if item.extra_credit => Verdict::ExtraCredit,
        verdict => verdict,
    };
    PartTrace {
        part: Part::LineItem(item.id),
        verdict,
        given: held.given,
        score: if verdict.counts() { held.given.unwrap_or(0.0) } else { 0.0 },
        possible: if item.extra_credit { 0.0 } else { item.points_possible },
        weight: 0.0,
        contribution: 0.0,
        entry: held.entry,
        hypothetical: held.hypothetical,
    }
}
