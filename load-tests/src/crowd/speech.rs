//! Members who speak: for each channel one of its own, at moments that are fixed before.

use super::order::Speech;
use crate::{
    audience::Audience,
    mark::{self, Mark},
    pacing::Schedule,
    seating::Seating,
};
use anyhow::Context as _;
use std::time::{Duration, Instant};

/// What one process has to say of a speech: the messages of those channels whose speakers are its own.
pub(super) struct Speaking {
    schedule: Schedule,
    bytes: usize,
    /// By channel: its speaker, if it is one of this process.
    speakers: Vec<Option<usize>>,
    numbers: Vec<u32>,
    /// Index of the next message of all.
    next: u64,
    pub(super) spoken: u64,
    pub(super) latest: Duration,
}

impl Speaking {
    /// Nothing said yet. `first` and `size` tell which of the `all` connections are this process's.
    pub(super) fn new(seating: Seating, first: usize, size: usize, all: usize) -> Self {
        let speakers = speakers(seating, all).into_iter();
        let own = |speaker: Option<usize>| speaker?.checked_sub(first).filter(|id| *id < size);
        Self {
            schedule: Schedule::none(),
            bytes: 0,
            speakers: speakers.map(own).collect(),
            numbers: vec![0; seating.channels],
            next: 0,
            spoken: 0,
            latest: Duration::ZERO,
        }
    }

    /// Takes a speech; the numbers of messages go on.
    pub(super) fn begin(&mut self, speech: Speech) {
        self.schedule = Schedule::of(mark::moment(speech.start), speech.per_second, speech.messages);
        self.bytes = speech.bytes;
        (self.next, self.spoken, self.latest) = (0, 0, Duration::ZERO);
    }

    /// When the next message of this process is due.
    pub(super) fn next_moment(&mut self) -> Option<Instant> {
        while self.next < self.schedule.count() {
            if self.speakers[self.channel()].is_some() {
                return Some(self.schedule.at(self.next));
            }
            self.next += 1;
        }
        None
    }

    fn channel(&self) -> usize {
        usize::try_from(self.next % self.speakers.len() as u64).unwrap_or(0)
    }

    /// Says what is due by now.
    pub(super) fn say_due(&mut self, audience: &mut Audience) -> anyhow::Result<()> {
        while let Some(moment) = self.next_moment().filter(|moment| *moment <= Instant::now()) {
            let channel = self.channel();
            let speaker = self.speakers[channel].context("a message without a speaker")?;
            self.numbers[channel] += 1;
            let mark = Mark {
                channel: u16::try_from(channel).context("too many channels")?,
                number: self.numbers[channel],
                due: mark::nanos(moment),
            };
            self.latest = self.latest.max(moment.elapsed());
            audience.say(speaker, channel, &mark.payload(self.bytes))?;
            self.spoken += 1;
            self.next += 1;
        }
        Ok(())
    }
}

/// The speaker of each channel. Members take it in turn, so that no node has them all: that of channel `n` is its `n`-th
/// member, counted around.
fn speakers(seating: Seating, all: usize) -> Vec<Option<usize>> {
    let counts = seating.subscribers(all);
    let mut seen = vec![0; seating.channels];
    let mut speakers = vec![None; seating.channels];
    for connection in 0..all {
        for channel in seating.of(connection) {
            if counts[channel] > 0 && seen[channel] == channel as u64 % counts[channel] {
                speakers[channel] = Some(connection);
            }
            seen[channel] += 1;
        }
    }
    speakers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_one_speaker_and_it_is_a_member() {
        for (seating, all) in [
            (Seating { channels: 7, each: 1 }, 50),
            (Seating { channels: 50, each: 10 }, 100),
            (Seating { channels: 12, each: 5 }, 31),
        ] {
            for (channel, speaker) in speakers(seating, all).into_iter().enumerate() {
                let speaker = speaker.map(|speaker| seating.seat(speaker, channel));
                assert!(matches!(speaker, Some(Some(_))), "{seating:?} {channel}");
            }
        }
        let seating = Seating { channels: 3, each: 1 };
        assert_eq!(speakers(seating, 2), [Some(0), Some(1), None], "nobody is there to speak");
    }

    #[test]
    fn processes_say_every_message_once_between_them() {
        let seating = Seating { channels: 10, each: 2 };
        let speech = Speech { start: mark::nanos(Instant::now()), per_second: 1e6, messages: 30, bytes: 64 };
        let mut said = vec![0; 10];
        for first in [0, 17, 34] {
            let mut part = Speaking::new(seating, first, 17, 51);
            part.begin(speech);
            while part.next_moment().is_some() {
                said[part.channel()] += 1;
                part.next += 1;
            }
        }
        assert_eq!(said, [3; 10]);
    }
}
