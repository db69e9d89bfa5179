//! What a run is made of: a clock, dice, a store, a network, and a record of all that happened.
//!
//! Everything that is left to chance is drawn from one generator, in the order of events. The order of events follows from
//! tokio's paused clock and its queue, so one seed is one run.

use super::{faults::Defect, history::History, network::Network, store::Store};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::{
    fmt::{self, Write as _},
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{sync::Notify, time::Instant};

/// When every run begins, milliseconds since the epoch.
const EPOCH_MS: u64 = 1_790_000_000_000;

pub struct World {
    /// What is broken on purpose.
    pub defect: Option<Defect>,
    began: Instant,
    dice: Mutex<StdRng>,
    trace: Mutex<Trace>,
    store: Mutex<Store>,
    network: Mutex<Network>,
    /// Ways are open again.
    pub healed: Notify,
    history: Mutex<History>,
    panicked: AtomicBool,
}

/// What happened, as a hash, and in words if they are wanted.
#[derive(Default)]
struct Trace {
    hash: Fnv,
    lines: Option<Vec<String>>,
}

/// FNV-1a of all that is written.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        self.0 = text.as_bytes().iter().fold(self.0, step);
        Ok(())
    }
}

impl World {
    pub fn new(seed: u64, defect: Option<Defect>, in_words: bool) -> Arc<Self> {
        let trace = Trace { lines: in_words.then(Vec::new), ..Trace::default() };
        Arc::new(Self {
            defect,
            began: Instant::now(),
            dice: Mutex::new(StdRng::seed_from_u64(seed)),
            trace: Mutex::new(trace),
            store: Mutex::new(Store::new(defect)),
            network: Mutex::default(),
            healed: Notify::new(),
            history: Mutex::default(),
            panicked: AtomicBool::new(false),
        })
    }

    /// Milliseconds since the beginning. This is true time; nodes may believe in another.
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    /// The same since the epoch, as a clock that goes wrong by `skew_ms` shows it.
    pub fn wall_ms(&self, skew_ms: i64) -> u64 {
        (EPOCH_MS + self.now()).saturating_add_signed(skew_ms)
    }

    /// The true time of what a right clock showed.
    pub fn true_time(wall_ms: u64) -> u64 {
        wall_ms.saturating_sub(EPOCH_MS)
    }

    pub fn draw(&self, range: Range<u64>) -> u64 {
        self.dice.lock().unwrap().random_range(range)
    }

    pub fn chance(&self, percent: u64) -> bool {
        self.draw(0..100) < percent
    }

    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        (!from.is_empty()).then(|| &from[usize::try_from(self.draw(0..from.len() as u64)).unwrap()])
    }

    pub fn shuffle<T>(&self, all: &mut [T]) {
        all.shuffle(&mut *self.dice.lock().unwrap());
    }

    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    pub fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap()
    }

    pub fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap()
    }

    /// Writes down what happens.
    pub fn note(&self, what: fmt::Arguments<'_>) {
        let now = self.now();
        let mut trace = self.trace.lock().unwrap();
        writeln!(trace.hash, "{now} {what}").unwrap();
        if let Some(lines) = &mut trace.lines {
            lines.push(format!("{:>4}.{:03}  {what}", now / 1000, now % 1000));
        }
    }

    /// The hash of all that happened, and its words if they were wanted.
    pub fn trace(&self) -> (u64, Vec<String>) {
        let mut trace = self.trace.lock().unwrap();
        (trace.hash.0, trace.lines.take().unwrap_or_default())
    }

    /// Starts what belongs to no node: the network, people, fate.
    pub fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let witness = self.witness();
        tokio::spawn(async move {
            let _witness = witness;
            task.await;
        });
    }

    /// To be kept by every task: one that panics breaks the run.
    pub fn witness(self: &Arc<Self>) -> Witness {
        Witness(Arc::clone(self))
    }

    pub fn has_panicked(&self) -> bool {
        self.panicked.load(Ordering::Relaxed)
    }
}

pub struct Witness(Arc<World>);

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked.store(true, Ordering::Relaxed);
        }
    }
}
