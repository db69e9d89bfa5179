//! What several runs say together.

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
}
