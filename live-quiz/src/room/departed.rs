//! Connections that left lately. What a node said of its connections may have been overtaken by one of them leaving.

use super::Watch;
use protocol::ids::ClientId;
use std::collections::HashMap;

/// How long a departure is remembered, milliseconds: many times what a node is given to answer.
const REMEMBERED_MS: u64 = 10_000;
/// Departures below which nobody looks for old ones.
const FEW: usize = 64;

/// Who left lately. Ids of connections are never used again.
#[derive(Default)]
pub(super) struct Departed {
    at: HashMap<(ClientId, Watch), u64>,
    /// How many there were when it was last looked for old ones.
    left: usize,
}

impl Departed {
    pub(super) fn add(&mut self, now: u64, client: ClientId, watch: Watch) {
        // At every doubling, so that a crowd that leaves costs the same for each.
        if self.at.len() >= FEW.max(2 * self.left) {
            self.at.retain(|_, at| now < *at + REMEMBERED_MS);
            self.left = self.at.len();
        }
        self.at.insert((client, watch), now);
    }

    /// The connection is there again.
    pub(super) fn remove(&mut self, client: ClientId, watch: Watch) {
        self.at.remove(&(client, watch));
    }

    pub(super) fn has(&self, now: u64, client: ClientId, watch: Watch) -> bool {
        self.at.get(&(client, watch)).is_some_and(|at| now < *at + REMEMBERED_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u128) -> ClientId {
        ClientId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_departure_is_remembered_for_a_while_and_by_its_channel() {
        let mut departed = Departed::default();
        departed.add(1_000, client(1), Watch::Game);
        assert!(departed.has(10_999, client(1), Watch::Game));
        assert!(!departed.has(11_000, client(1), Watch::Game));
        assert!(!departed.has(1_000, client(1), Watch::Host));
        departed.remove(client(1), Watch::Game);
        assert!(!departed.has(1_000, client(1), Watch::Game));
    }

    #[test]
    fn old_departures_do_not_gather() {
        let mut departed = Departed::default();
        for number in 0..100_000_u32 {
            // A thousand within the time that counts.
            departed.add(u64::from(number) * 10, client(u128::from(number)), Watch::Game);
        }
        assert!(departed.at.len() <= 2_000, "{}", departed.at.len());
    }
}
