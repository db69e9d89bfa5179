//! The channels that a node follows: how far it is in each, and what waits while a gap is closed.

use super::{place::Place, wire::Message};
use crate::key::ChannelKey;
use persistence::redis::{Partition, Redis};
use protocol::command::StreamPosition;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Messages that wait in a channel's line. Of more the oldest are dropped: the gap is closed from history when its turn
/// comes, and if that cannot be, it shows.
const LINE: usize = 512;
/// Bytes that wait there; one message may have more.
const LINE_BYTES: usize = 256 * 1024;

/// A channel with subscribers on this node.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) key: ChannelKey,
    pub(super) place: Place,
    /// Of its pub/sub channel.
    pub(super) name: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Redis has confirmed the subscription, and the head was read since. [`Table::confirm`] says so.
    confirmed: bool,
    /// Up to where everything was delivered. An empty epoch stands for a stream that was not there.
    known: Option<StreamPosition>,
    /// The head that the look before found ahead of that.
    ahead: Option<StreamPosition>,
    /// Somebody is at work on the channel, and takes from here.
    line: Option<Line>,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<(Task, usize)>,
    bytes: usize,
}

/// What is to be done in a channel, one after the other.
#[derive(Debug)]
pub(super) enum Task {
    Deliver(Message),
    /// A head was found ahead of what is known.
    Repair,
}

/// What to do with a publication that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It follows what is known.
    Next,
    /// It begins anew what is known: subscribers have to see its epoch.
    Anew,
    /// It was delivered before.
    Old,
    /// Something is missing before it.
    Gap,
}

/// Moves what is known over a publication, unless there is a gap between them.
fn judge(known: &mut Option<StreamPosition>, arrived: &StreamPosition) -> Verdict {
    if arrived.offset == 0 {
        return Verdict::Next;
    }
    match known {
        Some(known) if known.epoch == arrived.epoch || known.epoch.is_empty() => {
            if arrived.offset > known.offset + 1 {
                return Verdict::Gap;
            }
            known.epoch.clone_from(&arrived.epoch);
            if arrived.offset <= known.offset {
                return Verdict::Old;
            }
            known.offset = arrived.offset;
            Verdict::Next
        }
        _ => {
            *known = Some(arrived.clone());
            Verdict::Anew
        }
    }
}

/// Whether a head shows something that is not known.
fn is_ahead(head: &StreamPosition, known: &StreamPosition) -> bool {
    // A stream that comes to be and has nothing yet says nothing new.
    let same = head.epoch == known.epoch || known.epoch.is_empty();
    !same || head.offset > known.offset
}

impl Followed {
    fn new(key: ChannelKey, place: Place, name: String) -> Self {
        Self { key, place, name, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No method leaves the state half changed, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.lock().confirmed
    }

    fn confirm(&self, head: StreamPosition) {
        let mut state = self.lock();
        state.confirmed = true;
        // Publications that arrived meanwhile tell more exactly.
        state.known.get_or_insert(head);
    }

    pub(super) fn known(&self) -> StreamPosition {
        self.lock().known.clone().unwrap_or_default()
    }

    pub(super) fn set_known(&self, position: StreamPosition) {
        self.lock().known = Some(position);
    }

    pub(super) fn judge(&self, arrived: &StreamPosition) -> Verdict {
        judge(&mut self.lock().known, arrived)
    }

    /// Compares with a head that was read just now. True if what is missing has to be brought: at once if it is `urgent`,
    /// else when it has not come by itself since the look before.
    pub(super) fn look(&self, head: StreamPosition, urgent: bool) -> bool {
        let mut state = self.lock();
        let State { confirmed, known, ahead, line } = &mut *state;
        if !*confirmed || line.is_some() {
            return false;
        }
        let known = known.get_or_insert_with(|| head.clone());
        if !is_ahead(&head, known) {
            known.epoch = head.epoch;
            *ahead = None;
            return false;
        }
        let before = ahead.replace(head);
        let still = before.is_some_and(|before| is_ahead(&before, known));
        if urgent || still {
            *ahead = None;
        }
        urgent || still
    }

    /// Puts a task into the line if somebody is at work; else gives it back.
    pub(super) fn queue(&self, task: Task, bytes: usize) -> Option<Task> {
        let mut state = self.lock();
        let Some(line) = &mut state.line else {
            return Some(task);
        };
        line.waiting.push_back((task, bytes));
        line.bytes += bytes;
        while line.waiting.len() > LINE || (line.bytes > LINE_BYTES && line.waiting.len() > 1) {
            if let Some((_, bytes)) = line.waiting.pop_front() {
                line.bytes -= bytes;
            }
        }
        None
    }

    /// From now on tasks wait in the line.
    pub(super) fn begin(&self) {
        self.lock().line = Some(Line::default());
    }

    /// The next task of the line; ends the line when there is none.
    pub(super) fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        let line = state.line.as_mut()?;
        match line.waiting.pop_front() {
            Some((task, bytes)) => {
                line.bytes -= bytes;
                Some(task)
            }
            None => {
                state.line = None;
                None
            }
        }
    }
}

