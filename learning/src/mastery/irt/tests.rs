use super::*;
use proptest::prelude::*;

fn theta(value: f64) -> Logit {
    Logit::new(value).unwrap()
}

fn curve(params: ItemParams) -> Curve {
    Curve::new(params).unwrap()
}

fn near(got: f64, expected: f64) -> bool {
    (got - expected).abs() < 1e-9
}

fn answers(curves: &[Curve], right: impl Fn(usize) -> bool) -> Vec<Response> {
    curves.iter().enumerate().map(|(nth, curve)| Response { curve: *curve, correct: right(nth) }).collect()
}

/// Rasch items from -2 to 2.
fn ladder() -> Vec<Curve> {
    (0..9).map(|nth| curve(ItemParams::one(-2.0 + 0.5 * f64::from(nth)))).collect()
}

#[test]
fn the_chance_is_even_where_ability_meets_difficulty() {
    assert!(near(curve(ItemParams::one(0.7)).chance(theta(0.7)).get(), 0.5));
    assert!(near(curve(ItemParams::two(2.0, 0.7)).chance(theta(0.7)).get(), 0.5));
    assert!(near(curve(ItemParams::three(2.0, 0.7, 0.2)).chance(theta(0.7)).get(), 0.6));
    assert!(near(curve(ItemParams { a: 2.0, b: 0.7, c: 0.2, d: 0.9 }).chance(theta(0.7)).get(), 0.55));
}

#[test]
fn the_scaling_constant_is_one() {
    // 1 / (1 + e^-1); with D = 1.7 it would be 0.8455.
    assert!(near(curve(ItemParams::one(0.0)).chance(theta(1.0)).get(), 0.731_058_578_630_004_9));
}

#[test]
fn without_asymptotes_the_information_is_a_squared_p_q() {
    for ability in [-3.0, -0.4, 0.0, 1.3, 6.0] {
        let item = curve(ItemParams::two(1.4, 0.3));
        let p = item.chance(theta(ability)).get();
        assert!(near(item.information(theta(ability)), 1.4 * 1.4 * p * (1.0 - p)));
    }
    assert!(near(curve(ItemParams::one(0.0)).information(theta(0.0)), 0.25));
}

#[test]
fn with_asymptotes_the_information_is_the_published_formula() {
    let (a, c, d) = (1.2, 0.2, 0.95);
    let item = curve(ItemParams { a, b: -0.5, c, d });
    for ability in [-2.0, -0.5, 0.8, 2.5] {
        let p = item.chance(theta(ability)).get();
        let published = a * a * (p - c).powi(2) * (d - p).powi(2) / ((d - c).powi(2) * p * (1.0 - p));
        assert!(near(item.information(theta(ability)), published));
    }
}

#[test]
fn guessing_takes_information_away_and_moves_its_peak_up() {
    let (plain, guessed) = (curve(ItemParams::two(1.0, 0.0)), curve(ItemParams::three(1.0, 0.0, 0.25)));
    assert!(guessed.information(theta(0.0)) < plain.information(theta(0.0)));
    assert!(guessed.information(theta(0.3)) > guessed.information(theta(0.0)));
}

#[test]
fn the_error_shrinks_with_the_root_of_the_information() {
    let item = curve(ItemParams::one(0.0));
    // Four Rasch items at their difficulty: 1 / sqrt(4 / 4).
    assert!(near(standard_error([item; 4], theta(0.0)).unwrap(), 1.0));
    assert!(near(standard_error([item; 16], theta(0.0)).unwrap(), 0.5));
    assert_eq!(standard_error([], theta(0.0)), None);
}

#[test]
fn without_answers_the_estimate_is_the_prior() {
    let estimate = eap(&[], Prior::new(0.5, 0.8).unwrap()).unwrap();
    assert!((estimate.theta.get() - 0.5).abs() < 1e-6 && (estimate.se - 0.8).abs() < 1e-3);
    assert_eq!(mle(&[]), Err(EstimateError::Unbounded));
}

#[test]
fn all_right_and_all_wrong_have_a_finite_estimate_with_a_prior_and_none_without() {
    let items = ladder();
    let (all, none) = (answers(&items, |_| true), answers(&items, |_| false));
    let (high, low) = (eap(&all, Prior::default()).unwrap(), eap(&none, Prior::default()).unwrap());
    assert!(high.theta.get() > 1.0 && high.theta.get() < 3.0);
    assert!(near(high.theta.get(), -low.theta.get()), "the ladder is symmetric");
    assert_eq!(mle(&all), Err(EstimateError::Unbounded));
    assert_eq!(mle(&none), Err(EstimateError::Unbounded));
}

#[test]
fn the_most_likely_ability_makes_expected_and_right_answers_equal() {
    // For Rasch items the likelihood equation is: the sum of the chances is the number of right answers.
    let items = ladder();
    for right in 1..9 {
        let estimate = mle(&answers(&items, |nth| nth < right)).unwrap();
        let expected: f64 = items.iter().map(|item| item.chance(estimate.theta).get()).sum();
        assert!((expected - right as f64).abs() < 1e-6, "{right} right");
        assert_eq!(estimate.n, 9);
    }
}

