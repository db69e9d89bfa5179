//! What others ask of a session: the platform's backend, features, and the clock.

use super::{
    Failure, Session,
    expiry::{left, seconds},
    open::{Opened, Wish},
    recover::Room,
};
use crate::{
    config::NamespaceOptions,
    connection::{EXPIRY_GRACE, Order, Stage},
    identity::ServerSubscription,
    subscription::{Special, Terms},
};
use protocol::{
    Disconnect, Message, Push, PushBody,
    command::SubscribeRequest,
    push::SubscribePush,
    reply::{RefreshResult, SubscribeResult},
};
use tokio::time::Instant;

impl Session {
    /// Does what others have asked.
    ///
    /// # Errors
    /// The code to close the connection with.
    pub async fn obey(&mut self) -> Result<(), Disconnect> {
        for order in self.connection.take_orders() {
            match order {
                Order::Unsubscribe(channel, reason) => self.end_subscription(&channel, reason).await?,
                Order::Subscribe(subscription) => self.serve(*subscription).await?,
                Order::Refresh(expires_at) => {
                    let body = PushBody::Refresh(self.renew(expires_at));
                    self.connection.send(&Message::Push(Push { channel: None, body }));
                }
                Order::Lapse => self.lapse().await?,
            }
        }
        Ok(())
    }

    /// Lets the credentials hold until `expires_at`, seconds since the epoch, or for ever.
    pub(super) fn renew(&self, expires_at: Option<u64>) -> RefreshResult {
        let node = &self.around.node;
        let ttl = left(expires_at, node.clock.now_ms());
        let at = ttl.map(|ttl| Instant::now() + ttl);
        if let Stage::Connected { expires, .. } = &mut *self.connection.stage() {
            *expires = at;
        }
        if let Some(at) = at {
            node.wheel.schedule(&self.connection, at + EXPIRY_GRACE);
        }
        RefreshResult { expires: ttl.is_some(), ttl: ttl.map_or(0, seconds) }
    }

    /// Subscribes the client to a channel that it did not ask for, unless it is subscribed.
    async fn serve(&mut self, subscription: ServerSubscription) -> Result<(), Disconnect> {
        let channel = subscription.channel.clone();
        if self.connection.is_subscribed(&channel) {
            return Ok(());
        }
        let node = &self.around.node;
        let full = self.connection.subscription_count() >= node.config.limits.subscriptions;
        let owned = self.around.dispatch.owns(channel.namespace());
        let Some(options) = node.options(&channel).cloned().filter(|_| !full && !owned) else {
            tracing::warn!(%channel, full, owned, "a subscription that the platform asked for was not made");
            return Ok(());
        };
        let request =
            subscription.since.as_ref().map_or_else(SubscribeRequest::default, |since| SubscribeRequest {
                recoverable: true,
                recover: true,
                epoch: since.epoch.clone(),
                offset: since.offset,
                ..SubscribeRequest::default()
            });
        let mut room = self.room().for_pushes(&channel);
        let opened = match self.open_served(subscription, &options, &request, &mut room).await {
            Ok(opened) => opened,
            Err(Failure::Disconnect(disconnect)) => return Err(disconnect),
            Err(Failure::Error(error)) => {
                tracing::warn!(%channel, %error, "a subscription that the platform asked for was not made");
                return Ok(());
            }
        };
        if request.recover && !opened.is_recovered() {
            tracing::warn!(
                %channel,
                offset = request.offset,
                "a subscription that the platform asked for begins at the top, since its position was not recovered"
            );
        }
        let pushes = |result: SubscribeResult| {
            let SubscribeResult { recoverable, positioned, epoch, offset, data, publications, .. } = result;
            let subscribe =
                PushBody::Subscribe(SubscribePush { recoverable, positioned, epoch, offset, data });
            // A push of a subscription has no place for what was missed: that follows it.
            let missed = publications.into_iter().map(PushBody::Publication);
            let bodies = std::iter::once(subscribe).chain(missed);
            bodies.map(|body| Message::Push(Push { channel: Some(channel.clone()), body })).collect()
        };
        if self.settle(&opened, pushes).is_err() {
            self.abandon(&opened).await;
            return Err(Disconnect::INSUFFICIENT_STATE);
        }
        self.announce(&opened).await;
        Ok(())
    }

    /// Opens a subscription that the server makes.
    pub(super) async fn open_served(
        &self,
        subscription: ServerSubscription,
        options: &NamespaceOptions,
        request: &SubscribeRequest,
        room: &mut Room,
    ) -> Result<Opened, Failure> {
        let ServerSubscription { channel, info, data, expires_at, overrides, since: _ } = subscription;
        let options = &options.overridden(&overrides);
        let terms = Terms {
            server_side: true,
            presence: options.presence,
            announced: options.join_leave,
            join_leave: options.force_join_leave,
            special: info.map(|info| Box::new(Special { info: Some(info), ..Special::default() })),
        };
        self.open(Wish { channel, options, terms, request, expires_at, data }, room).await
    }
}
