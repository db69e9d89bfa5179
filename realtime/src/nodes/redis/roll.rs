//! Who is there, decided from what heartbeats bring. No I/O.
//!
//! The ages of heartbeats are Redis's own reckoning, so that a node with a wrong clock does no harm. After Redis was away,
//! hung or lost its data, all ages are great and nobody has left: then those who were known are given time to be heard
//! again.

use crate::nodes::{NodeId, NodeInfo};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Silence after which a node counts as gone: three heartbeats.
pub(super) const ALIVE: Duration = Duration::from_millis(1_500);
/// A gap between this node's own heartbeats that says more about Redis, or about this node, than about others.
const DOUBT: Duration = Duration::from_secs(1);
/// Time that known nodes have to be heard again after such a gap. A client of Redis may take more than a second to connect
/// again.
const GRACE: Duration = Duration::from_secs(3);

/// What a heartbeat tells of a node.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) id: NodeId,
    /// Time since its own heartbeat, by the clock of Redis.
    pub(super) age: Duration,
    /// None when it has said goodbye.
    pub(super) info: Option<NodeInfo>,
}

/// The living nodes.
#[derive(Debug, Default)]
pub(super) struct Roll {
    known: BTreeMap<NodeId, Known>,
    /// The last own heartbeat that came after a gap.
    doubted: Option<Instant>,
}

#[derive(Debug)]
struct Known {
    info: NodeInfo,
    /// It is silent, and given time until then.
    spared_until: Option<Instant>,
}

impl Roll {
    /// Takes in a heartbeat. `gap` is the time since this node's heartbeat before, by the clock of Redis, none when Redis
    /// does not know of one.
    pub(super) fn take(&mut self, now: Instant, gap: Option<Duration>, sightings: Vec<Sighting>) {
        // The first heartbeat of all has none before it, and knows nobody.
        if !self.known.is_empty() && gap.is_none_or(|gap| gap >= DOUBT) {
            self.doubted = Some(now);
        }
        let in_doubt = self.doubted.is_some_and(|doubted| now.saturating_duration_since(doubted) < GRACE);
        let mut seen: BTreeMap<NodeId, Sighting> =
            sightings.into_iter().map(|sighting| (sighting.id.clone(), sighting)).collect();
        self.known.retain(|id, known| match seen.remove(id) {
            Some(Sighting { info: None, .. }) => false,
            Some(Sighting { info: Some(info), age, .. }) if age < ALIVE => {
                *known = Known { info, spared_until: None };
                true
            }
            // Silent, or lost with the data of Redis.
            Some(_) | None => match known.spared_until {
                Some(until) => now < until,
                None => {
                    known.spared_until = Some(now + GRACE);
                    in_doubt
                }
            },
        });
        for Sighting { id, age, info } in seen.into_values() {
            if let Some(info) = info.filter(|_| age < ALIVE) {
                self.known.insert(id, Known { info, spared_until: None });
            }
        }
    }

    /// The living nodes in the order of their names.
    pub(super) fn alive(&self) -> Arc<[NodeInfo]> {
        self.known.values().map(|known| known.info.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::Load;

    const BEAT: Duration = Duration::from_millis(500);

    fn sighting(id: &str, age_ms: u64) -> Sighting {
        let load = Load::default();
        let info = NodeInfo { id: id.into(), started_at: 0, version: String::new(), draining: false, load };
        Sighting { id: id.into(), age: Duration::from_millis(age_ms), info: Some(info) }
    }

    /// A roll whose heartbeats come every half second.
    struct Watch {
        roll: Roll,
        now: Instant,
    }

    impl Watch {
        fn new() -> Self {
            let mut watch = Self { roll: Roll::default(), now: Instant::now() };
            watch.beat_after(Duration::ZERO, None, &[("a", 0)]);
            watch
        }

        fn beat(&mut self, seen: &[(&str, u64)]) -> String {
            self.beat_after(BEAT, Some(BEAT), seen)
        }

        fn beat_after(&mut self, passed: Duration, gap: Option<Duration>, seen: &[(&str, u64)]) -> String {
            self.now += passed;
            self.roll.take(self.now, gap, seen.iter().map(|(id, age)| sighting(id, *age)).collect());
            self.roll.alive().iter().map(|node| node.id.as_str()).collect()
        }
    }

    #[test]
    fn a_node_is_alive_until_it_has_missed_three_heartbeats() {
        let mut watch = Watch::new();
        assert_eq!(watch.beat(&[("c", 1), ("a", 0), ("b", 499)]), "abc");
        assert_eq!(watch.beat(&[("a", 0), ("b", 999), ("c", 1)]), "abc");
        assert_eq!(watch.beat(&[("a", 0), ("b", 1_499), ("c", 1)]), "abc");
        assert_eq!(watch.beat(&[("a", 0), ("b", 1_500), ("c", 1)]), "ac");
        assert_eq!(watch.beat(&[("a", 0), ("b", 0), ("c", 1)]), "abc", "it is back");
    }

    #[test]
    fn who_was_gone_before_this_node_came_is_not_there() {
        let mut watch = Watch { roll: Roll::default(), now: Instant::now() };
        assert_eq!(watch.beat_after(Duration::ZERO, None, &[("a", 0), ("b", 20_000), ("c", 400)]), "ac");
    }

    #[test]
    fn who_says_goodbye_is_gone_at_once() {
        let mut watch = Watch::new();
        assert_eq!(watch.beat(&[("a", 0), ("b", 1)]), "ab");
        let goodbye = Sighting { info: None, ..sighting("b", 1) };
        watch.roll.take(watch.now, None, vec![sighting("a", 0), goodbye]);
        assert_eq!(watch.roll.alive().len(), 1, "even in doubt");
    }

    #[test]
    fn nobody_is_given_up_because_redis_was_away() {
        let mut watch = Watch::new();
        watch.beat(&[("a", 0), ("b", 1), ("c", 1)]);
        let away = Duration::from_secs(10);
        assert_eq!(watch.beat_after(away, Some(away), &[("a", 0), ("b", 10_100), ("c", 9_900)]), "abc");
        assert_eq!(watch.beat(&[("a", 0), ("b", 1), ("c", 10_400)]), "abc");
        for _ in 0..4 {
            assert_eq!(watch.beat(&[("a", 0), ("b", 1), ("c", 11_000)]), "abc");
        }
        assert_eq!(watch.beat(&[("a", 0), ("b", 1), ("c", 13_000)]), "ab", "not for ever");
    }

    #[test]
    fn nobody_is_given_up_because_redis_lost_its_data() {
        let mut watch = Watch::new();
        watch.beat(&[("a", 0), ("b", 1)]);
        assert_eq!(watch.beat_after(BEAT, None, &[("a", 0)]), "ab");
        assert_eq!(watch.beat(&[("a", 0), ("b", 1)]), "ab");
        for _ in 0..6 {
            watch.beat(&[("a", 0), ("b", 1)]);
        }
        assert_eq!(watch.beat(&[("a", 0)]), "a", "later a missing entry is a missing node");
    }

    #[test]
    fn a_slow_redis_does_not_keep_the_dead_for_ever() {
        let mut watch = Watch::new();
        watch.beat(&[("a", 0), ("b", 1)]);
        let slow = Duration::from_millis(1_100);
        let mut silence = 0;
        while watch.beat_after(slow, Some(slow), &[("a", 0), ("b", 1_500 + silence)]) == "ab" {
            silence += 1_100;
            assert!(silence < 5_000);
        }
    }
}
