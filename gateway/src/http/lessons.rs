//! The lessons of courses.

use super::{
    Problem,
    caller::{Json, Member, Path, Query},
    idempotency::NewIds,
    page::List,
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
use learning::service::lessons::LessonDraft;
use persistence::lessons::{Lesson as Kept, LessonSummary as KeptSummary, LessonVersion as KeptVersion};
use protocol::ids::{CourseId, LessonId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// A lesson as it stands in its course.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LessonSummary {
    id: LessonId,
    course: CourseId,
    /// Its place in the course; smaller ones come first.
    position: u32,
    /// From 1; each edit makes the next one.
    version: u32,
    /// The version that students see; null while the lesson is a draft.
    published_version: Option<u32>,
    title: String,
}

/// A lesson in one of its versions.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Lesson {
    #[serde(flatten)]
    summary: LessonSummary,
    /// `blocks`, each with its `kind`: `text` (`text`), `link` (`url`, `label`) or `quiz` (`quiz`).
    #[schema(value_type = Object)]
    content: Value,
}

/// What a lesson is to be.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewLesson {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// `blocks`, each with its `kind`: `text` (`text`), `link` (`url`, `label`) or `quiz` (`quiz`).
    #[schema(value_type = Object)]
    content: Value,
}

/// A version as it stands in the history of a lesson.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LessonVersion {
    version: u32,
    title: String,
    /// Milliseconds.
    made_at: u64,
}

/// The order of a course's lessons.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct LessonOrder {
    /// Each of them once.
    lessons: Vec<LessonId>,
}

/// What students are to see.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Publication {
    /// New or old.
    version: u32,
}

/// Which version.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// The newest one without; for students, the published one.
    version: Option<u32>,
}

impl From<Kept> for Lesson {
    fn from(kept: Kept) -> Self {
        let summary = LessonSummary {
            id: kept.id,
            course: kept.course,
            position: kept.position,
            version: kept.version,
            published_version: kept.published,
            title: kept.title,
        };
        Self { summary, content: kept.content }
    }
}

impl From<KeptVersion> for LessonVersion {
    fn from(kept: KeptVersion) -> Self {
        Self { version: kept.version, title: kept.title, made_at: kept.made_at.as_millis() }
    }
}

impl From<NewLesson> for LessonDraft {
    fn from(NewLesson { title, content }: NewLesson) -> Self {
        Self { title, content }
    }
}

/// What is published and where it stands change without a version.
fn tag_of(lesson: &Kept) -> String {
    etag_with(lesson.version, format!("{}.{}", lesson.published.unwrap_or(0), lesson.position))
}

/// The lessons of a course in their order; students see the published ones.
#[utoipa::path(get, operation_id = "list_lessons", path = "/api/v1/courses/{id}/lessons", tag = "courses", security(("token" = [])),
    params(("id" = CourseId, Path)), responses((status = 200, body = List<LessonSummary>), Reading))]
pub async fn list(
    State(app): State<Arc<App>>,
    member: Member,
    Path(course): Path<CourseId>,
) -> Result<Reply<List<LessonSummary>>, Problem> {
    let found = app.learning.lessons(&member.who, course).await?;
    let shown = found.into_iter().map(|kept: KeptSummary| LessonSummary {
        id: kept.id,
        course,
        position: kept.position,
        version: kept.version,
        published_version: kept.published,
        title: kept.title,
    });
    Ok(Reply(List::whole(shown.collect())))
}

/// Makes a lesson, a draft at the end of its course.
#[utoipa::path(post, operation_id = "create_lesson", path = "/api/v1/courses/{id}/lessons", tag = "courses", security(("token" = [])),
    params(("id" = CourseId, Path)), request_body = NewLesson, responses((status = 201, body = Lesson), Making))]
pub async fn create(
    State(app): State<Arc<App>>,
    member: Member,
    Path(course): Path<CourseId>,
    ids: NewIds,
    Json(new): Json<NewLesson>,
) -> Result<impl IntoResponse, Problem> {
    let id = LessonId(ids.id("lesson"));
    let made = app.learning.create_lesson(&member.who, course, id, &new.into()).await?;
    let location = format!("/api/v1/lessons/{}", made.id);
    let headers = [(header::LOCATION, location), (header::ETAG, tag_of(&made))];
    Ok((StatusCode::CREATED, headers, Reply(Lesson::from(made))))
}

