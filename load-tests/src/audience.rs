//! Subscribers: how they are let in, and what they receive. Every delivery is counted, and its number checked.

use crate::{
    dialect::{Dialect, Greeting, Hello, Position},
    fleet::{Fleet, Handler, Opening},
    latency::Latency,
    mark::{self, Scanner},
    peer::Running,
    progress::Progress,
    seating::Seating,
};
use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};
use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

/// Connections that are being let in at once: no more than a listen backlog holds.
pub const AT_ONCE: usize = 64;
/// Time without any progress after which letting in is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// How far a subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Away,
    /// This many replies are still missing.
    Entering(usize),
    Ready,
    Ended,
}

/// What went wrong for subscribers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Messages that were jumped over or never came.
    pub lost: u64,
    /// Messages that came late or twice.
    pub out_of_order: u64,
    /// Connections that ended before their time.
    pub ended: u64,
}

impl Faults {
    /// Whether there are any.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// Who subscribes: the part that does not change.
pub struct Guests {
    /// The protocol.
    pub dialect: Dialect,
    /// A token for each connection, or none at all.
    pub tokens: Vec<String>,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// Who sits where.
    pub seating: Seating,
}

impl Guests {
    fn channels_of(&self, id: usize) -> Vec<String> {
        self.seating.of(id).map(|channel| self.channels[channel].clone()).collect()
    }
}

/// The subscribers of a run.
pub struct Audience {
    fleet: Fleet,
    members: Members,
    opening: Opening,
}

struct Members {
    guests: Arc<Guests>,
    stages: Vec<Stage>,
    /// Those after this one do not count into latency and loss: they are there to be in the way.
    honest: usize,
    /// Last number by connection and seat.
    numbers: Vec<u32>,
    positions: Vec<Position>,
    keep_positions: bool,
    entering: usize,
    scanner: Scanner,
    refusal: Option<String>,
    counting: bool,
    deliveries: u64,
    faults: Faults,
    latency: Latency,
    /// Moments at which each last became ready.
    ready_at: Vec<Option<Instant>>,
    ends: Vec<String>,
}

impl Audience {
    /// Nobody yet; `size` at the most.
    pub fn new(running: &Running, guests: Guests, size: usize) -> anyhow::Result<Self> {
        let seats = size * guests.seating.each;
        Ok(Self {
            fleet: Fleet::new()?,
            opening: Opening { target: running.target, path: String::new(), receive_buffer: None },
            members: Members {
                guests: Arc::new(guests),
                stages: vec![Stage::Away; size],
                honest: size,
                numbers: vec![0; seats],
                positions: Vec::new(),
                keep_positions: false,
                entering: 0,
                scanner: Scanner::new(),
                refusal: None,
                counting: false,
                deliveries: 0,
                faults: Faults::default(),
                latency: Latency::new(),
                ready_at: vec![None; size],
                ends: Vec::new(),
            },
        })
    }

    /// Remembers where each subscription stands, so that it can be recovered.
    pub fn keep_positions(&mut self) {
        self.members.keep_positions = true;
        self.members.positions = vec![Position::default(); self.members.stages.len()];
    }

    /// Begins one connection.
    pub fn enter(&mut self, id: usize) -> anyhow::Result<()> {
        let guests = &self.members.guests;
        self.opening.path = guests.dialect.path(&guests.channels_of(id));
        self.fleet.open(id, &self.opening)?;
        self.members.stages[id] = Stage::Entering(guests.dialect.replies(guests.seating.each));
        self.members.entering += 1;
        Ok(())
    }

    /// Lets a range of connections in, a bounded number at once, and waits until all are ready.
    pub fn enter_all(&mut self, range: Range<usize>, progress: &Progress) -> anyhow::Result<()> {
        let (first, all) = (range.start, range.len());
        let mut waiting = range;
        let mut last = (usize::MAX, Instant::now());
        loop {
            while self.members.entering < AT_ONCE {
                let Some(id) = waiting.next() else { break };
                self.enter(id)?;
            }
            if self.members.entering == 0 && waiting.is_empty() {
                break;
            }
            let left = waiting.len() + self.members.entering;
            progress.say(&format!("connecting {} of {all}", all - left));
            if left != last.0 {
                last = (left, Instant::now());
            }
            ensure!(last.1.elapsed() < PATIENCE, "connection {} of {all} gets no answer", all - left + first);
            self.turn(Instant::now() + Duration::from_millis(100))?;
            self.check_refusal()?;
        }
        Ok(())
    }

    fn check_refusal(&self) -> anyhow::Result<()> {
        if let Some(refusal) = &self.members.refusal {
            bail!("the server lets nobody in: {refusal}");
        }
        if let Some(end) = self.members.ends.first() {
            bail!("a connection ended while others were made: {end}");
        }
        Ok(())
    }

    /// Handles what comes, until a moment at the latest.
    pub fn turn(&mut self, until: Instant) -> anyhow::Result<bool> {
        self.fleet.turn(until, &mut self.members)
    }

    /// Handles what comes, until a moment.
    pub fn run_until(&mut self, until: Instant) -> anyhow::Result<()> {
        self.fleet.run_until(until, &mut self.members)
    }

    /// Ends a connection without a word.
    pub fn leave(&mut self, id: usize) {
        self.fleet.drop_connection(id);
        self.members.stages[id] = Stage::Away;
    }

