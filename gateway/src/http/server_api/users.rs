//! What happens to the connections of a user: `subscribe`, `unsubscribe`, `disconnect`, `refresh`.
//!
//! All four name a user and may narrow to one connection by its client id or its session. Nobody being there is no
//! error: the answer is the same.

use super::{Answer, Backend, Empty, Method, Params, Refusals, answer::bad_request, call::payload};
use crate::auth::OverrideClaim;
use protocol::{
    Disconnect, ErrorBody, Payload, Unsubscribed,
    codes::error,
    command::StreamPosition,
    ids::{ClientId, UserId},
};
use realtime::{ServerSubscription, node::Target, nodes::ControlMessage};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Whom to subscribe, and where.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Subscribe {
    /// Empty for anonymous users.
    user: Option<String>,
    channel: String,
    /// What others see of the subscription (`chan_info`).
    #[schema(value_type = Option<serde_json::Value>)]
    info: Option<Payload>,
    /// The same in base64.
    b64info: Option<String>,
    /// Only this connection.
    client: Option<String>,
    /// Only the connection of this session.
    session: Option<String>,
    /// Told to the client with the subscription.
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<Payload>,
    /// The same in base64.
    b64data: Option<String>,
    /// What was published behind this position follows the `subscribe` push. Where that is not kept any more, does not fit
    /// what may wait for the client, or the namespace does not allow recovery, the subscription begins at the channel's
    /// top instead; the `offset` of the push tells which.
    #[schema(value_type = Option<Object>)]
    recover_since: Option<StreamPosition>,
    /// What this subscription does differently from its namespace: `presence`, `join_leave`, `force_push_join_leave`,
    /// `force_recovery`, `force_positioning`, each as `{"value":true}`.
    #[schema(value_type = Option<Object>)]
    r#override: Option<OverrideClaim>,
}

/// Whom to unsubscribe, and from what.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Unsubscribe {
    /// Empty for anonymous users.
    user: Option<String>,
    channel: String,
    /// Only this connection.
    client: Option<String>,
    /// Only the connection of this session.
    session: Option<String>,
}

/// Whom to disconnect.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct DisconnectUser {
    /// Empty for anonymous users.
    user: Option<String>,
    /// Only this connection.
    client: Option<String>,
    /// Only the connection of this session.
    session: Option<String>,
    /// Client ids of connections that stay.
    whitelist: Option<Vec<String>>,
    /// 3503 `force disconnect` unless given.
    disconnect: Option<CloseCode>,
}

/// What a client is told when it is disconnected.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct CloseCode {
    /// 3000 to 4999. The client comes back by itself after 3000–3499 and 4000–4499.
    code: u32,
    /// Not read: each code has a fixed text.
    #[expect(dead_code, reason = "libraries send it")]
    reason: Option<String>,
}

/// Whose credentials are fresh, or over.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Refresh {
    /// Empty for anonymous users.
    user: Option<String>,
    /// Only this connection.
    client: Option<String>,
    /// Only the connection of this session.
    session: Option<String>,
    /// They are over now: the connections are closed with 3005, and come back with a new token.
    #[serde(default)]
    expired: bool,
    /// Seconds since 1970 until which they hold; 0 for ever.
    expire_at: Option<u64>,
}

impl Backend {
    fn target(
        &self,
        user: Option<String>,
        client: Option<&str>,
        session: Option<String>,
    ) -> Result<Target, ErrorBody> {
        let session = session.filter(|session| !session.is_empty());
        let client = client.filter(|client| !client.is_empty()).map(client_id).transpose()?;
        // All anonymous users at once are meant only by those who say so. Libraries leave out what is empty.
        if user.is_none() && client.is_none() && session.is_none() {
            return Err(bad_request("name a user"));
        }
        let user = user.unwrap_or_default();
        // Tokens spell a person's id in one way, whatever the platform writes.
        let user = user.parse().map_or_else(|_| UserId(user), UserId::person);
        Ok(Target { school: self.school, user, client, session })
    }

    /// Has all nodes do something with a user's connections.
    async fn tell(&self, message: ControlMessage) -> Result<Empty, ErrorBody> {
        let told = self.app.node.peers.tell_all(&message).await;
        told.map(|()| Empty {}).map_err(|error| {
            tracing::error!(%error, "not every node was told");
            error::INTERNAL
        })
    }
}