/// Whether the publications of a channel are kept.
pub(super) type Keeps = dyn Fn(&ChannelKey) -> bool + Send + Sync;

/// The channels of a partition, by the names of their pub/sub channels.
#[derive(Default)]
struct Channels {
    all: HashMap<String, Arc<Followed>>,
    /// Those whose publications are kept, once more: every second they are looked through, and a node has many times as many
    /// others, a personal channel for each connection.
    kept: HashMap<String, Arc<Followed>>,
    /// Those that wait for their confirmation, for the same reason.
    unconfirmed: HashMap<String, Arc<Followed>>,
}

/// All channels that a node follows, by partition. No method gives out a guard.
pub(super) struct Table {
    partitions: Vec<Mutex<Channels>>,
    keeps: Box<Keeps>,
    of_tag: HashMap<String, Partition>,
}

impl Table {
    pub(super) fn new(redis: &Redis, keeps: Box<Keeps>) -> Self {
        let all = (0..redis.partitions().count()).map(Partition);
        Self {
            partitions: all.clone().map(|_| Mutex::default()).collect(),
            keeps,
            of_tag: all.map(|partition| (redis.partitions().tag(partition).to_owned(), partition)).collect(),
        }
    }

    fn lock(&self, partition: Partition) -> MutexGuard<'_, Channels> {
        // Only whole inserts and removes happen under the lock, so a panic elsewhere does not spoil it.
        self.partitions[usize::from(partition.0)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn all_partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..u16::try_from(self.partitions.len()).unwrap_or(u16::MAX)).map(Partition)
    }

    /// The channel; a new one if it was not followed.
    pub(super) fn enter(&self, place: &Place, name: &str, key: &ChannelKey) -> Arc<Followed> {
        let mut channels = self.lock(place.partition);
        if let Some(channel) = channels.all.get(name) {
            return Arc::clone(channel);
        }
        let channel = Arc::new(Followed::new(key.clone(), place.clone(), name.to_owned()));
        channels.all.insert(name.to_owned(), Arc::clone(&channel));
        channels.unconfirmed.insert(name.to_owned(), Arc::clone(&channel));
        if (self.keeps)(key) {
            channels.kept.insert(name.to_owned(), Arc::clone(&channel));
        }
        channel
    }

    pub(super) fn get(&self, partition: Partition, name: &str) -> Option<Arc<Followed>> {
        self.lock(partition).all.get(name).cloned()
    }

    pub(super) fn remove(&self, partition: Partition, name: &str) {
        let mut channels = self.lock(partition);
        channels.all.remove(name);
        channels.kept.remove(name);
        channels.unconfirmed.remove(name);
        if channels.all.is_empty() {
            // A partition that had thousands once keeps no memory for them.
            *channels = Channels::default();
        }
    }

    pub(super) fn of(&self, partition: Partition) -> Vec<Arc<Followed>> {
        self.lock(partition).all.values().cloned().collect()
    }

    /// Those whose publications are kept.
    pub(super) fn kept(&self, partition: Partition) -> Vec<Arc<Followed>> {
        self.lock(partition).kept.values().cloned().collect()
    }

    /// Redis has confirmed the subscription of a channel; `head` was read afterwards.
    pub(super) fn confirm(&self, channel: &Followed, head: StreamPosition) {
        let mut channels = self.lock(channel.place.partition);
        channel.confirm(head);
        channels.unconfirmed.remove(&channel.name);
    }

    /// Channels that wait for their confirmation.
    pub(super) fn unconfirmed(&self, partition: Partition) -> Vec<Arc<Followed>> {
        self.lock(partition).unconfirmed.values().cloned().collect()
    }

    pub(super) fn is_used(&self, partition: Partition) -> bool {
        !self.lock(partition).all.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.all_partitions().map(|partition| self.lock(partition).all.len()).sum()
    }

    /// The partition that a key belongs to, and what stands behind its tag: `sb:{tag}:rest`.
    pub(super) fn partition_of<'a>(&self, name: &'a str) -> Option<(Partition, &'a str)> {
        let (_, behind) = name.split_once('{')?;
        let (tag, rest) = behind.split_once("}:")?;
        self.of_tag.get(tag).map(|partition| (*partition, rest))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use persistence::redis::Partitions;
    use protocol::{Channel, ClientInfo, ids::SchoolId};

    fn at(epoch: &str, offset: u64) -> StreamPosition {
        StreamPosition { offset, epoch: epoch.to_owned() }
    }

    fn channel(known: StreamPosition) -> Followed {
        let key = ChannelKey::new(SchoolId::generate(), Channel::parse("a:b").unwrap());
        let place = Place::among(&Partitions::new(1), &key);
        let channel = Followed::new(key, place, "name".to_owned());
        channel.confirm(known);
        channel
    }

    #[test]
    fn each_publication_is_next_old_anew_or_shows_a_gap() {
        for (known, arrived, verdict, then) in [
            (Some(at("e", 3)), at("e", 4), Verdict::Next, Some(at("e", 4))),
            (Some(at("e", 3)), at("e", 3), Verdict::Old, Some(at("e", 3))),
            (Some(at("e", 3)), at("e", 1), Verdict::Old, Some(at("e", 3))),
            (Some(at("e", 3)), at("e", 5), Verdict::Gap, Some(at("e", 3))),
            (Some(at("e", 3)), at("f", 1), Verdict::Anew, Some(at("f", 1))),
            (Some(at("e", 3)), at("f", 9), Verdict::Anew, Some(at("f", 9))),
            (Some(at("e", 3)), at("", 0), Verdict::Next, Some(at("e", 3))),
            (Some(at("", 0)), at("e", 1), Verdict::Next, Some(at("e", 1))),
            (Some(at("", 0)), at("e", 2), Verdict::Gap, Some(at("", 0))),
            (None, at("e", 7), Verdict::Anew, Some(at("e", 7))),
            (None, at("", 0), Verdict::Next, None),
        ] {
            let mut after = known.clone();
            assert_eq!(judge(&mut after, &arrived), verdict, "{known:?} {arrived:?}");
            assert_eq!(after, then, "{known:?} {arrived:?}");
        }
    }

    #[test]
    fn what_is_behind_in_two_looks_is_repaired() {
        let channel = channel(at("e", 3));
        assert!(!channel.look(at("e", 3), false));
        assert!(!channel.look(at("e", 5), false), "it may be on its way");
        channel.set_known(at("e", 5));
        assert!(!channel.look(at("e", 8), false), "it had come");
        assert!(channel.look(at("e", 9), false), "8 did not come");
        assert!(channel.look(at("e", 9), true));
    }

    #[test]
    fn another_epoch_is_repaired_and_the_first_of_a_stream_is_no_other() {
        let channel = channel(at("", 0));
        assert!(!channel.look(at("e", 0), true));
        assert_eq!(channel.known(), at("e", 0));
        for gone in [at("", 0), at("f", 0), at("f", 9)] {
            assert!(!channel.look(gone.clone(), false));
            assert!(channel.look(gone, false));
        }
    }

    #[test]
    fn a_line_drops_the_oldest_of_too_many() {
        let channel = channel(at("e", 3));
        let message = |number: usize| {
            let info = ClientInfo { user: number.to_string(), ..ClientInfo::default() };
            Task::Deliver(Message::Join(info))
        };
        assert!(channel.queue(message(0), 1).is_some(), "nobody is at work");
        channel.begin();
        for number in 0..=LINE {
            assert!(channel.queue(message(number), 1).is_none());
        }
        let first = |task| match task {
            Some(Task::Deliver(Message::Join(info))) => info.user,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(first(channel.next()), "1");
        channel.queue(message(9_999), LINE_BYTES);
        assert_eq!(first(channel.next()), "9999", "bytes count, too");
        assert!(channel.next().is_none());
        assert!(channel.queue(message(0), 1).is_some(), "the line has ended");
    }
}
