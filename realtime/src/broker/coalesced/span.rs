//! Which questions one read answers, and what each of them gets of it. Rules only.
//!
//! They rely on what brokers promise: what is kept of a stream has no holes and ends with its top.

use super::Answer;
use crate::broker::{HistoryPage, HistoryQuery};
use std::sync::Arc;

/// Publications that one read brings for many. Whoever asks for more than that alone gets it alone. With what a client may
/// have missed by default, 300, and some hundreds more between those who come back at the same moment.
const WIDEST: usize = 1_024;

/// A question whose answer holds those of both; none when that would be too long, or there is none.
pub(super) fn joined(one: &HistoryQuery, other: &HistoryQuery) -> Option<HistoryQuery> {
    // Every answer tells the top.
    if one.limit == 0 {
        return Some(other.clone());
    }
    if other.limit == 0 {
        return Some(one.clone());
    }
    if one.reverse || other.reverse {
        let same = one.reverse == other.reverse && one.since == other.since;
        return same.then(|| HistoryQuery { limit: one.limit.max(other.limit), ..one.clone() });
    }
    let since = from(one).min(from(other));
    let limit = usize::try_from(until(one).max(until(other)) - since).ok()?;
    (limit <= WIDEST.max(one.limit).max(other.limit)).then_some(HistoryQuery {
        limit,
        since: Some(since),
        reverse: false,
    })
}

/// Where a question begins; what is kept begins behind 0 at the earliest.
fn from(query: &HistoryQuery) -> u64 {
    query.since.unwrap_or(0)
}

/// The last offset that it can bring if all is kept.
fn until(query: &HistoryQuery) -> u64 {
    from(query).saturating_add(query.limit as u64)
}

/// What one question gets of the answer to a joined one; none if it cannot be told whether that is all.
pub(super) fn cut(query: &HistoryQuery, answer: Arc<Answer>) -> Option<HistoryPage> {
    if answer.span == *query {
        // Alone it is not copied.
        return Some(Arc::try_unwrap(answer).map_or_else(|answer| answer.page.clone(), |own| own.page));
    }
    let HistoryPage { publications: all, top } = &answer.page;
    // A page that ends before its time met something that cannot be read.
    let whole = all.len() >= answer.span.limit
        || answer.span.reverse
        || all.last().is_none_or(|last| last.offset >= top.offset);
    let wanted = all.iter().filter(|publication| match query.since {
        Some(since) if !query.reverse => publication.offset > since,
        _ => true,
    });
    let publications: Vec<_> = wanted.take(query.limit).cloned().collect();
    (whole || publications.len() == query.limit).then(|| HistoryPage { publications, top: top.clone() })
}
