//! Courses.

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
use persistence::courses::Course as Kept;
use protocol::ids::CourseId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is taught, over all classes that take it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Course {
    id: CourseId,
    /// Counts its changes, from 1; those of its lessons are counted there.
    version: u32,
    title: String,
    /// Whether it was put away.
    archived: bool,
    /// Milliseconds.
    created_at: u64,
    /// Milliseconds.
    updated_at: u64,
}

/// What a course is to be.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewCourse {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
}

/// What a course is to be from now on.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct CourseChange {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Put away.
    #[serde(default)]
    archived: bool,
}

/// Which courses.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CourseQuery {
    /// Those that were put away, instead of the others.
    archived: Option<bool>,
}

impl From<Kept> for Course {
    fn from(kept: Kept) -> Self {
        Self {
            id: kept.id,
            version: kept.version,
            title: kept.title,
            archived: kept.archived,
            created_at: kept.created_at.as_millis(),
            updated_at: kept.updated_at.as_millis(),
        }
    }
}

/// The school's courses, the newest first; students see those of their classes.
#[utoipa::path(get, operation_id = "list_courses", path = "/api/v1/courses", tag = "courses", security(("token" = [])),
    params(CourseQuery, PageQuery), responses((status = 200, body = List<Course>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Query(which): Query<CourseQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<Course>>, Problem> {
    let archived = which.archived.unwrap_or(false);
    let found = app.learning.courses(&member.who, archived, page.cursor()?, page.limit()).await?;
    Ok(Reply(List::of(found, Course::from)))
}

/// Makes a course.
#[utoipa::path(post, operation_id = "create_course", path = "/api/v1/courses", tag = "courses", security(("token" = [])),
    request_body = NewCourse, responses((status = 201, body = Course), Making))]
pub async fn create(
    State(app): State<Arc<App>>,
    member: Member,
    ids: NewIds,
    Json(new): Json<NewCourse>,
) -> Result<impl IntoResponse, Problem> {
    member.who.must_be_staff()?;
    acquaint(&app.store, &member.identity).await?;
    let id = CourseId(ids.id("course"));
    let made = app.learning.create_course(&member.who, id, &new.title).await?;
    let location = format!("/api/v1/courses/{}", made.id);
    let headers = [(header::LOCATION, location), (header::ETAG, etag(made.version))];
    Ok((StatusCode::CREATED, headers, Reply(Course::from(made))))
}

/// A course; `ETag` is the version.
#[utoipa::path(get, operation_id = "show_course", path = "/api/v1/courses/{id}", tag = "courses", security(("token" = [])),
    params(("id" = CourseId, Path)), responses((status = 200, body = Course), (status = 304), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<CourseId>,
    held: Held,
) -> Result<Response, Problem> {
    let found = app.learning.course(&member.who, id).await?;
    Ok(held.or(&etag(found.version), Course::from(found)))
}

/// Changes a course, puts it away or takes it back. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "change_course", path = "/api/v1/courses/{id}", tag = "courses", security(("token" = [])),
    params(("id" = CourseId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = CourseChange, responses((status = 200, body = Course), Changing))]
pub async fn change(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<CourseId>,
    IfMatch(expected): IfMatch,
    Json(new): Json<CourseChange>,
) -> Result<impl IntoResponse, Problem> {
    let changed = app.learning.change_course(&member.who, id, expected, &new.title, new.archived).await?;
    Ok((tagged(&etag(changed.version)), Reply(Course::from(changed))))
}
