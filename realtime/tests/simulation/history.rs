//! What was asked, answered and seen, and what it must be.

use super::{
    cluster::CLOCK_ERROR,
    ledger::{Ask, Entry, Reply, Told},
    store::{Kept, Publication},
    world::World,
};
use persistence::room_log::RoomKey;
use std::collections::BTreeMap;

/// After a fault is over, everything has gone back to normal within this time, milliseconds. Mostly it takes two seconds; but
/// after the store was slow, a node that fell silent is believed to live for up to three seconds more, twice.
pub const RECOVERY: u64 = 6_000;
/// In normal times an answer comes, and a timer rings, within this time, milliseconds. A room may be handed over meanwhile.
const PROMPT: u64 = 1_500;
/// How far two clocks may be apart, milliseconds.
const SLACK: u64 = 2 * CLOCK_ERROR;

#[derive(Default)]
pub struct History {
    pub ops: Vec<Op>,
    pub watched: Vec<Vec<(u64, Seen)>>,
    /// From when to when something was wrong.
    pub disturbed: Vec<(u64, u64)>,
    complaints: Vec<String>,
}

/// How much of what shall be tested did happen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub answered: usize,
    /// Ops that were asked more than once, and those of them that nobody ever answered.
    pub repeated: usize,
    pub abandoned: usize,
    pub takeovers: u64,
    /// What former owners wanted to write.
    pub refused: u64,
    /// Watchers that were told that something is missing.
    pub lost: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.answered += other.answered;
        self.repeated += other.repeated;
        self.abandoned += other.abandoned;
        self.takeovers += other.takeovers;
        self.refused += other.refused;
        self.lost += other.lost;
    }
}

pub struct Op {
    pub room: usize,
    pub ask: Ask,
    pub invoked: u64,
    pub tries: u32,
    /// When it was answered, and how.
    pub done: Option<(u64, Reply)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Publication(Publication),
    /// Some of what came before is missing.
    Lost,
}

impl History {
    /// Writes down that something is not as it must be.
    pub fn complain(&mut self, what: String) {
        self.complaints.push(what);
    }

