//! Times, kept as a histogram.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longest time that is told apart, nanoseconds; longer ones count as this.
const LONGEST: u64 = 120_000_000_000;
/// Shares that reports show.
const SHARES: [f64; 11] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0];

/// A share of all messages and the time within which they came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// 0 to 1.
    pub share: f64,
    /// Milliseconds.
    pub ms: f64,
}

/// A histogram of three digits, from a microsecond to two minutes.
pub struct Latency(Histogram<u64>);

impl Latency {
    /// An empty one.
    #[expect(clippy::expect_used, reason = "the bounds are constants")]
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1_000, LONGEST, 3).expect("bounds in order"))
    }

    /// Records a time in nanoseconds.
    pub fn record(&mut self, nanos: u64) {
        self.0.saturating_record(nanos.min(LONGEST));
    }

    /// Records a time as often as it was seen.
    pub fn record_many(&mut self, nanos: u64, count: u64) {
        self.0.saturating_record_n(nanos.min(LONGEST), count);
    }

    /// What was recorded: times and how often each.
    pub fn counts(&self) -> Vec<(u64, u64)> {
        self.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }

    /// Records a time.
    pub fn record_time(&mut self, time: Duration) {
        self.record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time within which a share came, milliseconds.
    pub fn ms(&self, share: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "at most two minutes of nanoseconds")]
        let nanos = self.0.value_at_quantile(share) as f64;
        nanos / 1e6
    }

    /// The shares that reports show.
    pub fn quantiles(&self) -> Vec<Quantile> {
        if self.0.is_empty() {
            return Vec::new();
        }
        SHARES.into_iter().map(|share| Quantile { share, ms: self.ms(share) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_an_even_spread_are_where_they_belong() {
        let mut latency = Latency::new();
        for ms in 1..=1_000 {
            latency.record(ms * 1_000_000);
        }
        for (share, ms) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            assert!((latency.ms(share) - ms).abs() < 1.5, "{share}: {}", latency.ms(share));
        }
        assert_eq!(latency.count(), 1_000);
    }

    #[test]
    fn what_took_longer_than_can_be_told_is_not_left_out() {
        let mut latency = Latency::new();
        latency.record(u64::MAX);
        assert!(latency.ms(1.0) > 119_000.0);
    }
}
