//! How a subscription comes to be, whoever wanted it: read the position, recover, tell the client, let pushes pass, and
//! only then tell the others.

use super::{
    Failure, Session,
    expiry::{left, seconds},
    recover::{self, Recovery, Room},
};
use crate::{
    config::{NamespaceOptions, RecoveryMode},
    key::ChannelKey,
    subscription::{Commit, GapWhileSubscribing, Subscription, Terms},
};
use protocol::{
    Channel, Encoding, Message, Payload,
    command::{StreamPosition, SubscribeRequest},
    reply::SubscribeResult,
};
use std::sync::Arc;

/// A subscription that is wanted and allowed.
pub(super) struct Wish<'a> {
    pub(super) channel: Channel,
    pub(super) options: &'a NamespaceOptions,
    pub(super) terms: Terms,
    pub(super) request: &'a SubscribeRequest,
    /// Seconds since the epoch.
    pub(super) expires_at: Option<u64>,
    /// For the client.
    pub(super) data: Option<Payload>,
}

/// A subscription whose position is read and that waits for its commit.
pub(super) struct Opened {
    subscription: Arc<Subscription>,
    recoverable: bool,
    /// Whether only the latest publication matters.
    latest: bool,
    top: Option<StreamPosition>,
    /// The offset that the client recovers from.
    from: u64,
    recovery: Recovery,
    expires_at: Option<u64>,
    data: Option<Payload>,
}

impl Opened {
    pub(super) fn channel(&self) -> &Channel {
        &self.subscription.key.channel
    }

    pub(super) fn is_unrecovered(&self) -> bool {
        self.recovery == Recovery::Failed
    }

    pub(super) fn is_recovered(&self) -> bool {
        matches!(self.recovery, Recovery::Recovered(_))
    }

    /// Prepares to go live; no push of the channel is queued until the commit is used.
    pub(super) fn commit(&self) -> Result<Commit<'_>, GapWhileSubscribing> {
        let recovered = match &self.recovery {
            Recovery::Recovered(publications) => Some(publications.clone()),
            Recovery::NotAsked | Recovery::Failed => None,
        };
        let latest = self.latest && recovered.is_some();
        self.subscription.commit(self.top.clone(), recovered, latest)
    }

    /// What the client is told.
    pub(super) fn result(&self, commit: &mut Commit<'_>, now_ms: u64) -> SubscribeResult {
        let publications = std::mem::take(&mut commit.publications);
        let recovered = self.is_recovered();
        let position = commit.position.as_ref();
        // The client walks on from its own offset through the publications.
        let walks = recovered && !publications.is_empty();
        let ttl = left(self.expires_at, now_ms);
        SubscribeResult {
            expires: ttl.is_some(),
            ttl: ttl.map_or(0, seconds),
            recoverable: self.recoverable,
            positioned: position.is_some(),
            epoch: position.map(|position| position.epoch.clone()).unwrap_or_default(),
            offset: position.map_or(0, |position| if walks { self.from } else { position.offset }),
            recovered,
            was_recovering: self.recovery != Recovery::NotAsked,
            publications,
            data: self.data.clone(),
            delta: self.subscription.terms.special.as_ref().is_some_and(|special| special.delta),
        }
    }
}

impl Session {
    /// How much the next answer may carry.
    pub(super) fn room(&self) -> Room {
        Room::new(self.connection.outbox.free())
    }

    /// Makes a subscription that gathers what is published, and reads the position that it starts from.
    pub(super) async fn open(&self, wish: Wish<'_>, room: &mut Room) -> Result<Opened, Failure> {
        let Wish { channel, options, terms, request, expires_at, data } = wish;
        let node = &self.around.node;
        let key = ChannelKey::new(self.identity()?.school, channel);
        let quoted = self.connection.encoding == Encoding::Json
            && terms.special.as_ref().is_some_and(|special| special.delta);
        let subscription = Arc::new(Subscription::pending(key.clone(), Arc::clone(&self.connection), terms));
        self.connection.insert(Arc::clone(&subscription));
        let kept = options.history().is_some();
        let recoverable = kept && (options.force_recovery || (options.allow_recovery && request.recoverable));
        let positioned = recoverable
            || (kept && (options.force_positioning || (options.allow_positioning && request.positioned)));
        let mut opened = Opened {
            subscription,
            recoverable,
            latest: options.recovery_mode == RecoveryMode::Cache,
            top: None,
            from: request.offset,
            recovery: Recovery::NotAsked,
            expires_at,
            data,
        };
        let read = async {
            if node.hub.subscribe(Arc::clone(&opened.subscription)) {
                node.broker.subscribe(&key).await?;
            }
            if !positioned {
                return Ok(None);
            }
            let asked = if recoverable { request } else { &SubscribeRequest::default() };
            let query = recover::query(asked, options.recovery_mode, node.config.limits.history_page);
            let page = node.broker.history(&key, &query).await?;
            let top = page.top.clone();
            let recovery = recover::judge(asked, options.recovery_mode, page, quoted, room);
            Ok(Some((top, recovery)))
        };
        match read.await {
            Ok(None) => {}
            Ok(Some((top, recovery))) => {
                count(&recovery);
                opened.top = Some(top);
                opened.recovery = recovery;
            }
            Err(failure) => {
                self.abandon(&opened).await;
                return Err(failure);
            }
        }
        Ok(opened)
    }

    /// Queues the message that tells the client, and lets pushes pass.
    pub(super) fn settle(
        &self,
        opened: &Opened,
        messages: impl FnOnce(SubscribeResult) -> Vec<Message>,
    ) -> Result<(), GapWhileSubscribing> {
        let mut commit = opened.commit()?;
        let result = opened.result(&mut commit, self.around.node.clock.now_ms());
        for message in messages(result) {
            self.connection.send(&message);
        }
        commit.go_live();
        Ok(())
    }

    /// Tells others that the client is there, and watches over the subscription's expiry.
    pub(super) async fn announce(&mut self, opened: &Opened) {
        let subscription = &opened.subscription;
        let (key, node) = (&subscription.key, &self.around.node);
        self.expiries.set(&key.channel, left(opened.expires_at, node.clock.now_ms()));
        self.watch_expiries();
        if let Err(error) = self.enter(subscription).await {
            tracing::warn!(%error, "presence is late");
        }
        if self.around.dispatch.owns(key.channel.namespace()) {
            self.around.dispatch.joined(&self.connection, &key.channel).await;
        }
    }

    /// Takes back a subscription that was never announced.
    pub(super) async fn abandon(&self, opened: &Opened) {
        let key = &opened.subscription.key;
        opened.subscription.end();
        self.connection.remove(&key.channel);
        self.forget(key).await;
    }
}

fn count(recovery: &Recovery) {
    let outcome = match recovery {
        Recovery::NotAsked => return,
        Recovery::Recovered(_) => "recovered",
        Recovery::Failed => "failed",
    };
    metrics::counter!("schoolbell_recoveries_total", "outcome" => outcome).increment(1);
}
