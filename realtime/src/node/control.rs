//! What a platform's backend asks of a node. Everything is asked for one school and reaches no other.

use super::Node;
use crate::{
    broker::{BrokerError, Draft, PublishOptions},
    connection::{Connection, Order},
    identity::ServerSubscription,
    key::ChannelKey,
};
use protocol::{
    Channel, Disconnect, Unsubscribed,
    command::StreamPosition,
    ids::{ClientId, SchoolId, UserId},
};
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

/// Which connections of a user are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The tenant.
    pub school: SchoolId,
    /// Whose connections; empty for those of anonymous users.
    pub user: UserId,
    /// Only this connection.
    pub client: Option<ClientId>,
    /// Only the connection that sends its commands under this secret.
    pub session: Option<String>,
}

impl Target {
    fn includes(&self, connection: &Connection) -> bool {
        let same_client = self.client.is_none_or(|client| client == connection.client);
        let session = self.session.as_deref();
        same_client && session.is_none_or(|session| connection.session_id.as_deref() == Some(session))
    }
}

/// How much of a school lives on a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Population {
    /// Connections that have identified themselves.
    pub connections: usize,
    /// Users behind them; all anonymous users count as one.
    pub users: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Channels with subscriptions.
    pub channels: usize,
}

impl Node {
    fn targeted(&self, target: &Target) -> impl Iterator<Item = Arc<Connection>> {
        let connections = self.hub.connections_of(target.school, &target.user);
        connections.into_iter().filter(|connection| target.includes(connection))
    }

    /// Subscribes connections to a channel and tells the clients. Those that are subscribed stay as they are.
    pub fn subscribe(&self, target: &Target, subscription: &ServerSubscription) {
        for connection in self.targeted(target) {
            connection.order(Order::Subscribe(Box::new(subscription.clone())));
        }
    }

    /// Ends subscriptions to a channel and tells the clients.
    pub fn unsubscribe(&self, target: &Target, channel: &Channel, reason: Unsubscribed) {
        for connection in self.targeted(target) {
            connection.order(Order::Unsubscribe(channel.clone(), reason));
        }
    }

    /// Closes connections, except for those of `spared`.
    pub fn disconnect(&self, target: &Target, spared: &BTreeSet<ClientId>, reason: Disconnect) {
        for connection in self.targeted(target).filter(|connection| !spared.contains(&connection.client)) {
            connection.close(reason);
        }
    }

    /// Lets the credentials of connections hold until `expires_at`, seconds since the epoch, or for ever, and tells the
    /// clients.
    pub fn refresh(&self, target: &Target, expires_at: Option<u64>) {
        for connection in self.targeted(target) {
            connection.order(Order::Refresh(expires_at));
        }
    }

    /// Publishes without keeping, whatever the namespace keeps. Who recovers later does not get the publication.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub async fn publish_unkept(
        &self,
        key: &ChannelKey,
        draft: Draft,
        options: PublishOptions,
    ) -> Result<StreamPosition, BrokerError> {
        metrics::counter!("schoolbell_publications_total").increment(1);
        let draft = Draft { time: self.clock.now_ms(), ..draft };
        self.broker.publish(key, draft, &PublishOptions { history: None, ..options }).await
    }

    /// How much of a school lives here. Walks over all connections and channels of the node.
    #[must_use]
    pub fn population(&self, school: SchoolId) -> Population {
        let connections = self.hub.all_connections();
        let identities = connections.iter().filter_map(|connection| connection.identity());
        let users: Vec<&UserId> =
            identities.filter(|identity| identity.school == school).map(|identity| &identity.user).collect();
        let channels = self.hub.channels_of(school);
        Population {
            connections: users.len(),
            users: users.iter().collect::<HashSet<_>>().len(),
            subscriptions: channels.iter().map(|(_, subscribers)| subscribers).sum(),
            channels: channels.len(),
        }
    }

    /// Time since the node was made.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.began.elapsed()
    }
}
