//! What the processes of a crowd say to each other.

use crate::{audience::Faults, dialect::Dialect, latency::Latency};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};

/// Where a process's part of the connections sits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seats {
    /// What they speak.
    pub dialect: Dialect,
    /// The nodes, to which connections go in turn by their number.
    pub doors: Vec<SocketAddr>,
    /// File of the tokens of this part, a line each.
    pub tokens: PathBuf,
    /// Names of the channels begin with this, and end with their number.
    pub namespace: String,
    /// Channels that connections sit in by turns.
    pub channels: usize,
    /// Channels of each connection.
    pub each: usize,
    /// Number of the first connection of this part among all.
    pub first: usize,
    /// Connections of this part.
    pub connections: usize,
    /// Connections of all parts.
    pub all: usize,
}

/// What members say: one in each channel speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speech {
    /// The first moment, nanoseconds of the machine's monotonic clock.
    pub start: u64,
    /// Messages a second, over all channels, which take turns.
    pub per_second: f64,
    /// Messages in all.
    pub messages: u64,
    /// Bytes of a message.
    pub bytes: usize,
}

/// An order to one process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Who sits where. The first order, without an answer.
    Sit(Seats),
    /// Let them all in.
    Enter,
    /// Subscribe them all to the channel with this number.
    Follow { channel: usize },
    /// Count from now on.
    Count,
    /// Speak. The answer is that it was heard.
    Speak(Speech),
    /// Tell what was counted.
    Tell,
}

/// The answer to one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done,
    /// What was counted.
    Tally(Box<Tally>),
    /// It is over with this process.
    Failed(String),
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Messages that were read.
    pub deliveries: u64,
    /// Data frames that were read.
    pub frames: u64,
    /// When the first and the last message was read, nanoseconds of the machine's monotonic clock.
    pub span: Option<(u64, u64)>,
    /// What went wrong.
    pub faults: Faults,
    /// Why the first few connections ended.
    pub ends: Vec<String>,
    /// From due to read: nanoseconds, and how often.
    pub times: Vec<(u64, u64)>,
    /// Messages that were spoken.
    pub spoken: u64,
    /// The latest that one was behind its moment, nanoseconds.
    pub latest: u64,
}

impl Tally {
    /// Adds that of another process.
    pub fn add(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.frames += other.frames;
        self.span = match (self.span, other.span) {
            (Some(own), Some(other)) => Some((own.0.min(other.0), own.1.max(other.1))),
            (own, other) => own.or(other),
        };
        self.faults.lost += other.faults.lost;
        self.faults.out_of_order += other.faults.out_of_order;
        self.faults.ended += other.faults.ended;
        self.ends.extend(other.ends);
        self.times.extend(other.times);
        self.spoken += other.spoken;
        self.latest = self.latest.max(other.latest);
    }

    /// The times as a histogram.
    pub fn latency(&self) -> Latency {
        let mut latency = Latency::new();
        for (nanos, count) in &self.times {
            latency.record_many(*nanos, *count);
        }
        latency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_added_up_over_all_processes() {
        let part = |span, deliveries| Tally {
            deliveries,
            span,
            times: vec![(2_000_000, deliveries)],
            faults: Faults { lost: 1, ..Faults::default() },
            latest: deliveries,
            ..Tally::default()
        };
        let mut all = Tally::default();
        for (span, deliveries) in [(Some((50, 90)), 3), (None, 0), (Some((20, 60)), 5)] {
            all.add(part(span, deliveries));
        }
        assert_eq!((all.deliveries, all.span, all.faults.lost, all.latest), (8, Some((20, 90)), 3, 5));
        assert_eq!(all.latency().count(), 8);
    }
}
