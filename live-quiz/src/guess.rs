//! Slowing down those who guess PINs, without locking out a class behind one address.
//!
//! Only misses cost. Each address has a budget of [`BURST`] of them, which comes back one in [`REFILL_MS`]. Over budget an
//! attempt is not refused but takes its turn, [`PACE_MS`] after the one before: thirty pupils still get in within
//! seconds, while a million PINs would take three days from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Misses that an address may make at once: a class in which everybody mistypes.
pub const BURST: u32 = 30;
/// One miss is forgiven in so many milliseconds.
pub const REFILL_MS: u64 = 2_000;
/// Over budget: 4 attempts a second.
pub const PACE_MS: u64 = 250;
/// Attempts of one address that may wait for their turn.
pub const MAX_WAITING: u64 = 64;
/// Addresses kept apart, about 4 MiB; with more at the same time, the rest shares one budget.
pub const MAX_SOURCES: usize = 65_536;
/// Looking for idle addresses costs a walk over all of them: once a second is enough.
const SWEEP_MS: u64 = 1_000;

/// When an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At once; one miss is set aside until [`GuessBudget::hit`].
    Now,
    /// After this wait.
    After(Duration),
    /// Too many wait already; try again after this.
    Busy(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    /// An IPv4 address, or the /64 of an IPv6 address, which one household can use freely.
    Network(IpAddr),
    /// Those for whom there was no room.
    Rest,
}

#[derive(Clone, Copy, Debug)]
struct Account {
    /// Thousandths of a miss that are left.
    left: u64,
    refilled_at: u64,
    /// When the next paced attempt may be made.
    next_turn: u64,
}

/// Budgets for wrong guesses by address. Times are server milliseconds.
#[derive(Debug, Default)]
pub struct GuessBudget {
    accounts: HashMap<Source, Account>,
    swept_at: Option<u64>,
}

impl GuessBudget {
    /// Whether an attempt from `address` may be made at `now`. Sets one miss aside; give it back by [`GuessBudget::hit`] if
    /// the PIN was right.
    pub fn admit(&mut self, address: IpAddr, now: u64) -> Turn {
        let account = self.account(address, now);
        if account.left >= 1_000 {
            account.left -= 1_000;
            return Turn::Now;
        }
        let at = account.next_turn.max(now + PACE_MS);
        if at - now > MAX_WAITING * PACE_MS {
            return Turn::Busy(Duration::from_millis(at - now - MAX_WAITING * PACE_MS));
        }
        account.next_turn = at + PACE_MS;
        Turn::After(Duration::from_millis(at - now))
    }

    /// The PIN was right: the attempt that got this `turn` costs nothing.
    ///
    /// A paced attempt set nothing aside and gets nothing back, or somebody who knows one PIN could earn guesses with it.
    pub fn hit(&mut self, address: IpAddr, turn: Turn, now: u64) {
        if turn == Turn::Now {
            let account = self.account(address, now);
            account.left = (account.left + 1_000).min(u64::from(BURST) * 1_000);
        }
    }

    fn account(&mut self, address: IpAddr, now: u64) -> &mut Account {
        let source = self.source(address, now);
        let account = self.accounts.entry(source).or_insert(Account::fresh(now));
        account.refill(now);
        account
    }

    fn source(&mut self, address: IpAddr, now: u64) -> Source {
        let source = Source::Network(network(address));
        if self.accounts.len() < MAX_SOURCES || self.accounts.contains_key(&source) {
            return source;
        }
        if self.swept_at.is_none_or(|at| now >= at + SWEEP_MS) {
            self.swept_at = Some(now);
            self.accounts.retain(|_, account| {
                account.refill(now);
                !account.is_idle(now)
            });
        }
        if self.accounts.len() < MAX_SOURCES { source } else { Source::Rest }
    }
}

impl Account {
    fn fresh(now: u64) -> Self {
        Self { left: u64::from(BURST) * 1_000, refilled_at: now, next_turn: 0 }
    }

