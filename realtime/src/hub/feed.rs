//! One channel on this node: who is subscribed, and the line of what goes out to them.

use super::writers::Writers;
use crate::{
    burst::Burst,
    connection::Connection,
    outbox::{ConflateKey, Sent},
    subscription::{Subscription, Variants},
};
use protocol::{SharedMessage, ids::ClientId};
use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    sync::Notify,
    task::{JoinSet, yield_now},
};

/// Subscribers that one task serves before it lets others work: about a millisecond of writes.
const SHARE: usize = 256;
/// Posts that may wait in a channel's line before those who publish wait, too.
const LINE: usize = 32;

/// Subscribers that are looked at to see whether two channels have many in common.
const SAMPLE: usize = 8;

/// A channel with subscribers on this node.
///
/// Posts go out in the order in which they came. To a few subscribers they go at once, by whoever posts. A message to ten
/// thousand takes tens of milliseconds to write, so that is done by tasks, on all cores: meanwhile others subscribe and
/// post without waiting.
#[derive(Debug, Default)]
pub(super) struct Feed {
    subscribers: Mutex<Subscribers>,
    line: Mutex<Line>,
    /// The line has become shorter.
    shortened: Notify,
}

/// The subscriptions of a channel: a list for fast fan-out, with the place of each client.
#[derive(Debug, Default)]
struct Subscribers {
    /// Shared with passes that are under way; copied when somebody comes or goes meanwhile.
    list: Arc<Vec<Arc<Subscription>>>,
    place: HashMap<ClientId, usize>,
}

#[derive(Debug, Default)]
struct Line {
    /// A task is at work, and takes from `waiting`.
    busy: bool,
    waiting: Vec<Post>,
}

/// What goes out to all subscribers of a channel.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) message: SharedMessage,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Publication {
        variants: Box<Variants>,
        conflate: Option<ConflateKey>,
    },
    /// Somebody came or went.
    Membership,
    /// Something was lost between what went before and what follows.
    Loss,
}

impl Post {
    pub(super) fn deliver(&self, subscription: &Subscription, burst: Burst) -> Sent {
        match &self.kind {
            Kind::Publication { variants, conflate } => {
                subscription.publish(&self.message, variants, *conflate, burst)
            }
            Kind::Membership => subscription.membership(&self.message, burst),
            Kind::Loss => {
                subscription.lose();
                Sent::Skipped
            }
        }
    }
}

impl Feed {
    fn subscribers(&self) -> MutexGuard<'_, Subscribers> {
        // No method leaves the list half changed, so a panic elsewhere does not spoil it.
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nor the line.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when it is the first.
    pub(super) fn add(&self, subscription: Arc<Subscription>) -> bool {
        let mut subscribers = self.subscribers();
        let place = subscribers.list.len();
        subscribers.place.insert(subscription.connection().client, place);
        Arc::make_mut(&mut subscribers.list).push(subscription);
        place == 0
    }

    /// True when it was the last.
    pub(super) fn remove(&self, client: ClientId) -> bool {
        let mut subscribers = self.subscribers();
        let Some(place) = subscribers.place.remove(&client) else {
            return false;
        };
        let list = Arc::make_mut(&mut subscribers.list);
        list.swap_remove(place);
        let successor = list.get(place).map(|successor| successor.connection().client);
        if let Some(successor) = successor {
            subscribers.place.insert(successor, place);
        }
        subscribers.list.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.subscribers().list.len()
    }

    pub(super) fn connections(&self) -> Vec<Arc<Connection>> {
        self.list().iter().map(|subscription| Arc::clone(subscription.connection())).collect()
    }

    fn list(&self) -> Arc<Vec<Arc<Subscription>>> {
        Arc::clone(&self.subscribers().list)
    }

    /// Whether many of its subscribers are another channel's, too; by a sample.
    fn shares_subscribers(&self, other: &Self) -> bool {
        let list = self.list();
        let sample = list.iter().step_by(list.len().div_ceil(SAMPLE).max(1));
        let sample: Vec<_> = sample.map(|subscription| subscription.connection().client).collect();
        let there = other.subscribers();
        let both = sample.iter().filter(|client| there.place.contains_key(client)).count();
        both > 0 && both * 4 >= sample.len()
    }

