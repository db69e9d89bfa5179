//! Friends of the caller, the code by which others find them, and whom they block.

use super::{
    Problem,
    caller::{Chatter, Json, Path},
    page::List,
    refusals::{Making, Reading},
};
use crate::{compose::App, members::acquaint};
use axum::{Json as Reply, extract::State, http::StatusCode};
use chat::service::friends::FriendError;
use persistence::friends::{
    Blocked as KeptBlocked, Bond, Friend as KeptFriend, Suggestion as KeptSuggestion,
};
use protocol::{ids::PersonId, role::Role};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// A friend of the caller, or somebody who may become one.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Friend {
    id: PersonId,
    name: String,
    #[schema(value_type = String)]
    role: Role,
    /// `friends`, `asked` by the caller, or `asks_me`.
    #[schema(value_type = String)]
    bond: Bond,
    /// Milliseconds.
    since: u64,
}

/// What a request came to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewBond {
    /// Who was asked.
    id: PersonId,
    /// `friends` if the other one had asked, else `asked`.
    #[schema(value_type = String)]
    bond: Bond,
}

/// Somebody from the caller's classes.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Suggestion {
    id: PersonId,
    name: String,
    /// How many classes both are in.
    classes: u32,
}

/// Somebody whom the caller blocks.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Blocked {
    id: PersonId,
    name: String,
    /// Milliseconds.
    since: u64,
}

/// A friend code.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct Code {
    /// Like `7KQ2-M9XA`; read in any case, with or without the hyphen.
    #[schema(min_length = 8, max_length = 40)]
    code: String,
}

impl From<KeptFriend> for Friend {
    fn from(friend: KeptFriend) -> Self {
        let since = friend.since.as_millis();
        Self { id: friend.person, name: friend.name, role: friend.role, bond: friend.bond, since }
    }
}

impl From<KeptSuggestion> for Suggestion {
    fn from(one: KeptSuggestion) -> Self {
        Self { id: one.person, name: one.name, classes: one.classes }
    }
}

impl From<KeptBlocked> for Blocked {
    fn from(one: KeptBlocked) -> Self {
        Self { id: one.person, name: one.name, since: one.since.as_millis() }
    }
}

impl From<FriendError> for Problem {
    fn from(error: FriendError) -> Self {
        let (code, text) = (error.code(), error.to_string());
        let status = match error {
            FriendError::UnknownPerson => StatusCode::NOT_FOUND,
            FriendError::Oneself | FriendError::StaffNotBlocked | FriendError::InvalidCode(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            FriendError::TooMany(_) => StatusCode::CONFLICT,
            FriendError::TooFast => {
                let wait = Duration::from_secs(1);
                return Self::new(StatusCode::TOO_MANY_REQUESTS, code, text).retry_after(wait);
            }
            FriendError::Unavailable(error) => return error.into(),
        };
        Self::new(status, code, text)
    }
}

/// The caller's friends, those whom the caller asked, and those who ask, by name.
#[utoipa::path(get, operation_id = "list_friends", path = "/api/v1/friends", tag = "friends", security(("token" = [])),
    responses((status = 200, body = List<Friend>), Reading))]
pub async fn list(State(app): State<Arc<App>>, chatter: Chatter) -> Result<Reply<List<Friend>>, Problem> {
    let friends = app.chat.friends(&chatter.who).await?;
    Ok(Reply(List::whole(friends.into_iter().map(Friend::from).collect())))
}

/// Asks somebody to be friends, or says yes to whoever asked. Again, it changes nothing.
#[utoipa::path(put, operation_id = "befriend", path = "/api/v1/friends/{person}", tag = "friends", security(("token" = [])),
    params(("person" = PersonId, Path)), responses((status = 200, body = NewBond), Making))]
pub async fn put(
    State(app): State<Arc<App>>,
    chatter: Chatter,
    Path(person): Path<PersonId>,
) -> Result<Reply<NewBond>, Problem> {
    acquaint(&app.store, &chatter.identity).await?;
    let asked = app.chat.befriend(&chatter.who, person).await?;
    Ok(Reply(NewBond { id: person, bond: asked.bond }))
}

/// Ends a friendship, takes a request back or declines it. Again, it changes nothing.
#[utoipa::path(delete, operation_id = "unfriend", path = "/api/v1/friends/{person}", tag = "friends", security(("token" = [])),
    params(("person" = PersonId, Path)), responses((status = 204), Reading))]