    fn demand(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.complain(what());
        }
    }

    pub fn tally(&self, world: &World) -> Tally {
        let store = world.store();
        let seen = self.watched.iter().flatten();
        Tally {
            answered: self.ops.iter().filter(|op| op.done.is_some()).count(),
            repeated: self.ops.iter().filter(|op| op.tries > 1).count(),
            abandoned: self.ops.iter().filter(|op| op.done.is_none()).count(),
            takeovers: store.rooms.values().map(|kept| kept.fence - 1).sum(),
            refused: store.refused,
            lost: seen.filter(|(_, seen)| *seen == Seen::Lost).count(),
        }
    }

    /// When nothing is wrong any more, at a time or after it.
    fn calm_from(&self, time: u64) -> u64 {
        let mut calm = time;
        // A later disturbance may begin before an earlier one is recovered from.
        while let Some((_, end)) =
            self.disturbed.iter().find(|(begin, end)| *begin <= calm + PROMPT && calm < end + RECOVERY)
        {
            calm = end + RECOVERY;
        }
        calm
    }

    /// Compares everything with the logs. Gives what is not as it must be.
    pub fn check(&mut self, world: &World, rooms: &[RoomKey], over: u64) -> Vec<String> {
        let store = world.store();
        for (room, key) in rooms.iter().enumerate() {
            let Some(kept) = store.rooms.get(key) else {
                self.complain(format!("room {room} is gone"));
                continue;
            };
            let states = self.check_log(room, kept, over);
            self.check_answers(room, &states);
            self.check_watchers(room, rooms.len(), &states, store.top(key));
            if let Some((_, total)) = kept.closed.then(|| states.last()).flatten() {
                let outcomes = store.outcomes.get(key).cloned().unwrap_or_default();
                let right = !outcomes.is_empty() && outcomes.iter().all(|outcome| outcome == total);
                self.demand(right, || format!("room {room}: {outcomes:?} remain of {total}"));
            }
        }
        self.check_promptness();
        std::mem::take(&mut self.complaints)
    }

    /// Folds a log. Gives of every entry what it carries out and the total after it.
    fn check_log(&mut self, room: usize, kept: &Kept, over: u64) -> Vec<(Option<u64>, u64)> {
        let (mut states, mut total) = (Vec::new(), 0);
        let (mut fence, mut at) = (0, 0);
        let mut ops = BTreeMap::new();
        let mut alarms: BTreeMap<u64, u64> = BTreeMap::new();
        let mut finished = false;
        for (written, seq) in kept.entries.iter().zip(1..) {
            let entry = &written.entry;
            let when = written.when;
            self.demand(entry.seq == seq, || format!("room {room}: entry {seq} is numbered {}", entry.seq));
            self.demand(written.fence >= fence, || format!("room {room}: the fence goes back at {seq}"));
            self.demand(written.fence == written.valid_fence, || {
                format!(
                    "room {room}: a former owner wrote {seq}: {} of {}",
                    written.fence, written.valid_fence
                )
            });
            self.demand(entry.at + SLACK >= at, || {
                format!("room {room}: time goes back by {} at {seq}", at - entry.at)
            });
            self.demand(!finished, || format!("room {room}: {seq} comes after the end"));
            (fence, at) = (written.fence, entry.at);
            let decoded: Entry = serde_json::from_slice(&entry.body).unwrap();
            if let Some(op) = decoded.op() {
                self.demand(ops.insert(op, seq).is_none(), || format!("room {room}: op {op} counts twice"));
            }
            match &decoded {
                Entry::Opened => self.demand(seq == 1, || format!("room {room} opens again at {seq}")),
                Entry::Added { number, .. } => total += number,
                Entry::AlarmSet { op, due, .. } => drop(alarms.insert(*op, *due)),
                Entry::Rang { op } => {
                    total += 1_000;
                    let due = alarms.remove(op);
                    self.demand(due.is_some(), || format!("room {room}: {op} rings and was not set"));
                    let due = World::true_time(due.unwrap_or(entry.at));
                    let late = when.saturating_sub(self.calm_from(due));
                    self.demand(when + SLACK >= due, || {
                        format!("room {room}: {op} rings {} ms early", due - when)
                    });
                    self.demand(late <= PROMPT, || format!("room {room}: {op} rings {late} ms late"));
                }
                Entry::Finished { .. } => finished = true,
            }
            states.push((decoded.op(), total));
        }
        for (op, due) in alarms.into_iter().filter(|_| !finished) {
            let due = self.calm_from(World::true_time(due));
            self.demand(due + PROMPT > over, || format!("room {room}: {op} never rang"));
        }
        self.demand(finished == kept.closed, || {
            format!("room {room} is over: {finished}, closed: {}", kept.closed)
        });
        states
    }

    fn check_answers(&mut self, room: usize, states: &[(Option<u64>, u64)]) {
        let mut complaints = Vec::new();
        let ops: Vec<&Op> = self.ops.iter().filter(|op| op.room == room).collect();
        for op in &ops {
            let Some((_, reply)) = op.done else { continue };
            let (id, ask) = (op.ask.op(), op.ask);
            let state =
                reply.seq.checked_sub(1).and_then(|place| states.get(usize::try_from(place).unwrap()));
            let Some((done, total)) = state else {
                complaints
                    .push(format!("room {room}: {ask:?} was answered with {}, and is not there", reply.seq));
                continue;
            };
            if *total != reply.total {
                complaints.push(format!("room {room}: {ask:?} was told {}, and it is {total}", reply.total));
            }
            if let Some(id) = id.filter(|_| !reply.refused)
                && *done != Some(id)
            {
                complaints
                    .push(format!("room {room}: {ask:?} was acknowledged, and {} is another", reply.seq));
            }
            // Whoever asks after an answer was given sees what that answer said.
            let before = ops.iter().filter_map(|other| other.done);
            let newest = before.filter(|(at, _)| *at < op.invoked).map(|(_, reply)| reply.seq).max();
            if newest.is_some_and(|newest| reply.seq < newest) {
                complaints
                    .push(format!("room {room}: {ask:?} was told {}, others knew {newest:?}", reply.seq));
            }
        }
        self.complaints.append(&mut complaints);
    }

    fn check_watchers(&mut self, room: usize, rooms: usize, states: &[(Option<u64>, u64)], top: u64) {
        let mut complaints = Vec::new();
        for (watcher, watched) in self.watched.iter().enumerate().filter(|(place, _)| place % rooms == room) {
            let mut complain = |what: String| complaints.push(format!("watcher {watcher} of {room}: {what}"));
            // The opening is not told.
            let (mut offset, mut seq, mut lost, mut count) = (0, 1, false, 0);
            for (_, seen) in watched {
                let Seen::Publication(publication) = seen else {
                    lost = true;
                    continue;
                };
                let (Told::Entry { seq: told, total } | Told::Count { seq: told, total }) = publication.told;
                let state = states.get(usize::try_from(told).unwrap() - 1);
                if state.map(|(_, total)| *total) != Some(total) {
                    complain(format!("was told {total} at {told}, and it is {state:?}"));
                }
                if publication.offset == 0 {
                    // Counts are not kept: one may come after entries that were brought from the history.
                    if told < count {
                        complain(format!("the count at {told} comes after that at {count}"));
                    }
                    count = told;
                    continue;
                }
                if publication.offset != offset + 1 && !lost {
                    complain(format!("publication {} comes after {offset}", publication.offset));
                }
                if told != seq + 1 && !(lost && told > seq) {
                    complain(format!("entry {told} comes after {seq}"));
                }
                (offset, seq, lost) = (publication.offset, told, false);
            }
            if offset != top || seq != states.len() as u64 {
                let last = states.len();
                complain(format!("is at {offset} of {top}, and knows {seq} of {last} entries"));
            }
        }
        self.complaints.append(&mut complaints);
    }

    fn check_promptness(&mut self) {
        let mut complaints = Vec::new();
        for op in &self.ops {
            if self.calm_from(op.invoked) == op.invoked {
                let took = op.done.map(|(at, _)| at - op.invoked);
                if took.is_none_or(|took| took > PROMPT) {
                    let Op { room, ask, invoked, tries, .. } = op;
                    complaints.push(format!(
                        "room {room}: {ask:?} at {invoked} took {took:?} ms and {tries} tries in a calm"
                    ));
                }
            }
        }
        self.complaints.append(&mut complaints);
    }
}

impl Ask {
    pub fn op(self) -> Option<u64> {
        match self {
            Self::Add { op, .. } | Self::Alarm { op, .. } | Self::Finish { op } => Some(op),
            Self::Read => None,
        }
    }
}
