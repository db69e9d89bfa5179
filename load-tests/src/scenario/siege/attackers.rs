//! The attackers, on a thread of their own. Each holds a socket and does nothing useful with it; whenever the server ends
//! it, it comes back.

use crate::{
    dialect::{Dialect, Greeting, Hello},
    fleet::{Fleet, Handler, Opening},
    frame,
    peer::Running,
};
use anyhow::{Context as _, anyhow, ensure};
use clap::ValueEnum;
use serde::Serialize;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Time between two bytes of a head.
const DRIP: Duration = Duration::from_secs(1);
/// Time between two pongs of a reader that never reads. Behind a closed window nobody sees the end of a connection;
/// bytes that come after it are answered by a reset.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// Receive buffer of readers that never read, bytes; the kernel makes it the least that it allows.
const RECEIVE_BUFFER: usize = 1_024;
/// Longest wait of the loop: what is due is done in batches, so that the thread seldom takes the core.
const TICK: Duration = Duration::from_millis(5);
/// Arrivals that were held up are made up for, as many as belong to this time.
const CATCH_UP: Duration = Duration::from_millis(50);
/// Time between two looks at how many are there.
const LOOK: Duration = Duration::from_millis(250);
/// The lowest priority, so that the honest reader and publisher, on the same core, never wait for the attackers.
const LOWEST: i32 = 19;

/// What an attacker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One byte of a request's head each second
    Headers,
    /// A WebSocket without a first command
    Silent,
    /// A subscriber that never reads, with the smallest window
    ZeroWindow,
}

impl Kind {
    /// Its name, as the flag has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Silent => "silent",
            Self::ZeroWindow => "zero-window",
        }
    }
}

/// Who attacks, and by what.
pub(super) struct Force {
    /// Attackers, of each kind as many.
    pub(super) attackers: usize,
    /// The kinds.
    pub(super) kinds: Vec<Kind>,
    /// Connections that are begun a second, at the most.
    pub(super) arrivals: f64,
    /// Tokens of those who subscribe, if there are any.
    pub(super) tokens: Vec<String>,
    /// Channels of those who subscribe; each is in one.
    pub(super) channels: Vec<String>,
}

/// How many attackers there were at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// When.
    pub(super) at: Instant,
    /// Sockets that the server holds, or, where that cannot be seen, connections that are not known to have ended.
    pub(super) held: u64,
    /// Connections that the server has ended so far.
    pub(super) ended: u64,
}

/// What became of the attackers of a kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    /// Connections that the server has ended.
    pub(super) count: u64,
    /// What was heard of the first.
    pub(super) first: Option<String>,
}

/// What an attack gives.
pub(super) struct Seen {
    /// Looks, in order.
    pub(super) looks: Vec<Look>,
    /// By kind.
    pub(super) ends: Vec<(Kind, Ends)>,
}

/// Attackers at work, until this is ended or dropped.
pub(super) struct Attack {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<anyhow::Result<Seen>>>,
}

struct Attackers {
    fleet: Fleet,
    crowd: Crowd,
    opening: Opening,
    /// A request's head, as far as it is not endless.
    head: Vec<u8>,
    pid: Option<u32>,
    sockets_before: u64,
    /// Those that are to come, in this order.
    waiting: VecDeque<usize>,
    arrivals: f64,
    /// Connections that may be begun now.
    credit: f64,
    credited: Instant,
    /// When an attacker is to say something, on which of its connections.
    due: BinaryHeap<Reverse<(Instant, usize, u32)>>,
    looks: Vec<Look>,
}

/// How far an attacker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Away,
    /// The upgrade, or this many replies, are missing.
    Entering(usize),
    There,
}

#[derive(Clone, Copy, Debug)]
struct Attacker {
    step: Step,
    /// Counts its connections: what is due for one is nothing to the next.
    connection: u32,
    /// What it has said on this connection.
    said: usize,
}

struct Crowd {
    dialect: Dialect,
    kinds: Vec<Kind>,
    tokens: Vec<String>,
    channels: Vec<String>,
    attackers: Vec<Attacker>,
    there: u64,
    /// Readers that have just got all that they read.
    seated: Vec<usize>,
    seated_ever: bool,
    refusal: Option<String>,
    /// Those whom the server has ended since the last turn.
    gone: Vec<usize>,
    /// By kind.
    ends: Vec<Ends>,
}