pub async fn delete(
    State(app): State<Arc<App>>,
    chatter: Chatter,
    Path(person): Path<PersonId>,
) -> Result<StatusCode, Problem> {
    app.chat.unfriend(&chatter.who, person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Students of the caller's classes who are no friends yet, those of most classes first; at most 50.
#[utoipa::path(get, operation_id = "suggest_friends", path = "/api/v1/friends/suggestions", tag = "friends",
    security(("token" = [])), responses((status = 200, body = List<Suggestion>), Reading))]
pub async fn suggestions(
    State(app): State<Arc<App>>,
    chatter: Chatter,
) -> Result<Reply<List<Suggestion>>, Problem> {
    let suggested = app.chat.suggested_friends(&chatter.who).await?;
    Ok(Reply(List::whole(suggested.into_iter().map(Suggestion::from).collect())))
}

/// The caller's code, which others enter to ask them; drawn when it is first looked at.
#[utoipa::path(get, operation_id = "show_friend_code", path = "/api/v1/friends/code", tag = "friends",
    security(("token" = [])), responses((status = 200, body = Code), Reading))]
pub async fn code(State(app): State<Arc<App>>, chatter: Chatter) -> Result<Reply<Code>, Problem> {
    acquaint(&app.store, &chatter.identity).await?;
    Ok(Reply(Code { code: app.chat.friend_code(&chatter.who).await? }))
}

/// Draws a new code; the one before finds nobody any more.
#[utoipa::path(post, operation_id = "draw_friend_code", path = "/api/v1/friends/code", tag = "friends",
    security(("token" = [])), responses((status = 200, body = Code), Reading))]
pub async fn new_code(State(app): State<Arc<App>>, chatter: Chatter) -> Result<Reply<Code>, Problem> {
    acquaint(&app.store, &chatter.identity).await?;
    Ok(Reply(Code { code: app.chat.new_friend_code(&chatter.who).await? }))
}

/// Asks whoever has a code to be friends, or says yes to them.
#[utoipa::path(post, operation_id = "befriend_by_code", path = "/api/v1/friends/by-code", tag = "friends",
    security(("token" = [])), request_body = Code, responses((status = 200, body = NewBond), Making))]
pub async fn by_code(
    State(app): State<Arc<App>>,
    chatter: Chatter,
    Json(Code { code }): Json<Code>,
) -> Result<Reply<NewBond>, Problem> {
    acquaint(&app.store, &chatter.identity).await?;
    let (id, asked) = app.chat.befriend_by_code(&chatter.who, &code).await?;
    Ok(Reply(NewBond { id, bond: asked.bond }))
}

/// Whom the caller blocks, by name.
#[utoipa::path(get, operation_id = "list_blocked", path = "/api/v1/blocks", tag = "friends", security(("token" = [])),
    responses((status = 200, body = List<Blocked>), Reading))]
pub async fn blocked(State(app): State<Arc<App>>, chatter: Chatter) -> Result<Reply<List<Blocked>>, Problem> {
    let blocked = app.chat.blocked(&chatter.who).await?;
    Ok(Reply(List::whole(blocked.into_iter().map(Blocked::from).collect())))
}

/// Blocks somebody: friendship and requests end, and neither writes to the other. Nobody is told. Students
/// do not block staff.
#[utoipa::path(put, operation_id = "block_person", path = "/api/v1/blocks/{person}", tag = "friends",
    security(("token" = [])), params(("person" = PersonId, Path)), responses((status = 204), Making))]
pub async fn block(
    State(app): State<Arc<App>>,
    chatter: Chatter,
    Path(person): Path<PersonId>,
) -> Result<StatusCode, Problem> {
    acquaint(&app.store, &chatter.identity).await?;
    app.chat.block(&chatter.who, person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a block back. Again, it changes nothing.
#[utoipa::path(delete, operation_id = "unblock_person", path = "/api/v1/blocks/{person}", tag = "friends",
    security(("token" = [])), params(("person" = PersonId, Path)), responses((status = 204), Reading))]
pub async fn unblock(
    State(app): State<Arc<App>>,
    chatter: Chatter,
    Path(person): Path<PersonId>,
) -> Result<StatusCode, Problem> {
    app.chat.unblock(&chatter.who, person).await?;
    Ok(StatusCode::NO_CONTENT)
}
