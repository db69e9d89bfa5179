//! `publish` by a client.

use super::{Failure, Session};
use crate::broker::{Draft, PublishOptions};
use protocol::{ReplyBody, codes::error, command::PublishRequest};

impl Session {
    pub(super) async fn publish(&mut self, request: PublishRequest) -> Result<ReplyBody, Failure> {
        let (key, options) = self.reachable_channel(&request.channel)?;
        let owned = self.around.dispatch.owns(key.channel.namespace());
        if owned || !(options.allow_publish || self.around.node.config.insecure) {
            return Err(error::PERMISSION_DENIED.into());
        }
        let data = request.data.ok_or(error::BAD_REQUEST)?;
        let subscription = self.connection.subscription(&key.channel);
        let info = subscription.map_or_else(|| self.connection.info(), |subscription| subscription.info());
        let draft = Draft { info: Some(info), ..Draft::new(data) };
        self.around.node.publish(&key, draft, PublishOptions::default()).await?;
        Ok(ReplyBody::Publish)
    }
}