fn client_id(text: &str) -> Result<ClientId, ErrorBody> {
    text.parse().map_err(|_| bad_request("a client is named by its id"))
}

impl Method for Subscribe {
    type Result = Empty;

    async fn run(self, backend: &Backend) -> Result<Empty, ErrorBody> {
        let (key, _) = backend.open_channel(&self.channel)?;
        let target = backend.target(self.user, self.client.as_deref(), self.session)?;
        let subscription = ServerSubscription {
            channel: key.channel,
            info: payload(self.info, self.b64info.as_deref())?,
            data: payload(self.data, self.b64data.as_deref())?,
            overrides: self.r#override.unwrap_or_default().overrides(),
            expires_at: None,
            since: self.recover_since,
        };
        backend.tell(ControlMessage::Subscribe { target, subscription }).await
    }
}

impl Method for Unsubscribe {
    type Result = Empty;

    async fn run(self, backend: &Backend) -> Result<Empty, ErrorBody> {
        let (key, _) = backend.channel(&self.channel)?;
        let target = backend.target(self.user, self.client.as_deref(), self.session)?;
        let (channel, reason) = (key.channel, Unsubscribed::SERVER);
        backend.tell(ControlMessage::Unsubscribe { target, channel, reason }).await
    }
}

impl Method for DisconnectUser {
    type Result = Empty;

    async fn run(self, backend: &Backend) -> Result<Empty, ErrorBody> {
        let target = backend.target(self.user, self.client.as_deref(), self.session)?;
        let spared = self.whitelist.iter().flatten().map(|client| client_id(client));
        let spared = spared.collect::<Result<BTreeSet<_>, _>>()?;
        let reason = match self.disconnect {
            None => Disconnect::FORCE_DISCONNECT,
            Some(close) => Disconnect::with_code(close.code)
                .ok_or_else(|| bad_request("a disconnect code lies between 3000 and 4999"))?,
        };
        backend.tell(ControlMessage::Disconnect { target, spared, reason }).await
    }
}

impl Method for Refresh {
    type Result = Empty;

    async fn run(self, backend: &Backend) -> Result<Empty, ErrorBody> {
        let target = backend.target(self.user, self.client.as_deref(), self.session)?;
        let now_s = backend.app.node.clock.now_ms() / 1_000;
        let expires_at = self.expire_at.filter(|at| *at > 0);
        let message = if self.expired || expires_at.is_some_and(|at| at <= now_s) {
            let (spared, reason) = (BTreeSet::new(), Disconnect::EXPIRED);
            ControlMessage::Disconnect { target, spared, reason }
        } else {
            ControlMessage::Refresh { target, expires_at }
        };
        backend.tell(message).await
    }
}

/// Subscribes a user's connections to a channel from this side.
#[utoipa::path(post, operation_id = "subscribe", path = "/api/subscribe", tag = "Server API", security(("api_key" = [])), request_body = Subscribe, responses(
    (status = 200, body = Answer<Empty>),
    Refusals,
))]
pub async fn subscribe(backend: Backend, Params(params): Params<Subscribe>) -> Answer<Empty> {
    params.run(&backend).await.into()
}

/// Ends a user's subscriptions to a channel.
#[utoipa::path(post, operation_id = "unsubscribe", path = "/api/unsubscribe", tag = "Server API", security(("api_key" = [])), request_body = Unsubscribe, responses(
    (status = 200, body = Answer<Empty>),
    Refusals,
))]
pub async fn unsubscribe(backend: Backend, Params(params): Params<Unsubscribe>) -> Answer<Empty> {
    params.run(&backend).await.into()
}

/// Closes a user's connections.
#[utoipa::path(post, operation_id = "disconnect", path = "/api/disconnect", tag = "Server API", security(("api_key" = [])), request_body = DisconnectUser, responses(
    (status = 200, body = Answer<Empty>),
    Refusals,
))]
pub async fn disconnect(backend: Backend, Params(params): Params<DisconnectUser>) -> Answer<Empty> {
    params.run(&backend).await.into()
}

/// Changes how long the credentials of a user's connections hold.
#[utoipa::path(post, operation_id = "refresh", path = "/api/refresh", tag = "Server API", security(("api_key" = [])), request_body = Refresh, responses(
    (status = 200, body = Answer<Empty>),
    Refusals,
))]
pub async fn refresh(backend: Backend, Params(params): Params<Refresh>) -> Answer<Empty> {
    params.run(&backend).await.into()
}
