//! School years, terms and grading periods.

use super::{
    Problem,
    caller::{Json, Member, Path, Query},
    idempotency::NewIds,
    page::{List, PageQuery},
    refusals::{Changing, Making, Reading},
    versions::{Held, IfMatch, etag, tagged},
};
use crate::{compose::App, members::acquaint};
use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use persistence::{
    Micros,
    sessions::{AcademicSession as Kept, SessionContent, SessionKind},
};
use protocol::ids::SessionId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A school year, a part of one, or a grading period.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AcademicSession {
    id: SessionId,
    version: u32,
    /// `school_year`, `semester`, `term` or `grading_period`.
    #[schema(value_type = String)]
    kind: SessionKind,
    title: String,
    /// Milliseconds.
    starts_at: u64,
    /// Milliseconds.
    ends_at: u64,
    /// The session around it.
    parent: Option<SessionId>,
}

/// What an academic session is to be.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewAcademicSession {
    /// `school_year`, `semester`, `term` or `grading_period`.
    #[schema(value_type = String, pattern = "^(school_year|semester|term|grading_period)$")]
    kind: SessionKind,
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Milliseconds.
    starts_at: u64,
    /// Milliseconds, after the start.
    ends_at: u64,
    #[serde(default)]
    parent: Option<SessionId>,
}

impl From<Kept> for AcademicSession {
    fn from(Kept { id, version, content }: Kept) -> Self {
        Self {
            id,
            version,
            kind: content.kind,
            title: content.title,
            starts_at: content.starts_at.as_millis(),
            ends_at: content.ends_at.as_millis(),
            parent: content.parent,
        }
    }
}

impl From<NewAcademicSession> for SessionContent {
    fn from(new: NewAcademicSession) -> Self {
        Self {
            kind: new.kind,
            title: new.title,
            parent: new.parent,
            starts_at: Micros::from_millis(new.starts_at),
            ends_at: Micros::from_millis(new.ends_at),
        }
    }
}

/// The school's academic sessions, the last to start first.
#[utoipa::path(get, operation_id = "list_academic_sessions", path = "/api/v1/academic-sessions", tag = "courses", security(("token" = [])),
    params(PageQuery), responses((status = 200, body = List<AcademicSession>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<AcademicSession>>, Problem> {
    let found = app.learning.academic_sessions(&member.who, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, AcademicSession::from)))
}

/// Makes an academic session; for admins.
#[utoipa::path(post, operation_id = "create_academic_session", path = "/api/v1/academic-sessions", tag = "courses", security(("token" = [])),
    request_body = NewAcademicSession, responses((status = 201, body = AcademicSession), Making))]
pub async fn create(
    State(app): State<Arc<App>>,
    member: Member,
    ids: NewIds,
    Json(new): Json<NewAcademicSession>,
) -> Result<impl IntoResponse, Problem> {
    member.who.must_be_admin()?;
    acquaint(&app.store, &member.identity).await?;
    let id = SessionId(ids.id("academic session"));
    let made = app.learning.create_academic_session(&member.who, id, new.into()).await?;
    let location = format!("/api/v1/academic-sessions/{}", made.id);
    let headers = [(header::LOCATION, location), (header::ETAG, etag(made.version))];
    Ok((StatusCode::CREATED, headers, Reply(AcademicSession::from(made))))
}

/// An academic session; `ETag` is the version.
#[utoipa::path(get, operation_id = "show_academic_session", path = "/api/v1/academic-sessions/{id}", tag = "courses", security(("token" = [])),
    params(("id" = SessionId, Path)), responses((status = 200, body = AcademicSession), (status = 304), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<SessionId>,
    held: Held,
) -> Result<Response, Problem> {
    let found = app.learning.academic_session(&member.who, id).await?;
    Ok(held.or(&etag(found.version), AcademicSession::from(found)))
}

/// Changes an academic session; for admins. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "change_academic_session", path = "/api/v1/academic-sessions/{id}", tag = "courses", security(("token" = [])),
    params(("id" = SessionId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = NewAcademicSession, responses((status = 200, body = AcademicSession), Changing))]
pub async fn change(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<SessionId>,
    IfMatch(expected): IfMatch,
    Json(new): Json<NewAcademicSession>,
) -> Result<impl IntoResponse, Problem> {
    let changed = app.learning.change_academic_session(&member.who, id, expected, new.into()).await?;
    Ok((tagged(&etag(changed.version)), Reply(AcademicSession::from(changed))))
}
