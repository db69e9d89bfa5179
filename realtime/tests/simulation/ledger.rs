//! A small room that has all that rooms have: commands with op ids, timers, effects, counts that are told now and then,
//! snapshots, and an end.

use super::faults::Defect;
use realtime::room::{Room, Step};
use serde::{Deserialize, Serialize};
use std::{cell::Cell, collections::BTreeMap};

/// Between two counts that are told.
const TELL_EVERY_MS: u64 = 250;

thread_local! {
    /// What is broken on purpose in the rooms of this thread. Rules know nothing of their surroundings.
    pub static BROKEN: Cell<Option<Defect>> = const { Cell::new(None) };
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    total: u64,
    done: BTreeMap<u64, Reply>,
    /// By the op that set it: when it rings, and how long that was from then.
    alarms: BTreeMap<u64, (u64, u64)>,
    finished: bool,
    seq: u64,
    #[serde(skip)]
    loaded_at: u64,
    #[serde(skip)]
    told_at: u64,
    #[serde(skip)]
    stale: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    Opened,
    Added { op: u64, number: u64 },
    AlarmSet { op: u64, due: u64, after: u64 },
    Rang { op: u64 },
    Finished { op: u64 },
}

impl Entry {
    /// The op that it carries out.
    pub fn op(&self) -> Option<u64> {
        match self {
            Self::Added { op, .. } | Self::AlarmSet { op, .. } | Self::Finished { op } => Some(*op),
            Self::Opened | Self::Rang { .. } => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    Add { op: u64, number: u64 },
    Alarm { op: u64, after: u64 },
    Finish { op: u64 },
    Read,
}

/// What a room answers: where its log stood, and its total there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub seq: u64,
    pub total: u64,
    /// The room is over.
    pub refused: bool,
}

/// What is told to whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// What an entry led to.
    Entry { seq: u64, total: u64 },
    /// The latest, now and then.
    Count { seq: u64, total: u64 },
}

impl Room for Ledger {
    const KIND: &'static str = "ledger";
    type Entry = Entry;
    type Command = Ask;
    type Reply = Reply;
    type Effect = Told;
    type Outcome = u64;

    fn begin(now: u64, seq: u64, _: u64, first: Entry) -> Option<Self> {
        (first == Entry::Opened).then(|| Self { seq, loaded_at: now, ..Self::default() })
    }

    fn restore(now: u64, snapshot: &[u8]) -> Option<Self> {
        let mut ledger: Self = serde_json::from_slice(snapshot).ok()?;
        ledger.loaded_at = now;
        if BROKEN.get() == Some(Defect::TimersFromZero) {
            ledger.alarms.values_mut().for_each(|(due, after)| *due = now + *after);
        }
        Some(ledger)
    }

    fn snapshot(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap()
    }

    fn apply(&mut self, seq: u64, at: u64, entry: &Entry) {
        assert_eq!(seq, self.seq + 1, "entries come in order");
        self.seq = seq;
        self.stale = true;
        match entry {
            Entry::Opened => {}
            Entry::Added { number, .. } => self.total += number,
            Entry::AlarmSet { op, due, after } => {
                let from_zero = BROKEN.get() == Some(Defect::TimersFromZero);
                let due = if from_zero { at.max(self.loaded_at) + after } else { *due };
                self.alarms.insert(*op, (due, *after));
            }
            Entry::Rang { op } => {
                self.total += 1_000;
                self.alarms.remove(op);
            }
            Entry::Finished { .. } => self.finished = true,
        }
        if let Some(op) = entry.op() {
            self.done.insert(op, Reply { seq, total: self.total, refused: false });
        }
    }

    fn decide(&mut self, now: u64, ask: Ask) -> Step<Self> {
        let total = self.total;
        let entry = match ask {
            Ask::Add { op, number } => Entry::Added { op, number },
            Ask::Alarm { op, after } => Entry::AlarmSet { op, due: now + after, after },
            Ask::Finish { op } => Entry::Finished { op },
            Ask::Read => {
                return Step {
                    entries: Vec::new(),
                    reply: Box::new(move |seq| Reply { seq, total, refused: false }),
                };
            }
        };
        let before = entry.op().and_then(|op| self.done.get(&op)).copied();
        if let Some(reply) = before.filter(|_| BROKEN.get() != Some(Defect::NoOpIds)) {
            return Step::reply(reply);
        }
        if self.finished {
            return Step {
                entries: Vec::new(),
                reply: Box::new(move |seq| Reply { seq, total, refused: true }),
            };
        }
        let total = if let Entry::Added { number, .. } = entry { total + number } else { total };
        Step { entries: vec![entry], reply: Box::new(move |seq| Reply { seq, total, refused: false }) }
    }

    fn due(&mut self, now: u64) -> Vec<Entry> {
        if self.finished {
            return Vec::new();
        }
        let due = self.alarms.iter().filter(|(_, (due, _))| *due <= now);
        due.map(|(op, _)| Entry::Rang { op: *op }).collect()
    }

    fn deadline(&self) -> Option<u64> {
        let alarm = self.alarms.values().map(|(due, _)| *due).min().filter(|_| !self.finished);
        let count = self.stale.then_some(self.told_at + TELL_EVERY_MS);
        alarm.into_iter().chain(count).min()
    }

    fn effects(&mut self, seq: u64, _: u64, _: &Entry) -> Vec<Told> {
        vec![Told::Entry { seq, total: self.total }]
    }

    fn flush(&mut self, now: u64) -> Vec<Told> {
        if !self.stale || now < self.told_at + TELL_EVERY_MS {
            return Vec::new();
        }
        (self.stale, self.told_at) = (false, now);
        vec![Told::Count { seq: self.seq, total: self.total }]
    }

    fn outcome(&self) -> Option<u64> {
        self.finished.then_some(self.total)
    }
}