impl Attack {
    /// Sends the attackers to a server.
    pub(super) fn begin(running: &Running, force: Force) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let attackers = Attackers::new(running, force)?;
        let until = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("attackers".to_owned())
            .spawn(move || attackers.attack(&until))
            .context("no thread for the attackers")?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Ends all attackers and gives what was seen.
    pub(super) fn end(mut self) -> anyhow::Result<Seen> {
        self.join().unwrap_or_else(|| Err(anyhow!("it is over already"))).context("the attack failed")
    }

    fn join(&mut self) -> Option<anyhow::Result<Seen>> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take()?.join();
        Some(ended.unwrap_or_else(|_| Err(anyhow!("the attackers' thread failed"))))
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        // It is over already, or the run has failed elsewhere.
        let _unheard = self.join();
    }
}

impl Attackers {
    fn new(running: &Running, force: Force) -> anyhow::Result<Self> {
        let Force { attackers, kinds, arrivals, tokens, channels } = force;
        let path = running.dialect.path(&[]);
        let nobody = Attacker { step: Step::Away, connection: 0, said: 0 };
        Ok(Self {
            fleet: Fleet::new()?,
            head: format!("GET {path} HTTP/1.1\r\nHost: {}\r\nX-Endless: ", running.target).into_bytes(),
            opening: Opening { target: running.target, path, receive_buffer: None },
            pid: running.pid(),
            sockets_before: running.pid().and_then(open_files_of).unwrap_or(0),
            waiting: (0..attackers).collect(),
            arrivals,
            credit: 0.0,
            credited: Instant::now(),
            due: BinaryHeap::new(),
            looks: Vec::new(),
            crowd: Crowd {
                dialect: running.dialect,
                ends: vec![Ends::default(); kinds.len()],
                kinds,
                tokens,
                channels,
                attackers: vec![nobody; attackers],
                there: 0,
                seated: Vec::new(),
                seated_ever: false,
                refusal: None,
                gone: Vec::new(),
            },
        })
    }

    fn attack(mut self, stop: &AtomicBool) -> anyhow::Result<Seen> {
        rustix::process::nice(LOWEST)?;
        self.credited = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            self.arrive(now)?;
            self.speak(now);
            self.look(now);
            self.fleet.turn(now + TICK, &mut self.crowd)?;
            self.close_windows()?;
            self.waiting.extend(self.crowd.gone.drain(..));
        }
        let crowd = self.crowd;
        ensure!(
            crowd.seated_ever || !crowd.kinds.contains(&Kind::ZeroWindow),
            "no zero-window reader was let in: {:?}",
            crowd.refusal
        );
        Ok(Seen { looks: self.looks, ends: crowd.kinds.into_iter().zip(crowd.ends).collect() })
    }

    fn arrive(&mut self, now: Instant) -> anyhow::Result<()> {
        let most = (self.arrivals * CATCH_UP.as_secs_f64()).max(1.0);
        self.credit =
            (self.credit + self.arrivals * now.duration_since(self.credited).as_secs_f64()).min(most);
        self.credited = now;
        while self.credit >= 1.0 {
            let Some(id) = self.waiting.pop_front() else { break };
            self.credit -= 1.0;
            let kind = self.crowd.kind(id);
            let zero_window = kind == Kind::ZeroWindow;
            self.opening.receive_buffer = zero_window.then_some(RECEIVE_BUFFER);
            let channels = if zero_window { self.crowd.channel(id) } else { &[] };
            self.opening.path = self.crowd.dialect.path(channels);
            if kind == Kind::Headers {
                self.fleet.open_mute(id, &self.opening)?;
                self.crowd.there += 1;
                let attacker = &mut self.crowd.attackers[id];
                (attacker.step, attacker.said) = (Step::There, 0);
                self.due.push(Reverse((now, id, attacker.connection)));
            } else {
                self.fleet.open(id, &self.opening)?;
                self.crowd.attackers[id].step = Step::Entering(self.crowd.replies(id));
            }
        }
        Ok(())
    }

    /// Sends what is due: bytes of heads, pongs of those who do not read.
    fn speak(&mut self, now: Instant) {
        let mut pong = Vec::new();
        frame::write_client(&mut pong, frame::PONG, b"");
        while let Some(&Reverse((due, id, connection))) = self.due.peek()
            && due <= now
        {
            self.due.pop();
            let kind = self.crowd.kind(id);
            let attacker = &mut self.crowd.attackers[id];
            if attacker.connection != connection {
                continue;
            }
            let byte = [head_byte(&self.head, attacker.said)];
            attacker.said += 1;
            let (bytes, pause) =
                if kind == Kind::Headers { (&byte[..], DRIP) } else { (&pong[..], SIGN_OF_LIFE) };
            match self.fleet.send(id, bytes) {
                Ok(()) => self.due.push(Reverse((now + pause, id, connection))),
                Err(error) => {
                    self.fleet.drop_connection(id);
                    self.crowd.ended(id, &error.to_string());
                }
            }
        }
    }

    /// Those who are seated read no more.
    fn close_windows(&mut self) -> anyhow::Result<()> {
        let now = Instant::now();
        for id in self.crowd.seated.drain(..) {
            let attacker = self.crowd.attackers[id];
            if attacker.step == Step::There {
                self.fleet.deafen(id)?;
                self.due.push(Reverse((now + SIGN_OF_LIFE, id, attacker.connection)));
            }
        }
        Ok(())
    }

    fn look(&mut self, now: Instant) {
        if self.looks.last().is_some_and(|last| now.duration_since(last.at) < LOOK) {
            return;
        }
        let sockets = self.pid.and_then(open_files_of);
        let held = sockets.map_or(self.crowd.there, |sockets| sockets.saturating_sub(self.sockets_before));
        let ended = self.crowd.ends.iter().map(|ends| ends.count).sum();
        self.looks.push(Look { at: now, held, ended });
    }
}

