//! Subscriptions that expire: `sub_refresh`, and their end when no fresh token came in time.

use super::{Failure, Session};
use crate::{
    connection::{EXPIRY_GRACE, Stage},
    dispatch::SubscriptionTokenError,
};
use protocol::{
    Channel, Disconnect, ReplyBody, Unsubscribed, codes::error, command::SubRefreshRequest,
    reply::SubRefreshResult,
};
use std::time::Duration;
use tokio::time::Instant;

/// When which subscription expires; only of those that do, at most as many as a connection may have.
#[derive(Debug, Default)]
pub(super) struct Expiries(Vec<(Channel, Instant)>);

impl Expiries {
    /// Has a subscription expire after `left`, or never.
    pub(super) fn set(&mut self, channel: &Channel, left: Option<Duration>) {
        self.forget(channel);
        self.0.extend(left.map(|left| (channel.clone(), Instant::now() + left)));
    }

    pub(super) fn forget(&mut self, channel: &Channel) {
        self.0.retain(|(other, _)| other != channel);
    }

    /// When the grace of the first one ends.
    fn first_end(&self) -> Option<Instant> {
        self.0.iter().map(|(_, at)| *at + EXPIRY_GRACE).min()
    }

    /// The channels whose grace is over.
    fn take_over(&mut self, now: Instant) -> Vec<Channel> {
        let over = self.0.extract_if(.., |(_, at)| now >= *at + EXPIRY_GRACE);
        over.map(|(channel, _)| channel).collect()
    }
}

impl Session {
    pub(super) async fn sub_refresh(&mut self, request: &SubRefreshRequest) -> Result<ReplyBody, Failure> {
        let (key, _) = self.channel(&request.channel)?;
        let client_side = |it: &crate::subscription::Subscription| !it.terms.server_side;
        if !self.connection.subscription(&key.channel).is_some_and(|it| client_side(&it)) {
            return Err(error::PERMISSION_DENIED.into());
        }
        if request.token.is_empty() {
            return Err(error::BAD_REQUEST.into());
        }
        let (identity, client) = (self.identity()?, self.connection.client);
        let authenticator = &self.around.authenticator;
        let grant = match authenticator
            .authorize_subscription(identity, client, &key.channel, &request.token)
            .await
        {
            Ok(grant) => grant,
            Err(SubscriptionTokenError::Expired) => return Err(error::TOKEN_EXPIRED.into()),
            Err(SubscriptionTokenError::Invalid | SubscriptionTokenError::Mismatch) => {
                return Err(Disconnect::INVALID_TOKEN.into());
            }
        };
        let ttl = left(grant.expires_at, self.around.node.clock.now_ms());
        self.expiries.set(&key.channel, ttl);
        self.watch_expiries();
        Ok(ReplyBody::SubRefresh(SubRefreshResult { expires: ttl.is_some(), ttl: ttl.map_or(0, seconds) }))
    }

    /// Has the wheel say when the next grace is over.
    pub(super) fn watch_expiries(&self) {
        let first = self.expiries.first_end();
        if let Stage::Connected { lapse, .. } = &mut *self.connection.stage() {
            *lapse = first;
        }
        if let Some(at) = first {
            self.around.node.wheel.schedule(&self.connection, at);
        }
    }

    /// Ends the subscriptions whose grace is over.
    pub(super) async fn lapse(&mut self) -> Result<(), Disconnect> {
        for channel in self.expiries.take_over(Instant::now()) {
            self.end_subscription(&channel, Unsubscribed::EXPIRED).await?;
        }
        self.watch_expiries();
        Ok(())
    }
}

/// Time until something expires, none when it never does.
pub(super) fn left(expires_at: Option<u64>, now_ms: u64) -> Option<Duration> {
    let left = Duration::from_millis(expires_at?.saturating_mul(1000).saturating_sub(now_ms));
    // A year is for ever, and a sum with it never overflows.
    Some(left.min(Duration::from_secs(365 * 24 * 3600)))
}

pub(super) fn seconds(duration: Duration) -> u32 {
    // A client must not take a remaining half second for "no expiry".
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX).max(1)
}
