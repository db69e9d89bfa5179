//! The store that the nodes share: logs with fences, leases by its own clock, streams, and a register of nodes. Each method
//! is one step, as each script of the real one is.

use super::{faults::Defect, ledger::Told};
use bytes::Bytes;
use persistence::room_log::{AppendError, Claim, Fence, Loaded, LogEntry, Renewal, RoomKey, SnapshotError};
use realtime::nodes::NodeInfo;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};
use tokio::{sync::mpsc, time::Instant};

/// How long an idempotency key is remembered.
const ONCE: Duration = Duration::from_secs(300);
/// Silence after which a node is struck off the register.
const FORGET: Duration = Duration::from_secs(30);

pub struct Store {
    began: Instant,
    defect: Option<Defect>,
    pub rooms: BTreeMap<RoomKey, Kept>,
    streams: BTreeMap<RoomKey, Stream>,
    /// How many publications a stream keeps.
    pub history_size: usize,
    register: BTreeMap<String, (Instant, Option<NodeInfo>)>,
    subscribers: Vec<Subscriber>,
    published: Vec<(Subscriber, Message)>,
    /// What remains of rooms that are over.
    pub outcomes: BTreeMap<RoomKey, Vec<u64>>,
    /// How often a former owner was refused.
    pub refused: u64,
}

/// What is kept of a room.
#[derive(Default)]
pub struct Kept {
    pub fence: u64,
    pub closed: bool,
    pub entries: Vec<Written>,
    snapshot: Option<(u64, Vec<u8>)>,
    lease: Option<(String, Instant)>,
}

/// An entry, and what was true when it was written.
pub struct Written {
    pub entry: LogEntry,
    pub fence: u64,
    pub valid_fence: u64,
    /// Milliseconds since the beginning.
    pub when: u64,
}

#[derive(Default)]
struct Stream {
    top: u64,
    kept: VecDeque<(u64, Told)>,
    once: BTreeMap<String, Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its number in the stream; 0 when it is not kept.
    pub offset: u64,
    pub told: Told,
}

/// Part of a stream.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub top: u64,
    pub publications: Vec<Publication>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    Node(String),
    Room(RoomKey),
}

#[derive(Clone)]
pub struct Subscriber {
    pub node: String,
    pub channel: Channel,
    pub inbox: mpsc::UnboundedSender<Message>,
}

/// What comes over a channel.
#[derive(Clone)]
pub enum Message {
    Question { from: String, id: u64, body: Bytes, deadline: Duration },
    Reply { from: String, id: u64, body: Option<Bytes> },
    Publication(Publication),
}

impl Message {
    pub fn sender(&self) -> Option<&str> {
        match self {
            Self::Question { from, .. } | Self::Reply { from, .. } => Some(from),
            Self::Publication(_) => None,
        }
    }
}

/// What a heartbeat brings: the time since the node's last one, and of every node the age of its last one.
pub struct Brought {
    pub gap: Option<Duration>,
    pub sightings: Vec<(String, Duration, Option<NodeInfo>)>,
}

impl Store {
    pub fn new(defect: Option<Defect>) -> Self {
        Self {
            began: Instant::now(),
            defect,
            rooms: BTreeMap::new(),
            streams: BTreeMap::new(),
            history_size: 1_000,
            register: BTreeMap::new(),
            subscribers: Vec::new(),
            published: Vec::new(),
            outcomes: BTreeMap::new(),
            refused: 0,
        }
    }

    pub fn published(&mut self) -> Vec<(Subscriber, Message)> {
        std::mem::take(&mut self.published)
    }

    // The log.

    pub fn acquire(&mut self, room: &RoomKey) -> Fence {
        let kept = self.rooms.entry(room.clone()).or_default();
        kept.lease = None;
        kept.fence += 1;
        Fence(kept.fence)
    }

    pub fn append(
        &mut self,
        room: &RoomKey,
        fence: Fence,
        entries: Vec<LogEntry>,
    ) -> Result<(), AppendError> {
        let kept = self.rooms.get_mut(room).ok_or(AppendError::UnknownRoom)?;
        let valid_fence = kept.fence;
        if fence.0 != valid_fence && self.defect != Some(Defect::NoFence) {
            self.refused += 1;
            return Err(AppendError::Fenced { current: valid_fence });
        }
        if kept.closed {
            return Err(AppendError::Closed);
        }
        for (entry, expected) in entries.iter().zip(kept.entries.len() as u64 + 1..) {
            if entry.seq != expected {
                return Err(AppendError::Gap { expected, got: entry.seq });
            }
        }
        let when = u64::try_from(self.began.elapsed().as_millis()).unwrap();
        let written = |entry| Written { entry, fence: fence.0, valid_fence, when };
        kept.entries.extend(entries.into_iter().map(written));
        Ok(())
    }

    pub fn load(&self, room: &RoomKey) -> Option<Loaded> {
        let kept = self.rooms.get(room)?;
        let snapshot = kept.snapshot.clone();
        let tail = kept.behind(snapshot.as_ref().map_or(0, |(seq, _)| *seq));
        Some(Loaded { snapshot, tail, closed: kept.closed })
    }

