//! The part of a connection that others hold on to.

use crate::{
    heartbeat::{self, Beat, Heartbeat},
    identity::{Identity, ServerSubscription},
    outbox::Outbox,
    subscription::Subscription,
    wheel::WheelTick,
};
use protocol::{Channel, ClientInfo, Disconnect, Encoding, Message, Unsubscribed, ids::ClientId};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// One client's connection: what may be sent to it, and what it is subscribed to.
#[derive(Debug)]
pub struct Connection {
    /// Id, as other clients see it.
    pub client: ClientId,
    /// How messages to it are encoded.
    pub encoding: Encoding,
    /// What waits to be written.
    pub outbox: Outbox,
    /// Whether pings are the WebSocket protocol's own.
    pub native_pings: bool,
    /// For transports of one direction: the secret under which the client sends its commands.
    pub(crate) session_id: Option<Box<str>>,
    pub(crate) wheel_tick: WheelTick,
    /// Where it stands among its user's connections; written under the hub's lock only.
    pub(crate) place: AtomicUsize,
    /// The session is at work and reads nothing.
    deaf: AtomicBool,
    identity: OnceLock<Identity>,
    stage: Mutex<Stage>,
    subscriptions: Mutex<HashMap<Channel, Arc<Subscription>>>,
    orders: Mutex<Vec<Order>>,
}

/// The session of a connection is at work, until this is dropped.
#[derive(Debug)]
pub struct AtWork<'a>(&'a Connection);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.deaf.store(false, Ordering::Relaxed);
    }
}

/// How far a conversation is, and until when it may stay there.
#[derive(Debug)]
pub(crate) enum Stage {
    /// No connect command yet.
    New { until: Instant },
    /// Connected.
    Connected {
        heartbeat: Heartbeat,
        /// When the credentials expire.
        expires: Option<Instant>,
        /// When the grace of the first subscription ends that has expired or will.
        lapse: Option<Instant>,
    },
    /// Told that the token has expired; nothing is read any more.
    Leaving { until: Instant },
}

/// Time that a client has for a fresh token, of the connection or of a subscription, after the old one has expired.
pub(crate) const EXPIRY_GRACE: Duration = Duration::from_secs(25);

/// Time without any progress after which a client that takes nothing is given up, even if its queue is not full.
const STALL: Duration = Duration::from_secs(30);

/// Orders that wait for their session at most. One that obeys none of so many is sent away to come back (3011).
const ORDERS: usize = 1024;

/// What others ask a connection's session to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Order {
    /// End a subscription and tell the client.
    Unsubscribe(Channel, Unsubscribed),
    /// Subscribe to a channel from this side and tell the client.
    Subscribe(Box<ServerSubscription>),
    /// The credentials hold until then, seconds since the epoch (none: for ever); tell the client.
    Refresh(Option<u64>),
    /// End the subscriptions whose grace is over.
    Lapse,
}

impl Connection {
    /// A connection without a socket of its own, that has to identify itself until `until`.
    #[must_use]
    pub fn new(encoding: Encoding, outbox_bytes: usize, until: Instant) -> Self {
        Self::over(Outbox::new(outbox_bytes), encoding, false, until)
    }

    /// A connection that sends through `outbox` and has to identify itself until `until`.
    #[must_use]
    pub fn over(outbox: Outbox, encoding: Encoding, native_pings: bool, until: Instant) -> Self {
        Self {
            client: ClientId::generate(),
            encoding,
            outbox,
            native_pings,
            session_id: None,
            wheel_tick: WheelTick::default(),
            place: AtomicUsize::default(),
            deaf: AtomicBool::default(),
            identity: OnceLock::new(),
            stage: Mutex::new(Stage::New { until }),
            subscriptions: Mutex::default(),
            orders: Mutex::default(),
        }
    }

