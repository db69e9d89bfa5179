//! Messages that are pinned.

use crate::{
    compose::App,
    http::{
        Problem,
        caller::{Chatter, Path},
        page::List,
        refusals::{Making, Reading},
    },
};
use axum::{Json as Reply, extract::State};
use protocol::{chat::Message, ids::ConversationId};
use std::sync::Arc;

/// What is pinned in a conversation, the last pin first; at most 50.
#[utoipa::path(get, operation_id = "list_pins", path = "/api/v1/conversations/{id}/pins", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path)), responses((status = 200, body = List<Message>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
) -> Result<Reply<List<Message>>, Problem> {
    Ok(Reply(List::whole(app.chat.pins(&who, id).await?)))
}

/// Pins a message; for staff of the class, owners of the group, and both of two.
#[utoipa::path(put, operation_id = "pin_message", path = "/api/v1/conversations/{id}/messages/{seq}/pin", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path)), responses((status = 200, body = Message), Making))]
pub async fn pin(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq)): Path<(ConversationId, u64)>,
) -> Result<Reply<Message>, Problem> {
    Ok(Reply(app.chat.pin(&who, id, seq, true).await?))
}

/// Takes the pin of a message away; for those who may pin.
#[utoipa::path(delete, operation_id = "unpin_message", path = "/api/v1/conversations/{id}/messages/{seq}/pin", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path)), responses((status = 200, body = Message), Reading))]
pub async fn unpin(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq)): Path<(ConversationId, u64)>,
) -> Result<Reply<Message>, Problem> {
    Ok(Reply(app.chat.pin(&who, id, seq, false).await?))
}