#[test]
fn a_thousand_answers_do_not_underflow() {
    let items = vec![curve(ItemParams::two(2.0, 1.0)); 1_000];
    let estimate = eap(&answers(&items, |nth| nth % 2 == 0), Prior::default()).unwrap();
    assert!((estimate.theta.get() - 1.0).abs() < 0.05 && estimate.se < 0.1);
}

#[test]
fn the_grid_gives_what_the_closed_form_gives_for_a_sharp_prior() {
    // One Rasch item at 0 and a prior so narrow that the logistic is straight: mean = sd² (S - P).
    let right = answers(&[curve(ItemParams::one(0.0))], |_| true);
    let estimate = eap(&right, Prior::new(0.0, 0.2).unwrap()).unwrap();
    assert!((estimate.theta.get() - 0.04 * 0.5).abs() < 1e-3);
}

#[test]
fn too_many_answers_are_refused() {
    let items = vec![curve(ItemParams::one(0.0)); MAX_RESPONSES + 1];
    assert_eq!(eap(&answers(&items, |_| true), Prior::default()), Err(EstimateError::TooMany));
    assert_eq!(mle(&answers(&items, |nth| nth % 2 == 0)), Err(EstimateError::TooMany));
}

#[test]
fn parameters_out_of_bounds_are_refused_by_name() {
    let good = ItemParams { a: 1.0, b: 0.0, c: 0.2, d: 0.9 };
    for bad in [f64::NAN, 0.0, -1.0, 10.1] {
        assert_eq!(Curve::new(ItemParams { a: bad, ..good }), Err(CurveError::Discrimination));
    }
    for bad in [f64::NAN, 10.1, -10.1] {
        assert_eq!(Curve::new(ItemParams { b: bad, ..good }), Err(CurveError::Difficulty));
    }
    for bad in [f64::NAN, -0.1, 0.9, 1.0] {
        assert_eq!(Curve::new(ItemParams { c: bad, ..good }), Err(CurveError::Asymptotes));
    }
    for bad in [f64::NAN, 0.2, 1.1] {
        assert_eq!(Curve::new(ItemParams { d: bad, ..good }), Err(CurveError::Asymptotes));
    }
    assert_eq!(Prior::new(f64::NAN, 1.0), Err(PriorError::Mean));
    assert_eq!(Prior::new(0.0, f64::NAN), Err(PriorError::Deviation));
    assert_eq!(Prior::new(0.0, 0.0), Err(PriorError::Deviation));
}

fn any_curve() -> impl Strategy<Value = Curve> {
    (0.05_f64..=3.0, -6.0_f64..=6.0, 0.0_f64..=0.5, 0.6_f64..=1.0)
        .prop_map(|(a, b, c, d)| curve(ItemParams { a, b, c, d }))
}

fn any_responses() -> impl Strategy<Value = Vec<Response>> {
    let one = (any_curve(), any::<bool>()).prop_map(|(curve, correct)| Response { curve, correct });
    prop::collection::vec(one, 1..40)
}

proptest! {
    #[test]
    fn the_chance_lies_between_the_asymptotes_and_grows(item in any_curve(), a in -10.0_f64..=10.0, b in -10.0_f64..=10.0) {
        let (low, high) = (item.chance(theta(a.min(b))).get(), item.chance(theta(a.max(b))).get());
        prop_assert!(low <= high);
        prop_assert!(low >= item.params().c - 1e-12 && high <= item.params().d + 1e-12);
    }

    #[test]
    fn information_is_never_negative_and_always_a_number(
        a in 0.001_f64..=10.0, b in -10.0_f64..=10.0, c in 0.0_f64..=0.5, d in 0.6_f64..=1.0, ability in -10.0_f64..=10.0,
    ) {
        let information = curve(ItemParams { a, b, c, d }).information(theta(ability));
        prop_assert!(information.is_finite() && information >= 0.0);
        // A step between the asymptotes cannot tell more than the plain item at its best.
        prop_assert!(information <= a * a / 4.0 + 1e-9);
    }

    #[test]
    fn a_right_answer_instead_of_a_wrong_one_never_lowers_the_ability(responses in any_responses(), at in any::<prop::sample::Index>()) {
        let mut better = responses.clone();
        better[at.index(responses.len())].correct = true;
        let before = eap(&responses, Prior::default()).unwrap().theta.get();
        prop_assert!(eap(&better, Prior::default()).unwrap().theta.get() >= before - 1e-9);
    }

    #[test]
    fn one_more_right_answer_never_lowers_the_ability(responses in any_responses(), item in any_curve()) {
        let before = eap(&responses, Prior::default()).unwrap().theta.get();
        let more: Vec<Response> = responses.into_iter().chain([Response { curve: item, correct: true }]).collect();
        prop_assert!(eap(&more, Prior::default()).unwrap().theta.get() >= before - 1e-9);
    }

    #[test]
    fn the_most_likely_ability_is_more_likely_than_its_neighbours(responses in any_responses()) {
        let log = |ability: f64| -> f64 {
            responses.iter().map(|r| {
                let p = r.curve.chance(theta(ability)).get();
                if r.correct { p.ln() } else { (1.0 - p).ln() }
            }).sum()
        };
        if let Ok(estimate) = mle(&responses) {
            let best = estimate.theta.get();
            for aside in [-0.05, 0.05] {
                prop_assert!(log(best) >= log(best + aside) - 1e-9);
            }
        }
    }
}