    /// Makes those from `honest` on stop reading, with a small buffer on this side.
    pub fn stall_from(&mut self, honest: usize) -> anyhow::Result<()> {
        self.members.honest = honest;
        for id in honest..self.members.stages.len() {
            self.fleet.stall(id)?;
        }
        Ok(())
    }

    /// Lets the stalled ones read what there is, and gives how many of them find that the server has ended them.
    pub fn resume_stalled(&mut self, time: Duration) -> anyhow::Result<usize> {
        let stalled = self.members.honest..self.members.stages.len();
        for id in stalled.clone() {
            self.fleet.resume(id)?;
        }
        self.run_until(Instant::now() + time)?;
        Ok(stalled.filter(|id| self.members.stages[*id] == Stage::Ended).count())
    }

    /// Sets the kernel's receive buffer of connections that come from now on.
    pub fn receive_buffer(&mut self, bytes: Option<usize>) {
        self.opening.receive_buffer = bytes;
    }

    /// Forgets what was counted and counts from now on.
    pub fn count_from_now(&mut self) {
        let members = &mut self.members;
        members.counting = true;
        members.deliveries = 0;
        members.faults = Faults::default();
        members.latency = Latency::new();
        (self.fleet.frames, self.fleet.bytes) = (0, 0);
    }

    /// Messages received by those who count.
    pub fn deliveries(&self) -> u64 {
        self.members.deliveries
    }

    /// Data frames and bytes received.
    pub fn received(&self) -> (u64, u64) {
        (self.fleet.frames, self.fleet.bytes)
    }

    /// From when a message was due to when it was read.
    pub fn latency(&self) -> &Latency {
        &self.members.latency
    }

    /// What went wrong since counting began.
    pub fn faults(&self) -> Faults {
        self.members.faults
    }

    /// Why connections ended, the first few.
    pub fn ends(&self) -> &[String] {
        &self.members.ends
    }

    /// Connections that are being let in.
    pub fn entering(&self) -> usize {
        self.members.entering
    }

    /// When a connection last became ready.
    pub fn ready_at(&self, id: usize) -> Option<Instant> {
        self.members.ready_at[id].filter(|_| self.members.stages[id] == Stage::Ready)
    }
}

impl Handler for Members {
    fn opened(&mut self, id: usize, out: &mut Vec<u8>) {
        let guests = Arc::clone(&self.guests);
        let channels = guests.channels_of(id);
        guests.dialect.hello(&self.hello(id, &guests, &channels), out);
        if self.stages[id] == Stage::Entering(0) {
            self.let_in(id, Instant::now());
        }
    }

    fn message(&mut self, id: usize, payload: &[u8], at: Instant, out: &mut Vec<u8>) {
        if self.stages[id] == Stage::Ready {
            if self.count(id, payload, at) == 0 || memchr::memchr(b'\n', payload).is_some() {
                self.guests.dialect.answer_ping(payload, out);
            }
            return;
        }
        let guests = Arc::clone(&self.guests);
        let channels = guests.channels_of(id);
        for line in payload.split(|byte| *byte == b'\n') {
            let greeting = guests.dialect.greeting(line, &self.hello(id, &guests, &channels), out);
            // Recovered publications stand inside the reply.
            self.count(id, line, at);
            match greeting {
                Greeting::Other => {}
                Greeting::Accepted(position) => {
                    if let (true, Some(position)) = (self.keep_positions, position) {
                        self.positions[id] = position;
                    }
                    if let Stage::Entering(missing) = &mut self.stages[id] {
                        *missing -= 1;
                        if *missing == 0 {
                            self.let_in(id, at);
                        }
                    }
                }
                Greeting::Refused(why) => self.refusal = self.refusal.take().or(Some(why)),
            }
        }
    }

    fn ended(&mut self, id: usize, why: &str) {
        if matches!(self.stages[id], Stage::Entering(_)) {
            self.entering -= 1;
            self.refusal = self.refusal.take().or_else(|| Some(why.to_owned()));
        }
        self.stages[id] = Stage::Ended;
        if id < self.honest {
            self.faults.ended += 1;
        }
        if self.ends.len() < 5 {
            self.ends.push(why.to_owned());
        }
    }
}

impl Members {
    fn hello<'a>(&'a self, id: usize, guests: &'a Guests, channels: &'a [String]) -> Hello<'a> {
        Hello {
            token: guests.tokens.get(id).map(String::as_str),
            channels,
            position: self.positions.get(id).filter(|position| !position.epoch.is_empty()),
        }
    }

    fn let_in(&mut self, id: usize, at: Instant) {
        self.stages[id] = Stage::Ready;
        self.entering -= 1;
        self.ready_at[id] = Some(at);
    }

    fn count(&mut self, id: usize, payload: &[u8], at: Instant) -> usize {
        let Self { scanner, guests, numbers, latency, faults, deliveries, .. } = self;
        let (counts, at) = (self.counting && id < self.honest, mark::nanos(at));
        let seating = guests.seating;
        scanner.scan(payload, |mark| {
            let Some(seat) = seating.seat(id, usize::from(mark.channel)) else {
                faults.out_of_order += 1;
                return;
            };
            let last = &mut numbers[id * seating.each + seat];
            if mark.number <= *last {
                faults.out_of_order += 1;
                return;
            }
            faults.lost += u64::from(mark.number - *last - 1);
            *last = mark.number;
            if counts {
                *deliveries += 1;
                latency.record(at.saturating_sub(mark.due));
            }
        })
    }
}
