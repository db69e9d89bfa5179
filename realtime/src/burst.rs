//! When messages come so close together that joining them pays.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Instant,
};

/// Shortest silence between two fan-outs that ends a burst, microseconds. Those of one batch follow each other within a few.
const CALM_US: u64 = 50;

/// A time without a pause between fan-outs. Within it, each connection gets one write of its own at once; what follows is
/// queued and joined: a write costs the kernel about the same whether it carries one message or twenty.
///
/// A node that has time for every message thus sends each at once, and one that falls behind sends fewer, larger writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burst(u64);

impl Burst {
    /// More follows for the same connection, whose outbox the sender flushes itself: nothing is written past its queue.
    pub const MORE_FOLLOWS: Self = Self(u64::MAX);

    /// A burst for tests of what depends on it.
    #[cfg(test)]
    pub(crate) const fn numbered(number: u64) -> Self {
        Self(number)
    }
}

/// Tells bursts apart.
#[derive(Debug)]
pub struct Bursts {
    began: Instant,
    number: AtomicU64,
    running: AtomicUsize,
    ended_us: AtomicU64,
}

impl Default for Bursts {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            // New connections have written in burst 0.
            number: AtomicU64::new(1),
            running: AtomicUsize::new(0),
            ended_us: AtomicU64::new(0),
        }
    }
}

/// A fan-out under way; over when dropped.
#[derive(Debug)]
pub struct FanOut<'a> {
    bursts: &'a Bursts,
    /// The burst that it belongs to.
    pub burst: Burst,
}

impl Bursts {
    fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// A fan-out begins. Threads that begin at the same moment may disagree by one burst, which costs one write.
    pub fn begin(&self) -> FanOut<'_> {
        let others = self.running.fetch_add(1, Relaxed);
        let calm = others == 0 && self.now_us().saturating_sub(self.ended_us.load(Relaxed)) > CALM_US;
        self.under_way(calm)
    }

    /// A fan-out begins that took all its channel had to say, and follows one of the same channel: without others beside it,
    /// there is nothing that its messages could be joined with.
    pub fn begin_next(&self) -> FanOut<'_> {
        let others = self.running.fetch_add(1, Relaxed);
        self.under_way(others == 0)
    }

    fn under_way(&self, calm: bool) -> FanOut<'_> {
        let number = if calm { self.number.fetch_add(1, Relaxed) + 1 } else { self.number.load(Relaxed) };
        FanOut { bursts: self, burst: Burst(number) }
    }
}

impl Drop for FanOut<'_> {
    fn drop(&mut self) {
        self.bursts.ended_us.store(self.bursts.now_us(), Relaxed);
        self.bursts.running.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{thread::sleep, time::Duration};

    #[test]
    fn fan_outs_without_a_pause_are_one_burst() {
        let bursts = Bursts::default();
        sleep(Duration::from_millis(1));
        let first = bursts.begin();
        sleep(Duration::from_millis(1));
        assert_eq!(bursts.begin().burst, first.burst, "one inside another");
        let number = first.burst;
        drop(first);
        sleep(Duration::from_millis(1));
        assert_ne!(bursts.begin().burst, number, "after a pause");
        assert_ne!(number, Burst::default(), "a new connection has written in no burst");
        let other = bursts.begin();
        assert_eq!(bursts.begin_next().burst, other.burst, "beside another channel's");
        let number = other.burst;
        drop(other);
        assert_ne!(bursts.begin_next().burst, number, "behind one of the same channel");
    }
}
