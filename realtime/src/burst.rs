//! When messages come so close together that joining them pays.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

/// Shortest silence between two fan-outs that ends a burst, microseconds. Those of one batch follow each other within a few.
const CALM_US: u64 = 50;

/// Channels of a burst that are remembered.
const CHANNELS: usize = 16;

/// Fan-outs without a pause to channels whose subscribers are the same in good part. Within a burst, each connection gets one
/// write of its own at once; what follows is queued and joined: a write costs the kernel about the same whether it carries
/// one message or twenty. Where nobody would get two messages there is nothing to join, and queueing costs for nothing.
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

/// Tells bursts of fan-outs to channels apart.
#[derive(Debug)]
pub struct Bursts<C> {
    clock: Instant,
    number: AtomicU64,
    running: AtomicUsize,
    ended_us: AtomicU64,
    channels: Mutex<Vec<Weak<C>>>,
}

impl<C> Default for Bursts<C> {
    fn default() -> Self {
        Self {
            clock: Instant::now(),
            // New connections have written in burst 0.
            number: AtomicU64::new(1),
            running: AtomicUsize::new(0),
            ended_us: AtomicU64::new(0),
            channels: Mutex::default(),
        }
    }
}

/// A fan-out under way; over when dropped.
#[derive(Debug)]
pub struct FanOut<'a, C> {
    bursts: &'a Bursts<C>,
    /// The burst that it belongs to.
    pub burst: Burst,
}

impl<C> Bursts<C> {
    fn now_us(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// A fan-out to a channel begins. `shares` says whether the channel and another have subscribers in common. Threads that
    /// begin at the same moment may disagree by one burst, which costs one write.
    pub fn begin(&self, channel: &Arc<C>, shares: impl Fn(&C) -> bool) -> FanOut<'_, C> {
        let others = self.running.fetch_add(1, Relaxed);
        let paused = others == 0 && self.now_us().saturating_sub(self.ended_us.load(Relaxed)) > CALM_US;
        self.join(channel, !paused, |other| std::ptr::eq(other, &**channel) || shares(other))
    }

    /// The same for a fan-out that follows one of the same channel and takes all that waits there: only what others send
    /// beside it could be joined with it.
    pub fn begin_next(&self, channel: &Arc<C>, shares: impl Fn(&C) -> bool) -> FanOut<'_, C> {
        let others = self.running.fetch_add(1, Relaxed);
        self.join(channel, others > 0, |other| !std::ptr::eq(other, &**channel) && shares(other))
    }

    fn join(&self, channel: &Arc<C>, close: bool, joins: impl Fn(&C) -> bool) -> FanOut<'_, C> {
        // No code that could panic changes the list.
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let same = close && channels.iter().filter_map(Weak::upgrade).any(|other| joins(&other));
        let number = if same {
            self.number.load(Relaxed)
        } else {
            channels.clear();
            self.number.fetch_add(1, Relaxed) + 1
        };
        if channels.len() < CHANNELS && !channels.iter().any(|known| known.as_ptr() == Arc::as_ptr(channel)) {
            channels.push(Arc::downgrade(channel));
        }
        FanOut { bursts: self, burst: Burst(number) }
    }
}

impl<C> Drop for FanOut<'_, C> {
    fn drop(&mut self) {
        self.bursts.ended_us.store(self.bursts.now_us(), Relaxed);
        self.bursts.running.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{thread::sleep, time::Duration};

    /// Channels by number; those of the same ten have subscribers in common.
    fn begin<'a>(bursts: &'a Bursts<u8>, channel: &Arc<u8>) -> FanOut<'a, u8> {
        bursts.begin(channel, |other| **channel / 10 == other / 10)
    }

    #[test]
    fn fan_outs_to_the_same_people_without_a_pause_are_one_burst() {
        let bursts = Bursts::default();
        let (one, another, elsewhere) = (Arc::new(1), Arc::new(2), Arc::new(30));
        sleep(Duration::from_millis(1));
        let first = begin(&bursts, &one);
        assert_ne!(first.burst, Burst::default(), "a new connection has written in no burst");
        sleep(Duration::from_millis(1));
        assert_eq!(begin(&bursts, &another).burst, first.burst, "beside each other");
        assert_eq!(begin(&bursts, &one).burst, first.burst, "the channel itself");
        let other = begin(&bursts, &elsewhere);
        assert_ne!(other.burst, first.burst, "nobody gets both");
        drop((first, other));
        sleep(Duration::from_millis(1));
        let number = begin(&bursts, &elsewhere).burst;
        sleep(Duration::from_millis(1));
        assert_ne!(begin(&bursts, &elsewhere).burst, number, "after a pause");
    }

    #[test]
    fn what_follows_in_the_same_channel_is_joined_only_with_others_beside_it() {
        let bursts = Bursts::default();
        let (one, another) = (Arc::new(1_u8), Arc::new(2));
        let next = || bursts.begin_next(&one, |other| *one / 10 == other / 10).burst;
        let number = begin(&bursts, &one).burst;
        let number = [number, next()];
        assert_ne!(number[0], number[1], "alone");
        let other = begin(&bursts, &another);
        assert_eq!(next(), other.burst, "beside another");
    }
}
