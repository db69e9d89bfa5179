//! Who is in a conversation, and who may be brought into one.

use crate::{
    compose::App,
    http::{
        Problem,
        caller::{Chatter, Json, Path, Query},
        page::{List, PageQuery},
        refusals::{Changing, Making, Reading},
        versions::{IfMatch, etag, tagged},
    },
};
use axum::{Json as Reply, extract::State, http::StatusCode, response::IntoResponse};
use chat::service::Participant;
use protocol::{
    chat::{DirectPolicy, Somebody},
    ids::{ConversationId, PersonId},
    role::Role,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most people of an answer to who may be written to.
const MOST: u32 = 50;

/// Somebody in a conversation.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ConversationPerson {
    id: PersonId,
    name: String,
    role: Role,
    /// Whether the group is theirs.
    owner: bool,
}

/// Whose name is looked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NameQuery {
    /// Part of a name; all without.
    #[serde(default)]
    q: String,
}

/// Who may begin a conversation with whom.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ChatPolicy {
    direct: DirectPolicy,
    /// Counts its changes; 0 while nobody has set it.
    version: u32,
}

/// Who is to begin a conversation with whom.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewChatPolicy {
    direct: DirectPolicy,
}

impl From<Participant> for ConversationPerson {
    fn from(Participant { person, owner }: Participant) -> Self {
        Self { id: person.id, name: person.name, role: person.role, owner }
    }
}

impl From<persistence::chat::ChatPolicy> for ChatPolicy {
    fn from(kept: persistence::chat::ChatPolicy) -> Self {
        Self { direct: kept.direct, version: kept.version }
    }
}

/// Who is in a conversation, the last to come first.
#[utoipa::path(get, operation_id = "list_conversation_people", path = "/api/v1/conversations/{id}/people", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), PageQuery), responses((status = 200, body = List<ConversationPerson>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<ConversationPerson>>, Problem> {
    let found = app.chat.people(&who, id, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, ConversationPerson::from)))
}

/// Brings somebody into a group; for its owner.
#[utoipa::path(put, operation_id = "add_to_conversation", path = "/api/v1/conversations/{id}/people/{person}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("person" = PersonId, Path)),
    responses((status = 204, description = "they are in it"), Making))]
pub async fn add(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, person)): Path<(ConversationId, PersonId)>,
) -> Result<StatusCode, Problem> {
    app.chat.add(&who, id, person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody out of a group, for its owner; or leaves it.
#[utoipa::path(delete, operation_id = "remove_from_conversation", path = "/api/v1/conversations/{id}/people/{person}", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path), ("person" = PersonId, Path)),
    responses((status = 204, description = "they are not in it any more"), Reading))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path((id, person)): Path<(ConversationId, PersonId)>,
) -> Result<StatusCode, Problem> {
    app.chat.remove(&who, id, person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom the caller may begin a conversation with, by name, at most 50.
#[utoipa::path(get, operation_id = "list_reachable_people", path = "/api/v1/people/reachable", tag = "chat", security(("token" = [])),
    params(NameQuery), responses((status = 200, body = List<Somebody>), Reading, (status = 422, body = Problem, content_type = "application/problem+json")))]
pub async fn reachable(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Query(name): Query<NameQuery>,
) -> Result<Reply<List<Somebody>>, Problem> {
    Ok(Reply(List::whole(app.chat.reachable(&who, &name.q, MOST).await?)))
}

/// Who may begin a conversation with whom in the school; for its admins.
#[utoipa::path(get, operation_id = "show_chat_policy", path = "/api/v1/chat/policy", tag = "chat", security(("token" = [])),
    responses((status = 200, body = ChatPolicy), Reading))]
pub async fn policy(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
) -> Result<impl IntoResponse, Problem> {
    let policy = ChatPolicy::from(app.chat.policy(&who).await?);
    Ok((tagged(&etag(policy.version)), Reply(policy)))
}

/// Sets who may begin a conversation with whom; those that have begun go on. `If-Match` names the version that was edited, 0
/// while nobody has set it.
#[utoipa::path(put, operation_id = "set_chat_policy", path = "/api/v1/chat/policy", tag = "chat", security(("token" = [])),
    params(("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = NewChatPolicy, responses((status = 200, body = ChatPolicy), Changing))]
pub async fn set_policy(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    IfMatch(expected): IfMatch,
    Json(new): Json<NewChatPolicy>,
) -> Result<impl IntoResponse, Problem> {
    let policy = ChatPolicy::from(app.chat.set_policy(&who, expected, new.direct).await?);
    Ok((tagged(&etag(policy.version)), Reply(policy)))
}
