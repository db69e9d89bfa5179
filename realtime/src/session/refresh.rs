//! `refresh`: fresh credentials for a connection that stays.

use super::{
    Failure, Session, Stage,
    connect::{seconds, ttl},
};
use crate::dispatch::TokenError;
use protocol::{Disconnect, ReplyBody, command::RefreshRequest, reply::RefreshResult};
use tokio::time::Instant;

impl Session {
    pub(super) async fn refresh(&mut self, request: &RefreshRequest) -> Result<ReplyBody, Failure> {
        let fresh =
            self.around.authenticator.authenticate(&request.token).await.map_err(|error| match error {
                TokenError::Expired => Disconnect::EXPIRED,
                TokenError::Invalid => Disconnect::INVALID_TOKEN,
            })?;
        let known = self.identity()?;
        // Rights are bound to the first token: another user, school, role or game needs another connection.
        if (&fresh.user, fresh.school, fresh.role, fresh.game)
            != (&known.user, known.school, known.role, known.game)
        {
            return Err(Disconnect::INVALID_TOKEN.into());
        }
        let left = ttl(&fresh, self.around.node.clock.now_ms());
        if let Stage::Connected { expires, .. } = &mut self.stage {
            *expires = Instant::now() + left;
        }
        Ok(ReplyBody::Refresh(RefreshResult { expires: true, ttl: seconds(left) }))
    }
}
