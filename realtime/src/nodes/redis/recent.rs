//! Messages that were received before.

use std::collections::{HashSet, VecDeque};
use uuid::Uuid;

/// The ids of the latest messages.
#[derive(Debug)]
pub(super) struct Recent {
    most: usize,
    ids: HashSet<Uuid>,
    order: VecDeque<Uuid>,
}

impl Recent {
    /// Remembers the latest `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { most, ids: HashSet::new(), order: VecDeque::new() }
    }

    /// Whether a message is received for the first time.
    pub(super) fn is_new(&mut self, id: Uuid) -> bool {
        let new = self.ids.insert(id);
        if new {
            self.order.push_back(id);
            if self.order.len() > self.most
                && let Some(oldest) = self.order.pop_front()
            {
                self.ids.remove(&oldest);
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_and_no_more() {
        let mut recent = Recent::new(2);
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        assert!(recent.is_new(a) && !recent.is_new(a) && recent.is_new(b));
        assert!(!recent.is_new(a), "both are remembered");
        assert!(recent.is_new(c));
        assert!(!recent.is_new(b) && !recent.is_new(c));
        assert!(recent.is_new(a), "it was forgotten for the third");
        assert_eq!((recent.ids.len(), recent.order.len()), (2, 2));
    }
}
