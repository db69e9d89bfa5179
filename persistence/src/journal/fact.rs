//! What a journal holds: facts, and where they stand in it.

use super::JournalError;
use crate::Micros;
use bytes::Bytes;
use protocol::ids::SchoolId;
use std::borrow::Cow;
use std::fmt;
use uuid::Uuid;

/// The longest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// The longest ordering key, in bytes.
pub const MAX_KEY: usize = 200;
/// The longest word for a kind, in bytes.
pub const MAX_KIND: usize = 64;
/// The most facts of one call.
pub const MAX_FACTS: usize = 5_000;
/// What a fact counts for in the budget beside its key, kind and body: ids, and what the store keeps about an entry.
const OVERHEAD: u64 = 128;

/// The id of an operation, chosen by its origin: the same operation that comes again has the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub Uuid);

/// What a fact is about: a word of the program, by which its sink is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(Cow<'static, str>);

/// Something that happened and must last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which operation.
    pub op: OpId,
    /// Whose.
    pub school: SchoolId,
    /// What it is about.
    pub kind: Kind,
    /// Facts of one school with equal keys are written in the order in which they were accepted.
    pub key: String,
    /// When it happened; it travels with the fact, so that writing it again is the same row.
    pub occurred_at: Micros,
    /// JSON, of at most [`MAX_BODY`] bytes.
    pub body: Bytes,
}

/// A part of a journal with an order and a writer of its own, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u16);

/// The life of a shard: a random name, and another one once its store has lost what was in it. Ids of two lives say nothing
/// about each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Life(pub Uuid);

/// A fact's place in its shard: microseconds since the epoch when it was accepted, or one more than the id before. So ids
/// go on growing when a store has lost what was in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// A fact in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub id: EntryId,
    /// What.
    pub fact: Fact,
}

/// Where an accepted fact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose fact.
    pub school: SchoolId,
    /// Which operation.
    pub op: OpId,
    /// In which part.
    pub shard: Shard,
    /// In which life of it.
    pub life: Life,
    /// At which id; of an operation that came again, that of the first time.
    pub id: EntryId,
}

/// The journal has the facts: they survive the end of a process, and will be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// One for each fact, in their order.
    pub places: Vec<Place>,
}

/// How much of a journal is not committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Bytes, by [`Fact::size`].
    pub bytes: u64,
    /// Facts.
    pub entries: u64,
}

impl Kind {
    /// From a word of the program, of at most [`MAX_KIND`] bytes.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(Cow::Borrowed(word))
    }

    /// As a journal kept it, perhaps by another version of the program.
    pub(crate) fn kept(word: String) -> Self {
        Self(Cow::Owned(word))
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Depth {
    /// Without these.
    pub(super) fn less(self, entries: &[Entry]) -> Self {
        let bytes: u64 = entries.iter().map(|entry| entry.fact.size()).sum();
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        Self { bytes: self.bytes.saturating_sub(bytes), entries: self.entries.saturating_sub(count) }
    }
}

impl Fact {
    /// What it counts for in the journal's budget, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        let own = self.key.len() + self.kind.as_str().len() + self.body.len();
        OVERHEAD.saturating_add(u64::try_from(own).unwrap_or(u64::MAX))
    }

    /// What its shard is reckoned from.
    pub(super) fn route(&self) -> Vec<u8> {
        [self.school.0.as_bytes().as_slice(), self.key.as_bytes()].concat()
    }
}

/// Refuses what no journal takes.
pub(super) fn check(facts: &[Fact]) -> Result<(), JournalError> {
    if facts.len() > MAX_FACTS {
        return Err(JournalError::TooMany { got: facts.len() });
    }
    let too_large = |fact: &Fact| {
        fact.body.len() > MAX_BODY || fact.key.len() > MAX_KEY || fact.kind.as_str().len() > MAX_KIND
    };
    match facts.iter().find(|fact| too_large(fact)) {
        Some(fact) => Err(JournalError::TooLarge { op: fact.op }),
        None => Ok(()),
    }
}
