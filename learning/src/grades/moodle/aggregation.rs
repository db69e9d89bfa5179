//! From the values of a category's parts to its own.

use super::natural::{self, NaturalWeight};
use crate::grades::Aggregation;

/// The value of a part that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Value {
    /// 0..1.
    pub value: f64,
    /// Points.
    pub max: f64,
    /// The weight that is given, 1 for none.
    pub coefficient: f64,
    /// Only where the aggregation knows it.
    pub extra_credit: bool,
    /// Only for the natural aggregation.
    pub natural: NaturalWeight,
}

/// The value of a category.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aggregate {
    /// The sum of values times weights.
    pub value: f64,
    /// For each value, its weight as used.
    pub weights: Vec<f64>,
    /// Points, if the values decide about them.
    pub max: Option<f64>,
}

/// Values that differ by less than a billionth are equal, as grades that are stored with a few decimals are.
pub(super) fn level(value: f64) -> i64 {
    (value * 1e9).round() as i64
}

/// The value of a category from those of its parts; none if nothing carries weight: no value, weights of 0, or nothing but
/// extra credit.
pub(super) fn aggregate(aggregation: Aggregation, values: &[Value]) -> Option<Aggregate> {
    if values.is_empty() {
        return None;
    }
    let even = 1.0 / values.len() as f64;
    let weights = match aggregation {
        Aggregation::Mean => vec![even; values.len()],
        Aggregation::Median => {
            let order = ascending(values);
            let (low, high) = (order[(order.len() - 1) / 2], order[order.len() / 2]);
            let mut weights = vec![0.0; values.len()];
            weights[low] += 0.5;
            weights[high] += 0.5;
            weights
        }
        Aggregation::Min => only(values.len(), ascending(values).first().copied()),
        Aggregation::Max => only(values.len(), ascending(values).last().copied()),
        Aggregation::Mode => mode(values),
        Aggregation::WeightedMean => {
            let sum: f64 = values.iter().map(|value| value.coefficient).sum();
            if sum <= 0.0 {
                return None;
            }
            values.iter().map(|value| value.coefficient / sum).collect()
        }
        Aggregation::SimpleWeightedMean => {
            let sum: f64 = values.iter().filter(|value| !value.extra_credit).map(|value| value.max).sum();
            if sum <= 0.0 {
                return None;
            }
            filled_up(values, |value| value.max / sum)
        }
        Aggregation::ExtraCreditMean => {
            let ordinary = values.iter().filter(|value| !value.extra_credit).count() as f64;
            if ordinary == 0.0 {
                return None;
            }
            filled_up(
                values,
                |value| if value.extra_credit { value.coefficient / ordinary } else { 1.0 / ordinary },
            )
        }
        Aggregation::Sum => {
            let (weights, max) = natural::weights(values)?;
            return Some(weighed(values, weights, Some(max)));
        }
    };
    Some(weighed(values, weights, None))
}

/// Weights with which extra credit fills the value up to 1: what would go beyond is taken from the weight, part by part.
pub(super) fn filled_up(values: &[Value], weight: impl Fn(&Value) -> f64) -> Vec<f64> {
    let mut weights: Vec<f64> = values.iter().map(weight).collect();
    let ordinary = values.iter().zip(&weights).filter(|(value, _)| !value.extra_credit);
    let mut sum: f64 = ordinary.map(|(value, weight)| value.value * weight).sum();
    for (value, weight) in values.iter().zip(&mut weights).filter(|(value, _)| value.extra_credit) {
        let room = (1.0 - sum).max(0.0);
        if value.value * *weight > room {
            *weight = room / value.value;
        }
        sum += value.value * *weight;
    }
    weights
}

fn weighed(values: &[Value], weights: Vec<f64>, max: Option<f64>) -> Aggregate {
    let value = values.iter().zip(&weights).map(|(value, weight)| value.value * weight).sum();
    Aggregate { value, weights, max }
}

fn ascending(values: &[Value]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].value.total_cmp(&values[*b].value));
    order
}

fn only(len: usize, the_one: Option<usize>) -> Vec<f64> {
    (0..len).map(|at| if Some(at) == the_one { 1.0 } else { 0.0 }).collect()
}

/// Shares the weight between the most frequent values; of several such, the highest.
fn mode(values: &[Value]) -> Vec<f64> {
    let order = ascending(values);
    let alike = |a: &usize, b: &usize| level(values[*a].value) == level(values[*b].value);
    // The last of the longest runs is the highest.
    let longest = order.chunk_by(alike).max_by_key(|run| run.len()).unwrap_or_default();
    let mut weights = vec![0.0; values.len()];
    for at in longest {
        weights[*at] = 1.0 / longest.len() as f64;
    }
    weights
}

#[cfg(test)]
mod tests;
