//! One time for all nodes: that of the store that they share.
//!
//! A game's deadlines are moments, and outlive the node that set them. With the machines' own clocks a takeover by a node
//! whose clock is an hour ahead would end every question at once.

use super::{Clock, SystemClock, monotonic_ms};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// A reading that took longer is not used: it may be wrong by half of that.
const QUICK_MS: u64 = 200;
/// How far one reading moves the clock at most. Another server that takes over with another time is approached by one
/// hundredth, so that neither do timers fire together nor time stands still.
const STEP_MS: i64 = 5;

/// Follows another clock, of which it is told now and then.
#[derive(Debug)]
pub struct SharedClock {
    /// What is to be added to the monotonic time, milliseconds.
    ahead: AtomicI64,
    latest: AtomicU64,
}

impl SharedClock {
    /// A clock that shows `now_ms`, milliseconds since the epoch.
    #[must_use]
    pub fn at(now_ms: u64) -> Self {
        Self { ahead: AtomicI64::new(ahead(now_ms, monotonic_ms())), latest: AtomicU64::new(now_ms) }
    }

    /// Takes in that the other clock showed `theirs_ms` at some moment from `asked` to `answered` (as of
    /// [`monotonic_ms`]).
    pub(crate) fn hear(&self, theirs_ms: u64, asked: u64, answered: u64) {
        let took = answered.saturating_sub(asked);
        if took > QUICK_MS {
            return;
        }
        let heard = ahead(theirs_ms, asked + took / 2);
        // One reader: heartbeats follow each other.
        let shown = self.ahead.load(Ordering::Relaxed);
        self.ahead.store(shown + (heard - shown).clamp(-STEP_MS, STEP_MS), Ordering::Relaxed);
        let own = SystemClock::default().now_ms();
        metrics::gauge!("schoolbell_clock_offset_seconds").set((own as f64 - self.now_ms() as f64) / 1e3);
    }
}

fn ahead(wall: u64, monotonic: u64) -> i64 {
    i64::try_from(wall).unwrap_or(i64::MAX).saturating_sub_unsigned(monotonic)
}

impl Clock for SharedClock {
    fn now_ms(&self) -> u64 {
        let now = monotonic_ms().saturating_add_signed(self.ahead.load(Ordering::Relaxed));
        self.latest.fetch_max(now, Ordering::Relaxed).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    /// The other clock is `apart` from this one, and is asked twenty times.
    fn after_twenty_readings(apart: i64, took: u64) -> i64 {
        let begin = SystemClock::default().now_ms();
        let clock = SharedClock::at(begin);
        let before = clock.ahead.load(Ordering::Relaxed);
        for _ in 0..20 {
            let asked = monotonic_ms();
            let theirs = asked.saturating_add_signed(before + apart) + took / 2;
            clock.hear(theirs, asked, asked + took);
        }
        clock.ahead.load(Ordering::Relaxed) - before
    }

    #[test]
    fn it_shows_what_it_was_set_to_whatever_the_machine_says() {
        let wrong = SystemClock::default().now_ms() + HOUR_MS;
        let shown = SharedClock::at(wrong).now_ms();
        assert!((wrong..wrong + 1_000).contains(&shown));
    }

    #[test]
    fn a_small_difference_is_made_up_and_a_great_one_approached() {
        assert_eq!(after_twenty_readings(7, 2), 7);
        assert_eq!(after_twenty_readings(-7, 2), -7);
        assert_eq!(after_twenty_readings(3_600_000, 2), 20 * STEP_MS);
        assert_eq!(after_twenty_readings(-3_600_000, 2), -20 * STEP_MS);
    }

    #[test]
    fn a_slow_reading_is_not_believed() {
        assert_eq!(after_twenty_readings(1_000, QUICK_MS + 1), 0);
    }

    #[test]
    fn it_never_goes_back() {
        let clock = SharedClock::at(HOUR_MS);
        let shown = clock.now_ms();
        for _ in 0..100 {
            let asked = monotonic_ms();
            clock.hear(0, asked, asked);
            assert!(clock.now_ms() >= shown);
        }
    }
}
