//! One read of a channel's history for all who want it at the same moment.
//!
//! ```text
//! history ─→ nobody reads: read now : else wait for the NEXT read, with all who come meanwhile ─→ cut to what each one asked
//! ```
//! A class that comes back after a cut asks one channel for the same few publications, each from where it was. Whoever comes
//! while a read is under way never shares it: a subscriber's history has to be read after its subscription is in the hub, or
//! what was published in between would be in neither.
//!
//! For brokers that are far away. In memory a read costs less than to wait for another one.

mod span;

#[cfg(test)]
mod tests;

use super::{Broker, BrokerError, Draft, HistoryPage, HistoryQuery, PublishOptions};
use crate::key::ChannelKey;
use async_trait::async_trait;
use dashmap::DashMap;
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared, WeakShared},
};
use protocol::{ClientInfo, command::StreamPosition};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Reads of a channel that are under way at a time, and as many that wait for them. Those who would need one more, because
/// they ask for parts of the stream that lie far apart, read by themselves.
const LINES: usize = 4;

/// A broker whose history is read once for all who ask a channel for it at the same moment. No method returns a guard of the
/// map.
pub struct Coalesced {
    broker: Arc<dyn Broker>,
    /// Channels that somebody is asking at this moment.
    channels: DashMap<ChannelKey, Arc<Lines>>,
}

/// The reads of a channel.
#[derive(Default)]
struct Lines {
    /// One read of a line at a time.
    turns: [tokio::sync::Mutex<()>; LINES],
    ends: Mutex<[End; LINES]>,
}

/// The end of a line.
#[derive(Default)]
struct End {
    /// What the latest read that has begun asks for.
    begun: Option<HistoryQuery>,
    next: Option<Next>,
}

/// A read that has not begun. Who asks for it owns it: when all of them are gone, it is, too.
struct Next {
    span: HistoryQuery,
    read: WeakShared<BoxFuture<'static, Answered>>,
}

type Read = Shared<BoxFuture<'static, Answered>>;
type Answered = Result<Arc<Answer>, BrokerError>;

/// What a read gave.
struct Answer {
    span: HistoryQuery,
    page: HistoryPage,
}

impl Coalesced {
    /// Reads the history of `broker` for many at once, and leaves all else to it.
    #[must_use]
    pub fn new(broker: Arc<dyn Broker>) -> Self {
        Self { broker, channels: DashMap::new() }
    }

    /// Joins a read that has not begun, or makes one. None when all lines wait for other parts of the stream.
    fn join(&self, key: &ChannelKey, lines: &Arc<Lines>, query: &HistoryQuery) -> Option<Read> {
        let mut ends = lines.ends();
        for next in ends.iter_mut().filter_map(|end| end.next.as_mut()) {
            if let Some(span) = span::joined(&next.span, query)
                && let Some(read) = next.read.upgrade()
            {
                next.span = span;
                metrics::counter!("schoolbell_history_coalesced_total").increment(1);
                return Some(read);
            }
        }
        let line = lines.free(&ends, query)?;
        let read = read_next(line, key.clone(), Arc::clone(lines), Arc::clone(&self.broker)).boxed().shared();
        ends[line].next = Some(Next { span: query.clone(), read: read.downgrade()? });
        Some(read)
    }
}

impl Lines {
    fn ends(&self) -> MutexGuard<'_, [End; LINES]> {
        // No method leaves the lines half changed, so a panic elsewhere does not spoil them.
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line in which no read waits. Not behind a read of another part of the stream, if that can be: more of its kind may
    /// come, to wait together.
    fn free(&self, ends: &[End; LINES], query: &HistoryQuery) -> Option<usize> {
        let free = |line: &usize| ends[*line].next.as_ref().is_none_or(|next| next.read.upgrade().is_none());
        let fits = |line: &usize| {
            let alike = ends[*line].begun.as_ref().is_some_and(|begun| span::joined(begun, query).is_some());
            alike || self.turns[*line].try_lock().is_ok()
        };
        (0..LINES).filter(free).find(fits).or_else(|| (0..LINES).find(free))
    }

    /// Ends the wait of a line's next read, and gives what it has to bring.
    fn begin(&self, line: usize) -> Option<HistoryQuery> {
        let end = &mut self.ends()[line];
        end.begun = end.next.take().map(|next| next.span);
        end.begun.clone()
    }
}

async fn read(
    broker: &dyn Broker,
    key: &ChannelKey,
    query: &HistoryQuery,
) -> Result<HistoryPage, BrokerError> {
    metrics::counter!("schoolbell_history_reads_total").increment(1);
    broker.history(key, query).await
}

/// Reads once it is the line's turn, for all who have joined until then.
async fn read_next(line: usize, key: ChannelKey, lines: Arc<Lines>, broker: Arc<dyn Broker>) -> Answered {
    let _turn = lines.turns[line].lock().await;
    // From here on whoever comes makes another read: this one could be older than its question.
    let span =
        lines.begin(line).ok_or_else(|| BrokerError::Unreachable("a read has begun twice".to_owned()))?;
    let page = read(&*broker, &key, &span).await?;
    Ok(Arc::new(Answer { span, page }))
}

/// Somebody who asks a channel. The last one to go takes its entry away, also when it is dropped in the middle.
struct Visit<'a> {
    channels: &'a DashMap<ChannelKey, Arc<Lines>>,
    key: &'a ChannelKey,
    lines: Option<Arc<Lines>>,
}

impl<'a> Visit<'a> {
    fn new(channels: &'a DashMap<ChannelKey, Arc<Lines>>, key: &'a ChannelKey) -> (Self, Arc<Lines>) {
        let lines = Arc::clone(&channels.entry(key.clone()).or_default());
        (Self { channels, key, lines: Some(Arc::clone(&lines)) }, lines)
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        // Its own share goes first. Of two who go at once the second then finds the map's alone.
        self.lines = None;
        self.channels.remove_if(self.key, |_, lines| Arc::strong_count(lines) == 1);
    }
}

#[async_trait]
impl Broker for Coalesced {
    async fn subscribe(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.broker.subscribe(key).await
    }

    async fn unsubscribe(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.broker.unsubscribe(key).await
    }

    async fn publish(
        &self,
        key: &ChannelKey,
        draft: Draft,
        options: &PublishOptions,
    ) -> Result<StreamPosition, BrokerError> {
        self.broker.publish(key, draft, options).await
    }

    async fn join(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError> {
        self.broker.join(key, info).await
    }

    async fn leave(&self, key: &ChannelKey, info: ClientInfo) -> Result<(), BrokerError> {
        self.broker.leave(key, info).await
    }

    async fn history(&self, key: &ChannelKey, query: &HistoryQuery) -> Result<HistoryPage, BrokerError> {
        let answer = {
            let (_visit, lines) = Visit::new(&self.channels, key);
            let joined = self.join(key, &lines, query);
            // Only the read itself holds on to them, so that it can be seen when nobody asks any more.
            drop(lines);
            match joined {
                Some(read) => read.await?,
                None => return read(&*self.broker, key, query).await,
            }
        };
        match span::cut(query, answer) {
            Some(page) => Ok(page),
            None => read(&*self.broker, key, query).await,
        }
    }

    async fn remove_history(&self, key: &ChannelKey) -> Result<(), BrokerError> {
        self.broker.remove_history(key).await
    }

    fn sweep(&self) {
        self.broker.sweep();
    }
}
