//! When messages come so close together that joining them pays.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Instant,
};

/// Shortest silence between two fan-outs that ends a burst, microseconds. Those of one batch follow each other within a few.
const CALM_US: u64 = 50;
/// Behind a long fan-out the silence has to be longer: this part of it. The next message of a batch may come by a request of
/// its own, a tenth of a millisecond later, while the fan-out before it took tens; a node with an eighth of its time left
/// falls behind soon.
const CALM_SHARE: u64 = 8;

/// A time without a pause between fan-outs. Within it, each connection gets one write of its own at once; what follows is
/// queued and joined: a write costs the kernel about the same whether it carries one message or twenty.
///
/// A node that has time for every message thus sends each at once, and one that falls behind sends fewer, larger writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burst(u64);

impl Burst {
    /// A burst for tests of what depends on it.
    #[cfg(test)]
    pub(crate) const fn numbered(number: u64) -> Self {
        Self(number)
    }
}

/// Whether a silence of `gap_us` ends a burst whose last fan-out took `took_us`.
fn is_calm(gap_us: u64, took_us: u64) -> bool {
    gap_us > CALM_US + took_us / CALM_SHARE
}

/// Tells bursts apart.
#[derive(Debug)]
pub struct Bursts {
    began: Instant,
    number: AtomicU64,
    running: AtomicUsize,
    ended_us: AtomicU64,
    took_us: AtomicU64,
}

impl Default for Bursts {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            // New connections have written in burst 0.
            number: AtomicU64::new(1),
            running: AtomicUsize::new(0),
            ended_us: AtomicU64::new(0),
            took_us: AtomicU64::new(0),
        }
    }
}

/// A fan-out under way; over when dropped.
#[derive(Debug)]
pub struct FanOut<'a> {
    bursts: &'a Bursts,
    began_us: u64,
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
        let began_us = self.now_us();
        let gap_us = began_us.saturating_sub(self.ended_us.load(Relaxed));
        let calm = others == 0 && is_calm(gap_us, self.took_us.load(Relaxed));
        let number = if calm { self.number.fetch_add(1, Relaxed) + 1 } else { self.number.load(Relaxed) };
        FanOut { bursts: self, began_us, burst: Burst(number) }
    }
}

impl Drop for FanOut<'_> {
    fn drop(&mut self) {
        let now_us = self.bursts.now_us();
        self.bursts.ended_us.store(now_us, Relaxed);
        self.bursts.took_us.store(now_us - self.began_us, Relaxed);
        self.bursts.running.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{thread::sleep, time::Duration};

    #[test]
    fn behind_a_long_fan_out_a_short_silence_is_no_pause() {
        assert!(is_calm(100, 0) && !is_calm(40, 0));
        // Twenty requests that each go to 5,000 subscribers, and the same subscribers at half of the node's load.
        assert!(!is_calm(100, 15_000) && is_calm(15_000, 15_000));
    }

    #[test]
    fn fan_outs_without_a_pause_are_one_burst() {
        let bursts = Bursts::default();
        sleep(Duration::from_millis(1));
        let first = bursts.begin();
        sleep(Duration::from_millis(1));
        assert_eq!(bursts.begin().burst, first.burst, "one inside another");
        let number = first.burst;
        drop(first);
        // As long as everything took so far: more than enough, however slow the machine is.
        sleep(bursts.began.elapsed());
        assert_ne!(bursts.begin().burst, number, "after a pause");
        assert_ne!(number, Burst::default(), "a new connection has written in no burst");
    }
}
