//! `connect`: credentials first, then the server-side subscriptions.

use super::{
    Failure, LEAVE_GRACE, Session,
    expiry::{left, seconds},
    open::Opened,
};
use crate::{
    config::NamespaceOptions,
    connection::Stage,
    dispatch::TokenError,
    heartbeat::Heartbeat,
    identity::{Identity, ServerSubscription, SubscriptionOverrides},
    subscription::GapWhileSubscribing,
};
use protocol::{
    Channel, Disconnect, ReplyBody,
    codes::error,
    command::{ConnectRequest, SubscribeRequest},
    reply::ConnectResult,
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use tokio::time::Instant;

impl Session {
    pub(super) async fn connect(&mut self, id: u32, request: ConnectRequest) -> Result<(), Failure> {
        if self.around.node.is_draining() {
            return Err(Disconnect::SHUTDOWN.into());
        }
        let admitted = self.admit(&request.token).await;
        if matches!(admitted, Err(Failure::Error(_))) {
            self.turn_away();
        }
        let (identity, subs) = admitted?;
        let node = &self.around.node;
        let (config, now) = (&node.config, Instant::now());
        let ttl = left(identity.expires_at, node.clock.now_ms());
        // All anonymous users together are not one user.
        let limit = if identity.is_anonymous() { usize::MAX } else { config.limits.connections_per_user };
        self.connection.identify(identity);
        if !node.hub.connect(&self.connection, limit) {
            return Err(Disconnect::CONNECTION_LIMIT.into());
        }
        // Asked again: the list of those to close may have been made while the token was checked.
        if node.is_draining() {
            return Err(Disconnect::SHUTDOWN.into());
        }
        let first_ping = config.ping_interval.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        let heartbeat = Heartbeat::new(config.ping_interval, config.pong_timeout, first_ping, now);
        // The wheel looks at the connection when its time to connect is over, and from then on when it has to.
        let until = heartbeat.deadline();
        let expires = ttl.map(|ttl| now + ttl);
        *self.connection.stage() = Stage::Connected { heartbeat, expires, lapse: None };
        node.wheel.schedule(&self.connection, until);

        // An error reply would leave a connection that is neither open nor closed.
        let opened = self.open_all(subs, &request.subs).await.map_err(|failure| match failure {
            Failure::Error(_) => Disconnect::INTERNAL,
            Failure::Disconnect(disconnect) => disconnect,
        })?;
        if self.welcome(id, ttl, &opened).is_err() {
            self.abandon_all(&opened).await;
            return Err(Disconnect::INSUFFICIENT_STATE.into());
        }
        for subscription in &opened {
            self.announce(subscription).await;
        }
        Ok(())
    }

    /// Who it is, and what that one is subscribed to from the start.
    async fn admit(
        &self,
        token: &str,
    ) -> Result<(Identity, Vec<(ServerSubscription, NamespaceOptions)>), Failure> {
        let identity = self.credentials(token).await?;
        let subs = self.server_side(&identity).await?;
        Ok((identity, subs))
    }

    async fn credentials(&self, token: &str) -> Result<Identity, Failure> {
        let node = &self.around.node;
        if token.is_empty() {
            let school = node.config.anonymous_school.ok_or(Disconnect::BAD_REQUEST)?;
            return Ok(Identity::anonymous(school));
        }
        match self.around.authenticator.authenticate(token).await {
            Ok(identity) => Ok(identity),
            Err(TokenError::Invalid) => Err(Disconnect::INVALID_TOKEN.into()),
            Err(TokenError::Expired) => Err(error::TOKEN_EXPIRED.into()),
        }
    }

    /// Leaves a client that was refused with an error the time to read it. What it has sent already, in the belief that
    /// it is connected, is not read.
    fn turn_away(&self) {
        let until = Instant::now() + LEAVE_GRACE;
        *self.connection.stage() = Stage::Leaving { until };
        self.around.node.wheel.schedule(&self.connection, until);
    }

    /// What a user is subscribed to from the start: what the token says, and the personal channel.
    async fn server_side(
        &self,
        identity: &Identity,
    ) -> Result<Vec<(ServerSubscription, NamespaceOptions)>, Failure> {
        let (node, dispatch) = (&self.around.node, &self.around.dispatch);
        let claimed = identity.subs().iter().map(|sub| (sub.channel.clone(), sub.clone()));
        let mut subs: BTreeMap<Channel, ServerSubscription> = claimed.collect();
        let personal = node.personal_channel(&identity.user);
        if let Some(channel) = personal.filter(|channel| node.options(channel).is_some()) {
            subs.entry(channel.clone()).or_insert_with(|| plain(channel));
        }
        let mut allowed = Vec::with_capacity(subs.len());
        for (channel, sub) in subs {
            let options = node.options(&channel).cloned().ok_or(error::UNKNOWN_CHANNEL)?;
            // A token says what the platform allows, and a feature what it allows itself.
            if dispatch.owns(channel.namespace()) {
                dispatch.authorize(identity, &channel).await?;
            }
            allowed.push((sub, options));
        }
        Ok(allowed)
    }

    /// Opens all or none.
    async fn open_all(
        &self,
        subs: Vec<(ServerSubscription, NamespaceOptions)>,
        positions: &HashMap<String, SubscribeRequest>,
    ) -> Result<Vec<Opened>, Failure> {
        let anew = SubscribeRequest::default();
        let mut room = self.room();
        let mut all = Vec::with_capacity(subs.len());
        for (sub, options) in subs {
            let request = positions.get(sub.channel.as_str()).unwrap_or(&anew);
            match self.open_served(sub, &options, request, &mut room).await {
                Ok(opened) => all.push(opened),
                Err(failure) => {
                    self.abandon_all(&all).await;
                    return Err(failure);
                }
            }
        }
        Ok(all)
    }

    async fn abandon_all(&self, all: &[Opened]) {
        for opened in all {
            self.abandon(opened).await;
        }
    }

    /// Queues the connect reply, which carries the replies of the server-side subscriptions, before any push of these.
    fn welcome(&self, id: u32, ttl: Option<Duration>, all: &[Opened]) -> Result<(), GapWhileSubscribing> {
        let node = &self.around.node;
        let (config, now_ms) = (&node.config, node.clock.now_ms());
        // Their locks are held together until the reply is queued. No deadlock: others hold one of them at most.
        let mut commits = all.iter().map(Opened::commit).collect::<Result<Vec<_>, _>>()?;
        let results = all
            .iter()
            .zip(&mut commits)
            .map(|(opened, commit)| (opened.channel().to_string(), opened.result(commit, now_ms)));
        let native = self.connection.native_pings;
        let session = self.connection.session_id.as_deref();
        let result = ConnectResult {
            client: self.connection.client.to_string(),
            version: config.version.clone(),
            expires: ttl.is_some(),
            ttl: ttl.map_or(0, seconds),
            data: None,
            subs: results.collect(),
            ping: if native { 0 } else { seconds(config.ping_interval) },
            pong: !native,
            session: session.unwrap_or_default().to_owned(),
            node: session.map_or_else(String::new, |_| node.id.clone()),
            time: now_ms,
        };
        self.reply(id, Ok(ReplyBody::Connect(result)));
        for commit in commits {
            commit.go_live();
        }
        Ok(())
    }
}

fn plain(channel: Channel) -> ServerSubscription {
    let overrides = SubscriptionOverrides::default();
    ServerSubscription { channel, info: None, data: None, expires_at: None, overrides, since: None }
}
