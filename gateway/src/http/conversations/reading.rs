//! How far the caller has read a conversation, and whether they want to hear of it.

use crate::{
    compose::App,
    http::{
        Problem,
        caller::{Chatter, Json, Path},
        refusals::Making,
    },
};
use axum::{Json as Reply, extract::State, http::StatusCode};
use protocol::ids::ConversationId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Up to where the caller has read.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct ReadTo {
    seq: u64,
}

/// How far the caller has come. Places only grow, up to the last message.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Marks {
    /// All up to here is read.
    read_seq: u64,
    /// All up to here has reached a device.
    delivered_seq: u64,
    /// How many messages behind the first one name the caller.
    mentions: u32,
    /// The place of the last message.
    last_seq: u64,
}

/// Until when the caller wants to hear of mentions only.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Mute {
    /// Milliseconds; null for no longer.
    until: Option<u64>,
}

/// The caller has read all up to a message.
#[utoipa::path(put, operation_id = "mark_read", path = "/api/v1/conversations/{id}/read", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path)), request_body = ReadTo, responses((status = 200, body = Marks), Making))]
pub async fn read(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
    Json(to): Json<ReadTo>,
) -> Result<Reply<Marks>, Problem> {
    let marks = app.chat.read(&who, id, to.seq).await?;
    Ok(Reply(Marks {
        read_seq: marks.read_seq.0,
        delivered_seq: marks.delivered_seq.0,
        mentions: marks.mentions,
        last_seq: marks.last_seq.0,
    }))
}

/// The caller wants to hear of mentions only, for a time.
#[utoipa::path(put, operation_id = "mute_conversation", path = "/api/v1/conversations/{id}/mute", tag = "chat", security(("token" = [])),
    params(("id" = ConversationId, Path)), request_body = Mute, responses((status = 204, description = "so it is"), Making))]
pub async fn mute(
    State(app): State<Arc<App>>,
    Chatter { who, .. }: Chatter,
    Path(id): Path<ConversationId>,
    Json(mute): Json<Mute>,
) -> Result<StatusCode, Problem> {
    app.chat.mute(&who, id, mute.until).await?;
    Ok(StatusCode::NO_CONTENT)
}
