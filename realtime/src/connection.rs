//! The part of a connection that others hold on to.

use crate::{identity::Identity, outbox::Outbox, subscription::Subscription};
use protocol::{Channel, ClientInfo, Disconnect, Encoding, Message, Unsubscribed, ids::ClientId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use tokio::sync::Notify;

/// One client's connection: what may be sent to it, and what it is subscribed to.
#[derive(Debug)]
pub struct Connection {
    /// Id, as other clients see it.
    pub client: ClientId,
    /// How messages to it are encoded.
    pub encoding: Encoding,
    /// What waits to be written.
    pub outbox: Outbox,
    identity: OnceLock<Identity>,
    subscriptions: Mutex<HashMap<Channel, Arc<Subscription>>>,
    orders: Mutex<Vec<Order>>,
    ordered: Notify,
}

/// What others ask a connection's session to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Order {
    /// End a subscription and tell the client.
    Unsubscribe(Channel, Unsubscribed),
}

impl Connection {
    /// A connection that has not identified itself.
    #[must_use]
    pub fn new(encoding: Encoding, outbox_bytes: usize) -> Self {
        Self {
            client: ClientId::generate(),
            encoding,
            outbox: Outbox::new(outbox_bytes),
            identity: OnceLock::new(),
            subscriptions: Mutex::default(),
            orders: Mutex::default(),
            ordered: Notify::new(),
        }
    }

    /// Who it speaks for, once it is connected.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.get()
    }

    pub(crate) fn identify(&self, identity: Identity) {
        let first = self.identity.set(identity).is_ok();
        debug_assert!(first, "a connection identifies itself once");
    }

    /// Itself as others see it.
    #[must_use]
    pub fn info(&self) -> ClientInfo {
        let user = self.identity().map_or_else(String::new, |identity| identity.user.to_string());
        ClientInfo { user, client: self.client.to_string(), conn_info: None, chan_info: None }
    }

    /// Queues a message for this connection alone.
    pub fn send(&self, message: &Message) {
        self.outbox.push(self.encoding.encode(message));
    }

    /// Closes the connection after what is queued.
    pub fn close(&self, disconnect: Disconnect) {
        self.outbox.close(disconnect);
    }

    /// Asks the session to end a subscription.
    pub fn order_unsubscribe(&self, channel: Channel, reason: Unsubscribed) {
        lock(&self.orders).push(Order::Unsubscribe(channel, reason));
        self.ordered.notify_one();
    }

    pub(crate) fn take_orders(&self) -> Vec<Order> {
        std::mem::take(&mut *lock(&self.orders))
    }

    /// Waits until others have asked something of the session.
    pub async fn ordered(&self) {
        self.ordered.notified().await;
    }

    /// Whether the connection is subscribed to a channel.
    #[must_use]
    pub fn is_subscribed(&self, channel: &Channel) -> bool {
        lock(&self.subscriptions).contains_key(channel)
    }

    pub(crate) fn subscription_count(&self) -> usize {
        lock(&self.subscriptions).len()
    }

    pub(crate) fn insert(&self, subscription: Arc<Subscription>) {
        lock(&self.subscriptions).insert(subscription.key.channel.clone(), subscription);
    }

    pub(crate) fn remove(&self, channel: &Channel) -> Option<Arc<Subscription>> {
        lock(&self.subscriptions).remove(channel)
    }

    pub(crate) fn drain_subscriptions(&self) -> Vec<Arc<Subscription>> {
        std::mem::take(&mut *lock(&self.subscriptions)).into_values().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No method leaves these half changed, so a panic elsewhere does not spoil them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
