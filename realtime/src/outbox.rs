//! What waits to be written to one connection, and the short way past the queue.

use crate::{burst::Burst, clock::monotonic_ms};
use protocol::{Disconnect, Frame};
use std::{
    collections::VecDeque,
    fmt,
    io::{self, IoSlice},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Most frames joined into one write; systems take at most 1,024 slices, and 64 fill a socket's buffer well enough.
const BATCH_FRAMES: usize = 64;
/// Most bytes given to a transport at once, unless a single message is larger.
const BATCH_BYTES: usize = 64 * 1024;
/// What a queued frame costs besides its own bytes, so that many tiny ones are bounded, too.
const ENTRY_BYTES: usize = 64;
/// What a sender of several messages has queued is written when it fills this part of the queue's limit: a client that reads
/// shall not be taken for a slow one.
const FULL_ENOUGH: usize = 4;

/// Names the newest of several messages of which only the latest matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConflateKey(pub u64);

/// A socket that can be written to from anywhere without waiting.
pub trait Wire: Send + Sync + fmt::Debug {
    /// Writes as much as the socket takes now and gives how many bytes that was.
    ///
    /// # Errors
    /// `WouldBlock` when it takes nothing now; others end the connection.
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Brings into the processor's cache what a write needs.
    fn touch(&self) {}
}

/// A bounded queue of frames before a [`Wire`], or before a transport that takes them out by [`Outbox::take`].
///
/// Verdict when full: the connection is closed as slow (3008), which is resumable; messages with a [`ConflateKey`]
/// replace their queued predecessor instead of queueing up.
///
/// With a wire, a message for a connection that has nothing queued is written at once by whoever sends it, without
/// waking the connection's task. Messages of a burst are queued and joined by the node's flushers.
#[derive(Debug)]
pub struct Outbox {
    queue: Mutex<Queue>,
    wire: Option<Arc<dyn Wire>>,
    attention: Notify,
    limit_bytes: usize,
    joins: bool,
}

#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// Bytes of the first entry that the wire has taken already.
    begun: usize,
    /// The wire takes nothing; the connection's task waits until it does.
    blocked: bool,
    /// Since when nothing at all was taken.
    stalled_since: Option<u64>,
    /// The connection's own task is at work and writes at the end of its turn.
    corked: bool,
    /// A flusher was asked.
    promised: bool,
    /// The last burst that was written to past the queue.
    written_in: Burst,
    closing: Option<Disconnect>,
}

#[derive(Debug)]
struct Entry {
    frame: Frame,
    key: Option<ConflateKey>,
}

/// What the sender of a message has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Sent {
    /// Nothing: it is written, queued or held.
    Done,
    /// Nothing: it was not for this client, or the connection is closing.
    Skipped,
    /// Have a flusher call [`Outbox::flush`].
    Flush,
}

/// What a transport without a wire is to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Write these messages.
    Write(Vec<Frame>),
    /// Close the connection.
    Close(Disconnect),
}

impl Queue {
    /// Whether a message may go past it.
    fn is_free(&self) -> bool {
        self.entries.is_empty() && !self.blocked && !self.corked
    }

    fn size(&self) -> usize {
        self.bytes + self.entries.len() * ENTRY_BYTES
    }

    /// Forgets all but a frame that the wire has taken in part: its rest must follow.
    fn clear(&mut self) {
        self.entries.truncate(usize::from(self.begun > 0));
        self.bytes = self.entries.front().map_or(0, |entry| entry.frame.len());
    }

    fn add(&mut self, frame: Frame, key: Option<ConflateKey>, limit_bytes: usize) {
        let size = frame.len();
        let begun = usize::from(self.begun > 0);
        let queued =
            key.and_then(|key| self.entries.iter_mut().skip(begun).find(|other| other.key == Some(key)));
        if let Some(queued) = queued {
            let before = std::mem::replace(&mut queued.frame, frame).len();
            self.bytes = self.bytes - before + size;
            metrics::counter!("schoolbell_outbox_conflated_total").increment(1);
        } else {
            self.entries.push_back(Entry { frame, key });
            self.bytes += size;
        }
        if self.size() > limit_bytes {
            self.clear();
            self.closing = Some(Disconnect::SLOW);
        }
    }

