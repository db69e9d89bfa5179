//! One client's conversation with the server, free of any transport: commands in, messages into the outbox.
//!
//! `session/` has one file per command, all of one shape: check, act, reply. Besides: `open` for what all subscriptions
//! have in common, `recover` for the rules of recovery, `orders` for what others ask of a session.

mod connect;
mod expiry;
mod history;
mod open;
mod orders;
mod presence;
mod publish;
mod recover;
mod refresh;
mod rpc;
mod subscribe;
mod unsubscribe;

#[cfg(test)]
mod tests;

use crate::{
    broker::BrokerError,
    config::NamespaceOptions,
    connection::{Connection, Stage},
    dispatch::{Authenticator, Caller, Dispatch},
    identity::Identity,
    key::ChannelKey,
    node::{Node, Seat},
    outbox::{Outbox, Wire},
    rate::TokenBucket,
};
use expiry::Expiries;
use protocol::{
    Channel, Command, Disconnect, Encoding, ErrorBody, Message, Reply, ReplyBody, Request, codes::error,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Time that a client has to close after its connect command was answered with an error.
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

/// How a transport carries a conversation.
#[derive(Debug)]
pub struct Link {
    /// How messages are encoded.
    pub encoding: Encoding,
    /// The socket, if messages go straight to one; else the transport drains the outbox.
    pub wire: Option<Arc<dyn Wire>>,
    /// Whether pings are the WebSocket protocol's own.
    pub native_pings: bool,
    /// For transports of one direction: the secret under which the client sends its commands.
    pub session_id: Option<String>,
}

impl Link {
    /// A transport that drains the outbox.
    #[must_use]
    pub fn drained(encoding: Encoding) -> Self {
        Self { encoding, wire: None, native_pings: false, session_id: None }
    }
}

/// The state of a conversation.
pub struct Session {
    around: Surroundings,
    connection: Arc<Connection>,
    expiries: Expiries,
    rate: TokenBucket,
    _seat: Seat,
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
    pub fn new(around: Surroundings, link: Link) -> Result<Self, Disconnect> {
        let seat = around.node.seat().ok_or(Disconnect::CONNECTION_LIMIT)?;
        let (now, config) = (Instant::now(), &around.node.config);
        let limits = &config.limits;
        let outbox = match link.wire {
            Some(wire) => Outbox::wired(limits.outbox_bytes, wire, !config.write_delay.is_zero()),
            None => Outbox::new(limits.outbox_bytes),
        };
        let until = now + config.connect_timeout;
        let mut connection = Connection::over(outbox, link.encoding, link.native_pings, until);
        connection.session_id = link.session_id.as_deref().map(Box::from);
        let connection = Arc::new(connection);
        around.node.wheel.schedule(&connection, until);
        // Who comes after the list of those to close was made is not in it.
        if around.node.is_draining() {
            connection.close(Disconnect::SHUTDOWN);
        }
        Ok(Self {
            connection,
            expiries: Expiries::default(),
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

    /// Reads the commands of a message.
    ///
    /// # Errors
    /// The code to close the connection with.
    pub fn read(&self, message: &[u8]) -> Result<Vec<Command>, Disconnect> {
        self.connection.encoding.decode(message).map_err(|error| {
            tracing::debug!(client = %self.connection.client, %error, "a message was refused");
            Disconnect::BAD_REQUEST
        })
    }

    /// Handles the commands of a message in their order.
    ///
    /// # Errors
    /// The code to close the connection with.
    pub async fn commands(&mut self, commands: Vec<Command>) -> Result<(), Disconnect> {
        for command in commands {
            // Who is being closed gets no replies, and must not go on to act.
            if let Some(disconnect) = self.connection.outbox.closing() {
                return Err(disconnect);
            }
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
        if request == Request::Pong {
            return self.connection.pong(now);
        }
        match (&*self.connection.stage(), &request) {
            (Stage::Leaving { .. }, _) => return Ok(()),
            (Stage::New { .. }, Request::Connect(_)) => {}
            (Stage::New { .. }, _) | (Stage::Connected { .. }, Request::Connect(_)) => {
                return Err(Disconnect::BAD_REQUEST);
            }
            (Stage::Connected { .. }, _) => {}
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
            Request::SubRefresh(request) => self.sub_refresh(&request).await.map(Some),
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
        Ok(Caller { identity: self.identity()?.clone(), one_way: self.connection.one_way() })
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

    /// Whether everybody may do everything in a channel.
    fn is_insecure(&self, channel: &Channel) -> bool {
        self.around.node.config.insecure && !self.around.dispatch.owns(channel.namespace())
    }

    /// As [`Self::channel`], for commands that only subscribers may give.
    fn reachable_channel(&self, name: &str) -> Result<(ChannelKey, NamespaceOptions), Failure> {
        let (key, options) = self.channel(name)?;
        if !self.connection.is_subscribed(&key.channel) && !self.is_insecure(&key.channel) {
            return Err(error::PERMISSION_DENIED.into());
        }
        Ok((key, options))
    }
}
