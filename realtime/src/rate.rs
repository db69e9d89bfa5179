//! Token bucket: a rate in the long run, a burst at once.

use tokio::time::Instant;

/// A token bucket. Time is an argument.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled: Instant,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { per_second: f64::from(per_second), burst, tokens: burst, filled: now }
    }

    fn tokens(&self, now: Instant) -> f64 {
        let grown = now.saturating_duration_since(self.filled).as_secs_f64() * self.per_second;
        (self.tokens + grown).min(self.burst)
    }

    /// Whether [`Self::take`] would take nothing.
    #[must_use]
    pub fn is_empty(&self, now: Instant) -> bool {
        self.tokens(now) < 1.0
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        self.tokens = self.tokens(now);
        self.filled = now;
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_and_the_rest_waits_for_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(2, 3, start);
        assert!(!bucket.is_empty(start));
        assert_eq!((0..5).filter(|_| bucket.take(start)).count(), 3);
        assert!(bucket.is_empty(start + Duration::from_millis(499)));
        assert!(!bucket.is_empty(start + Duration::from_millis(500)));
        assert!(bucket.take(start + Duration::from_millis(500)));
        assert!(!bucket.take(start + Duration::from_millis(600)));
        assert_eq!((0..9).filter(|_| bucket.take(start + Duration::from_secs(100))).count(), 3);
    }
}