    /// Waits while the line is long. So whoever publishes faster than the subscribers can be written to is held back.
    pub(super) async fn admit(&self) {
        let mut waited = false;
        while self.line().waiting.len() >= LINE {
            self.shortened.notified().await;
            waited = true;
        }
        if waited {
            // There may be room for the next one who waits, too, and no other post that wakes it.
            self.shortened.notify_one();
        }
    }

    /// Sends a post after those before it.
    pub(super) fn post(self: Arc<Self>, post: Post, writers: &Arc<Writers>) {
        let mut line = self.line();
        if !line.busy {
            let list = self.list();
            if list.len() <= SHARE {
                // The line stays locked: that keeps the order.
                let under_way = writers.bursts.begin(&self, |other| self.shares_subscribers(other));
                let behind = writers.serve(&list, &[post], under_way.burst);
                return writers.flusher.add(behind);
            }
            // It waits for this lock first.
            tokio::spawn(Arc::clone(&self).work(Arc::clone(writers)));
            line.busy = true;
        }
        line.waiting.push(post);
    }

    /// All that waits; nothing once the line is empty.
    fn take_waiting(&self) -> Vec<Post> {
        let mut line = self.line();
        let waiting = mem::take(&mut line.waiting);
        line.busy = !waiting.is_empty();
        waiting
    }

    /// Sends what is in the line, until it is empty.
    async fn work(self: Arc<Self>, writers: Arc<Writers>) {
        let mut began = false;
        loop {
            let posts = self.take_waiting();
            if posts.is_empty() {
                return;
            }
            self.shortened.notify_one();
            let shares = |other: &Self| self.shares_subscribers(other);
            let under_way = if began {
                writers.bursts.begin_next(&self, shares)
            } else {
                writers.bursts.begin(&self, shares)
            };
            began = true;
            // Not share by share: passes of a burst follow each other through the list, and what they queue is to be joined.
            let behind = Pass::run(self.list(), posts, under_way.burst, &writers).await;
            writers.flusher.add(behind);
        }
    }
}

/// Posts on their way to many subscribers, served in shares by as many tasks as there are cores.
struct Pass {
    list: Arc<Vec<Arc<Subscription>>>,
    posts: Vec<Post>,
    burst: Burst,
    writers: Arc<Writers>,
    /// Where the next share begins.
    begin: AtomicUsize,
}

impl Pass {
    /// Gives the connections that want to be flushed.
    async fn run(
        list: Arc<Vec<Arc<Subscription>>>,
        posts: Vec<Post>,
        burst: Burst,
        writers: &Arc<Writers>,
    ) -> Vec<Arc<Connection>> {
        let cores = tokio::runtime::Handle::current().metrics().num_workers();
        let tasks = list.len().div_ceil(SHARE).min(cores);
        let writers = Arc::clone(writers);
        let pass = Arc::new(Self { list, posts, burst, writers, begin: AtomicUsize::new(0) });
        let mut at_work: JoinSet<_> = (0..tasks).map(|_| Arc::clone(&pass).serve()).collect();
        let mut behind = Vec::new();
        while let Some(served) = at_work.join_next().await {
            match served {
                Ok(connections) => behind.extend(connections),
                Err(error) => tracing::error!(%error, "part of a fan-out was not sent"),
            }
        }
        behind
    }

    async fn serve(self: Arc<Self>) -> Vec<Arc<Connection>> {
        let mut behind = Vec::new();
        loop {
            let begin = self.begin.fetch_add(SHARE, Ordering::Relaxed);
            let Some(rest) = self.list.get(begin..).filter(|rest| !rest.is_empty()) else {
                return behind;
            };
            behind.extend(self.writers.serve(&rest[..rest.len().min(SHARE)], &self.posts, self.burst));
            yield_now().await;
        }
    }
}
