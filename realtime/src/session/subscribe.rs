//! `subscribe`: authorise, read the position, recover, and let pushes pass after the reply.

use super::{Failure, Session};
use crate::{
    broker::HistoryQuery,
    config::NamespaceOptions,
    identity::Identity,
    key::ChannelKey,
    subscription::{GapWhileSubscribing, Subscription},
};
use protocol::{
    Channel, Disconnect, Publication, ReplyBody,
    codes::error,
    command::{StreamPosition, SubscribeRequest},
    reply::SubscribeResult,
};
use std::sync::Arc;

/// A subscription whose position is read and that waits for its commit.
pub(super) struct Opened {
    subscription: Arc<Subscription>,
    presence: bool,
    top: Option<StreamPosition>,
    recovery: Recovery,
}

enum Recovery {
    NotAsked,
    /// Everything behind the request's offset.
    Recovered(u64, Vec<Publication>),
    Failed,
}

impl Session {
    pub(super) async fn subscribe(&mut self, id: u32, request: SubscribeRequest) -> Result<(), Failure> {
        let (key, options) = self.channel(&request.channel)?;
        if self.connection.is_subscribed(&key.channel) {
            return Err(error::ALREADY_SUBSCRIBED.into());
        }
        if self.connection.subscription_count() >= self.around.node.config.limits.subscriptions {
            return Err(error::LIMIT_EXCEEDED.into());
        }
        self.authorize(&key.channel, &options).await?;
        let opened = self.open_subscription(key.channel, &options, &request, false).await?;
        if request.rejects_unrecovered() && matches!(opened.recovery, Recovery::Failed) {
            self.abandon(&opened).await;
            return Err(error::UNRECOVERABLE_POSITION.into());
        }
        let committed = self.commit(&opened, |result| self.reply(id, Ok(ReplyBody::Subscribe(result))));
        if committed.is_err() {
            self.abandon(&opened).await;
            return Err(Disconnect::INSUFFICIENT_STATE.into());
        }
        self.announce(&opened).await;
        Ok(())
    }

    async fn authorize(&self, channel: &Channel, options: &NamespaceOptions) -> Result<(), Failure> {
        let identity = self.identity()?;
        if !may_name(identity, channel) {
            return Err(error::PERMISSION_DENIED.into());
        }
        if self.around.dispatch.owns(channel.namespace()) {
            return Ok(self.around.dispatch.authorize(identity, channel).await?);
        }
        // A guest's token reaches its game and nothing that is configured for members of the school.
        if !options.allow_subscribe || identity.is_guest() {
            return Err(error::PERMISSION_DENIED.into());
        }
        Ok(())
    }

    /// Makes a subscription that gathers what is published, and reads the position that it starts from.
    pub(super) async fn open_subscription(
        &self,
        channel: Channel,
        options: &NamespaceOptions,
        request: &SubscribeRequest,
        server_side: bool,
    ) -> Result<Opened, Failure> {
        let node = &self.around.node;
        let key = ChannelKey::new(self.identity()?.school, channel);
        let connection = Arc::clone(&self.connection);
        let subscription =
            Arc::new(Subscription::pending(key.clone(), connection, options.join_leave, server_side));
        self.connection.insert(Arc::clone(&subscription));
        let mut opened = Opened {
            subscription,
            presence: options.presence || options.join_leave,
            top: None,
            recovery: Recovery::NotAsked,
        };
        let read = async {
            if node.hub.subscribe(Arc::clone(&opened.subscription)) {
                node.broker.subscribe(&key).await?;
            }
            if options.history().is_some()
                && (options.force_recovery || request.positioned || request.recoverable)
            {
                self.read_position(&key, request).await.map(Some)
            } else {
                Ok(None)
            }
        };
        match read.await {
            Ok(None) => Ok(opened),
            Ok(Some((top, recovery))) => {
                opened.top = Some(top);
                opened.recovery = recovery;
                Ok(opened)
            }
            Err(failure) => {
                self.abandon(&opened).await;
                Err(failure)
            }
        }
    }

    async fn read_position(
        &self,
        key: &ChannelKey,
        request: &SubscribeRequest,
    ) -> Result<(StreamPosition, Recovery), Failure> {
        let node = &self.around.node;
        let limit = if request.recover { node.config.limits.history_page } else { 0 };
        let query = HistoryQuery { limit, since: Some(request.offset), reverse: false };
        let page = node.broker.history(key, &query).await?;
        if !request.recover {
            return Ok((page.top, Recovery::NotAsked));
        }
        let same_life = request.epoch.is_empty() || request.epoch == page.top.epoch;
        let unbroken = match (page.publications.first(), page.publications.last()) {
            (Some(first), Some(last)) => first.offset == request.offset + 1 && last.offset == page.top.offset,
            _ => page.top.offset == request.offset,
        };
        // What does not fit the outbox would close the connection, and the client would ask for it again and again.
        let bytes: usize = page.publications.iter().map(|publication| publication.data.json().len()).sum();
        let fits = bytes <= node.config.limits.outbox_bytes / 2;
        let recovery = if same_life && unbroken && fits {
            Recovery::Recovered(request.offset, page.publications)
        } else {
            Recovery::Failed
        };
        let outcome = if matches!(recovery, Recovery::Failed) { "failed" } else { "recovered" };
        metrics::counter!("schoolbell_recoveries_total", "outcome" => outcome).increment(1);
        Ok((page.top, recovery))
    }

    /// Queues the result through `reply` and lets pushes pass.
    pub(super) fn commit(
        &self,
        opened: &Opened,
        reply: impl FnOnce(SubscribeResult),
    ) -> Result<(), GapWhileSubscribing> {
        let (publications, from) = match &opened.recovery {
            Recovery::Recovered(from, publications) => (publications.clone(), Some(*from)),
            Recovery::NotAsked | Recovery::Failed => (Vec::new(), None),
        };
        let was_recovering = !matches!(opened.recovery, Recovery::NotAsked);
        opened.subscription.commit(
            opened.top.clone(),
            publications,
            from.is_some(),
            |publications, position| {
                reply(SubscribeResult {
                    recoverable: position.is_some(),
                    positioned: position.is_some(),
                    epoch: position.map(|position| position.epoch.clone()).unwrap_or_default(),
                    // The client walks on from its own offset through the publications.
                    offset: from.or(position.map(|position| position.offset)).unwrap_or_default(),
                    recovered: from.is_some(),
                    was_recovering,
                    publications,
                    data: None,
                });
            },
        )
    }

    /// Tells others that the client is there.
    pub(super) async fn announce(&self, opened: &Opened) {
        let key = &opened.subscription.key;
        let node = &self.around.node;
        if opened.presence {
            let info = self.connection.info();
            let added = node.presence.add(key, self.connection.client, info.clone()).await;
            let told = match added {
                Ok(()) if opened.subscription.join_leave => node.broker.join(key, info).await,
                other => other,
            };
            if let Err(error) = told {
                tracing::warn!(%error, "presence is late");
            }
        }
        if self.around.dispatch.owns(key.channel.namespace()) {
            self.around.dispatch.joined(&self.connection, &key.channel).await;
        }
    }

    /// Takes back a subscription that was never announced.
    async fn abandon(&self, opened: &Opened) {
        let key = &opened.subscription.key;
        opened.subscription.end();
        self.connection.remove(&key.channel);
        self.forget(key).await;
    }
}

/// Whether a channel's name allows a user: channels bound to users (`…#a,b`) are for these alone.
fn may_name(identity: &Identity, channel: &Channel) -> bool {
    channel.users().is_none_or(|mut users| users.any(|user| user == identity.user.as_str()))
}
