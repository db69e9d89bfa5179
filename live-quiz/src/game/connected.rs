//! Who has a live connection to the game. Kept beside the game, not in it: connections are not in the log.

use protocol::ids::UserId;
use std::collections::HashMap;

/// A player who was cut off is waited for so long before a question may close early: a reload takes 1 to 3 seconds on
/// a phone.
pub const LINGER_MS: u64 = 5_000;
/// After a takeover everybody is unknown, and clients come back within their reconnect delay of up to 20 seconds.
pub const TAKEOVER_LINGER_MS: u64 = 20_000;

#[derive(Clone, Copy, Debug, Default)]
struct Connections {
    as_host: u32,
    as_player: u32,
}

/// Live connections by user. One user may have several; each counts its user once.
#[derive(Clone, Debug)]
pub struct Connected {
    since: u64,
    users: HashMap<UserId, Connections>,
    left: HashMap<UserId, u64>,
    hosts: usize,
    players: usize,
    hosts_gone_since: Option<u64>,
    all_gone_since: Option<u64>,
}

impl Connected {
    /// Nobody is there, as when a game is opened or taken over by another node. `now` in server milliseconds.
    #[must_use]
    pub fn nobody(now: u64) -> Self {
        Self {
            since: now,
            users: HashMap::new(),
            left: HashMap::new(),
            hosts: 0,
            players: 0,
            hosts_gone_since: Some(now),
            all_gone_since: Some(now),
        }
    }

    /// A connection of `user` began.
    pub fn connect(&mut self, user: &UserId, is_host: bool, now: u64) {
        let connections = self.users.entry(user.clone()).or_default();
        let (count, total) = match is_host {
            true => (&mut connections.as_host, &mut self.hosts),
            false => (&mut connections.as_player, &mut self.players),
        };
        *count += 1;
        if *count == 1 {
            *total += 1;
        }
        self.left.remove(user);
        self.left.retain(|_, at| now < *at + LINGER_MS);
        self.note_absences(now);
    }

    /// A connection of `user` ended; pass the same `is_host` as when it began. Unknown ones are ignored.
    pub fn disconnect(&mut self, user: &UserId, is_host: bool, now: u64) {
        let Some(connections) = self.users.get_mut(user) else {
            return;
        };
        let (count, total) = match is_host {
            true => (&mut connections.as_host, &mut self.hosts),
            false => (&mut connections.as_player, &mut self.players),
        };
        if *count == 0 {
            return;
        }
        *count -= 1;
        if *count == 0 {
            *total -= 1;
            if !is_host {
                self.left.insert(user.clone(), now);
            }
        }
        if connections.as_host == 0 && connections.as_player == 0 {
            self.users.remove(user);
        }
        self.note_absences(now);
    }

    /// Whether the user has a live connection.
    #[must_use]
    pub fn connected(&self, user: &UserId) -> bool {
        self.users.contains_key(user)
    }

    /// Until when a player who is not connected is waited for.
    #[must_use]
    pub fn waited_for_until(&self, user: &UserId) -> u64 {
        self.left.get(user).map_or(self.since + TAKEOVER_LINGER_MS, |at| at + LINGER_MS)
    }

    /// Hosts with a live connection.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.hosts
    }

    /// Players with a live connection.
    #[must_use]
    pub fn players(&self) -> usize {
        self.players
    }

    /// Since when no host is connected.
    #[must_use]
    pub fn hosts_gone_since(&self) -> Option<u64> {
        self.hosts_gone_since
    }

    /// Since when nobody at all is connected.
    #[must_use]
    pub fn all_gone_since(&self) -> Option<u64> {
        self.all_gone_since
    }

    fn note_absences(&mut self, now: u64) {
        self.hosts_gone_since = (self.hosts == 0).then(|| self.hosts_gone_since.unwrap_or(now));
        self.all_gone_since = self.users.is_empty().then(|| self.all_gone_since.unwrap_or(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId(name.to_owned())
    }

    #[test]
    fn two_tabs_of_one_player_count_once() {
        let mut here = Connected::nobody(0);
        here.connect(&user("ada"), false, 1);
        here.connect(&user("ada"), false, 2);
        assert_eq!(here.players(), 1);
        here.disconnect(&user("ada"), false, 3);
        assert!(here.connected(&user("ada")));
        assert_eq!(here.all_gone_since(), None);
        here.disconnect(&user("ada"), false, 4);
        assert_eq!((here.players(), here.all_gone_since()), (0, Some(4)));
        assert_eq!(here.waited_for_until(&user("ada")), 4 + LINGER_MS);
    }

    #[test]
    fn absence_is_counted_from_the_last_one_leaving() {
        let mut here = Connected::nobody(0);
        assert_eq!(here.hosts_gone_since(), Some(0));
        here.connect(&user("teacher"), true, 10);
        assert_eq!(here.hosts_gone_since(), None);
        here.disconnect(&user("teacher"), true, 20);
        here.connect(&user("ada"), false, 30);
        assert_eq!((here.hosts_gone_since(), here.all_gone_since()), (Some(20), None));
    }

    #[test]
    fn a_disconnect_without_a_connection_changes_nothing() {
        let mut here = Connected::nobody(0);
        here.disconnect(&user("ada"), false, 5);
        here.connect(&user("ada"), false, 6);
        here.disconnect(&user("ada"), true, 7);
        assert_eq!((here.players(), here.hosts()), (1, 0));
    }
}