    pub(crate) fn stage(&self) -> MutexGuard<'_, Stage> {
        lock(&self.stage)
    }

    /// Brings into the processor's cache what [`Self::tick`] needs: reads that depend on nothing, so that many are under way
    /// at once.
    pub(crate) fn touch(&self) {
        std::hint::black_box((self.stage.is_poisoned(), self.deaf.load(Ordering::Relaxed)));
        self.outbox.touch();
    }

    /// Does what time demands: pings, and closes what is stale, silent or expired. Gives when to look again, none when
    /// the connection is being closed.
    pub fn tick(&self, now: Instant) -> Option<Instant> {
        if self.outbox.closing().is_some() {
            return None;
        }
        if self.outbox.is_stalled(STALL) {
            self.close(Disconnect::SLOW);
            return None;
        }
        let mut lapsed = false;
        let mut stage = self.stage();
        let verdict = match &mut *stage {
            Stage::New { until } if now >= *until => Err(Disconnect::STALE),
            Stage::Leaving { until } if now >= *until => Err(Disconnect::EXPIRED),
            Stage::New { until } | Stage::Leaving { until } => Ok(*until),
            Stage::Connected { expires: Some(at), .. } if now >= *at + EXPIRY_GRACE => {
                Err(Disconnect::EXPIRED)
            }
            Stage::Connected { heartbeat, expires, lapse } => {
                if self.deaf.load(Ordering::Relaxed) {
                    heartbeat.excuse(now);
                }
                heartbeat.beat(now).map(|beat| {
                    lapsed = lapse.take_if(|at| now >= *at).is_some();
                    if beat == Beat::Ping {
                        self.outbox.send_alone(heartbeat::ping(self.encoding, self.native_pings));
                    }
                    let others = expires.map(|at| at + EXPIRY_GRACE).into_iter().chain(*lapse);
                    others.fold(heartbeat.deadline(), Instant::min)
                })
            }
        };
        drop(stage);
        if lapsed {
            self.order(Order::Lapse);
        }
        verdict.map_err(|disconnect| self.close(disconnect)).ok()
    }

    /// The session works from now on, and its transport reads nothing: a pong that waits meanwhile is not missing.
    pub fn at_work(&self) -> AtWork<'_> {
        self.deaf.store(true, Ordering::Relaxed);
        AtWork(self)
    }

    /// Takes a pong.
    ///
    /// # Errors
    /// [`Disconnect::BAD_REQUEST`] when no ping is outstanding, unless pings are native: those pongs may come unasked
    /// (RFC 6455, 5.5.3).
    pub fn pong(&self, now: Instant) -> Result<(), Disconnect> {
        match &mut *self.stage() {
            Stage::Connected { heartbeat, .. } if self.native_pings => {
                let _unasked = heartbeat.pong(now);
                Ok(())
            }
            Stage::Connected { heartbeat, .. } => heartbeat.pong(now),
            Stage::Leaving { .. } => Ok(()),
            Stage::New { .. } if self.native_pings => Ok(()),
            Stage::New { .. } => Err(Disconnect::BAD_REQUEST),
        }
    }

    /// Estimated time from the client to here, zero before its first pong.
    #[must_use]
    pub fn one_way(&self) -> Duration {
        match &*self.stage() {
            Stage::Connected { heartbeat, .. } => heartbeat.one_way(),
            Stage::New { .. } | Stage::Leaving { .. } => Duration::ZERO,
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
        let identity = self.identity();
        ClientInfo {
            user: identity.map_or_else(String::new, |identity| identity.user.to_string()),
            client: self.client.to_string(),
            conn_info: identity.and_then(Identity::info).cloned(),
            chan_info: None,
        }
    }

    /// Queues a message for this connection alone. The connection's own task sends it at the end of its turn; others
    /// have to [`Outbox::flush`].
    pub fn send(&self, message: &Message) {
        self.outbox.queue(self.encoding.encode(message), None);
    }

    /// Closes the connection after what is queued.
    pub fn close(&self, disconnect: Disconnect) {
        self.outbox.close(disconnect);
    }

    /// Asks something of the session.
    pub fn order(&self, order: Order) {
        let mut orders = lock(&self.orders);
        if orders.len() == ORDERS {
            drop(orders);
            return self.close(Disconnect::FORCE_RECONNECT);
        }
        orders.push(order);
        drop(orders);
        self.outbox.wake();
    }

    /// Whether others have asked something of the session.
    #[must_use]
    pub fn has_orders(&self) -> bool {
        !lock(&self.orders).is_empty()
    }

    pub(crate) fn take_orders(&self) -> Vec<Order> {
        std::mem::take(&mut *lock(&self.orders))
    }

    /// Whether the connection is subscribed to a channel.
    #[must_use]
    pub fn is_subscribed(&self, channel: &Channel) -> bool {
        lock(&self.subscriptions).contains_key(channel)
    }

    pub(crate) fn subscription(&self, channel: &Channel) -> Option<Arc<Subscription>> {
        lock(&self.subscriptions).get(channel).cloned()
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pong_is_not_missing_while_the_session_is_at_work() {
        let (interval, timeout, now) = (Duration::from_secs(25), Duration::from_secs(8), Instant::now());
        let connection = Connection::new(Encoding::Json, 1_000, now);
        let heartbeat = Heartbeat::new(interval, timeout, interval, now);
        *connection.stage() = Stage::Connected { heartbeat, expires: None, lapse: None };
        let due = connection.tick(now + interval).unwrap();
        assert_eq!(due, now + interval + timeout);
        let at_work = connection.at_work();
        let later = connection.tick(due).unwrap();
        assert_eq!((connection.outbox.closing(), later), (None, due + timeout));
        drop(at_work);
        assert_eq!(connection.tick(later), None);
        assert_eq!(connection.outbox.closing(), Some(Disconnect::NO_PONG));
    }
}
