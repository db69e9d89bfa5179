//! What people think of messages.

use crate::{
    compose::App,
    http::{
        Problem,
        caller::{Chatter, Path},
        refusals::Writing,
    },
};
use axum::{Json as Reply, extract::State};
use protocol::{chat::Message, ids::ConversationId};
use std::sync::Arc;

/// Reacts to a message by one emoji; of each, somebody has one.
#[utoipa::path(put, operation_id = "react", path = "/api/v1/conversations/{id}/messages/{seq}/reactions/{emoji}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path), ("emoji" = String, Path)),
    responses((status = 200, body = Message), Writing))]
pub async fn react(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq, emoji)): Path<(ConversationId, u64, String)>,
) -> Result<Reply<Message>, Problem> {
    Ok(Reply(app.chat.react(&who, id, seq, &emoji, true).await?))
}

/// Takes an own reaction back.
#[utoipa::path(delete, operation_id = "take_reaction_back", path = "/api/v1/conversations/{id}/messages/{seq}/reactions/{emoji}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path), ("emoji" = String, Path)),
    responses((status = 200, body = Message), Writing))]
pub async fn take_back(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq, emoji)): Path<(ConversationId, u64, String)>,
) -> Result<Reply<Message>, Problem> {
    Ok(Reply(app.chat.react(&who, id, seq, &emoji, false).await?))
}
