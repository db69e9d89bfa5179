//! One clock for all connections: a hashed timing wheel instead of a timer in each connection's task.

use crate::connection::Connection;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Time between two looks at the clock: pings, pong timeouts and expiries are late by so much at most.
const TICK: Duration = Duration::from_millis(100);
/// Slots of the wheel. Later deadlines stay in their slot for another round.
const SLOTS: usize = 512;

/// Connections that are brought into the processor's cache together. They have not been used for seconds, and waiting for
/// the memory of one after the other takes longer than all that is done with them outside of the kernel.
const AHEAD: usize = 16;

/// When each connection wants to be looked at ([`Connection::tick`]).
#[derive(Debug)]
pub struct Wheel {
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The tick up to which everything is done.
    done: u64,
    slots: Vec<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    at: u64,
    connection: Weak<Connection>,
}

impl Default for Wheel {
    fn default() -> Self {
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        Self { began: Instant::now(), state: Mutex::new(State { done: 0, slots }) }
    }
}

impl Wheel {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No method leaves the slots half changed, so a panic elsewhere does not spoil them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first tick that is not before `at`.
    fn tick_of(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.began).as_millis();
        u64::try_from(since.div_ceil(TICK.as_millis())).unwrap_or(u64::MAX)
    }

    /// Has the connection looked at no later than `at`, unless it is already going to be.
    pub fn schedule(&self, connection: &Arc<Connection>, at: Instant) {
        let mut state = self.lock();
        let tick = self.tick_of(at).max(state.done + 1);
        if connection.wheel_tick.begin(tick) {
            Self::insert(&mut state, tick, Arc::downgrade(connection));
        }
    }

    fn insert(state: &mut State, at: u64, connection: Weak<Connection>) {
        #[expect(clippy::cast_possible_truncation, reason = "below the number of slots")]
        let slot = (at % SLOTS as u64) as usize;
        state.slots[slot].push(Entry { at, connection });
    }

    /// All connections that are not being closed, in no order: each stands in the wheel from its beginning.
    ///
    /// One whose time comes at this moment may be missing.
    #[must_use]
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        let state = self.lock();
        let entries = state.slots.iter().flatten();
        let mut connections: Vec<_> = entries.filter_map(|entry| entry.connection.upgrade()).collect();
        drop(state);
        // An entry that an earlier one has replaced is still there.
        connections.sort_unstable_by_key(Arc::as_ptr);
        connections.dedup_by(|one, other| Arc::ptr_eq(one, other));
        connections
    }

    /// Looks at every connection whose time has come.
    pub fn advance(&self, now: Instant) {
        let target = u64::try_from(now.saturating_duration_since(self.began).as_millis() / TICK.as_millis());
        let target = target.unwrap_or(u64::MAX);
        loop {
            let due = {
                let mut state = self.lock();
                if state.done >= target {
                    return;
                }
                state.done += 1;
                let tick = state.done;
                #[expect(clippy::cast_possible_truncation, reason = "below the number of slots")]
                let slot = &mut state.slots[(tick % SLOTS as u64) as usize];
                slot.extract_if(.., |entry| entry.at <= tick).collect::<Vec<_>>()
            };
            for group in due.chunks(AHEAD) {
                // Reading the counts brings the connections into the cache, many at once.
                std::hint::black_box(
                    group.iter().map(|entry| entry.connection.strong_count()).sum::<usize>(),
                );
                // A connection that is gone leaves the wheel here; an entry that an earlier one has replaced, too.
                let alive = group.iter().filter_map(|entry| {
                    entry.connection.upgrade().filter(|connection| connection.wheel_tick.end(entry.at))
                });
                let alive: Vec<_> = alive.inspect(|connection| connection.touch()).collect();
                for connection in alive {
                    if let Some(next) = connection.tick(now) {
                        self.schedule(&connection, next);
                    }
                }
            }
        }
    }

    /// Turns until stopped.
    pub async fn run(&self, stop: CancellationToken) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while let Some(now) = stop.run_until_cancelled(ticks.tick()).await {
            self.advance(now.max(Instant::now()));
        }
    }
}

/// The tick at which a connection stands in the wheel; 0 when it does not.
#[derive(Debug, Default)]
pub struct WheelTick(std::sync::atomic::AtomicU64);

impl WheelTick {
    /// Takes a place at `tick`; false when there is an earlier one already.
    fn begin(&self, tick: u64) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        // Only called under the wheel's lock.
        let standing = self.0.load(Relaxed);
        let earlier = standing == 0 || tick < standing;
        if earlier {
            self.0.store(tick, Relaxed);
        }
        earlier
    }

    /// Gives the place at `tick` back; false when it was replaced by an earlier one.
    fn end(&self, tick: u64) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        self.0.compare_exchange(tick, 0, Relaxed, Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Disconnect, Encoding};

    fn connection(until: Duration) -> Arc<Connection> {
        Arc::new(Connection::new(Encoding::Json, 1_000, Instant::now() + until))
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_looked_at_when_its_time_has_come_and_not_before() {
        let wheel = Wheel::default();
        let start = Instant::now();
        let soon = connection(Duration::from_secs(2));
        // More than a round of the wheel away.
        let late = connection(Duration::from_secs(200));
        wheel.schedule(&soon, start + Duration::from_secs(2));
        wheel.schedule(&late, start + Duration::from_secs(200));
        wheel.advance(start + Duration::from_millis(1_999));
        assert_eq!(soon.outbox.closing(), None);
        wheel.advance(start + Duration::from_secs(2));
        assert_eq!(soon.outbox.closing(), Some(Disconnect::STALE));
        wheel.advance(start + Duration::from_secs(199));
        assert_eq!(late.outbox.closing(), None);
        wheel.advance(start + Duration::from_secs(200));
        assert_eq!(late.outbox.closing(), Some(Disconnect::STALE));
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_time_replaces_a_later_one_and_entries_do_not_gather() {
        let wheel = Wheel::default();
        let start = Instant::now();
        let connection = connection(Duration::from_secs(1));
        for seconds in [20, 10, 30, 1, 5, 1] {
            wheel.schedule(&connection, start + Duration::from_secs(seconds));
        }
        wheel.advance(start + Duration::from_secs(1));
        assert_eq!(connection.outbox.closing(), Some(Disconnect::STALE));
        wheel.advance(start + Duration::from_secs(60));
        let left: usize = wheel.lock().slots.iter().map(Vec::len).sum();
        assert_eq!(left, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn each_connection_stands_in_it_once_until_it_is_closed() {
        let wheel = Wheel::default();
        let start = Instant::now();
        let connection = connection(Duration::from_secs(20));
        for seconds in [20, 1, 10] {
            wheel.schedule(&connection, start + Duration::from_secs(seconds));
        }
        assert_eq!(wheel.connections().len(), 1);
        wheel.advance(start + Duration::from_secs(2));
        assert_eq!(wheel.connections().len(), 1);
        wheel.advance(start + Duration::from_secs(20));
        assert_eq!(connection.outbox.closing(), Some(Disconnect::STALE));
        assert!(wheel.connections().is_empty());
    }
}
