//! What clients saw, written down: for each channel the positions, publications and breaks, in the order of their arrival.

use super::client::{Event, Mind, Speech};
use crate::mark::{self, Scanner};
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Instant,
};

/// One thing that a client saw of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A subscription began at a position: at the one that was asked for (`recovered`), or where the stream is now.
    Joined { epoch: String, offset: u64, recovered: bool },
    /// A publication.
    Published {
        offset: u64,
        /// What its publisher numbered it, or a hash of what it says.
        id: u64,
        /// The number by which a game tells old from new.
        fence: Option<u64>,
    },
    /// The server ended the subscription, or the connection broke.
    Gone,
}

/// When, in nanoseconds of [`mark::nanos`], and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: u64,
    pub(super) seen: Seen,
}

/// Everything that a client saw, by the index of its channel.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) channels: Vec<Vec<Entry>>,
    /// When a publication came, and how long after it was due; nanoseconds.
    pub(super) delays: Vec<(u64, u64)>,
}

impl History {
    pub(super) fn new(channels: usize) -> Self {
        Self { channels: vec![Vec::new(); channels], delays: Vec::new() }
    }

    /// Writes an event down.
    pub(super) fn note(&mut self, moment: Instant, event: &Event<'_>, id_of: impl FnOnce(&str) -> Id) {
        let at = mark::nanos(moment);
        let mut push = |channel: usize, seen: Seen| {
            if let Some(entries) = self.channels.get_mut(channel) {
                entries.push(Entry { at, seen });
            }
        };
        match event {
            Event::Joined { channel, epoch, offset, recovered } => push(
                *channel,
                Seen::Joined { epoch: (*epoch).to_owned(), offset: *offset, recovered: *recovered },
            ),
            Event::Published { channel, offset, data } => {
                let Id { id, fence, due } = id_of(data);
                push(*channel, Seen::Published { offset: *offset, id, fence });
                self.delays.extend(due.map(|due| (at, at.saturating_sub(due))));
            }
            Event::Left { channel } => push(*channel, Seen::Gone),
            Event::Cut => (0..self.channels.len()).for_each(|channel| {
                self.channels[channel].push(Entry { at, seen: Seen::Gone });
            }),
            Event::Personal | Event::Answered { .. } => {}
        }
    }
}

/// What a publication is told apart by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) id: u64,
    pub(super) fence: Option<u64>,
    /// When it was to be published.
    pub(super) due: Option<u64>,
}

/// By the publisher's number.
pub(super) fn numbered(data: &str) -> Id {
    let mut found = Id::default();
    Scanner::new().scan(data.as_bytes(), |mark| {
        found = Id { id: u64::from(mark.number), fence: None, due: Some(mark.due) };
    });
    found
}

/// By all that it says.
pub(super) fn hashed(data: &str, fence: Option<u64>) -> Id {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    Id { id: hasher.finish(), fence, due: None }
}

/// A client that only listens.
#[derive(Debug)]
pub(super) struct Listener(pub(super) History);

impl Mind for Listener {
    fn heard(&mut self, at: Instant, event: Event<'_>, _: &mut Speech) {
        self.0.note(at, &event, numbered);
    }
}
