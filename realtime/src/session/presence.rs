//! `presence` and `presence_stats`; and who is told that somebody comes or goes.

use super::{Failure, Session};
use crate::{broker::BrokerError, key::ChannelKey, subscription::Subscription};
use protocol::{ReplyBody, codes::error, command::ChannelRequest, reply::PresenceResult};

/// The least that a member takes in a reply: its client's id twice, and 56 bytes of brackets, names and a user. Replies
/// that may fit by this are counted exactly, so at 1 MiB no more than 4,096 members are ever copied in vain.
const MEMBER_BYTES: usize = 128;

impl Session {
    pub(super) async fn presence(&mut self, request: &ChannelRequest) -> Result<ReplyBody, Failure> {
        let key = self.observable(request)?;
        let presence = &self.around.node.presence;
        let count = usize::try_from(presence.stats(&key).await?.num_clients).unwrap_or(usize::MAX);
        if count > self.room().fits(MEMBER_BYTES) {
            return Err(error::LIMIT_EXCEEDED.into());
        }
        let presence = presence.members(&key).await?;
        // Asked anew: others have sent meanwhile.
        let mut room = self.room();
        if !presence.values().all(|info| room.take_member(info)) {
            return Err(error::LIMIT_EXCEEDED.into());
        }
        Ok(ReplyBody::Presence(PresenceResult { presence }))
    }

    pub(super) async fn presence_stats(&mut self, request: &ChannelRequest) -> Result<ReplyBody, Failure> {
        let key = self.observable(request)?;
        Ok(ReplyBody::PresenceStats(self.around.node.presence.stats(&key).await?))
    }

    /// Keeps that the client is there, and tells the others.
    pub(super) async fn enter(&self, subscription: &Subscription) -> Result<(), BrokerError> {
        let (key, terms, node) = (&subscription.key, &subscription.terms, &self.around.node);
        let info = subscription.info();
        let kept = match terms.presence {
            true => Some(node.presence.add(key, self.connection.client, info.clone()).await?),
            false => None,
        };
        let told = terms.announced && self.tells_each(key, kept);
        if told { node.broker.join(key, info).await } else { Ok(()) }
    }

    /// Keeps that the client is there no more, and tells the others.
    pub(super) async fn exit(&self, subscription: &Subscription) -> Result<(), BrokerError> {
        let (key, terms, node) = (&subscription.key, &subscription.terms, &self.around.node);
        let kept = match terms.presence {
            true => Some(node.presence.remove(key, self.connection.client).await?),
            false => None,
        };
        let told = terms.announced && self.tells_each(key, kept);
        if told { node.broker.leave(key, subscription.info()).await } else { Ok(()) }
    }

    /// Whether a channel is told of each one who comes or goes; `kept` is how many members it has, if that is kept. To tell
    /// ten thousand of ten thousand would take minutes.
    fn tells_each(&self, key: &ChannelKey, kept: Option<usize>) -> bool {
        let node = &self.around.node;
        // Clients go to all nodes alike, so there are as many on each of them as here.
        let supposed = || node.hub.subscriber_count(key).saturating_mul(node.peers.alive().len().max(1));
        let members = kept.unwrap_or_else(supposed);
        node.options(&key.channel).is_some_and(|options| members <= options.join_leave_up_to.0)
    }

    fn observable(&self, request: &ChannelRequest) -> Result<ChannelKey, Failure> {
        let (key, options) = self.reachable_channel(&request.channel)?;
        if !options.presence || !(options.allow_presence || self.is_insecure(&key.channel)) {
            return Err(error::NOT_AVAILABLE.into());
        }
        Ok(key)
    }
}
