//! The connections to one server that serves keys.

use super::address::{Access, ServerAddress};
use super::link::{Answer, Link, MESSAGES, NO_MESSAGES};
use super::subscriptions::Subscriptions;
use super::{Event, RedisError};
use fred::clients::Client;
use fred::interfaces::EventInterface as _;
use fred::types::config::Server;
use fred::types::{Message, Value as Word};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

/// Connections for commands. Commands on one are answered in order, so a great reply delays those behind it.
const LINKS: usize = 2;

pub(super) struct Master {
    pub address: ServerAddress,
    links: [Link; LINKS],
    next: AtomicUsize,
    // Apart from commands: a server cuts a slow subscriber off, and must not cut off a command with it.
    subscriber: Link,
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Master").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Master {
    /// Begins to connect.
    pub(super) fn open(access: &Access, address: &ServerAddress, subscriptions: &Arc<Subscriptions>) -> Self {
        let config = access.to_server(address);
        let link = || Link::open(address, config.clone(), NO_MESSAGES, |_| JoinSet::new());
        let subscriptions = Arc::clone(subscriptions);
        let here = address.clone();
        let first = AtomicBool::new(true);
        let follow = move |client: &Client| {
            let mut tasks = JoinSet::new();
            tasks.spawn(forward(client.message_rx(), Arc::clone(&subscriptions)));
            // The first connection of all breaks nothing off.
            let skip = usize::from(first.swap(false, Ordering::Relaxed));
            tasks.spawn(report(client.reconnect_rx(), skip, here.clone(), Arc::clone(&subscriptions)));
            tasks
        };
        Self {
            address: address.clone(),
            links: [link(), link()],
            next: AtomicUsize::new(0),
            subscriber: Link::open(address, config.clone(), MESSAGES, follow),
        }
    }

    fn link(&self) -> &Link {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let [first, second] = &self.links;
        let (this, other) = if next.is_multiple_of(2) { (first, second) } else { (second, first) };
        if this.is_connected() || !other.is_connected() { this } else { other }
    }

    /// Whether all its connections are there.
    pub(super) fn is_connected(&self) -> bool {
        self.links.iter().all(Link::is_connected) && self.subscriber.is_connected()
    }

    /// Whether it can be asked anything.
    pub(super) fn answers(&self) -> bool {
        self.links.iter().any(Link::is_connected)
    }

    pub(super) async fn ask(
        &self,
        word: &'static str,
        args: Vec<Word>,
        limit: Duration,
    ) -> Result<Answer, RedisError> {
        self.link().ask(word, args, limit).await
    }

    pub(super) async fn ask_for_moving(
        &self,
        word: &'static str,
        args: Vec<Word>,
    ) -> Result<Answer, RedisError> {
        self.link().ask_for_moving(word, args).await
    }

    /// Subscribes, and waits until the server has confirmed it. The inner error is the server's reply.
    pub(super) async fn subscribe(
        &self,
        sharded: bool,
        channels: &[String],
        limit: Duration,
    ) -> Result<Result<(), String>, RedisError> {
        self.subscriber.subscribe(sharded, channels, limit).await
    }

    pub(super) async fn unsubscribe(&self, sharded: bool, channels: &[String]) -> Result<(), RedisError> {
        self.subscriber.unsubscribe(sharded, channels).await
    }

    /// Has all connections made anew.
    pub(super) fn suspect(&self) {
        self.links.iter().for_each(Link::suspect);
        self.subscriber.suspect();
    }
}

/// Hands messages on. While the consumer is slow this waits, and the client drops what it has no room for.
async fn forward(mut messages: Receiver<Message>, subscriptions: Arc<Subscriptions>) {
    loop {
        match messages.recv().await {
            Ok(Message { channel, value, .. }) => {
                // Each payload is bytes; the client merely looks whether they are UTF-8.
                let payload = value.into_bytes().unwrap_or_default();
                let message = Event::Message { channel: channel.to_string(), payload };
                if !subscriptions.deliver(message).await {
                    return;
                }
            }
            Err(RecvError::Lagged(missed)) => subscriptions.missed(missed),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Tells when the subscriber's connection was made, but not the first `skip` times.
async fn report(
    mut made: Receiver<Server>,
    mut skip: usize,
    address: ServerAddress,
    subscriptions: Arc<Subscriptions>,
) {
    while !matches!(made.recv().await, Err(RecvError::Closed)) {
        if skip == 0 {
            subscriptions.server_came_back(&address);
        }
        skip = skip.saturating_sub(1);
    }
}
