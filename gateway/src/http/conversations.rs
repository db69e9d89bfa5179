//! What people write to each other in.

pub mod people;
mod problems;
pub mod reading;
pub mod search;

use super::{
    Problem,
    caller::{Chatter, Json, Path, Query},
    idempotency::NewIds,
    page::{List, PageQuery},
    refusals::{Changing, Making, Reading},
    versions::{IfMatch, etag, tagged},
};
use crate::{compose::App, members::acquaint};
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use chat::service::{Opening, Settings};
use protocol::{
    chat::{Conversation, Mode},
    ids::{ClassId, ConversationId, PersonId},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A conversation that is to begin.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NewConversation {
    /// With one person; there is one of each two people.
    Direct {
        /// Who.
        with: PersonId,
    },
    /// With some.
    Group {
        /// What it is called: 1 to 100 characters.
        #[schema(min_length = 1)]
        title: String,
        /// The others, 199 at most.
        people: Vec<PersonId>,
    },
}

/// What is to change about a conversation; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct ConversationChange {
    /// What it is called: 1 to 100 characters.
    #[serde(default)]
    #[schema(min_length = 1)]
    title: Option<String>,
    /// Who may write, in the chat of a class.
    #[serde(default)]
    mode: Option<Mode>,
    /// Seconds between two messages of a student in the mode `slow`: 5 to 3,600.
    #[serde(default)]
    slow_s: Option<u32>,
}

/// What the caller has not read.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Unread {
    /// Conversations with such messages; muted ones do not count.
    conversations: u64,
    /// Such messages.
    messages: u64,
    /// How many of them name the caller, muted conversations included.
    mentions: u64,
}

/// The caller's conversations, the one in which something was last said first.
#[utoipa::path(get, operation_id = "list_conversations", path = "/api/v1/conversations", tag = "chat", security(("token" = [])),
    params(PageQuery), responses((status = 200, body = List<Conversation>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<Conversation>>, Problem> {
    let found = app.chat.conversations(&who, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, |conversation| conversation)))
}

/// Begins a conversation with one person, or gives the one that there is; or with some. Whom somebody may write to is the
/// school's policy.
#[utoipa::path(post, operation_id = "open_conversation", path = "/api/v1/conversations", tag = "chat", security(("token" = [])),
    request_body = NewConversation, responses((status = 201, body = Conversation), Making))]
pub async fn open(
    State(app): State<Arc<App>>,
    Chatter { identity, who }: Chatter,
    ids: NewIds,
    Json(new): Json<NewConversation>,
) -> Result<impl IntoResponse, Problem> {
    acquaint(&app.store, &identity).await?;
    let opening = match new {
        NewConversation::Direct { with } => Opening::Direct(with),
        NewConversation::Group { title, people } => {
            Opening::Group(ConversationId(ids.id("conversation")), title, people)
        }
    };
    let opened = app.chat.open(&who, opening).await?;
    let location = format!("/api/v1/conversations/{}", opened.id);
    let headers = [(header::LOCATION, location), (header::ETAG, etag(opened.version))];
    Ok((StatusCode::CREATED, headers, Reply(opened)))
}

/// The conversation of a class; it begins when one of those who run the class first asks for it.
#[utoipa::path(put, operation_id = "open_class_conversation", path = "/api/v1/classes/{id}/conversation", tag = "chat", security(("token" = [])),
    params(("id" = ClassId, Path)), responses((status = 200, body = Conversation), Making))]
pub async fn of_class(
    State(app): State<Arc<App>>,
    Chatter { identity, who }: Chatter,
    Path(class): Path<ClassId>,
) -> Result<impl IntoResponse, Problem> {
    acquaint(&app.store, &identity).await?;
    let opened = app.chat.open_class(&who, class).await?;
    Ok((tagged(&etag(opened.version)), Reply(opened)))
}

/// What the caller has not read, in all conversations together.
#[utoipa::path(get, operation_id = "count_unread", path = "/api/v1/conversations/unread", tag = "chat", security(("token" = [])),
    responses((status = 200, body = Unread), Reading))]
pub async fn unread(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
) -> Result<Reply<Unread>, Problem> {
    let unread = app.chat.unread(&who).await?;
    Ok(Reply(Unread {
        conversations: unread.conversations,
        messages: unread.messages,
        mentions: unread.mentions,
    }))
}

/// A conversation; `ETag` is the version of its title and mode.
#[utoipa::path(get, operation_id = "show_conversation", path = "/api/v1/conversations/{id}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path)), responses((status = 200, body = Conversation), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
) -> Result<impl IntoResponse, Problem> {
    let shown = app.chat.conversation(&who, id).await?;
    Ok((tagged(&etag(shown.version)), Reply(shown)))
}

/// Changes what a conversation is called and who may write in it; for staff of the class, and owners of a group. `If-Match`
/// names the version that was edited.
#[utoipa::path(put, operation_id = "change_conversation", path = "/api/v1/conversations/{id}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = ConversationChange, responses((status = 200, body = Conversation), Changing))]
pub async fn change(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
    IfMatch(expected): IfMatch,
    Json(change): Json<ConversationChange>,
) -> Result<impl IntoResponse, Problem> {
    let settings = Settings { title: change.title, mode: change.mode, slow_s: change.slow_s };
    let changed = app.chat.configure(&who, id, expected, &settings).await?;
    Ok((tagged(&etag(changed.version)), Reply(changed)))
}
