//! Quizzes as files.

use super::{UNKNOWN, keep_new};
use crate::{
    compose::App,
    http::{
        Problem,
        caller::{Path, Query, Staff},
        idempotency::NewIds,
        problem::FieldProblem,
    },
};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use live_quiz::interchange::{self, ImportError};
use protocol::ids::QuizId;
use serde::Deserialize;
use std::sync::Arc;

/// In which form.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FormatQuery {
    /// `json` without.
    #[serde(default)]
    pub(in crate::http) format: Option<Format>,
}

/// Form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Everything.
    Json,
    /// For spreadsheets.
    Csv,
}

/// The newest version of a quiz as a file.
#[utoipa::path(get, operation_id = "export_quiz", path = "/api/v1/quizzes/{id}/export", tag = "quizzes", security(("token" = [])),
    params(("id" = QuizId, Path), FormatQuery), responses(
    (status = 200, description = "a file", content((protocol::quiz::QuizContent = "application/json"), (String = "text/csv"))),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn export(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(id): Path<QuizId>,
    Query(form): Query<FormatQuery>,
) -> Result<Response, Problem> {
    let quiz = app.store.quizzes().get(staff.school, id).await?.ok_or(Problem::not_found(UNKNOWN))?;
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, quiz = %id, "a quiz cannot be written out");
        Problem::internal()
    };
    Ok(match form.format.unwrap_or(Format::Json) {
        Format::Json => {
            let text = interchange::to_json(&quiz.content).map_err(|error| failed(&error))?;
            file("application/json", &format!("quiz-{id}.json"), text)
        }
        Format::Csv => {
            let text = interchange::to_csv(&quiz.content).map_err(|error| failed(&error))?;
            file("text/csv; charset=utf-8", &format!("quiz-{id}.csv"), text)
        }
    })
}

/// A download.
pub(in crate::http) fn file(kind: &'static str, name: &str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], text)
        .into_response()
}

/// Makes a quiz from a file: `application/json` or `text/csv`.
#[utoipa::path(post, operation_id = "import_quiz", path = "/api/v1/quizzes/import", tag = "quizzes", security(("token" = [])),
    request_body(content((protocol::quiz::QuizContent = "application/json"), (String = "text/csv"))), responses(
    (status = 201, body = super::Quiz),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 415, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
pub async fn import(
    State(app): State<Arc<App>>,
    staff: Staff,
    ids: NewIds,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let read = reader(&request)?;
    let body = Bytes::from_request(request, &app).await?;
    let content = read(&body).map_err(unreadable)?;
    keep_new(&app, &staff, ids, content).await
}

type Read = fn(&[u8]) -> Result<protocol::quiz::QuizContent, ImportError>;

fn reader(request: &Request) -> Result<Read, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(interchange::from_json);
    }
    if kind.eq_ignore_ascii_case("text/csv") {
        return Ok(interchange::from_csv);
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "send application/json or text/csv",
    ))
}

fn unreadable(error: ImportError) -> Problem {
    let detail = error.to_string();
    let errors = error.0.into_iter().map(|problem| FieldProblem {
        row: problem.row,
        field: problem.field,
        problem: problem.problem,
    });
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_quiz", detail).with_errors(errors.collect())
}
