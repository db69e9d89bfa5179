//! One client's conversation with the server, free of any transport: commands in, messages into the outbox.
//!
//! `session/` has one file per command, all of one shape: check, act, reply.

mod connect;
mod history;
mod presence;
mod publish;
mod refresh;
mod rpc;
mod subscribe;
mod unsubscribe;

#[cfg(test)]
mod tests;

use crate::{
    broker::BrokerError,
    config::NamespaceOptions,
    connection::{Connection, Order},
    dispatch::{Authenticator, Caller, Dispatch},
    heartbeat::{Beat, Heartbeat},
    identity::Identity,
    key::ChannelKey,
    node::{Node, Seat},
    rate::TokenBucket,
};
use protocol::{
    Channel, Command, Disconnect, Encoding, ErrorBody, Message, Reply, ReplyBody, Request, codes::error,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Time that a client has for a fresh token after the old one has expired.
const EXPIRY_GRACE: Duration = Duration::from_secs(25);
/// Time that a client has to close after it was told that its token has expired.
const LEAVE_GRACE: Duration = Duration::from_secs(5);

/// What a session needs from its surroundings.
#[derive(Clone)]
pub struct Surroundings {
    /// The node.
    pub node: Arc<Node>,
    /// Verifies tokens.
    pub authenticator: Arc<dyn Authenticator>,
    /// Answers for features.
    pub dispatch: Arc<dyn Dispatch>,
}

/// The state of a conversation.
pub struct Session {
    around: Surroundings,
    connection: Arc<Connection>,
    stage: Stage,
    rate: TokenBucket,
    _seat: Seat,
}

enum Stage {
    /// No connect command yet.
    New { until: Instant },
    /// Connected.
    Connected { heartbeat: Heartbeat, expires: Instant },
    /// Told that the token has expired; nothing is read any more.
    Leaving { until: Instant },
}

/// How a command fails: with an error reply, or with the end of the connection.
pub(crate) enum Failure {
    Error(ErrorBody),
    Disconnect(Disconnect),
}

impl From<ErrorBody> for Failure {
    fn from(error: ErrorBody) -> Self {
        Self::Error(error)
    }
}

impl From<Disconnect> for Failure {
    fn from(disconnect: Disconnect) -> Self {
        Self::Disconnect(disconnect)
    }
}

impl From<BrokerError> for Failure {
    fn from(error: BrokerError) -> Self {
        tracing::warn!(%error, "a command failed because the broker did");
        Self::Error(error::INTERNAL)
    }
}

impl Session {
    /// A conversation that begins now.
    ///
    /// # Errors
    /// [`Disconnect::CONNECTION_LIMIT`] when the node is full.
    pub fn new(around: Surroundings, encoding: Encoding) -> Result<Self, Disconnect> {
        let seat = around.node.seat().ok_or(Disconnect::CONNECTION_LIMIT)?;
        let (now, config) = (Instant::now(), &around.node.config);
        let limits = &config.limits;
        Ok(Self {
            connection: Arc::new(Connection::new(encoding, limits.outbox_bytes)),
            stage: Stage::New { until: now + config.connect_timeout },
            rate: TokenBucket::new(limits.commands_per_second, limits.commands_burst, now),
            around,
            _seat: seat,
        })
    }

    /// The part that a transport drains.
    #[must_use]
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Takes one frame: decodes it and handles its commands in order.
    ///
    /// # Errors
    /// The code to close the connection with.
    pub async fn frame(&mut self, frame: &[u8]) -> Result<(), Disconnect> {
        let commands = self.connection.encoding.decode(frame).map_err(|error| {
            tracing::debug!(client = %self.connection.client, %error, "a frame was refused");
            Disconnect::BAD_REQUEST
        })?;
        for command in commands {
            self.command(command).await?;
        }
        Ok(())
    }

    /// Handles one command.
    ///
    /// # Errors
    /// The code to close the connection with.
    pub async fn command(&mut self, Command { id, request }: Command) -> Result<(), Disconnect> {
        let now = Instant::now();
        let heartbeat = match (&mut self.stage, &request) {
            (Stage::Leaving { .. }, _) => return Ok(()),
            (Stage::New { .. }, Request::Connect(_)) => None,
            (Stage::New { .. }, _) | (Stage::Connected { .. }, Request::Connect(_)) => {
                return Err(Disconnect::BAD_REQUEST);
            }
            (Stage::Connected { heartbeat, .. }, _) => Some(heartbeat),
        };
        if request == Request::Pong {
            return heartbeat.map_or(Err(Disconnect::BAD_REQUEST), |heartbeat| heartbeat.pong(now));
        }
        if !self.rate.take(now) {
            metrics::counter!("schoolbell_commands_refused_total").increment(1);
            self.reply(id, Err(error::TOO_MANY_REQUESTS));
            return Ok(());
        }
        metrics::counter!("schoolbell_commands_total").increment(1);
        let outcome = match request {
            // Connect and subscribe queue their replies themselves: no push may come before them.
            Request::Connect(request) => self.connect(id, request).await.map(|()| None),
            Request::Subscribe(request) => self.subscribe(id, request).await.map(|()| None),
            Request::Unsubscribe(request) => self.unsubscribe(&request).await.map(Some),
            Request::Publish(request) => self.publish(request).await.map(Some),
            Request::Presence(request) => self.presence(&request).await.map(Some),
            Request::PresenceStats(request) => self.presence_stats(&request).await.map(Some),
            Request::History(request) => self.history(&request).await.map(Some),
            Request::Rpc(request) => self.rpc(request).await.map(Some),
            Request::Refresh(request) => self.refresh(&request).await.map(Some),
            Request::SubRefresh(_) => Err(error::NOT_AVAILABLE.into()),
            Request::Send => Err(Disconnect::NOT_AVAILABLE.into()),
            Request::Pong => Ok(None),
        };
        match outcome {
            Ok(None) => Ok(()),
            Ok(Some(body)) => {
                self.reply(id, Ok(body));
                Ok(())
            }
            Err(Failure::Error(error)) => {
                self.reply(id, Err(error));
                Ok(())
            }
            Err(Failure::Disconnect(disconnect)) => Err(disconnect),
        }
    }

    fn reply(&self, id: u32, result: Result<ReplyBody, ErrorBody>) {
        self.connection.send(&Message::Reply(Reply { id, result }));
    }

    /// When [`Self::tick`] wants to be called.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        match &self.stage {
            Stage::New { until } | Stage::Leaving { until } => *until,
            Stage::Connected { heartbeat, expires } => heartbeat.deadline().min(*expires + EXPIRY_GRACE),
        }
    }

    /// Does what time demands: pings, and closes what is stale, silent or expired.
    ///
    /// # Errors
    /// The code to close the connection with.
    pub fn tick(&mut self, now: Instant) -> Result<(), Disconnect> {
        match &mut self.stage {
            Stage::New { until } if now >= *until => Err(Disconnect::STALE),
            Stage::Leaving { until } if now >= *until => Err(Disconnect::EXPIRED),
            Stage::New { .. } | Stage::Leaving { .. } => Ok(()),
            Stage::Connected { expires, .. } if now >= *expires + EXPIRY_GRACE => Err(Disconnect::EXPIRED),
            Stage::Connected { heartbeat, .. } => {
                if heartbeat.beat(now)? == Beat::Ping {
                    self.connection.send(&Message::Ping);
                }
                Ok(())
            }
        }
    }

    /// Does what others have asked.
    ///
    /// # Errors
    /// The code to close the connection with.
    pub async fn obey(&mut self) -> Result<(), Disconnect> {
        for order in self.connection.take_orders() {
            let Order::Unsubscribe(channel, reason) = order;
            self.end_subscription(&channel, reason).await?;
        }
        Ok(())
    }

    /// Leaves every channel. Called once the transport is closed.
    pub async fn close(self) {
        for subscription in self.connection.drain_subscriptions() {
            self.leave(&subscription).await;
        }
        self.around.node.hub.disconnect(&self.connection);
    }

    fn identity(&self) -> Result<&Identity, Failure> {
        self.connection.identity().ok_or(Failure::Disconnect(Disconnect::BAD_REQUEST))
    }

    fn caller(&self) -> Result<Caller, Failure> {
        let one_way = match &self.stage {
            Stage::Connected { heartbeat, .. } => heartbeat.one_way(),
            Stage::New { .. } | Stage::Leaving { .. } => Duration::ZERO,
        };
        Ok(Caller { identity: self.identity()?.clone(), one_way })
    }

    /// The channel of a command with its namespace's options; the school is the caller's.
    fn channel(&self, name: &str) -> Result<(ChannelKey, NamespaceOptions), Failure> {
        if name.is_empty() {
            return Err(Disconnect::BAD_REQUEST.into());
        }
        let channel = Channel::parse(name).map_err(|_| error::BAD_REQUEST)?;
        let options = self.around.node.options(&channel).cloned().ok_or(error::UNKNOWN_CHANNEL)?;
        Ok((ChannelKey::new(self.identity()?.school, channel), options))
    }

    /// As [`Self::channel`], for commands that only subscribers may give.
    fn subscribed_channel(&self, name: &str) -> Result<(ChannelKey, NamespaceOptions), Failure> {
        let (key, options) = self.channel(name)?;
        if !self.connection.is_subscribed(&key.channel) {
            return Err(error::PERMISSION_DENIED.into());
        }
        Ok((key, options))
    }
}
