//! What a channel holds: `presence`, `presence_stats`, `history`, `history_remove`; and which channels live: `channels`.

use super::{
    Answer, Backend, Empty, Method, Params, Refusals,
    answer::{bad_request, broker_failed, limit_exceeded},
    glob::Pattern,
    nodes::{PATIENCE, named},
};
use protocol::{Channel, ClientInfo, ErrorBody, Publication, codes::error, command::StreamPosition};
use realtime::{ChannelKey, broker::HistoryQuery, nodes::survey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most members or channels in one answer: some megabytes.
const MAX_LISTED: usize = 20_000;
/// Most publications in one answer.
const MAX_PAGE: usize = 1_000;
/// Bytes of payloads in one answer, unless a single publication has more.
const PAGE_BYTES: usize = 4 << 20;

/// Whose members.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Presence {
    channel: String,
}

/// Whose numbers.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct PresenceStats {
    channel: String,
}

/// Which part of a channel's stream.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct History {
    channel: String,
    /// 0 asks for the position only; negative for as much as an answer takes: 1,000 publications, 4 MB.
    #[serde(default)]
    limit: i32,
    /// Begin behind (in reverse: before) this position: `{"offset":5,"epoch":"…"}`.
    #[schema(value_type = Option<Object>)]
    since: Option<StreamPosition>,
    /// Newest first.
    #[serde(default)]
    reverse: bool,
}

/// Whose publications to forget.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct HistoryRemove {
    channel: String,
}

/// Which channels.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Channels {
    /// `*` any text, `?` one character, `[a-z]` one of these, `[!a-z]` none of these, `\` before a character takes it as
    /// it is. All channels unless given.
    pattern: Option<String>,
}

/// Channels with subscribers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChannelList {
    channels: BTreeMap<String, ChannelNumbers>,
    /// The uids of nodes that did not answer within two seconds. Channels and subscriptions of theirs are not, or not all,
    /// in the list. Absent when all did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
}

/// A channel with subscribers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChannelNumbers {
    /// Subscriptions on all nodes.
    num_clients: usize,
}

/// Who is in a channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Members {
    /// By client id, each `{"client","user","conn_info"?,"chan_info"?}`.
    #[schema(value_type = BTreeMap<String, Object>)]
    presence: BTreeMap<String, ClientInfo>,
}

/// How many are in a channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MemberNumbers {
    num_clients: u32,
    num_users: u32,
}

/// Part of a channel's stream.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page {
    /// Each `{"data","offset","tags"?,"info"?}`, and more that says how it was published.
    #[schema(value_type = Vec<Object>)]
    publications: Vec<Publication>,
    /// The stream's top.
    offset: u64,
    /// The stream's life.
    epoch: String,
}

impl Backend {
    fn observed(&self, name: &str) -> Result<ChannelKey, ErrorBody> {
        let (key, options) = self.channel(name)?;
        if options.presence { Ok(key) } else { Err(error::NOT_AVAILABLE) }
    }
}

impl Method for Presence {
    type Result = Members;

    async fn run(self, backend: &Backend) -> Result<Members, ErrorBody> {
        let key = backend.observed(&self.channel)?;
        let presence = &backend.app.node.presence;
        let stats = presence.stats(&key).await.map_err(|error| broker_failed(&error))?;
        if stats.num_clients as usize > MAX_LISTED {
            return Err(limit_exceeded(
                "the channel has too many members for one answer; ask presence_stats",
            ));
        }
        let presence = presence.members(&key).await.map_err(|error| broker_failed(&error))?;
        Ok(Members { presence })
    }
}

impl Method for PresenceStats {
    type Result = MemberNumbers;

    async fn run(self, backend: &Backend) -> Result<MemberNumbers, ErrorBody> {
        let key = backend.observed(&self.channel)?;
        let stats = backend.app.node.presence.stats(&key).await.map_err(|error| broker_failed(&error))?;
        Ok(MemberNumbers { num_clients: stats.num_clients, num_users: stats.num_users })
    }
}

impl Method for History {
    type Result = Page;

    async fn run(self, backend: &Backend) -> Result<Page, ErrorBody> {
        let (key, options) = backend.channel(&self.channel)?;
        if options.history().is_none() {
            return Err(error::NOT_AVAILABLE);
        }
        if self.reverse && self.since.as_ref().is_some_and(|since| since.offset == 0) {
            return Err(bad_request("nothing is before offset 0"));
        }
        let limit = usize::try_from(self.limit).map_or(MAX_PAGE, |limit| limit.min(MAX_PAGE));
        let since = self.since.as_ref().map(|since| since.offset);
        let query = HistoryQuery { limit, since, reverse: self.reverse };
        let page =
            backend.app.node.broker.history(&key, &query).await.map_err(|error| broker_failed(&error))?;
        if self.since.is_some_and(|since| !since.epoch.is_empty() && since.epoch != page.top.epoch) {
            return Err(error::UNRECOVERABLE_POSITION);
        }
        Ok(Page {
            publications: fitting(page.publications, PAGE_BYTES),
            epoch: page.top.epoch,
            offset: page.top.offset,
        })
    }
}

