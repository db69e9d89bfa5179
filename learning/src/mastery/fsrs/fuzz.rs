//! Intervals a little apart from each other, so that cards learned together do not come back together for ever.

use crate::mastery::number::Draw;

/// Shorter intervals, in days, are left alone.
const FROM: f64 = 2.5;
/// By which part of the days within each range an interval may move, besides one day.
const RANGES: [(f64, f64, f64); 3] = [(2.5, 7.0, 0.15), (7.0, 20.0, 0.1), (20.0, f64::INFINITY, 0.05)];

/// The least and the greatest interval that `days` may become, never above `longest`.
pub(super) fn range(days: u32, longest: u32) -> (u32, u32) {
    let at = f64::from(days);
    if at < FROM {
        return (days, days);
    }
    let either_way =
        RANGES.iter().map(|(start, end, part)| part * (at.min(*end) - start).max(0.0)).sum::<f64>() + 1.0;
    // Not negative: `days` is at least 3, and the way down at most 1 and 15 % of what is above 2.5.
    let high = ((at + either_way).round() as u32).min(longest);
    let low = ((at - either_way).round() as u32).max(2).min(high);
    (low, high)
}

/// One of the intervals in [`range`], each as likely.
pub(super) fn fuzzed(days: u32, longest: u32, draw: Draw) -> u32 {
    let (low, high) = range(days, longest);
    low + draw.index(high - low + 1)
}
