//! How grades are rounded, in one place.

/// A half that arithmetic in binary made smaller than it is in decimals, by less than this, is still a half: of 20 points
/// 17.999 are 89.995 %, and not 89.99499999999999 %. In hundredths of a percent; the error of the sums of a
/// gradebook stays below a thousandth of it.
const HALF_SLACK: f64 = 1e-7;

/// Percent with two decimals, halves away from zero; none if it is not finite.
pub(super) fn percent(unrounded: f64) -> Option<f64> {
    let hundredths = unrounded * 100.0;
    let rounded = (hundredths + HALF_SLACK.copysign(hundredths)).round() / 100.0;
    // Adding 0 makes a zero of a negative zero.
    rounded.is_finite().then_some(rounded + 0.0)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(percent(66.665), Some(66.67));
        assert_eq!(percent(66.664_9), Some(66.66));
        assert_eq!(percent(-0.125), Some(-0.13));
    }

    #[test]
    fn a_half_in_decimals_is_a_half() {
        // 1.005 is 1.00499999999999989… in binary.
        assert_eq!(percent(1.005), Some(1.01));
        assert_eq!(percent(17.999 / 20.0 * 100.0), Some(90.0));
    }

    #[test]
    fn what_is_no_number_is_no_grade() {
        assert_eq!([percent(f64::NAN), percent(f64::INFINITY), percent(f64::MAX)], [None; 3]);
        assert!(percent(-0.0).is_some_and(f64::is_sign_positive));
    }
}
