//! From workings to a grade: of everything at once, or of the grading periods by their weights.

use super::gradebook::{Gradebook, Held};
use super::{
    Basis, Combination, GradeTrace, PeriodTrace, Rules, WHOLE_PPM, Workings, canvas, moodle, rounding,
};

/// The grade of one student on one basis.
pub(super) fn trace(book: &Gradebook, held: &[Held], basis: Basis) -> GradeTrace {
    let whole = work_out(book, held, basis, book.only_period());
    let periods = &book.policy().periods;
    let alone = |slot: usize| PeriodTrace {
        period: periods.periods[slot].id,
        weight: 0.0,
        contribution: 0.0,
        workings: work_out(book, held, basis, Some(slot)),
    };
    let each = if book.only_period().is_some() { 0..0 } else { 0..periods.periods.len() };
    let mut traced: Vec<PeriodTrace> = each.map(alone).collect();
    if !periods.weighted || traced.is_empty() {
        return GradeTrace {
            basis,
            combination: Combination::Categories,
            unrounded: whole.unrounded,
            percent: whole.percent,
            whole,
            periods: traced,
        };
    }
    let weights: Vec<i64> = periods.periods.iter().map(|period| period.weight_ppm).collect();
    let (combination, unrounded) = combine(&mut traced, &weights, basis);
    let percent = unrounded.and_then(rounding::percent);
    GradeTrace { basis, combination, whole, periods: traced, unrounded, percent }
}

/// As in Canvas: `sum(score * weight / 100)` of the periods' rounded grades, scaled up if the weights are below 100. A
/// period without a grade does not count in the current grade; in the final grade it counts as 0.
fn combine(periods: &mut [PeriodTrace], weights: &[i64], basis: Basis) -> (Combination, Option<f64>) {
    let counts = |period: &PeriodTrace| basis == Basis::Final || period.workings.percent.is_some();
    let counting = periods.iter().zip(weights).filter(|(period, _)| counts(period));
    let full: i64 = counting.map(|(_, weight)| *weight).sum();
    let scale = if full > 0 && full < WHOLE_PPM { WHOLE_PPM as f64 / full as f64 } else { 1.0 };
    for (period, weight) in periods.iter_mut().zip(weights) {
        if counts(period) {
            period.weight = *weight as f64 / WHOLE_PPM as f64 * scale;
            period.contribution = period.workings.percent.unwrap_or(0.0) * period.weight;
        }
    }
    let full_weight = full as f64 * 100.0 / WHOLE_PPM as f64;
    let unrounded = (full > 0).then(|| periods.iter().map(|period| period.contribution).sum());
    (Combination::Periods { full_weight, scale }, unrounded)
}

fn work_out(book: &Gradebook, held: &[Held], basis: Basis, period: Option<usize>) -> Workings {
    match book.policy().rules {
        Rules::Canvas { scheme } => canvas::work_out(book, scheme, held, basis, period),
        Rules::Moodle => moodle::work_out(book, held, basis, period),
    }
}
