//! Natural aggregation: points add up, weights follow points, and some weights may be overridden.
//!
//! A part without an overridden weight weighs `max / (sum of such max) * (1 - sum of overridden weights)`, extra credit
//! `max / (sum of max)` on top. Weights are set once for the category; a student for whom only some parts count gets the
//! overridden ones scaled to what is there, and the others computed anew.

use super::aggregation::{Value, filled_up};
use crate::grades::Category;

/// A part of a natural category, as set up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::grades) struct NaturalPart {
    /// Points.
    pub max: f64,
    pub extra_credit: bool,
    /// The weight that a teacher gave, a fraction of 1.
    pub overridden: Option<f64>,
}

/// The weight of a part before it is known which parts count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::grades) struct NaturalWeight {
    /// Fraction of 1.
    pub weight: f64,
    pub overridden: bool,
}

/// A natural category, as set up.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::grades) struct NaturalSetup {
    /// For each part.
    pub weights: Vec<NaturalWeight>,
    /// Points of everything that counts.
    pub worth: f64,
    /// Whether the lowest can be dropped: only if all parts are equal line items, as otherwise students would be graded
    /// out of different points.
    pub limits_apply: bool,
}

impl NaturalSetup {
    /// The weights of a category's parts: its line items and then, if there are `subcategories`, those.
    pub fn of(parts: &[NaturalPart], category: &Category, subcategories: bool) -> Self {
        let counts =
            |part: &&NaturalPart| !part.extra_credit && part.overridden.is_none_or(|weight| weight > 0.0);
        let total: f64 = parts.iter().filter(counts).map(|part| part.max).sum();
        let overridden = || parts.iter().filter(counts).filter(|part| part.overridden.is_some());
        let overridden_weight: f64 = overridden().filter_map(|part| part.overridden).sum();
        let free_points = total - overridden().map(|part| part.max).sum::<f64>();
        let any_free = parts.iter().any(|part| !part.extra_credit && part.overridden.is_none());
        // Overridden weights that leave nothing for the others, or have no others, are normalised to 1.
        let normaliser = if (overridden_weight > 1.0 || !any_free) && overridden_weight > 0.0 {
            overridden_weight
        } else {
            1.0
        };
        let weigh = |part: &NaturalPart| {
            let weight = match part.overridden {
                Some(weight) if part.extra_credit => weight,
                Some(weight) => weight / normaliser,
                None if part.extra_credit => fraction(part.max, total),
                None => fraction(part.max, free_points) * rest(overridden_weight),
            };
            NaturalWeight { weight, overridden: part.overridden.is_some() }
        };
        let weights: Vec<NaturalWeight> = parts.iter().map(weigh).collect();
        let limits_apply = !subcategories && alike(parts, &weights);
        // Parts are equal here, so any of them stand for those that are left.
        let left_out = match (category.drop_lowest as usize, category.keep_highest as usize) {
            (0, 0) => 0,
            (0, keep) => parts.len().saturating_sub(keep),
            (drop, _) => drop.min(parts.len()),
        };
        let worth = match parts.first() {
            Some(first) if limits_apply && first.overridden.is_none_or(|weight| weight > 0.0) => {
                first.max * (parts.len() - left_out) as f64
            }
            _ => total,
        };
        Self { weights, worth, limits_apply }
    }
}

#[expect(clippy::float_cmp, reason = "as set up: nearly equal points are not equal ones")]
fn alike(parts: &[NaturalPart], weights: &[NaturalWeight]) -> bool {
    parts.iter().all(|part| !part.extra_credit && part.max == parts[0].max)
        && weights.iter().all(|weight| weight.weight == weights[0].weight)
}

/// The weights of the values that count and the points that they are out of; none if those are 0.
pub(super) fn weights(values: &[Value]) -> Option<(Vec<f64>, f64)> {
    let ordinary = |value: &&Value| !value.extra_credit && value.natural.weight > 0.0;
    let max: f64 = values.iter().filter(ordinary).map(|value| value.max).sum();
    let full: f64 = values.iter().filter(ordinary).map(|value| value.natural.weight).sum();
    let overridden = || values.iter().filter(ordinary).filter(|value| value.natural.overridden);
    let overridden_weight: f64 = overridden().map(|value| fraction(value.natural.weight, full)).sum();
    let free_points = max - overridden().map(|value| value.max).sum::<f64>();
    if max <= 0.0 {
        return None;
    }
    let weights = filled_up(values, |value| match value.natural {
        NaturalWeight { weight, overridden: true } => fraction(weight, full),
        _ if value.extra_credit => value.max / max,
        _ => fraction(value.max, free_points) * rest(overridden_weight),
    });
    Some((weights, max))
}

/// What overridden weights leave. They are told in millionths, so a billionth is the error of their sum, and must not give
/// the other parts a weight at all.
fn rest(overridden_weight: f64) -> f64 {
    let rest = 1.0 - overridden_weight;
    if rest > 1e-9 { rest } else { 0.0 }
}

fn fraction(of: f64, whole: f64) -> f64 {
    if whole > 0.0 { of / whole } else { 0.0 }
}