/// Puts the lessons of a course into an order.
#[utoipa::path(put, operation_id = "order_lessons", path = "/api/v1/courses/{id}/lessons/order", tag = "courses", security(("token" = [])),
    params(("id" = CourseId, Path)), request_body = LessonOrder, responses((status = 204, description = "they stand so"), Making))]
pub async fn order(
    State(app): State<Arc<App>>,
    member: Member,
    Path(course): Path<CourseId>,
    Json(order): Json<LessonOrder>,
) -> Result<StatusCode, Problem> {
    app.learning.order_lessons(&member.who, course, &order.lessons).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A lesson; `ETag` begins with the version.
#[utoipa::path(get, operation_id = "show_lesson", path = "/api/v1/lessons/{id}", tag = "courses", security(("token" = [])),
    params(("id" = LessonId, Path), VersionQuery), responses((status = 200, body = Lesson), (status = 304), Reading))]
pub async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<LessonId>,
    Query(which): Query<VersionQuery>,
    held: Held,
) -> Result<Response, Problem> {
    let found = app.learning.lesson(&member.who, id, which.version).await?;
    Ok(held.or(&tag_of(&found), Lesson::from(found)))
}

/// Makes the next version of a lesson; students go on to see the published one. `If-Match` names the version that was edited.
#[utoipa::path(put, operation_id = "change_lesson", path = "/api/v1/lessons/{id}", tag = "courses", security(("token" = [])),
    params(("id" = LessonId, Path), ("If-Match" = String, Header, description = "the version, in quotes")),
    request_body = NewLesson, responses((status = 200, body = Lesson), Changing))]
pub async fn change(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<LessonId>,
    IfMatch(expected): IfMatch,
    Json(new): Json<NewLesson>,
) -> Result<impl IntoResponse, Problem> {
    let changed = app.learning.change_lesson(&member.who, id, expected, &new.into()).await?;
    Ok((tagged(&tag_of(&changed)), Reply(Lesson::from(changed))))
}

/// The versions of a lesson, the newest first, at most 1,000.
#[utoipa::path(get, operation_id = "list_lesson_versions", path = "/api/v1/lessons/{id}/versions", tag = "courses", security(("token" = [])),
    params(("id" = LessonId, Path)), responses((status = 200, body = List<LessonVersion>), Reading))]
pub async fn versions(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<LessonId>,
) -> Result<Reply<List<LessonVersion>>, Problem> {
    let found = app.learning.lesson_versions(&member.who, id).await?;
    Ok(Reply(List::whole(found.into_iter().map(LessonVersion::from).collect())))
}

/// Shows a version of a lesson to students.
#[utoipa::path(post, operation_id = "publish_lesson", path = "/api/v1/lessons/{id}/publish", tag = "courses", security(("token" = [])),
    params(("id" = LessonId, Path)), request_body = Publication, responses((status = 200, body = Lesson), Making))]
pub async fn publish(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<LessonId>,
    Json(Publication { version }): Json<Publication>,
) -> Result<impl IntoResponse, Problem> {
    let lesson = app.learning.publish_lesson(&member.who, id, Some(version)).await?;
    Ok((tagged(&tag_of(&lesson)), Reply(Lesson::from(lesson))))
}

/// Makes a lesson a draft again: students see it no longer.
#[utoipa::path(post, operation_id = "unpublish_lesson", path = "/api/v1/lessons/{id}/unpublish", tag = "courses", security(("token" = [])),
    params(("id" = LessonId, Path)), responses((status = 200, body = Lesson), Making))]
pub async fn unpublish(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<LessonId>,
) -> Result<impl IntoResponse, Problem> {
    let lesson = app.learning.publish_lesson(&member.who, id, None).await?;
    Ok((tagged(&tag_of(&lesson)), Reply(Lesson::from(lesson))))
}
