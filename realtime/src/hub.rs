//! Who on this node is subscribed to what: channels to subscriptions, users to connections.

use crate::{
    broker::{BrokerSink, Conflate},
    connection::Connection,
    key::ChannelKey,
    outbox::ConflateKey,
    subscription::Subscription,
};
use protocol::{
    ClientInfo, Message, Publication, Push, PushBody, SharedMessage,
    ids::{ClientId, SchoolId, UserId},
};
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Shards of each map. 64 keeps two cores from ever waiting long for each other.
const SHARDS: usize = 64;

/// The node's own subscribers.
#[derive(Debug)]
pub struct Hub {
    channels: Sharded<ChannelKey, Subscribers>,
    users: Sharded<(SchoolId, UserId), Vec<Arc<Connection>>>,
}

/// The subscriptions of a channel: a list for fast fan-out, with the place of each client.
#[derive(Debug, Default)]
struct Subscribers {
    list: Vec<Arc<Subscription>>,
    place: HashMap<ClientId, usize>,
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
        Self { channels: Sharded::new(), users: Sharded::new() }
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
            connections.retain(|other| other.client != connection.client);
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

    /// All connections, for a shutdown.
    #[must_use]
    pub fn all_connections(&self) -> Vec<Arc<Connection>> {
        let lists = self.users.shards.iter().map(|shard| {
            let users = shard.lock().unwrap_or_else(PoisonError::into_inner);
            users.values().flatten().cloned().collect::<Vec<_>>()
        });
        lists.flatten().collect()
    }

    /// Adds a subscription. True when it is the channel's first on this node.
    pub fn subscribe(&self, subscription: Arc<Subscription>) -> bool {
        let mut channels = self.channels.lock(&subscription.key);
        let subscribers = channels.entry(subscription.key.clone()).or_default();
        let client = subscription.connection().client;
        subscribers.place.insert(client, subscribers.list.len());
        subscribers.list.push(subscription);
        subscribers.list.len() == 1
    }

    /// Takes a subscription away. True when it was the channel's last on this node.
    pub fn unsubscribe(&self, key: &ChannelKey, client: ClientId) -> bool {
        let mut channels = self.channels.lock(key);
        let Some(subscribers) = channels.get_mut(key) else {
            return false;
        };
        let Some(place) = subscribers.place.remove(&client) else {
            return false;
        };
        subscribers.list.swap_remove(place);
        if let Some(moved) = subscribers.list.get(place) {
            subscribers.place.insert(moved.connection().client, place);
        }
        let last = subscribers.list.is_empty();
        if last {
            channels.remove(key);
        }
        last
    }

    /// The connections that are subscribed to a channel on this node.
    #[must_use]
    pub fn subscribers(&self, key: &ChannelKey) -> Vec<Arc<Connection>> {
        let channels = self.channels.lock(key);
        let list = channels.get(key).map(|subscribers| subscribers.list.iter()).into_iter().flatten();
        list.map(|subscription| Arc::clone(subscription.connection())).collect()
    }

    /// Subscribers of a channel on this node.
    #[must_use]
    pub fn subscriber_count(&self, key: &ChannelKey) -> usize {
        self.channels.lock(key).get(key).map_or(0, |subscribers| subscribers.list.len())
    }

    fn fan_out(&self, key: &ChannelKey, body: PushBody, deliver: impl Fn(&Subscription, &SharedMessage)) {
        // The lock is held over the whole fan-out: queueing is short and never waits, and it keeps the order.
        let channels = self.channels.lock(key);
        let Some(subscribers) = channels.get(key) else {
            return;
        };
        let push = Push { channel: Some(key.channel.clone()), body };
        let message = SharedMessage::new(Message::Push(push));
        for subscription in &subscribers.list {
            deliver(subscription, &message);
        }
        metrics::counter!("schoolbell_deliveries_total").increment(subscribers.list.len() as u64);
    }
}

impl BrokerSink for Hub {
    fn publication(&self, key: &ChannelKey, publication: Publication, conflate: Option<Conflate>) {
        let conflate = conflate.map(|kind| ConflateKey(self.channels.hasher.hash_one((key, kind.0))));
        self.fan_out(key, PushBody::Publication(publication), |subscription, message| {
            subscription.publish(message, conflate);
        });
    }

    fn join(&self, key: &ChannelKey, info: ClientInfo) {
        self.fan_out(key, PushBody::Join(info), Subscription::membership);
    }

    fn leave(&self, key: &ChannelKey, info: ClientInfo) {
        self.fan_out(key, PushBody::Leave(info), Subscription::membership);
    }
}
