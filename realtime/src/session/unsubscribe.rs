//! `unsubscribe`, and the ends of subscriptions that the server decides.

use super::{Failure, Session};
use crate::{key::ChannelKey, subscription::Subscription};
use protocol::{
    Channel, Disconnect, Message, Push, PushBody, ReplyBody, Unsubscribed, command::ChannelRequest,
};

impl Session {
    pub(super) async fn unsubscribe(&mut self, request: &ChannelRequest) -> Result<ReplyBody, Failure> {
        if request.channel.is_empty() {
            return Err(Disconnect::BAD_REQUEST.into());
        }
        // Never an error: a client that cannot leave would reconnect.
        if let Ok(channel) = Channel::parse(&request.channel)
            && let Some(subscription) = self.connection.remove(&channel)
        {
            self.expiries.forget(&channel);
            self.leave(&subscription).await;
        }
        Ok(ReplyBody::Unsubscribe)
    }

    /// Ends a subscription from this side and tells the client.
    pub(super) async fn end_subscription(
        &mut self,
        channel: &Channel,
        reason: Unsubscribed,
    ) -> Result<(), Disconnect> {
        let Some(subscription) = self.connection.remove(channel) else {
            return Ok(());
        };
        self.expiries.forget(channel);
        self.leave(&subscription).await;
        // A client cannot make a server-side subscription anew without a new connection.
        match reason {
            Unsubscribed::INSUFFICIENT_STATE if subscription.terms.server_side => {
                return Err(Disconnect::INSUFFICIENT_STATE);
            }
            Unsubscribed::EXPIRED if subscription.terms.server_side => {
                return Err(Disconnect::SUBSCRIPTION_EXPIRED);
            }
            _ => {}
        }
        let push = Push { channel: Some(channel.clone()), body: PushBody::Unsubscribe(reason) };
        self.connection.send(&Message::Push(push));
        Ok(())
    }

    /// Leaves a channel: presence first, then the others are told. The leaver is not.
    pub(super) async fn leave(&self, subscription: &Subscription) {
        let key = &subscription.key;
        subscription.end();
        self.forget(key).await;
        if let Err(error) = self.exit(subscription).await {
            tracing::warn!(%error, "presence is late");
        }
        if self.around.dispatch.owns(key.channel.namespace()) {
            self.around.dispatch.left(&self.connection, &key.channel).await;
        }
    }

    /// Takes the subscription out of the hub.
    pub(super) async fn forget(&self, key: &ChannelKey) {
        let node = &self.around.node;
        if node.hub.unsubscribe(key, self.connection.client)
            && let Err(error) = node.broker.unsubscribe(key).await
        {
            tracing::warn!(%error, "a channel without subscribers is still followed");
        }
    }
}
