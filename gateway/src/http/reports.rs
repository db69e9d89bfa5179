//! Looking back on a game.

use super::{
    Problem,
    caller::{Path, Query, Staff},
    quizzes::files::{Format, FormatQuery, file},
};
use crate::compose::App;
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use learning::service::RecordError;
use live_quiz::{game::Refusal, service::ReportError};
use protocol::{ids::GameId, quiz::GameReport};
use serde::Serialize;
use std::sync::Arc;

/// A game, scored again from its log.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Replay {
    /// Whether the log gives the same as what is kept.
    equal: bool,
    /// Log entries read.
    entries: usize,
    /// What differs.
    differences: Vec<String>,
}

/// The report of a game, for its hosts. `Accept: text/csv` or `format=csv` gives a table.
#[utoipa::path(get, operation_id = "game_report", path = "/api/v1/games/{id}/report", tag = "games", security(("token" = [])),
    params(("id" = GameId, Path), FormatQuery), responses(
    (status = 200, description = "the report", content((GameReport = "application/json"), (String = "text/csv"))),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn report(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(game): Path<GameId>,
    Query(form): Query<FormatQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let report = app.quiz.report(&staff.identity, game).await?;
    let format = form.format.unwrap_or_else(|| accepted(&headers));
    if format == Format::Json {
        return Ok(Json(report).into_response());
    }
    let text = live_quiz::report::to_csv(&report).map_err(|error| {
        tracing::error!(%error, %game, "a report cannot be written as a table");
        Problem::internal()
    })?;
    Ok(file("text/csv; charset=utf-8", &format!("report-{game}.csv"), text))
}

fn accepted(headers: &HeaderMap) -> Format {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
    if kinds.any(|kind| kind.eq_ignore_ascii_case("text/csv")) { Format::Csv } else { Format::Json }
}

/// Scores a game again from its log and compares it with what is kept.
#[utoipa::path(get, operation_id = "replay_game", path = "/api/v1/games/{id}/replay", tag = "games", security(("token" = [])),
    params(("id" = GameId, Path)), responses(
    (status = 200, body = Replay),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn replay(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(game): Path<GameId>,
) -> Result<Json<Replay>, Problem> {
    let replayed = app.quiz.replay(&staff.identity, game).await?;
    Ok(Json(Replay {
        equal: replayed.differences.is_empty(),
        entries: replayed.entries,
        differences: replayed.differences,
    }))
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            // As of everything else that is kept: to players of a running game the refusal has a name of its own.
            ReportError::Refused(Refusal::GameNotFound) => RecordError::NotFound.into(),
            ReportError::Refused(refusal) => refusal.into(),
            ReportError::Unreadable => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable_log", error.to_string())
            }
            ReportError::Unavailable(error) => error.into(),
        }
    }
}
