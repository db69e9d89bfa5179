//! What several runs say together.

use std::collections::BTreeMap;

/// The middle of some values; of an even number, the mean of the two in the middle. `None` of none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (1, Some(value)) => Some(*value),
        (0, Some(upper)) => Some(f64::midpoint(sorted[middle - 1], *upper)),
        _ => None,
    }
}

/// The median of the ratios of values that were measured one after the other: what both runs of a pair had in common,
/// such as a noisy neighbour, falls out. `None` where nothing can be set in relation.
pub fn paired_ratio(values: &[f64], others: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> = values
        .iter()
        .zip(others)
        .filter(|(_, other)| **other != 0.0)
        .map(|(value, other)| value / other)
        .collect();
    median(&ratios)
}

/// The value within which a share lies, of counts that add up by their upper edges, as Prometheus gives them; between two
/// edges it is taken to be even. `None` without counts, or when it lies beyond the last edge.
pub fn share_within(buckets: &BTreeMap<String, f64>, share: f64) -> Option<f64> {
    let mut edges: Vec<(f64, f64)> = buckets
        .iter()
        .filter_map(|(edge, count)| Some((edge.replace("+Inf", "inf").parse().ok()?, *count)))
        .collect();
    edges.sort_by(|one, other| one.0.total_cmp(&other.0));
    let wanted = edges.last().filter(|last| last.1 > 0.0)?.1 * share;
    let mut below = (0.0, 0.0);
    for (edge, count) in edges {
        if count >= wanted {
            let inside = (wanted - below.1) / (count - below.1);
            return Some(below.0 + (edge - below.0) * inside).filter(|value| value.is_finite());
        }
        below = (edge, count);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_sorted_values() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn what_a_pair_has_in_common_falls_out_of_its_ratio() {
        // The machine was twice as slow in the second pair.
        assert_eq!(paired_ratio(&[1.0, 2.2, 1.2], &[1.0, 2.0, 1.0]), Some(1.1));
        assert_eq!(paired_ratio(&[1.0], &[0.0]), None);
        assert_eq!(paired_ratio(&[], &[]), None);
    }

    #[test]
    fn a_share_of_buckets_lies_between_their_edges() {
        let of = |counts: [f64; 3]| {
            let edges = ["0.1", "0.2", "+Inf"].map(str::to_owned);
            edges.into_iter().zip(counts).collect::<BTreeMap<_, _>>()
        };
        let near = |found: Option<f64>, wanted: f64| found.is_some_and(|found| (found - wanted).abs() < 1e-9);
        assert!(near(share_within(&of([50.0, 100.0, 100.0]), 0.75), 0.15));
        assert!(near(share_within(&of([100.0, 100.0, 100.0]), 0.95), 0.095));
        assert_eq!(share_within(&of([0.0, 90.0, 100.0]), 0.95), None);
        assert_eq!(share_within(&of([0.0; 3]), 0.95), None);
    }
}
