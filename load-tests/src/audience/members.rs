//! Subscribers one by one: how far each is, what it says to be let in, and what it has received.

use super::{Faults, Guests};
use crate::{
    dialect::{Greeting, Hello, Position},
    fleet::Handler,
    latency::Latency,
    mark::{self, Scanner},
};
use std::{sync::Arc, time::Instant};

/// How far a subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Away,
    /// This many replies are still missing.
    Entering(usize),
    Ready,
    Ended,
}

/// The subscribers, and what each has seen.
pub(super) struct Members {
    pub(super) guests: Arc<Guests>,
    /// Number of the first one among all subscribers, who may be those of several processes.
    pub(super) first: usize,
    /// A channel in which everybody is besides, and the last number of it that each has seen.
    pub(super) common: Option<(usize, Vec<u32>)>,
    pub(super) stages: Vec<Stage>,
    /// Those after this one do not count into latency and loss: they are there to be in the way.
    pub(super) honest: usize,
    /// Last number by connection and seat.
    pub(super) numbers: Vec<u32>,
    pub(super) positions: Vec<Position>,
    pub(super) keep_positions: bool,
    pub(super) entering: usize,
    pub(super) scanner: Scanner,
    pub(super) refusal: Option<String>,
    pub(super) counting: bool,
    pub(super) deliveries: u64,
    /// When the first and the last message that counts was read.
    pub(super) span: Option<(Instant, Instant)>,
    pub(super) faults: Faults,
    pub(super) latency: Latency,
    /// Moments at which each last became ready.
    pub(super) ready_at: Vec<Option<Instant>>,
    pub(super) ends: Vec<String>,
}

impl Handler for Members {
    fn opened(&mut self, id: usize, out: &mut Vec<u8>) {
        let guests = Arc::clone(&self.guests);
        let channels = guests.channels_of(self.first + id);
        guests.dialect.hello(&self.hello(id, &guests, &channels), out);
        if self.stages[id] == Stage::Entering(0) {
            self.let_in(id, Instant::now());
        }
    }

    fn message(&mut self, id: usize, payload: &[u8], at: Instant, out: &mut Vec<u8>) {
        if self.stages[id] == Stage::Ready {
            let marks = self.count(id, payload, at);
            if marks == 0 || memchr::memchr(b'\n', payload).is_some() {
                let ping = self.guests.dialect.answer_ping(payload, out);
                // The answer to what a speaker has said.
                if !ping && memchr::memmem::find(payload, br#""error""#).is_some() {
                    self.refusal =
                        self.refusal.take().or_else(|| Some(String::from_utf8_lossy(payload).into_owned()));
                }
            }
            return;
        }
        let guests = Arc::clone(&self.guests);
        let channels = guests.channels_of(self.first + id);
        for line in payload.split(|byte| *byte == b'\n') {
            let greeting = guests.dialect.greeting(line, &self.hello(id, &guests, &channels), out);
            // Recovered publications stand inside the reply.
            self.count(id, line, at);
            match greeting {
                Greeting::Other => {
                    guests.dialect.answer_ping(line, out);
                }
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
    /// Nobody yet; `first` is the first of `size` among all.
    pub(super) fn new(guests: Guests, first: usize, size: usize) -> Self {
        let seats = size * guests.seating.each;
        Self {
            guests: Arc::new(guests),
            first,
            common: None,
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
            span: None,
            faults: Faults::default(),
            latency: Latency::new(),
            ready_at: vec![None; size],
            ends: Vec::new(),
        }
    }

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
        let Self { scanner, guests, numbers, latency, faults, deliveries, span, common, .. } = self;
        let (read, number) = (at, self.first + id);
        let (counts, at) = (self.counting && id < self.honest, mark::nanos(at));
        let seating = guests.seating;
        scanner.scan(payload, |mark| {
            let channel = usize::from(mark.channel);
            let last = match (seating.seat(number, channel), &mut *common) {
                (Some(seat), _) => &mut numbers[id * seating.each + seat],
                (None, Some((own, numbers))) if *own == channel => &mut numbers[id],
                _ => {
                    faults.out_of_order += 1;
                    return;
                }
            };
            if mark.number <= *last {
                faults.out_of_order += 1;
                return;
            }
            faults.lost += u64::from(mark.number - *last - 1);
            *last = mark.number;
            if counts {
                *deliveries += 1;
                *span = Some((span.map_or(read, |(first, _)| first), read));
                latency.record(at.saturating_sub(mark.due));
            }
        })
    }
}
