//! Finding messages again.

use crate::{
    compose::App,
    http::{
        Problem,
        caller::{Chatter, Path, Query},
        refusals::Reading,
    },
};
use axum::{Json as Reply, extract::State};
use protocol::{chat::Message, ids::ConversationId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is looked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// One to eight words, 200 characters at most: all have to be there, the last one also as the beginning of a word.
    #[serde(default)]
    q: String,
    /// Only before this place.
    before: Option<u64>,
    /// 1 to 50 messages; 20 without.
    limit: Option<u32>,
}

/// A piece of a message.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Fragment {
    text: String,
    /// Whether it is what was looked for.
    #[serde(rename = "match")]
    matched: bool,
}

/// A message that was found.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Find {
    message: Message,
    /// The part of its text around what was found.
    fragments: Vec<Fragment>,
}

/// What was found, the newest first.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Finds {
    items: Vec<Find>,
    /// To go on, ask with this as `before`; null when all was looked at.
    searched_to: Option<u64>,
}

/// Looks for messages of a conversation. A request looks at so many messages; the answer says how far it came.
#[utoipa::path(get, operation_id = "search_conversation", path = "/api/v1/conversations/{id}/search", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), SearchQuery), responses((status = 200, body = Finds), Reading, (status = 422, body = Problem, content_type = "application/problem+json")))]
pub async fn search(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
    Query(query): Query<SearchQuery>,
) -> Result<Reply<Finds>, Problem> {
    let limit = query.limit.unwrap_or(20).clamp(1, 50);
    let found = app.chat.search(&who, id, &query.q, query.before, limit).await?;
    let items = found.items.into_iter().map(|find| Find {
        message: find.message,
        fragments: find
            .fragments
            .into_iter()
            .map(|piece| Fragment { text: piece.text, matched: piece.matched })
            .collect(),
    });
    Ok(Reply(Finds { items: items.collect(), searched_to: found.searched_to }))
}
