//! How often somebody may do something, on this node. Time is an argument.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Those who are remembered before they are looked through for those who need not be.
const MANY: usize = 4_096;

/// A rate in the long run and a burst at once, for each key. It is kept as one time a key: when all that was taken is paid for
/// (the generic cell rate algorithm, ITU-T I.371).
pub(super) struct Pace<K> {
    every: Duration,
    ahead: Duration,
    paid: Mutex<Paid<K>>,
}

struct Paid<K> {
    by: HashMap<K, Instant>,
    /// Entries at which it is looked through again.
    many: usize,
}

impl<K: Eq + Hash> Pace<K> {
    /// `burst` at once, and one more after each `every`.
    pub(super) fn new(every: Duration, burst: u32) -> Self {
        let paid = Mutex::new(Paid { by: HashMap::new(), many: MANY });
        Self { every, ahead: every * burst.saturating_sub(1), paid }
    }

    /// Takes one, or tells how long to wait for it.
    ///
    /// # Errors
    /// The time after which there is one.
    pub(super) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.by.len() >= paid.many {
            // Who has paid is as good as unknown. The rest is bounded by what a node can be asked within a burst's time.
            paid.by.retain(|_, until| *until > now);
            paid.many = MANY.max(paid.by.len() * 2);
        }
        let until = paid.by.get(&key).copied().unwrap_or(now).max(now);
        let wait = (until - now).saturating_sub(self.ahead);
        if !wait.is_zero() {
            return Err(wait);
        }
        paid.by.insert(key, until + self.every);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_passes_and_the_rest_is_told_how_long_to_wait() {
        let (pace, now) = (Pace::new(SECOND, 10), Instant::now());
        assert_eq!((0..10).filter(|_| pace.take("ada", now).is_ok()).count(), 10);
        assert_eq!(pace.take("ada", now), Err(SECOND));
        assert_eq!(pace.take("ben", now), Ok(()), "others have a pace of their own");
        assert_eq!(pace.take("ada", now + SECOND / 2), Err(SECOND / 2));
        assert_eq!(pace.take("ada", now + SECOND), Ok(()));
        assert_eq!(pace.take("ada", now + SECOND), Err(SECOND));
        let later = now + 100 * SECOND;
        assert_eq!((0..20).filter(|_| pace.take("ada", later).is_ok()).count(), 10);
    }

    #[test]
    fn who_has_waited_is_forgotten() {
        let (pace, now) = (Pace::new(SECOND, 1), Instant::now());
        for key in 0..MANY {
            assert!(pace.take(key, now).is_ok());
        }
        assert!(pace.take(MANY, now + SECOND).is_ok());
        assert_eq!(pace.paid.lock().map(|paid| paid.by.len()).ok(), Some(1));
    }
}