/// Files and sockets that a process has open; kernels before 6.2 do not say.
fn open_files_of(pid: u32) -> Option<u64> {
    let count = std::fs::metadata(format!("/proc/{pid}/fd")).ok()?.len();
    (count > 0).then_some(count)
}

/// A byte of a head that has no end.
fn head_byte(head: &[u8], at: usize) -> u8 {
    head.get(at).copied().unwrap_or(b'x')
}

impl Crowd {
    /// Kinds take turns.
    fn kind(&self, id: usize) -> Kind {
        self.kinds[id % self.kinds.len()]
    }

    /// The channel of a reader, as a list of one.
    fn channel(&self, id: usize) -> &[String] {
        let channel = id / self.kinds.len() % self.channels.len().max(1);
        self.channels.get(channel..=channel).unwrap_or_default()
    }

    /// Replies that an attacker waits for once it is upgraded.
    fn replies(&self, id: usize) -> usize {
        if self.kind(id) == Kind::ZeroWindow { self.dialect.replies(1) } else { 0 }
    }

    fn hello(&self, id: usize) -> Hello<'_> {
        let token = self.tokens.get(id / self.kinds.len()).map(String::as_str);
        Hello { token, channels: self.channel(id), position: None }
    }

    fn arrived(&mut self, id: usize) {
        self.attackers[id].step = Step::There;
        self.there += 1;
        if self.kind(id) == Kind::ZeroWindow {
            self.seated.push(id);
            self.seated_ever = true;
        }
    }
}

impl Handler for Crowd {
    fn opened(&mut self, id: usize, out: &mut Vec<u8>) {
        if self.kind(id) == Kind::ZeroWindow {
            self.dialect.hello(&self.hello(id), out);
        }
        if self.attackers[id].step == Step::Entering(0) {
            self.arrived(id);
        }
    }

    fn message(&mut self, id: usize, payload: &[u8], _: Instant, out: &mut Vec<u8>) {
        let Step::Entering(mut missing) = self.attackers[id].step else { return };
        for line in payload.split(|byte| *byte == b'\n') {
            let greeting = self.dialect.greeting(line, &self.hello(id), out);
            match greeting {
                Greeting::Other => {}
                Greeting::Accepted(_) => missing = missing.saturating_sub(1),
                Greeting::Refused(why) => self.refusal = self.refusal.take().or(Some(why)),
            }
        }
        self.attackers[id].step = Step::Entering(missing);
        if missing == 0 {
            self.arrived(id);
        }
    }

    fn ended(&mut self, id: usize, why: &str) {
        let attacker = &mut self.attackers[id];
        self.there -= u64::from(attacker.step == Step::There);
        (attacker.step, attacker.connection) = (Step::Away, attacker.connection + 1);
        self.gone.push(id);
        let index = id % self.kinds.len();
        let ends = &mut self.ends[index];
        ends.count += 1;
        ends.first.get_or_insert_with(|| why.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_begins_as_a_request_and_has_no_end() {
        let head = b"GET / HTTP/1.1\r\nX-Endless: ";
        let said: Vec<u8> = (0..1_000).map(|at| head_byte(head, at)).collect();
        assert!(said.starts_with(head));
        assert_eq!(memchr::memmem::find(&said, b"\r\n\r\n"), None);
        assert_eq!(said.len(), 1_000);
    }
}
