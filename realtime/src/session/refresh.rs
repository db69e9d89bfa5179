//! `refresh`: fresh credentials for a connection that stays.

use super::{Failure, Session};
use crate::{connection::Stage, dispatch::TokenError};
use protocol::{Disconnect, ReplyBody, command::RefreshRequest};

impl Session {
    pub(super) async fn refresh(&mut self, request: &RefreshRequest) -> Result<ReplyBody, Failure> {
        let expires = matches!(&*self.connection.stage(), Stage::Connected { expires: Some(_), .. });
        // The platform may have let it stay for ever while the client was on its way to a fresh token.
        if !expires && self.identity()?.expires_at.is_none() {
            return Err(Disconnect::BAD_REQUEST.into());
        }
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
        // Server-side subscriptions are made at connect, so the client has to come again for others.
        if fresh.subs() != known.subs() {
            return Err(Disconnect::INSUFFICIENT_STATE.into());
        }
        Ok(ReplyBody::Refresh(self.renew(fresh.expires_at)))
    }
}
