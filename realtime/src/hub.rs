//! Who on this node is subscribed to what: channels to subscriptions, users to connections.

mod feed;
mod writers;

use crate::{
    broker::{BrokerSink, Delivery},
    connection::Connection,
    key::ChannelKey,
    outbox::ConflateKey,
    subscription::{Subscription, Variants},
};
use async_trait::async_trait;
use feed::{Feed, Kind, Post};
use protocol::{
    Channel, ClientInfo, Message, Publication, Push, PushBody, SharedMessage, Unsubscribed,
    ids::{ClientId, SchoolId, UserId},
};
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use writers::Writers;

/// Shards of each map. 64 keeps two cores from ever waiting long for each other.
const SHARDS: usize = 64;

/// The node's own subscribers.
#[derive(Debug)]
pub struct Hub {
    channels: Sharded<ChannelKey, Arc<Feed>>,
    writers: Arc<Writers>,
    users: Sharded<(SchoolId, UserId), Vec<Arc<Connection>>>,
}

#[derive(Debug)]
struct Sharded<K, V> {
    shards: Vec<Mutex<HashMap<K, V>>>,
    hasher: RandomState,
}

impl<K: Hash + Eq, V> Sharded<K, V> {
    fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new() }
    }

    fn lock(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        let hash = self.hasher.hash_one(key);
        let shard = usize::try_from(hash % SHARDS as u64).unwrap_or(0);
        // No method leaves a map half changed, so a panic elsewhere does not spoil it.
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self { channels: Sharded::new(), users: Sharded::new(), writers: Arc::default() }
    }
}

impl Hub {
    /// Adds a connection to its user. False when the user has `limit` already.
    pub fn connect(&self, connection: &Arc<Connection>, limit: usize) -> bool {
        let Some(identity) = connection.identity() else {
            return false;
        };
        let key = (identity.school, identity.user.clone());
        let mut users = self.users.lock(&key);
        let connections = users.entry(key).or_default();
        if connections.len() >= limit {
            return false;
        }
        connection.place.store(connections.len(), Ordering::Relaxed);
        connections.push(Arc::clone(connection));
        true
    }

    /// Takes a connection from its user.
    pub fn disconnect(&self, connection: &Connection) {
        let Some(identity) = connection.identity() else {
            return;
        };
        let key = (identity.school, identity.user.clone());
        let mut users = self.users.lock(&key);
        if let Some(connections) = users.get_mut(&key) {
            // No search: all anonymous users of a school are in one list.
            let place = connection.place.load(Ordering::Relaxed);
            if connections.get(place).is_some_and(|other| other.client == connection.client) {
                connections.swap_remove(place);
                if let Some(moved) = connections.get(place) {
                    moved.place.store(place, Ordering::Relaxed);
                }
            }
            if connections.is_empty() {
                users.remove(&key);
            }
        }
    }

    /// The connections of a user.
    #[must_use]
    pub fn connections_of(&self, school: SchoolId, user: &UserId) -> Vec<Arc<Connection>> {
        let key = (school, user.clone());
        self.users.lock(&key).get(&key).cloned().unwrap_or_default()
    }

    /// All connections that have identified themselves.
    #[must_use]
    pub fn all_connections(&self) -> Vec<Arc<Connection>> {
        let lists = self.users.shards.iter().map(|shard| {
            let users = shard.lock().unwrap_or_else(PoisonError::into_inner);
            users.values().flatten().cloned().collect::<Vec<_>>()
        });
        lists.flatten().collect()
    }

    /// Writes what was queued behind bursts, until stopped. What comes within `delay` is joined.
    pub async fn flush(&self, delay: Duration, stop: CancellationToken) {
        Arc::clone(&self.writers.flusher).run(delay, stop).await;
    }

    /// Adds a subscription. True when it is the channel's first on this node.
    pub fn subscribe(&self, subscription: Arc<Subscription>) -> bool {
        let feed =
            Arc::clone(self.channels.lock(&subscription.key).entry(subscription.key.clone()).or_default());
        feed.add(subscription)
    }

