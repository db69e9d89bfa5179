//! One client that resumes: it subscribes with recovery, and after any cut it comes back to another node with its positions.
//! Delays, timeouts and codes as in the browser app and the public SDKs.

mod handshake;
mod session;

use super::wire;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use session::{Ended, Session};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// Shortest and longest delay before a client comes back, those of the browser app.
const MIN_DELAY: Duration = Duration::from_millis(300);
const MAX_DELAY: Duration = Duration::from_secs(5);

/// What happens to a client.
#[derive(Debug)]
pub(super) enum Event<'a> {
    /// A subscription is there; `recovered` if it goes on where the client was.
    Joined { channel: usize, epoch: &'a str, offset: u64, recovered: bool },
    /// A publication of a channel of its own, live or recovered.
    Published { channel: usize, offset: u64, data: &'a str },
    /// A publication of a channel that the server chose, such as the personal one.
    Personal,
    /// The server ended a subscription; the client subscribes again.
    Left { channel: usize },
    /// The answer to a call of [`Speech`].
    Answered { tag: u32, result: Result<&'a str, Failure> },
    /// The connection is gone, and with it all calls that are not answered.
    Cut,
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// 0 when there was no answer in time.
    pub(super) code: u32,
    pub(super) message: String,
    pub(super) temporary: bool,
}

/// What a client makes of what it hears. Runs on the client's own task and never waits.
pub(super) trait Mind: Send + 'static {
    /// Something happened.
    fn heard(&mut self, at: Instant, event: Event<'_>, speech: &mut Speech);
    /// A moment that the mind asked for has come, or might have.
    fn wake(&mut self, _now: Instant, _speech: &mut Speech) {}
    /// When it wants to be woken.
    fn due(&self) -> Option<Instant> {
        None
    }
}

/// Calls that a mind makes. Those of a client that is not connected are dropped: it hears of the next connection.
#[derive(Debug, Default)]
pub(super) struct Speech {
    calls: Vec<(u32, String, String)>,
}

impl Speech {
    /// Calls a method with JSON parameters; the answer comes with the tag.
    pub(super) fn call(&mut self, tag: u32, method: &str, data: String) {
        self.calls.push((tag, method.to_owned(), data));
    }
}

/// Who comes and what for.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) token: String,
    pub(super) channels: Vec<String>,
    /// Index of the node that is tried first.
    pub(super) node: usize,
    /// Of its delays.
    pub(super) seed: u64,
}

/// What a crowd is asked to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Orders {
    /// Grows when all are to drop their sockets and come back.
    pub(super) cuts: u32,
    pub(super) stop: bool,
}

/// What clients of a crowd share.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// Where the nodes are. Those that leave the list are not tried any more.
    pub(super) nodes: RwLock<Vec<SocketAddr>>,
    /// Clients with all of their subscriptions.
    pub(super) whole: AtomicUsize,
    /// How connections ended: the close code (0: none), and when.
    pub(super) closes: Mutex<Vec<(u16, Instant)>>,
    /// The first thing that must not happen to any client.
    pub(super) failed: Mutex<Option<String>>,
}

impl Surroundings {
    pub(super) fn new(nodes: Vec<SocketAddr>) -> Arc<Self> {
        Arc::new(Self {
            nodes: RwLock::new(nodes),
            whole: AtomicUsize::new(0),
            closes: Mutex::default(),
            failed: Mutex::default(),
        })
    }

    fn fail(&self, why: String) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }

    fn closed(&self, code: u16) {
        self.closes.lock().unwrap_or_else(PoisonError::into_inner).push((code, Instant::now()));
    }
}

/// Where a subscription goes on.
#[derive(Clone, Debug)]
struct Position {
    epoch: String,
    offset: u64,
}

/// A client between and within its connections.
pub(super) struct Client<M> {
    who: Who,
    mind: M,
    positions: Vec<Option<Position>>,
    around: Arc<Surroundings>,
    orders: watch::Receiver<Orders>,
    dice: SmallRng,
    /// When it lost its connection, until it is whole again.
    cut_at: Option<Instant>,
    /// Times from a cut until all subscriptions were there again: when the cut was, and how long it took.
    gaps: Vec<(Instant, Duration)>,
}

/// What is left of a client.
pub(super) struct Account<M> {
    pub(super) mind: M,
    pub(super) gaps: Vec<(Instant, Duration)>,
}

impl<M: Mind> Client<M> {
    pub(super) fn new(who: Who, mind: M, around: Arc<Surroundings>, orders: watch::Receiver<Orders>) -> Self {
        let positions = who.channels.iter().map(|_| None).collect();
        let dice = SmallRng::seed_from_u64(who.seed);
        Self { who, mind, positions, around, orders, dice, cut_at: None, gaps: Vec::new() }
    }

    /// Lives until it is asked to stop.
    pub(super) async fn run(mut self) -> Account<M> {
        let (mut tries, mut node) = (0, self.who.node);
        loop {
            let (ended, was_whole) = self.connect(node).await;
            if was_whole {
                tries = 0;
            }
            let delay = match ended {
                Ended::Stopped => return Account { mind: self.mind, gaps: self.gaps },
                Ended::Refused(why) => {
                    self.around.fail(why);
                    return Account { mind: self.mind, gaps: self.gaps };
                }
                Ended::Cut => self.delay(tries),
                Ended::Busy(retry) => retry.mul_f64(self.dice.random_range(1.0..1.2)),
            };
            tries += 1;
            // Another one than the one that was lost, if there is one.
            node += 1;
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                stopped = self.stopped() => if stopped {
                    return Account { mind: self.mind, gaps: self.gaps };
                }
            }
        }
    }

    /// One connection, from the first byte to its end; and whether all subscriptions stood.
    async fn connect(&mut self, node: usize) -> (Ended, bool) {
        let address = {
            let nodes = self.around.nodes.read().unwrap_or_else(PoisonError::into_inner);
            nodes.get(node % nodes.len().max(1)).copied()
        };
        let Some(address) = address else { return (Ended::Cut, false) };
        let stream = match handshake::connect(address).await {
            Ok(stream) => stream,
            Err(ended) => return (ended, false),
        };
        let mut session = Session::new(self, stream);
        let ended = session.run().await;
        let was_whole = session.is_whole();
        if was_whole {
            self.around.whole.fetch_sub(1, Ordering::Relaxed);
        }
        if !matches!(ended, Ended::Stopped) {
            let now = Instant::now();
            self.cut_at.get_or_insert(now);
            self.mind.heard(now, Event::Cut, &mut Speech::default());
        }
        (ended, was_whole)
    }

    fn became_whole(&mut self, now: Instant) {
        self.around.whole.fetch_add(1, Ordering::Relaxed);
        if let Some(cut) = self.cut_at.take() {
            self.gaps.push((cut, now.saturating_duration_since(cut)));
        }
    }

    /// As the SDKs reckon it: a minimum, and a random part that doubles.
    fn delay(&mut self, tries: u32) -> Duration {
        let most = MIN_DELAY.saturating_mul(1 << tries.min(6)).min(MAX_DELAY);
        (MIN_DELAY + most.mul_f64(self.dice.random())).min(MAX_DELAY)
    }

    /// Ends with whether it was asked to stop, once it was asked for anything.
    async fn stopped(&mut self) -> bool {
        match self.orders.changed().await {
            Ok(()) => self.orders.borrow_and_update().stop,
            Err(_) => true,
        }
    }
}
