//! What comes from the channels that a node is subscribed to.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{Notify, mpsc};

/// Messages that wait for the consumer. Behind them, each connection holds some thousands more before it drops any.
const WAITING: usize = 1_024;

/// One thing that a subscriber has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message of a channel.
    Message {
        /// The channel, with prefix and tag.
        channel: String,
        /// The payload. It may share the memory of others that came with it: copy what is kept.
        payload: Bytes,
    },
    /// So many messages were dropped because the consumer was slow: whatever is followed must be compared.
    Missed(u64),
    /// The subscriber's connection, or one of them, was made anew, or a partition went to another master. Subscriptions
    /// are restored, but what came between is lost.
    Reconnected,
}

#[derive(Debug, Default)]
struct Signals {
    missed: AtomicU64,
    reconnected: AtomicBool,
    raised: Notify,
}

/// Where events go in.
#[derive(Debug)]
pub(super) struct Inlet {
    messages: mpsc::Sender<Event>,
    signals: Arc<Signals>,
}

/// Where events come out, for one consumer.
#[derive(Debug)]
pub struct Events {
    messages: mpsc::Receiver<Event>,
    signals: Arc<Signals>,
}

pub(super) fn queue() -> (Inlet, Events) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let signals = Arc::new(Signals::default());
    (Inlet { messages: sender, signals: Arc::clone(&signals) }, Events { messages: receiver, signals })
}

impl Inlet {
    /// Waits for room. `false` when nobody will ever take it.
    pub(super) async fn deliver(&self, message: Event) -> bool {
        self.messages.send(message).await.is_ok()
    }

    pub(super) fn missed(&self, count: u64) {
        self.signals.missed.fetch_add(count, Ordering::AcqRel);
        self.signals.raised.notify_one();
    }

    pub(super) fn reconnected(&self) {
        self.signals.reconnected.store(true, Ordering::Release);
        self.signals.raised.notify_one();
    }
}

impl Events {
    /// No events, ever.
    pub(super) fn none() -> Self {
        queue().1
    }

    /// The next event; `None` once the connections were closed. [`Event::Missed`] and [`Event::Reconnected`] overtake
    /// messages and are told once for many. May be dropped and called again without losing an event.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let missed = self.signals.missed.swap(0, Ordering::AcqRel);
            if missed > 0 {
                return Some(Event::Missed(missed));
            }
            if self.signals.reconnected.swap(false, Ordering::AcqRel) {
                return Some(Event::Reconnected);
            }
            tokio::select! {
                biased;
                () = self.signals.raised.notified() => {}
                message = self.messages.recv() => return message,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: usize) -> Event {
        Event::Message { channel: "c".to_owned(), payload: number.to_string().into() }
    }

    #[tokio::test]
    async fn messages_keep_their_order_and_signals_overtake_them() {
        let (inlet, mut events) = queue();
        for number in 0..3 {
            assert!(inlet.deliver(message(number)).await);
        }
        inlet.missed(2);
        inlet.reconnected();
        inlet.missed(3);
        assert_eq!(events.next().await, Some(Event::Missed(5)));
        assert_eq!(events.next().await, Some(Event::Reconnected));
        for number in 0..3 {
            assert_eq!(events.next().await, Some(message(number)));
        }
        drop(inlet);
        assert_eq!(events.next().await, None);
    }

    #[tokio::test]
    async fn a_full_queue_lets_the_sender_wait() {
        let (inlet, mut events) = queue();
        for number in 0..WAITING {
            assert!(inlet.deliver(message(number)).await);
        }
        let one_more = tokio::spawn(async move { inlet.deliver(message(WAITING)).await });
        tokio::task::yield_now().await;
        assert!(!one_more.is_finished());
        assert_eq!(events.next().await, Some(message(0)));
        assert!(one_more.await.is_ok_and(|delivered| delivered));
    }

    #[tokio::test]
    async fn without_a_consumer_nothing_waits() {
        let (inlet, events) = queue();
        drop(events);
        assert!(!inlet.deliver(message(0)).await);
        assert_eq!(Events::none().next().await, None);
    }
}
