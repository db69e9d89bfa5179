//! The history of a quiz.

use super::{Quiz, UNKNOWN};
use crate::{
    compose::App,
    http::{
        Problem,
        caller::{Path, Staff},
        page::List,
    },
};
use axum::{Json, extract::State};
use protocol::ids::QuizId;
use serde::Serialize;
use std::sync::Arc;

/// A version as it stands in the history.
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionSummary {
    version: u32,
    title: String,
    /// How many.
    questions: u32,
    /// Server time, milliseconds.
    saved_at: u64,
}

/// All versions of a quiz.
#[utoipa::path(get, operation_id = "list_quiz_versions", path = "/api/v1/quizzes/{id}/versions", tag = "quizzes", security(("token" = [])),
    params(("id" = QuizId, Path)), responses(
    (status = 200, body = List<VersionSummary>),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(id): Path<QuizId>,
) -> Result<Json<List<VersionSummary>>, Problem> {
    let versions = app.store.quizzes().versions(staff.school, id).await?;
    if versions.is_empty() {
        return Err(Problem::not_found(UNKNOWN));
    }
    let shown = versions.into_iter().map(|version| VersionSummary {
        version: version.version,
        title: version.title,
        questions: version.questions,
        saved_at: version.made_at.as_millis(),
    });
    Ok(Json(List::whole(shown.collect())))
}

/// One version of a quiz.
#[utoipa::path(get, operation_id = "show_quiz_version", path = "/api/v1/quizzes/{id}/versions/{version}", tag = "quizzes", security(("token" = [])),
    params(("id" = QuizId, Path), ("version" = u32, Path)), responses(
    (status = 200, body = Quiz),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn show(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path((id, version)): Path<(QuizId, u32)>,
) -> Result<Json<Quiz>, Problem> {
    let quiz = app.store.quizzes().get_version(staff.school, id, version).await?;
    quiz.map(|quiz| Json(quiz.into()))
        .ok_or(Problem::not_found("the quiz has no such version; look at its history"))
}
