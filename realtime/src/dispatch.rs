//! The seam between the live part and the features. The gateway implements it in one visible place.

use crate::{
    connection::Connection,
    identity::{Identity, SubscriptionOverrides},
};
use async_trait::async_trait;
use protocol::{Channel, ErrorBody, Payload, ids::ClientId};
use std::{sync::Arc, time::Duration};

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Well signed, but over: fetch a new one.
    #[error("the token has expired")]
    Expired,
    /// Forged, malformed, or not for here.
    #[error("the token is not valid")]
    Invalid,
}

/// Why a subscription token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionTokenError {
    /// Well signed, but over: fetch a new one.
    #[error("the subscription token has expired")]
    Expired,
    /// Forged or malformed.
    #[error("the subscription token is not valid")]
    Invalid,
    /// Well signed, but for another channel, user, client or school.
    #[error("the subscription token is for another channel, user, client or school")]
    Mismatch,
}

impl From<TokenError> for SubscriptionTokenError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Expired => Self::Expired,
            TokenError::Invalid => Self::Invalid,
        }
    }
}

/// What a subscription token allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionGrant {
    /// Seconds since the epoch at which the subscription needs a new token; none when it never does.
    pub expires_at: Option<u64>,
    /// What others see of the subscription (`chan_info`).
    pub info: Option<Payload>,
    /// What the token decides differently from the namespace.
    pub overrides: SubscriptionOverrides,
}

/// Verifies tokens.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who a token speaks for.
    ///
    /// # Errors
    /// [`TokenError`]
    async fn authenticate(&self, token: &str) -> Result<Identity, TokenError>;

    /// What a subscription token allows the connection `client` of `identity` in `channel`. Takes none unless it is
    /// implemented.
    ///
    /// # Errors
    /// [`SubscriptionTokenError`]
    async fn authorize_subscription(
        &self,
        _identity: &Identity,
        _client: ClientId,
        _channel: &Channel,
        _token: &str,
    ) -> Result<SubscriptionGrant, SubscriptionTokenError> {
        Err(SubscriptionTokenError::Invalid)
    }
}

/// Who calls a method.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What the caller's token says.
    pub identity: Identity,
    /// Estimated time from the caller to here, measured by this server.
    pub one_way: Duration,
}

/// What features answer for.
#[async_trait]
pub trait Dispatch: Send + Sync {
    /// Answers the method `<feature>.<verb>`.
    ///
    /// # Errors
    /// Error 108 when no feature answers for `<feature>`, error 104 when the feature has no such verb, else the feature's
    /// own.
    async fn rpc(&self, caller: Caller, method: &str, params: Payload) -> Result<Payload, ErrorBody>;

    /// Whether a feature owns the channels of a namespace. Its channels are not open by configuration.
    fn owns(&self, namespace: &str) -> bool;

    /// Whether somebody may subscribe to a channel of an owned namespace.
    ///
    /// # Errors
    /// Error 103, or the feature's own.
    async fn authorize(&self, identity: &Identity, channel: &Channel) -> Result<(), ErrorBody>;

    /// A connection is now subscribed to a channel of an owned namespace.
    async fn joined(&self, connection: &Arc<Connection>, channel: &Channel);

    /// A connection is no longer subscribed to a channel of an owned namespace.
    async fn left(&self, connection: &Arc<Connection>, channel: &Channel);
}
