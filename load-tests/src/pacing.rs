//! When each message is due. The schedule is fixed before the first is sent: a server that falls behind is measured from
//! the moment at which a message should have gone, not from the moment at which there was room for it.

use std::time::{Duration, Instant};

/// Evenly spaced moments.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    start: Instant,
    per_second: f64,
    count: u64,
}

impl Schedule {
    /// `per_second` moments a second from `start` on, for `length` of time; at least one.
    pub fn new(start: Instant, per_second: f64, length: Duration) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of messages")]
        let count = (per_second * length.as_secs_f64()).round().max(1.0) as u64;
        Self { start, per_second, count }
    }

    /// `count` moments, `per_second` a second from `start` on.
    pub fn of(start: Instant, per_second: f64, count: u64) -> Self {
        Self { start, per_second, count }
    }

    /// Not one moment.
    pub fn none() -> Self {
        Self::of(Instant::now(), 1.0, 0)
    }

    /// How many moments there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The moment with this index. Each is reckoned from the start, so that nothing adds up.
    pub fn at(&self, index: u64) -> Instant {
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let seconds = index as f64 / self.per_second;
        self.start + Duration::from_secs_f64(seconds)
    }

    /// All moments, in order.
    pub fn moments(self) -> impl Iterator<Item = (u64, Instant)> {
        (0..self.count).map(move |index| (index, self.at(index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_even_and_do_not_drift() {
        let start = Instant::now();
        let schedule = Schedule::new(start, 3.0, Duration::from_secs(1_000));
        assert_eq!(schedule.count(), 3_000);
        assert_eq!(schedule.at(0), start);
        assert_eq!(schedule.at(2_997), start + Duration::from_secs(999));
        assert_eq!(schedule.moments().count(), 3_000);
    }

    #[test]
    fn a_slow_schedule_has_one_moment_at_least() {
        assert_eq!(Schedule::new(Instant::now(), 0.1, Duration::from_secs(1)).count(), 1);
    }
}
