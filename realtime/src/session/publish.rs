//! `publish` by a client.

use super::{Failure, Session};
use crate::broker::{Draft, PublishOptions};
use protocol::{ReplyBody, codes::error, command::PublishRequest};

impl Session {
    pub(super) async fn publish(&mut self, request: PublishRequest) -> Result<ReplyBody, Failure> {
        let (key, options) = self.subscribed_channel(&request.channel)?;
        let owned = self.around.dispatch.owns(key.channel.namespace());
        if !options.allow_publish || owned {
            return Err(error::PERMISSION_DENIED.into());
        }
        let data = request.data.ok_or(error::BAD_REQUEST)?;
        let draft = Draft { info: Some(self.connection.info()), ..Draft::new(data) };
        self.around.node.publish(&key, draft, PublishOptions::default()).await?;
        Ok(ReplyBody::Publish)
    }
}
