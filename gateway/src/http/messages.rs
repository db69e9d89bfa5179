//! What is written in a conversation.

pub mod pins;
pub mod reactions;

use super::{
    Problem,
    caller::{Chatter, Json, Path, Query},
    page::List,
    refusals::{Reading, Writing},
};
use crate::compose::App;
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use persistence::chat::{Edit, Seq, Span};
use protocol::{
    chat::{Message, NewMessage},
    ids::ConversationId,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which part of a conversation: the newest messages, or those before or after a place.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Those before this place.
    before: Option<u64>,
    /// Those after this place; not together with `before`.
    after: Option<u64>,
    /// Only those in the thread of the message at this place.
    thread: Option<u64>,
    /// 1 to 200 messages, less or more than that is taken as 1 or 200; 50 without.
    limit: Option<u32>,
}

/// A part of a conversation, in its order.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MessagePage {
    items: Vec<Message>,
    /// The place to go on from in the same direction, as `before` or `after`; null when there is nothing more.
    next: Option<u64>,
    /// The place of the conversation's last message.
    last_seq: u64,
}

/// What a message is to say.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewText {
    /// 1 to 4,000 characters; line breaks and tabs are the only control characters.
    #[schema(min_length = 1)]
    body: String,
}

/// What a message said before.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FormerText {
    /// Of the message that said it.
    version: u32,
    body: String,
    /// When it was replaced, milliseconds.
    edited_at: u64,
}

/// How many have a message, without its sender.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Readers {
    /// Who have read it.
    read: u32,
    /// Whose devices have it.
    delivered: u32,
    /// People in the conversation besides the sender.
    of: u32,
}

impl HistoryQuery {
    fn span(&self) -> Result<Span, Problem> {
        match (self.before, self.after) {
            (None, None) => Ok(Span::Newest),
            (Some(before), None) => Ok(Span::Before(Seq(before))),
            (None, Some(after)) => Ok(Span::After(Seq(after))),
            (Some(_), Some(_)) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid",
                "ask for what is before or after, not both",
            )),
        }
    }
}

/// Part of a conversation or thread, in its order.
#[utoipa::path(get, operation_id = "list_messages", path = "/api/v1/conversations/{id}/messages", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), HistoryQuery), responses((status = 200, body = MessagePage), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
    Query(query): Query<HistoryQuery>,
) -> Result<Reply<MessagePage>, Problem> {
    let (span, limit) = (query.span()?, query.limit.unwrap_or(50).clamp(1, 200));
    let found = app.chat.history(&who, id, span, query.thread, limit).await?;
    let edge = if query.after.is_some() { found.messages.last() } else { found.messages.first() };
    let next = edge.filter(|_| found.more).map(|message| message.seq);
    Ok(Reply(MessagePage { items: found.messages, next, last_seq: found.last_seq }))
}

/// Sends a message. With the nonce of one that was sent it is that one, and answered with 200.
#[utoipa::path(post, operation_id = "send_message", path = "/api/v1/conversations/{id}/messages", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path)), request_body = NewMessage,
    responses((status = 201, body = Message), (status = 200, body = Message), Writing))]
pub async fn send(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewMessage>,
) -> Result<impl IntoResponse, Problem> {
    let (message, again) = app.chat.send(&who, id, new).await?;
    let status = if again { StatusCode::OK } else { StatusCode::CREATED };
    let location = format!("/api/v1/conversations/{id}/messages/{}", message.seq);
    Ok((status, [(header::LOCATION, location)], Reply(message)))
}

/// One message.
#[utoipa::path(get, operation_id = "show_message", path = "/api/v1/conversations/{id}/messages/{seq}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path)), responses((status = 200, body = Message), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq)): Path<(ConversationId, u64)>,
) -> Result<Reply<Message>, Problem> {
    Ok(Reply(app.chat.message(&who, id, seq).await?))
}

/// Changes what a message says; for its author, for 24 hours.
#[utoipa::path(put, operation_id = "edit_message", path = "/api/v1/conversations/{id}/messages/{seq}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path)), request_body = NewText,
    responses((status = 200, body = Message), Writing))]
pub async fn edit(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq)): Path<(ConversationId, u64)>,
    Json(new): Json<NewText>,
) -> Result<Reply<Message>, Problem> {
    Ok(Reply(app.chat.edit(&who, id, seq, &new.body).await?))
}

/// Takes a message away; for its author, staff of the class and the owner of the group. Its place stays.
#[utoipa::path(delete, operation_id = "delete_message", path = "/api/v1/conversations/{id}/messages/{seq}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path)), responses((status = 200, body = Message), Reading))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq)): Path<(ConversationId, u64)>,
) -> Result<Reply<Message>, Problem> {
    Ok(Reply(app.chat.delete(&who, id, seq).await?))
}

/// What a message said before it was edited, the oldest first. Of a deleted one only staff of the class sees it.
#[utoipa::path(get, operation_id = "list_message_edits", path = "/api/v1/conversations/{id}/messages/{seq}/edits", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path)), responses((status = 200, body = List<FormerText>), Reading))]
pub async fn edits(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq)): Path<(ConversationId, u64)>,
) -> Result<Reply<List<FormerText>>, Problem> {
    let edits = app.chat.edits(&who, id, seq).await?.into_iter();
    let former =
        edits.map(|Edit { version, body, at }| FormerText { version, body, edited_at: at.as_millis() });
    Ok(Reply(List::whole(former.collect())))
}

/// How many have a message, and how many have read it.
#[utoipa::path(get, operation_id = "count_readers", path = "/api/v1/conversations/{id}/messages/{seq}/readers", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("seq" = u64, Path)), responses((status = 200, body = Readers), Reading))]
pub async fn readers(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, seq)): Path<(ConversationId, u64)>,
) -> Result<Reply<Readers>, Problem> {
    let readers = app.chat.readers(&who, id, seq).await?;
    Ok(Reply(Readers { read: readers.read, delivered: readers.delivered, of: readers.of }))
}
