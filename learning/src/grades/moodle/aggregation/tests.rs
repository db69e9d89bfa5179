#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;

fn of(aggregation: Aggregation, values: &[f64]) -> f64 {
    let value = |value: &f64| Value { value: *value, max: 10.0, coefficient: 1.0, ..Value::default() };
    aggregate(aggregation, &values.iter().map(value).collect::<Vec<_>>()).unwrap().value
}

#[test]
fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
    assert!((of(Aggregation::Median, &[0.9, 0.1, 0.6, 0.8]) - 0.7).abs() < 1e-12);
    assert!((of(Aggregation::Median, &[0.9, 0.1, 0.6]) - 0.6).abs() < 1e-12);
}

#[test]
fn of_several_modes_the_highest_counts() {
    assert!((of(Aggregation::Mode, &[0.5, 0.9, 0.1, 0.5, 0.9]) - 0.9).abs() < 1e-12);
    assert!((of(Aggregation::Mode, &[0.2, 0.4, 0.1]) - 0.4).abs() < 1e-12);
    assert!((of(Aggregation::Mode, &[0.2, 0.4, 0.2]) - 0.2).abs() < 1e-12);
}

#[test]
fn values_that_differ_in_the_last_bits_are_one_mode() {
    // 1.1/10 and 11/100 are the same grade, and not always the same float.
    assert!((of(Aggregation::Mode, &[0.1 + 0.2, 0.3, 0.9]) - 0.3).abs() < 1e-9);
}

#[test]
fn nothing_but_extra_credit_is_no_grade() {
    let extra = Value { value: 1.0, max: 10.0, coefficient: 1.0, extra_credit: true, ..Value::default() };
    assert_eq!(aggregate(Aggregation::SimpleWeightedMean, &[extra]), None);
    assert_eq!(aggregate(Aggregation::ExtraCreditMean, &[extra]), None);
    assert_eq!(aggregate(Aggregation::Sum, &[extra]), None);
    assert_eq!(aggregate(Aggregation::Mean, &[]), None);
}

proptest! {
    #[test]
    fn every_aggregation_is_between_the_lowest_and_the_highest_value(values in proptest::collection::vec(0.0..=1.0_f64, 1..12)) {
        let (low, high) = values.iter().fold((1.0_f64, 0.0_f64), |(low, high), value| (low.min(*value), high.max(*value)));
        for aggregation in [
            Aggregation::Mean, Aggregation::Median, Aggregation::Min, Aggregation::Max, Aggregation::Mode,
            Aggregation::WeightedMean, Aggregation::SimpleWeightedMean, Aggregation::ExtraCreditMean,
        ] {
            let value = of(aggregation, &values);
            prop_assert!(value >= low - 1e-9 && value <= high + 1e-9);
        }
    }
}
