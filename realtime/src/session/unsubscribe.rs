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
        let server_side = subscription.server_side;
        self.leave(&subscription).await;
        if server_side {
            // A client cannot make a server-side subscription anew without a new connection.
            return Err(Disconnect::INSUFFICIENT_STATE);
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
        let node = &self.around.node;
        let options = node.options(&key.channel);
        if options.is_some_and(|options| options.presence || options.join_leave) {
            let removed = node.presence.remove(key, self.connection.client).await;
            let told = match removed {
                Ok(()) if subscription.join_leave => node.broker.leave(key, self.connection.info()).await,
                other => other,
            };
            if let Err(error) = told {
                tracing::warn!(%error, "presence is late");
            }
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