    /// Drops what the wire has taken from the front.
    fn advance(&mut self, mut taken: usize) {
        taken += self.begun;
        while let Some(entry) = self.entries.front() {
            let size = entry.frame.len();
            if taken < size {
                break;
            }
            taken -= size;
            self.bytes -= size;
            self.entries.pop_front();
        }
        self.begun = taken;
        if self.entries.is_empty() {
            // Idle connections keep no queue memory.
            self.entries = VecDeque::new();
        }
    }
}

impl Outbox {
    /// An outbox that holds at most so many bytes.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self { queue: Mutex::default(), wire: None, attention: Notify::new(), limit_bytes, joins: false }
    }

    /// An outbox before a socket. With `joins` no message to many goes past the queue: each waits for a flusher.
    #[must_use]
    pub fn wired(limit_bytes: usize, wire: Arc<dyn Wire>, joins: bool) -> Self {
        Self { wire: Some(wire), joins, ..Self::new(limit_bytes) }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No method leaves the queue half changed, so a panic elsewhere does not spoil it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message: past the queue when that is empty and the burst has not written here yet, else in its turn.
    pub fn send(&self, frame: &Frame, key: Option<ConflateKey>, burst: Burst) -> Sent {
        let mut queue = self.lock();
        if queue.closing.is_some() {
            return Sent::Skipped;
        }
        let Some(wire) = &self.wire else {
            queue.add(frame.clone(), key, self.limit_bytes);
            drop(queue);
            self.wake();
            return Sent::Done;
        };
        let past = !self.joins && burst != Burst::MORE_FOLLOWS && queue.written_in != burst;
        if past && queue.is_free() {
            queue.written_in = burst;
            self.write_past(&**wire, queue, frame, key);
            return Sent::Done;
        }
        queue.add(frame.clone(), key, self.limit_bytes);
        if queue.closing.is_some() {
            drop(queue);
            self.wake();
            return Sent::Skipped;
        }
        if queue.blocked || queue.corked {
            return Sent::Done;
        }
        if burst == Burst::MORE_FOLLOWS && !self.joins && queue.size() > self.limit_bytes / FULL_ENOUGH {
            self.write(queue);
            return Sent::Done;
        }
        if queue.promised {
            return Sent::Done;
        }
        queue.promised = true;
        Sent::Flush
    }

    /// Sends a message that is no part of a burst, with all that waits before it; for everybody but the connection's task.
    pub fn send_alone(&self, frame: &Frame) {
        let mut queue = self.lock();
        if queue.closing.is_some() {
            return;
        }
        match &self.wire {
            Some(wire) if queue.is_free() => self.write_past(&**wire, queue, frame, None),
            _ => {
                queue.add(frame.clone(), None, self.limit_bytes);
                if self.wire.is_none() || queue.closing.is_some() {
                    drop(queue);
                    self.wake();
                } else if !queue.blocked && !queue.corked {
                    self.write(queue);
                }
            }
        }
    }

    fn write_past(
        &self,
        wire: &dyn Wire,
        mut queue: MutexGuard<'_, Queue>,
        frame: &Frame,
        key: Option<ConflateKey>,
    ) {
        match wire.try_write(&[IoSlice::new(frame.bytes())]) {
            Ok(taken) if taken == frame.len() => {}
            Ok(taken) => {
                queue.add(frame.clone(), None, usize::MAX);
                queue.begun = taken;
                queue.blocked = true;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                queue.add(frame.clone(), key, self.limit_bytes);
                queue.blocked = true;
            }
            Err(_) => queue.closing = Some(Disconnect::WRITE_ERROR),
        }
        queue.stalled_since = queue.blocked.then(monotonic_ms);
        if queue.blocked || queue.closing.is_some() {
            drop(queue);
            self.wake();
        }
    }

    /// Whether every message waits for a flusher.
    #[must_use]
    pub fn joins(&self) -> bool {
        self.joins
    }

    /// Brings into the processor's cache what [`Self::send`] needs.
    pub fn touch(&self) {
        std::hint::black_box(self.queue.is_poisoned());
        if let Some(wire) = &self.wire {
            wire.touch();
        }
    }

    /// Queues without writing; for the connection's own task, which flushes at the end of its turn.
    pub fn queue(&self, frame: Frame, key: Option<ConflateKey>) {
        let mut queue = self.lock();
        if queue.closing.is_none() {
            queue.add(frame, key, self.limit_bytes);
        }
        if self.wire.is_none() || queue.closing.is_some() {
            drop(queue);
            self.wake();
        }
    }

    /// Until [`Self::uncork`], messages only queue: the connection's task is at work and will write them together.
    pub fn cork(&self) {
        self.lock().corked = true;
    }

    /// Writes what was queued meanwhile.
    pub fn uncork(&self) {
        let mut queue = self.lock();
        queue.corked = false;
        if !queue.entries.is_empty() && !queue.blocked {
            self.write(queue);
        }
    }

    /// Writes what is queued, as one write if the wire takes it. For flushers, and for the connection's task once the
    /// wire takes something again.
    pub fn flush(&self) {
        let mut queue = self.lock();
        queue.promised = false;
        queue.blocked = false;
        self.write(queue);
    }

    fn write(&self, mut queue: MutexGuard<'_, Queue>) {
        let Some(wire) = &self.wire else { return };
        let stalled_since = queue.stalled_since.take();
        let mut moved = false;
        while !queue.entries.is_empty() {
            let mut slices = [IoSlice::new(&[]); BATCH_FRAMES];
            let mut count = 0;
            for (slice, entry) in slices.iter_mut().zip(&queue.entries) {
                let skip = if count == 0 { queue.begun } else { 0 };
                *slice = IoSlice::new(&entry.frame.bytes()[skip..]);
                count += 1;
            }
            match wire.try_write(&slices[..count]) {
                Ok(taken) => {
                    moved = true;
                    queue.advance(taken);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    queue.blocked = true;
                    queue.stalled_since = stalled_since.filter(|_| !moved).or_else(|| Some(monotonic_ms()));
                    break;
                }
                Err(_) => {
                    queue.begun = 0;
                    queue.clear();
                    queue.closing.get_or_insert(Disconnect::WRITE_ERROR);
                    break;
                }
            }
        }
        if queue.blocked || queue.closing.is_some() {
            drop(queue);
            self.wake();
        }
    }

    /// Closes the connection once what is queued has been written. The first verdict stays.
    pub fn close(&self, disconnect: Disconnect) {
        self.lock().closing.get_or_insert(disconnect);
        self.wake();
    }

    /// Why the connection is being closed, if it is.
    #[must_use]
    pub fn closing(&self) -> Option<Disconnect> {
        self.lock().closing
    }

    /// Whether the wire takes nothing; the connection's task then calls [`Self::flush`] once it does.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.lock().blocked
    }

    /// Whether the other end has taken nothing for longer than `patience`, though something waits for it.
    #[must_use]
    pub fn is_stalled(&self, patience: Duration) -> bool {
        let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.lock().stalled_since.is_some_and(|since| monotonic_ms() - since > patience)
    }

    /// How much more may be queued before the connection is closed as slow, bytes.
    #[must_use]
    pub fn free(&self) -> usize {
        self.limit_bytes.saturating_sub(self.lock().size())
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().entries.is_empty()
    }

    /// For a transport without a wire: what to do next, if there is anything to do.
    #[must_use]
    pub fn take(&self) -> Option<Next> {
        let mut queue = self.lock();
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(entry) = queue.entries.front() {
            let size = entry.frame.len();
            if batch.len() == BATCH_FRAMES || (!batch.is_empty() && bytes + size > BATCH_BYTES) {
                break;
            }
            bytes += size;
            batch.extend(queue.entries.pop_front().map(|entry| entry.frame));
        }
        queue.bytes -= bytes;
        if batch.is_empty() {
            queue.entries = VecDeque::new();
            return queue.closing.map(Next::Close);
        }
        Some(Next::Write(batch))
    }

    /// Asks the connection's task to look after its outbox and its orders.
    pub fn wake(&self) {
        self.attention.notify_one();
    }

    /// Waits until somebody has asked. For the connection's one task.
    pub async fn attention(&self) {
        self.attention.notified().await;
    }
}

#[cfg(test)]
mod tests;
