//! `presence` and `presence_stats`.

use super::{Failure, Session};
use crate::key::ChannelKey;
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

    fn observable(&self, request: &ChannelRequest) -> Result<ChannelKey, Failure> {
        let (key, options) = self.reachable_channel(&request.channel)?;
        if !options.presence || !(options.allow_presence || self.is_insecure(&key.channel)) {
            return Err(error::NOT_AVAILABLE.into());
        }
        Ok(key)
    }
}
