//! Who publishes: at the scheduled moments, on a thread and connections of its own.

mod api;
mod chat;
mod client;
mod lanes;

pub use api::ApiPublisher;
pub use chat::{ChatPublisher, Speaker};
pub use client::ClientPublisher;
pub use lanes::Lanes;

use crate::{interrupt, mark::Mark, pacing::Schedule, seating::Seating};
use anyhow::Context as _;
use std::{
    num::NonZero,
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A way to publish.
pub trait Publish: Send {
    /// Publishes messages at once: a channel's index and a payload each.
    fn publish(&mut self, messages: &[(usize, Vec<u8>)]) -> anyhow::Result<()>;
    /// Does what the connection needs, until a moment.
    fn wait_until(&mut self, moment: Instant) -> anyhow::Result<()>;
}

/// What is published, and when.
#[derive(Clone, Copy, Debug)]
pub struct Programme {
    /// The moments.
    pub schedule: Schedule,
    /// Channels in all.
    pub channels: usize,
    /// Messages at each moment, one to each of as many channels, going around.
    pub at_once: usize,
    /// Bytes of a payload.
    pub bytes: usize,
}

impl Programme {
    /// Channels of a moment.
    pub fn channels_at(&self, index: u64) -> impl Iterator<Item = usize> {
        let (first, channels) = (index.wrapping_mul(self.at_once as u64), self.channels as u64);
        (0..self.at_once as u64).map(move |offset| usize::try_from((first + offset) % channels).unwrap_or(0))
    }

    /// Deliveries that follow from it, with `connections` seated.
    pub fn deliveries(&self, seating: Seating, connections: usize) -> u64 {
        let subscribers = seating.subscribers(connections);
        (0..self.schedule.count())
            .flat_map(|index| self.channels_at(index))
            .map(|channel| subscribers[channel])
            .sum()
    }
}

/// How publishing went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Published {
    /// Messages.
    pub messages: u64,
    /// The latest that one was handed over behind its moment.
    pub latest: Duration,
}

/// A publisher and how far the numbers of its channels are.
pub struct Publisher {
    way: Box<dyn Publish>,
    numbers: Vec<u32>,
    /// What its first channel is called in the marks.
    first: usize,
}

impl Publisher {
    /// Publishes in a way to `channels` channels.
    pub fn new(way: Box<dyn Publish>, channels: usize) -> Self {
        Self { way, numbers: vec![0; channels], first: 0 }
    }

    /// The same with its first channel known to subscribers as the one with this number.
    pub fn numbered_from(self, first: usize) -> Self {
        Self { first, ..self }
    }

    /// Does what the connection needs, for a while.
    pub fn wait(&mut self, time: Duration) -> anyhow::Result<()> {
        self.way.wait_until(Instant::now() + time)
    }

    /// Plays a programme on a thread of its own; it ends when everything is handed over.
    pub fn play(mut self, programme: Programme) -> anyhow::Result<Playing> {
        let play = move || -> anyhow::Result<(Self, Published)> {
            // Without this the kernel may wake a sleeper 50 µs late to save power.
            rustix::thread::set_current_timer_slack(NonZero::new(1))?;
            let published = self.run(&programme)?;
            Ok((self, published))
        };
        let thread = std::thread::Builder::new().name("publisher".to_owned()).spawn(play)?;
        Ok(Playing(thread))
    }

    /// Plays a programme on this thread.
    pub fn run(&mut self, programme: &Programme) -> anyhow::Result<Published> {
        let mut published = Published::default();
        for (index, moment) in programme.schedule.moments() {
            interrupt::check()?;
            self.way.wait_until(moment)?;
            let mut messages = Vec::with_capacity(programme.at_once);
            for channel in programme.channels_at(index) {
                self.numbers[channel] += 1;
                let mark = Mark {
                    channel: u16::try_from(self.first + channel).context("too many channels")?,
                    number: self.numbers[channel],
                    due: crate::mark::nanos(moment),
                };
                messages.push((channel, mark.payload(programme.bytes)));
            }
            published.latest = published.latest.max(moment.elapsed());
            self.way.publish(&messages)?;
            published.messages += messages.len() as u64;
        }
        Ok(published)
    }
}

/// A programme that is being played.
pub struct Playing(JoinHandle<anyhow::Result<(Publisher, Published)>>);

impl Playing {
    /// Whether all is handed over, or failed.
    pub fn is_over(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits for its end and gives the publisher back.
    pub fn finish(self) -> anyhow::Result<(Publisher, Published)> {
        self.0
            .join()
            .map_err(|_| anyhow::anyhow!("the publisher's thread failed"))?
            .context("publishing failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programme(per_second: f64, channels: usize, at_once: usize) -> Programme {
        let schedule = Schedule::new(Instant::now(), per_second, Duration::from_secs(3));
        Programme { schedule, channels, at_once, bytes: 128 }
    }

    #[test]
    fn channels_take_turns() {
        let programme = programme(1.0, 3, 2);
        let channels: Vec<Vec<usize>> = (0..3).map(|index| programme.channels_at(index).collect()).collect();
        assert_eq!(channels, [[0, 1], [2, 0], [1, 2]]);
    }

    #[test]
    fn deliveries_follow_from_who_sits_where() {
        assert_eq!(programme(10.0, 1, 1).deliveries(Seating { channels: 1, each: 1 }, 50), 1_500);
        // Channels 0 and 1 have 4 subscribers, 2 has 3; 30 messages go around.
        assert_eq!(programme(10.0, 3, 1).deliveries(Seating { channels: 3, each: 1 }, 11), 110);
        assert_eq!(programme(1.0, 20, 20).deliveries(Seating { channels: 20, each: 20 }, 5), 300);
    }
}
