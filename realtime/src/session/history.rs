//! `history`.

use super::{Failure, Session};
use crate::broker::HistoryQuery;
use protocol::{ReplyBody, codes::error, command::HistoryRequest, reply::HistoryResult};

impl Session {
    pub(super) async fn history(&mut self, request: &HistoryRequest) -> Result<ReplyBody, Failure> {
        let (key, options) = self.reachable_channel(&request.channel)?;
        if options.history().is_none() {
            return Err(error::NOT_AVAILABLE.into());
        }
        if !options.allow_history && !self.is_insecure(&key.channel) {
            return Err(error::PERMISSION_DENIED.into());
        }
        let since = request.since.as_ref();
        if request.reverse && since.is_some_and(|since| since.offset == 0) {
            return Err(error::BAD_REQUEST.into());
        }
        let cap = self.around.node.config.limits.history_page;
        let limit = usize::try_from(request.limit).map_or(cap, |limit| limit.min(cap));
        let query = HistoryQuery { limit, since: since.map(|since| since.offset), reverse: request.reverse };
        let page = self.around.node.broker.history(&key, &query).await?;
        if since.is_some_and(|since| !since.epoch.is_empty() && since.epoch != page.top.epoch) {
            return Err(error::UNRECOVERABLE_POSITION.into());
        }
        // A page is cut where it would not fit the outbox; the client asks on from there.
        let mut room = self.room();
        let fits = page.publications.iter().take_while(|publication| room.take(publication, false)).count();
        // An empty page would say that there is no more.
        if fits == 0 && !page.publications.is_empty() {
            return Err(error::LIMIT_EXCEEDED.into());
        }
        let mut publications = page.publications;
        publications.truncate(fits);
        Ok(ReplyBody::History(HistoryResult { publications, epoch: page.top.epoch, offset: page.top.offset }))
    }
}
