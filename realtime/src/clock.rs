//! Wall time as an argument.

mod shared;

pub use shared::SharedClock;

use std::{
    fmt::Debug,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// A source of server time.
pub trait Clock: Send + Sync + Debug {
    /// Milliseconds since the epoch. Never goes back.
    fn now_ms(&self) -> u64;
}

/// Milliseconds since this process first asked. For durations only: it is no time of day.
#[must_use]
pub fn monotonic_ms() -> u64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The machine's clock, held still when it is set back.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicU64,
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let wall = u64::try_from(wall).unwrap_or(u64::MAX);
        self.latest.fetch_max(wall, Ordering::Relaxed).max(wall)
    }
}
