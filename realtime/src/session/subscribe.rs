//! `subscribe`: check, authorise, open, reply.

use super::{Failure, Session, open::Wish};
use crate::{
    config::{DeltaType, NamespaceOptions, is_private},
    dispatch::{SubscriptionGrant, SubscriptionTokenError},
    filter::Filter,
    identity::Identity,
    subscription::{Special, Terms},
};
use protocol::{
    Channel, Disconnect, Encoding, ErrorBody, Message, Payload, Reply, ReplyBody, codes::error,
    command::SubscribeRequest,
};

/// The only kind of delta that there is.
const FOSSIL: &str = "fossil";

impl Session {
    pub(super) async fn subscribe(&mut self, id: u32, request: SubscribeRequest) -> Result<(), Failure> {
        let (key, options) = self.channel(&request.channel)?;
        if request.kind != 0 {
            return Err(error::BAD_REQUEST.into());
        }
        if self.connection.is_subscribed(&key.channel) {
            return Err(error::ALREADY_SUBSCRIBED.into());
        }
        if self.connection.subscription_count() >= self.around.node.config.limits.subscriptions {
            return Err(error::LIMIT_EXCEEDED.into());
        }
        let grant = self.authorize(&key.channel, &options, &request.token).await?;
        let options = &options.overridden(&grant.overrides);
        let wish = Wish {
            channel: key.channel,
            options,
            terms: terms(options, &request, grant.info, self.connection.encoding)?,
            request: &request,
            expires_at: grant.expires_at,
            data: None,
        };
        let opened = self.open(wish, &mut self.room()).await?;
        if request.rejects_unrecovered() && opened.is_unrecovered() {
            self.abandon(&opened).await;
            return Err(error::UNRECOVERABLE_POSITION.into());
        }
        let reply = |result| vec![Message::Reply(Reply { id, result: Ok(ReplyBody::Subscribe(result)) })];
        if self.settle(&opened, reply).is_err() {
            self.abandon(&opened).await;
            return Err(Disconnect::INSUFFICIENT_STATE.into());
        }
        self.announce(&opened).await;
        Ok(())
    }

    async fn authorize(
        &self,
        channel: &Channel,
        options: &NamespaceOptions,
        token: &str,
    ) -> Result<SubscriptionGrant, Failure> {
        let identity = self.identity()?;
        if self.around.dispatch.owns(channel.namespace()) {
            if !may_name(identity, channel) {
                return Err(error::PERMISSION_DENIED.into());
            }
            self.around.dispatch.authorize(identity, channel).await?;
            return Ok(SubscriptionGrant::default());
        }
        // A guest's token reaches its game and nothing that is configured for members of the school.
        if identity.is_guest() {
            return Err(error::PERMISSION_DENIED.into());
        }
        if !token.is_empty() {
            let (authenticator, client) = (&self.around.authenticator, self.connection.client);
            let grant = authenticator.authorize_subscription(identity, client, channel, token).await;
            return grant.map_err(|error| match error {
                SubscriptionTokenError::Expired => error::TOKEN_EXPIRED.into(),
                SubscriptionTokenError::Invalid => error::PERMISSION_DENIED.into(),
                SubscriptionTokenError::Mismatch => Disconnect::INVALID_TOKEN.into(),
            });
        }
        let open = options.allow_subscribe && (options.allow_anonymous || !identity.is_anonymous());
        let allowed = open && may_name(identity, channel) && !is_private(channel);
        if !allowed && !self.around.node.config.insecure {
            return Err(error::PERMISSION_DENIED.into());
        }
        Ok(SubscriptionGrant::default())
    }
}

/// What a client gets of what it asks for.
fn terms(
    options: &NamespaceOptions,
    request: &SubscribeRequest,
    info: Option<Payload>,
    encoding: Encoding,
) -> Result<Terms, ErrorBody> {
    let filter = match &request.tf {
        None => None,
        Some(_) if !options.allow_tags_filter => return Err(error::BAD_REQUEST),
        Some(node) => Some(Filter::compile(node).map_err(|invalid| {
            tracing::debug!(%invalid, "a filter was refused");
            error::BAD_REQUEST
        })?),
    };
    // MessagePack payloads are values and have no text that a delta could be made from.
    let delta =
        options.delta == DeltaType::Fossil && request.delta == FOSSIL && encoding != Encoding::MsgPack;
    let is_special = info.is_some() || filter.is_some() || delta;
    Ok(Terms {
        server_side: false,
        presence: options.presence,
        announced: options.join_leave,
        join_leave: options.force_join_leave || (options.join_leave && request.join_leave),
        special: is_special.then(|| Box::new(Special { info, filter, delta })),
    })
}

/// Whether a channel's name allows a user: channels bound to users (`…#a,b`) are for these alone.
fn may_name(identity: &Identity, channel: &Channel) -> bool {
    channel.users().is_none_or(|mut users| users.any(|user| user == identity.user.as_str()))
}