    pub fn entries(&self, room: &RoomKey, after_seq: u64, limit: usize) -> Vec<LogEntry> {
        let mut entries = self.rooms.get(room).map(|kept| kept.behind(after_seq)).unwrap_or_default();
        entries.truncate(limit);
        entries
    }

    pub fn snapshot(
        &mut self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: Vec<u8>,
    ) -> Result<(), SnapshotError> {
        let kept = self.rooms.get_mut(room).ok_or(SnapshotError::UnknownRoom)?;
        if fence.0 != kept.fence {
            return Err(SnapshotError::Fenced { current: kept.fence });
        }
        let last = kept.entries.len() as u64;
        if seq > last {
            return Err(SnapshotError::Ahead { last });
        }
        if kept.snapshot.as_ref().is_none_or(|(before, _)| *before <= seq) {
            kept.snapshot = Some((seq, bytes));
        }
        Ok(())
    }

    pub fn close(&mut self, room: &RoomKey) {
        if let Some(kept) = self.rooms.get_mut(room) {
            kept.closed = true;
        }
    }

    pub fn open_rooms(&self, kind: &str) -> Vec<RoomKey> {
        let open = self.rooms.iter().filter(|(room, kept)| room.kind == kind && !kept.closed);
        open.map(|(room, _)| room.clone()).collect()
    }

    // Leases.

    pub fn claim(&mut self, room: &RoomKey, node: &str, ttl: Duration) -> Claim {
        let now = Instant::now();
        let kept = self.rooms.entry(room.clone()).or_default();
        if let Some((holder, until)) = &kept.lease
            && holder != node
            && *until > now
        {
            let left_ms = u64::try_from((*until - now).as_millis()).unwrap();
            return Claim::Other { node: holder.clone(), left_ms };
        }
        kept.fence += 1;
        kept.lease = Some((node.to_owned(), now + ttl));
        Claim::Held { fence: Fence(kept.fence) }
    }

    pub fn renew(&mut self, rooms: Vec<(RoomKey, Fence)>, node: &str, ttl: Duration) -> Renewal {
        let mut renewal = Renewal::default();
        for (room, fence) in rooms {
            match self.rooms.get_mut(&room) {
                Some(Kept { fence: valid, lease: Some((holder, until)), .. })
                    if *valid == fence.0 && holder == node =>
                {
                    *until = Instant::now() + ttl;
                }
                _ => renewal.lost.push(room),
            }
        }
        renewal
    }

    pub fn release(&mut self, room: &RoomKey, node: &str) {
        if let Some(kept) = self.rooms.get_mut(room) {
            kept.lease.take_if(|(holder, _)| holder == node);
        }
    }

    // Streams and channels.

    pub fn publish(&mut self, room: &RoomKey, told: Told, once: Option<String>) {
        let stream = self.streams.entry(room.clone()).or_default();
        let now = Instant::now();
        let mut offset = 0;
        if let Some(once) = once {
            if stream.once.get(&once).is_some_and(|until| *until > now) {
                return;
            }
            stream.once.insert(once, now + ONCE);
            stream.top += 1;
            offset = stream.top;
            stream.kept.push_back((offset, told));
            while stream.kept.len() > self.history_size {
                stream.kept.pop_front();
            }
        }
        self.send(&Channel::Room(room.clone()), &Message::Publication(Publication { offset, told }));
    }

    pub fn history(&self, room: &RoomKey, since: u64) -> Page {
        let Some(stream) = self.streams.get(room) else { return Page::default() };
        let behind = stream.kept.iter().filter(|(offset, _)| *offset > since);
        let publications =
            behind.map(|(offset, told)| Publication { offset: *offset, told: *told }).collect();
        Page { top: stream.top, publications }
    }

    pub fn subscribe(&mut self, subscriber: Subscriber) {
        self.subscribers.push(subscriber);
    }

    /// Gives how many hear it, or will, unless it is lost on the way.
    pub fn send(&mut self, channel: &Channel, message: &Message) -> usize {
        self.subscribers.retain(|subscriber| !subscriber.inbox.is_closed());
        let hear = self.subscribers.iter().filter(|subscriber| subscriber.channel == *channel).cloned();
        let before = self.published.len();
        self.published.extend(hear.map(|subscriber| (subscriber, message.clone())));
        self.published.len() - before
    }

    // The register of nodes.

    /// None about itself says goodbye.
    pub fn heartbeat(&mut self, node: &str, about: Option<NodeInfo>) -> Brought {
        let now = Instant::now();
        let before = self.register.insert(node.to_owned(), (now, about));
        self.register.retain(|_, (at, _)| now - *at < FORGET);
        let sightings =
            self.register.iter().map(|(node, (at, about))| (node.clone(), now - *at, about.clone()));
        Brought { gap: before.map(|(at, _)| now - at), sightings: sightings.collect() }
    }

    // What may be looked at when a run is over.

    pub fn top(&self, room: &RoomKey) -> u64 {
        self.streams.get(room).map_or(0, |stream| stream.top)
    }
}

impl Kept {
    fn behind(&self, after_seq: u64) -> Vec<LogEntry> {
        let after = usize::try_from(after_seq).unwrap();
        self.entries.iter().skip(after).map(|written| written.entry.clone()).collect()
    }
}
