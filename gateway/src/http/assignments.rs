//! The work that a class is given.

pub mod submissions;

use super::{
    Problem,
    caller::{Json, Member, Path, Query},
    idempotency::NewIds,
    page::{List, PageQuery},
    refusals::{Changing, Making, Reading},
    versions::{Held, IfMatch, etag_with, tagged},
};
use crate::compose::App;
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use persistence::{
    Micros,
    assignments::{Assignment as Kept, AssignmentContent, AssignmentState},
};
use protocol::ids::{AssignmentId, ClassId, LineItemId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// An assignment.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Assignment {
    id: AssignmentId,
    /// From 1; each edit makes the next one.
    version: u32,
    class: ClassId,
    title: String,
    /// What is to be done, in the shape that its author chose.
    content: Value,
    /// `accept_late`, `grace_minutes`, `late_percent_per_day`, `late_percent_most`.
    #[schema(value_type = Object)]
    policy: Value,
    /// How often a student may hand in.
    attempts: u32,
    /// Milliseconds.
    due_at: Option<u64>,
    /// Where its scores go, if it is graded.
    line_item: Option<LineItemId>,
    /// `draft`, `open` or `closed`.
    #[schema(value_type = String)]
    state: AssignmentState,
    /// Milliseconds.
    created_at: u64,
}

/// What an assignment is to be.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewAssignment {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[serde(default)]
    content: Value,
    /// What is not said is as usual: late work is taken and costs nothing.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    policy: Value,
    /// 1 to 1,000.
    #[schema(minimum = 1, maximum = 1_000)]
    #[serde(default = "once")]
    attempts: u32,
    /// Milliseconds.
    #[serde(default)]
    due_at: Option<u64>,
    #[serde(default)]
    line_item: Option<LineItemId>,
    /// `draft`, `open` or `closed`.
    #[schema(value_type = String, pattern = "^(draft|open|closed)$")]
    state: AssignmentState,
}

/// Whether its line item is shown changes without a version of the assignment.
fn tag_of(assignment: &Kept) -> String {
    etag_with(assignment.version, u8::from(assignment.content.line_item.is_some()))
}

fn once() -> u32 {
    1
}

impl From<Kept> for Assignment {
    fn from(kept: Kept) -> Self {
        let content = kept.content;
        Self {
            id: kept.id,
            version: kept.version,
            class: kept.class,
            title: content.title,
            content: content.content,
            policy: content.policy,
            attempts: content.attempts,
            due_at: content.due_at.map(Micros::as_millis),
            line_item: content.line_item,
            state: content.state,
            created_at: kept.created_at.as_millis(),
        }
    }
}

impl From<NewAssignment> for AssignmentContent {
    fn from(new: NewAssignment) -> Self {
        Self {
            title: new.title,
            line_item: new.line_item,
            state: new.state,
            content: new.content,
            policy: new.policy,
            attempts: new.attempts,
            due_at: new.due_at.map(Micros::from_millis),
        }
    }
}

/// The assignments of a class, the newest first; students see no drafts.
#[utoipa::path(get, operation_id = "list_assignments", path = "/api/v1/classes/{id}/assignments", tag = "assignments", security(("token" = [])),
    params(("id" = ClassId, Path), PageQuery), responses((status = 200, body = List<Assignment>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<Assignment>>, Problem> {
    let found = app.learning.assignments(&member.who, class, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, Assignment::from)))
}

/// Makes an assignment.
#[utoipa::path(post, operation_id = "create_assignment", path = "/api/v1/classes/{id}/assignments", tag = "assignments", security(("token" = [])),
    params(("id" = ClassId, Path)), request_body = NewAssignment, responses((status = 201, body = Assignment), Making))]
pub async fn create(
    State(app): State<Arc<App>>,
    member: Member,
    Path(class): Path<ClassId>,
    ids: NewIds,
    Json(new): Json<NewAssignment>,
) -> Result<impl IntoResponse, Problem> {
    let id = AssignmentId(ids.id("assignment"));
    let made = app.learning.create_assignment(&member.who, class, id, new.into()).await?;
    let location = format!("/api/v1/assignments/{}", made.id);
    let headers = [(header::LOCATION, location), (header::ETAG, tag_of(&made))];
    Ok((StatusCode::CREATED, headers, Reply(Assignment::from(made))))
}

/// An assignment; `ETag` begins with its version.
#[utoipa::path(get, operation_id = "show_assignment", path = "/api/v1/assignments/{id}", tag = "assignments", security(("token" = [])),
    params(("id" = AssignmentId, Path)), responses((status = 200, body = Assignment), (status = 304), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<AssignmentId>,
    held: Held,
) -> Result<Response, Problem> {
    let found = app.learning.assignment(&member.who, id).await?;
    Ok(held.or(&tag_of(&found), Assignment::from(found)))
}

/// Changes an assignment. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "change_assignment", path = "/api/v1/assignments/{id}", tag = "assignments", security(("token" = [])),
    params(("id" = AssignmentId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = NewAssignment, responses((status = 200, body = Assignment), Changing))]
pub async fn change(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<AssignmentId>,
    IfMatch(expected): IfMatch,
    Json(new): Json<NewAssignment>,
) -> Result<impl IntoResponse, Problem> {
    let changed = app.learning.change_assignment(&member.who, id, expected, new.into()).await?;
    Ok((tagged(&tag_of(&changed)), Reply(Assignment::from(changed))))
}
