//! `connect`: credentials first, then the server-side subscriptions.

use super::{Failure, LEAVE_GRACE, Session, Stage};
use crate::{dispatch::TokenError, heartbeat::Heartbeat, identity::Identity};
use protocol::{
    Disconnect, ReplyBody,
    codes::error,
    command::ConnectRequest,
    reply::{ConnectResult, SubscribeResult},
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

impl Session {
    pub(super) async fn connect(&mut self, id: u32, request: ConnectRequest) -> Result<(), Failure> {
        if self.around.node.is_draining() {
            return Err(Disconnect::SHUTDOWN.into());
        }
        if request.token.is_empty() {
            return Err(Disconnect::BAD_REQUEST.into());
        }
        let identity = match self.around.authenticator.authenticate(&request.token).await {
            Ok(identity) => identity,
            Err(TokenError::Invalid) => return Err(Disconnect::INVALID_TOKEN.into()),
            Err(TokenError::Expired) => {
                self.stage = Stage::Leaving { until: Instant::now() + LEAVE_GRACE };
                return Err(error::TOKEN_EXPIRED.into());
            }
        };
        let node = &self.around.node;
        let (config, now) = (&node.config, Instant::now());
        let ttl = ttl(&identity, node.clock.now_ms());
        let personal = node.personal_channel(&identity.user);
        let pushes = personal.as_ref().and_then(|channel| node.options(channel)).cloned();
        self.connection.identify(identity);
        if !node.hub.connect(&self.connection, config.limits.connections_per_user) {
            return Err(Disconnect::CONNECTION_LIMIT.into());
        }
        let first_ping = config.ping_interval.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        let heartbeat = Heartbeat::new(config.ping_interval, config.pong_timeout, first_ping, now);
        self.stage = Stage::Connected { heartbeat, expires: now + ttl };

        let mut result = ConnectResult {
            client: self.connection.client.to_string(),
            version: config.version.clone(),
            expires: true,
            ttl: seconds(ttl),
            subs: BTreeMap::new(),
            ping: seconds(config.ping_interval),
            pong: true,
            time: node.clock.now_ms(),
        };
        if let (Some(channel), Some(options)) = (personal, pushes) {
            let position = request.subs.get(channel.as_str()).cloned().unwrap_or_default();
            let made = self.open_subscription(channel.clone(), &options, &position, true).await?;
            // The personal channel's reply is part of the connect reply, so it is queued with it.
            self.commit(&made, |sub: SubscribeResult| {
                result.subs.insert(channel.to_string(), sub);
                self.reply(id, Ok(ReplyBody::Connect(result)));
            })
            .map_err(|_| Disconnect::INSUFFICIENT_STATE)?;
            self.announce(&made).await;
        } else {
            self.reply(id, Ok(ReplyBody::Connect(result)));
        }
        Ok(())
    }
}

/// Time until a token expires.
pub(super) fn ttl(identity: &Identity, now_ms: u64) -> Duration {
    Duration::from_millis(identity.expires_at.saturating_mul(1000).saturating_sub(now_ms))
        // A year is for ever, and a sum with it never overflows.
        .min(Duration::from_secs(365 * 24 * 3600))
}

pub(super) fn seconds(duration: Duration) -> u32 {
    // A client must not take a remaining half second for "no expiry".
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX).max(1)
}
