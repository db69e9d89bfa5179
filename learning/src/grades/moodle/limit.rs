//! Dropping the lowest or keeping the highest values of a category.

use super::aggregation::{Value, level};
use crate::grades::Verdict;

/// For each value, why it is left out, if it is.
///
/// `drop_lowest` takes the lowest values, of equal ones that with more points; otherwise `keep_highest`, if not 0, keeps
/// the highest, of equal ones those that come first. Extra credit is never left out. All values can be dropped.
pub(super) fn left_out(values: &[Value], drop_lowest: u32, keep_highest: u32) -> Vec<Option<Verdict>> {
    let mut verdicts = vec![None; values.len()];
    let mut order: Vec<usize> = (0..values.len()).filter(|at| !values[*at].extra_credit).collect();
    if drop_lowest > 0 {
        order.sort_by(|a, b| {
            let (a, b) = (&values[*a], &values[*b]);
            level(a.value).cmp(&level(b.value)).then(b.max.total_cmp(&a.max))
        });
        for at in order.into_iter().take(drop_lowest as usize) {
            verdicts[at] = Some(Verdict::DroppedLowest);
        }
    } else if keep_highest > 0 {
        order.sort_by_key(|at| std::cmp::Reverse(level(values[*at].value)));
        for at in order.into_iter().skip(keep_highest as usize) {
            verdicts[at] = Some(Verdict::NotAmongHighest);
        }
    }
    verdicts
}