/// The publications up to the one that fills an answer. The caller asks on from the last.
fn fitting(mut publications: Vec<Publication>, mut room: usize) -> Vec<Publication> {
    let filled = publications.iter().position(|publication| {
        room = room.saturating_sub(publication.data.bytes().len());
        room == 0
    });
    if let Some(last) = filled {
        publications.truncate(last + 1);
    }
    publications
}

impl Method for HistoryRemove {
    type Result = Empty;

    async fn run(self, backend: &Backend) -> Result<Empty, ErrorBody> {
        let (key, options) = backend.open_channel(&self.channel)?;
        if options.history().is_none() {
            return Err(error::NOT_AVAILABLE);
        }
        backend.app.node.broker.remove_history(&key).await.map_err(|error| broker_failed(&error))?;
        Ok(Empty {})
    }
}

impl Method for Channels {
    type Result = ChannelList;

    async fn run(self, backend: &Backend) -> Result<ChannelList, ErrorBody> {
        let pattern = self.pattern.filter(|pattern| !pattern.is_empty());
        let pattern = pattern.map(|text| Pattern::parse(&text)).transpose().map_err(bad_request)?;
        let keep =
            |channel: &Channel| pattern.as_ref().is_none_or(|pattern| pattern.matches(channel.as_str()));
        let peers = &*backend.app.node.peers;
        let living = survey::channels(peers, backend.school, &keep, MAX_LISTED, PATIENCE)
            .await
            .map_err(|_| limit_exceeded("too many channels for one answer; narrow the pattern"))?;
        let channels = living.subscribers.into_iter();
        let channels =
            channels.map(|(channel, num_clients)| (channel.to_string(), ChannelNumbers { num_clients }));
        Ok(ChannelList { channels: channels.collect(), missing: named(&living.missing) })
    }
}

/// Who is in a channel, by client id. At most 20,000; error 106 beyond.
#[utoipa::path(post, operation_id = "presence", path = "/api/presence", tag = "Server API", security(("api_key" = [])), request_body = Presence, responses(
    (status = 200, body = Answer<Members>),
    Refusals,
))]
pub async fn presence(backend: Backend, Params(params): Params<Presence>) -> Answer<Members> {
    params.run(&backend).await.into()
}

/// How many connections and users are in a channel.
#[utoipa::path(post, operation_id = "presence_stats", path = "/api/presence_stats", tag = "Server API", security(("api_key" = [])), request_body = PresenceStats, responses(
    (status = 200, body = Answer<MemberNumbers>),
    Refusals,
))]
pub async fn presence_stats(
    backend: Backend,
    Params(params): Params<PresenceStats>,
) -> Answer<MemberNumbers> {
    params.run(&backend).await.into()
}

/// Past publications of a channel, and its position.
#[utoipa::path(post, operation_id = "history", path = "/api/history", tag = "Server API", security(("api_key" = [])), request_body = History, responses(
    (status = 200, body = Answer<Page>),
    Refusals,
))]
pub async fn history(backend: Backend, Params(params): Params<History>) -> Answer<Page> {
    params.run(&backend).await.into()
}

/// Forgets the publications of a channel. Its position stays.
#[utoipa::path(post, operation_id = "history_remove", path = "/api/history_remove", tag = "Server API", security(("api_key" = [])), request_body = HistoryRemove, responses(
    (status = 200, body = Answer<Empty>),
    Refusals,
))]
pub async fn history_remove(backend: Backend, Params(params): Params<HistoryRemove>) -> Answer<Empty> {
    params.run(&backend).await.into()
}

/// Channels with subscribers on any node. At most 20,000; error 106 beyond.
#[utoipa::path(post, operation_id = "channels", path = "/api/channels", tag = "Server API", security(("api_key" = [])), request_body = Channels, responses(
    (status = 200, body = Answer<ChannelList>),
    Refusals,
))]
pub async fn channels(backend: Backend, Params(params): Params<Channels>) -> Answer<ChannelList> {
    params.run(&backend).await.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Payload;

    #[test]
    fn a_page_ends_with_the_publication_that_fills_it() {
        let page = |room| fitting(vec![Publication::new(Payload::of(&"12345678")); 4], room).len();
        assert_eq!([page(1), page(10), page(11), page(39), page(40), page(41)], [1, 1, 2, 4, 4, 4]);
    }
}