    fn refill(&mut self, now: u64) {
        let gained = now.saturating_sub(self.refilled_at) * 1_000 / REFILL_MS;
        if gained > 0 {
            self.left = (self.left + gained).min(u64::from(BURST) * 1_000);
            self.refilled_at = now;
        }
    }

    fn is_idle(&self, now: u64) -> bool {
        self.left >= u64::from(BURST) * 1_000 && self.next_turn <= now
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn miss_all(budget: &mut GuessBudget, address: IpAddr, now: u64) {
        for _ in 0..BURST {
            assert_eq!(budget.admit(address, now), Turn::Now);
        }
    }

    #[test]
    fn defect_8_a_school_behind_one_address_is_not_locked_out() {
        let mut budget = GuessBudget::default();
        let school = ip("192.0.2.1");
        for _ in 0..2_000 {
            let turn = budget.admit(school, 0);
            assert_eq!(turn, Turn::Now);
            budget.hit(school, turn, 0);
        }
        // Even with the budget spent by somebody who guesses, the class gets in, one after the other.
        miss_all(&mut budget, school, 0);
        for nth in 1..=30 {
            assert_eq!(budget.admit(school, 0), Turn::After(Duration::from_millis(nth * PACE_MS)));
        }
    }

    #[test]
    fn misses_over_budget_are_paced_and_then_turned_away() {
        let mut budget = GuessBudget::default();
        let guesser = ip("192.0.2.2");
        miss_all(&mut budget, guesser, 0);
        let waiting = (0..100).filter(|_| matches!(budget.admit(guesser, 0), Turn::After(_))).count();
        assert_eq!(waiting as u64, MAX_WAITING);
        assert_eq!(budget.admit(guesser, 0), Turn::Busy(Duration::from_millis(PACE_MS)));
        assert!(matches!(budget.admit(guesser, PACE_MS), Turn::After(_)));
    }

    #[test]
    fn one_miss_comes_back_in_two_seconds() {
        let mut budget = GuessBudget::default();
        let guesser = ip("192.0.2.3");
        miss_all(&mut budget, guesser, 0);
        assert!(matches!(budget.admit(guesser, 1_999), Turn::After(_)));
        assert_eq!(budget.admit(guesser, 2_001), Turn::Now);
        assert!(matches!(budget.admit(guesser, 2_002), Turn::After(_)));
    }

    #[test]
    fn a_known_pin_earns_no_guesses() {
        let mut budget = GuessBudget::default();
        let guesser = ip("192.0.2.4");
        miss_all(&mut budget, guesser, 0);
        let turn = budget.admit(guesser, 0);
        budget.hit(guesser, turn, 0);
        assert!(matches!(budget.admit(guesser, 0), Turn::After(_)));
    }

    #[test]
    fn an_ipv6_network_shares_a_budget_and_a_mapped_address_is_the_v4_one() {
        let mut budget = GuessBudget::default();
        miss_all(&mut budget, ip("2001:db8:1:2::1"), 0);
        assert!(matches!(budget.admit(ip("2001:db8:1:2:ffff::9"), 0), Turn::After(_)));
        assert_eq!(budget.admit(ip("2001:db8:1:3::1"), 0), Turn::Now);
        miss_all(&mut budget, ip("198.51.100.7"), 0);
        assert!(matches!(budget.admit(ip("::ffff:198.51.100.7"), 0), Turn::After(_)));
    }

    #[test]
    fn memory_is_bounded_and_idle_addresses_make_room() {
        let mut budget = GuessBudget::default();
        for n in 0..(MAX_SOURCES + 100) {
            let v4 = std::net::Ipv4Addr::from(u32::try_from(n).unwrap());
            budget.admit(IpAddr::V4(v4), 0);
        }
        assert_eq!(budget.accounts.len(), MAX_SOURCES + 1);
        budget.admit(ip("203.0.113.1"), u64::from(BURST) * REFILL_MS);
        assert_eq!(budget.accounts.len(), 1);
    }
}
