//! What waits to be written to one connection.

use bytes::Bytes;
use protocol::Disconnect;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Most messages joined into one frame.
const BATCH_MESSAGES: usize = 64;
/// Most bytes joined into one frame, unless a single message is larger.
const BATCH_BYTES: usize = 64 * 1024;

/// Names the newest of several messages of which only the latest matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConflateKey(pub u64);

/// A bounded queue of encoded messages. Verdict when full: the connection is closed as slow (3008), which is
/// resumable; messages with a [`ConflateKey`] replace their queued predecessor instead of queueing up.
#[derive(Debug)]
pub struct Outbox {
    queue: Mutex<Queue>,
    ready: Notify,
    limit_bytes: usize,
}

#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    bytes: usize,
    closing: Option<Disconnect>,
}

#[derive(Debug)]
struct Entry {
    message: Bytes,
    key: Option<ConflateKey>,
}

/// What a transport is to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Write these messages as one frame.
    Write(Vec<Bytes>),
    /// Close the connection.
    Close(Disconnect),
}

impl Outbox {
    /// An empty outbox that holds at most so many bytes.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self { queue: Mutex::default(), ready: Notify::new(), limit_bytes }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No method leaves the queue half changed, so a panic elsewhere does not spoil it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a message.
    pub fn push(&self, message: Bytes) {
        self.enqueue(Entry { message, key: None });
    }

    /// Queues a message in the place of a queued one with the same key, if there is one.
    pub fn push_latest(&self, key: ConflateKey, message: Bytes) {
        self.enqueue(Entry { message, key: Some(key) });
    }

    fn enqueue(&self, entry: Entry) {
        let mut queue = self.lock();
        if queue.closing.is_some() {
            return;
        }
        let size = entry.message.len();
        let queued = entry.key.and_then(|key| queue.entries.iter_mut().find(|other| other.key == Some(key)));
        if let Some(queued) = queued {
            let before = std::mem::replace(&mut queued.message, entry.message).len();
            queue.bytes = queue.bytes - before + size;
            metrics::counter!("schoolbell_outbox_conflated_total").increment(1);
        } else {
            queue.entries.push_back(entry);
            queue.bytes += size;
        }
        if queue.bytes > self.limit_bytes {
            queue.entries.clear();
            queue.bytes = 0;
            queue.closing = Some(Disconnect::SLOW);
        }
        drop(queue);
        self.ready.notify_one();
    }

    /// Closes the connection once what is queued has been written. The first verdict stays.
    pub fn close(&self, disconnect: Disconnect) {
        self.lock().closing.get_or_insert(disconnect);
        self.ready.notify_one();
    }

    /// Whether the connection is being closed.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.lock().closing.is_some()
    }

    fn take(&self) -> Option<Next> {
        let mut queue = self.lock();
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(entry) = queue.entries.front() {
            if batch.len() == BATCH_MESSAGES
                || (!batch.is_empty() && bytes + entry.message.len() > BATCH_BYTES)
            {
                break;
            }
            bytes += entry.message.len();
            batch.extend(queue.entries.pop_front().map(|entry| entry.message));
        }
        queue.bytes -= bytes;
        if batch.is_empty() {
            // Idle connections keep no queue memory.
            queue.entries = VecDeque::new();
            return queue.closing.map(Next::Close);
        }
        Some(Next::Write(batch))
    }

    /// Waits for the next thing to do. For one transport task.
    pub async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.ready.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[tokio::test]
    async fn queued_messages_are_written_together_in_order() {
        let outbox = Outbox::new(1000);
        outbox.push(message("a"));
        outbox.push(message("b"));
        outbox.close(Disconnect::SHUTDOWN);
        outbox.push(message("after the close"));
        assert_eq!(outbox.next().await, Next::Write(vec![message("a"), message("b")]));
        assert_eq!(outbox.next().await, Next::Close(Disconnect::SHUTDOWN));
    }

    #[tokio::test]
    async fn only_the_latest_of_a_key_is_kept_in_its_place() {
        let outbox = Outbox::new(1000);
        outbox.push_latest(ConflateKey(1), message("count 1"));
        outbox.push(message("x"));
        outbox.push_latest(ConflateKey(1), message("count 22"));
        assert_eq!(outbox.next().await, Next::Write(vec![message("count 22"), message("x")]));
        assert_eq!(outbox.lock().bytes, 0);
    }

    #[tokio::test]
    async fn a_full_outbox_closes_its_connection_and_keeps_no_bytes() {
        let outbox = Outbox::new(10);
        outbox.push(message("12345"));
        outbox.push(message("123456"));
        assert_eq!(outbox.lock().bytes, 0);
        assert_eq!(outbox.next().await, Next::Close(Disconnect::SLOW));
    }

    #[tokio::test]
    async fn a_frame_holds_a_bounded_number_of_messages() {
        let outbox = Outbox::new(1 << 20);
        for _ in 0..=BATCH_MESSAGES {
            outbox.push(message("m"));
        }
        let Next::Write(first) = outbox.next().await else { unreachable!("messages are queued") };
        assert_eq!(first.len(), BATCH_MESSAGES);
    }
}