    /// Takes a subscription away. True when it was the channel's last on this node.
    pub fn unsubscribe(&self, key: &ChannelKey, client: ClientId) -> bool {
        let Some(feed) = self.feed(key) else {
            return false;
        };
        let last = feed.remove(client);
        if last {
            drop(feed);
            let mut channels = self.channels.lock(key);
            // Whoever else holds the feed took it under this lock. If it is not somebody who subscribes, the feed stays
            // without a subscription, until the sweep.
            if channels.get(key).is_some_and(is_unused) {
                channels.remove(key);
            }
        }
        last
    }

    /// Drops the channels whose last subscriber left while somebody else held them. Called about once a minute.
    pub fn sweep(&self) {
        for shard in &self.channels.shards {
            let mut channels = shard.lock().unwrap_or_else(PoisonError::into_inner);
            channels.retain(|_, feed| !is_unused(feed));
        }
    }

    fn feed(&self, key: &ChannelKey) -> Option<Arc<Feed>> {
        self.channels.lock(key).get(key).cloned()
    }

    /// The connections that are subscribed to a channel on this node.
    #[must_use]
    pub fn subscribers(&self, key: &ChannelKey) -> Vec<Arc<Connection>> {
        self.feed(key).map_or_else(Vec::new, |feed| feed.connections())
    }

    /// Subscribers of a channel on this node.
    #[must_use]
    pub fn subscriber_count(&self, key: &ChannelKey) -> usize {
        self.feed(key).map_or(0, |feed| feed.len())
    }

    /// Channels with subscribers on this node, of one school, in no order.
    #[must_use]
    pub fn channels_of(&self, school: SchoolId) -> Vec<(Channel, usize)> {
        let shards = self.channels.shards.iter().flat_map(|shard| {
            let channels = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let own = channels.iter().filter(|(key, _)| key.school == school);
            own.map(|(key, feed)| (key.channel.clone(), Arc::clone(feed))).collect::<Vec<_>>()
        });
        let counted = shards.map(|(channel, feed)| (channel, feed.len()));
        counted.filter(|(_, subscribers)| *subscribers > 0).collect()
    }

    fn post(&self, key: &ChannelKey, body: PushBody, kind: Kind) {
        if let Some(feed) = self.feed(key) {
            let push = Push { channel: Some(key.channel.clone()), body };
            let message = SharedMessage::new(Message::Push(push));
            feed.post(Post { message, kind }, &self.writers);
        }
    }
}

/// Whether the map alone holds a feed, and nobody is subscribed. To be asked under the map's lock, without which nobody
/// gets hold of it.
fn is_unused(shared: &Arc<Feed>) -> bool {
    Arc::strong_count(shared) == 1 && shared.len() == 0
}

#[async_trait]
impl BrokerSink for Hub {
    async fn admit(&self, key: &ChannelKey) {
        if let Some(feed) = self.feed(key) {
            feed.admit().await;
        }
    }

    fn publication(&self, key: &ChannelKey, publication: Publication, delivery: Delivery) {
        let conflate =
            delivery.conflate.map(|kind| ConflateKey(self.channels.hasher.hash_one((key, kind.0))));
        let variants = Box::new(Variants::new(delivery.previous));
        self.post(key, PushBody::Publication(publication), Kind::Publication { variants, conflate });
    }

    fn join(&self, key: &ChannelKey, info: ClientInfo) {
        self.post(key, PushBody::Join(info), Kind::Membership);
    }

    fn leave(&self, key: &ChannelKey, info: ClientInfo) {
        self.post(key, PushBody::Leave(info), Kind::Membership);
    }

    fn lost(&self, key: &ChannelKey) {
        // In the channel's line like all else: what still waits there belongs before the loss.
        self.post(key, PushBody::Unsubscribe(Unsubscribed::INSUFFICIENT_STATE), Kind::Loss);
    }

    fn follows(&self, key: &ChannelKey) -> bool {
        self.channels.lock(key).contains_key(key)
    }
}

#[cfg(test)]
mod tests;
