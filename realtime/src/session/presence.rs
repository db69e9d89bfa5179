//! `presence` and `presence_stats`.

use super::{Failure, Session};
use crate::key::ChannelKey;
use protocol::{ReplyBody, codes::error, command::ChannelRequest, reply::PresenceResult};

impl Session {
    pub(super) async fn presence(&mut self, request: &ChannelRequest) -> Result<ReplyBody, Failure> {
        let key = self.observable(request)?;
        let presence = self.around.node.presence.members(&key).await?;
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
