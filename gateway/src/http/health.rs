//! Whether the server lives and takes work.

use super::Problem;
use crate::compose::App;
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use realtime::node::NotReady;
use serde::Serialize;
use std::{sync::Arc, time::Duration};

/// A good state.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok` or `ready`.
    status: &'static str,
}

/// The process lives. Says nothing about what it depends on: restarting it would not help there.
#[utoipa::path(get, operation_id = "health", path = "/health", tag = "operations", responses((status = 200, body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The answer of a server that is not put together yet: it waits for Postgres or Redis, or prepares its database.
pub(crate) async fn not_started(request: Request) -> Response {
    match request.uri().path() {
        "/health" => health().await.into_response(),
        _ => not_ready("the server is starting; try again in a moment")
            .retry_after(Duration::from_secs(2))
            .into_response(),
    }
}

fn not_ready(detail: &'static str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail)
}

/// Whether requests should come here: other nodes can be heard, the server is not going down, and the database answers. Beside
/// Redis that one may be away: games go on, and what happens waits in the journal; `schoolbell_journal_lag_seconds` tells.
#[utoipa::path(get, operation_id = "ready", path = "/ready", tag = "operations", responses(
    (status = 200, body = Health),
    (status = 503, body = Problem, content_type = "application/problem+json"),
))]
pub async fn ready(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    app.readiness().map_err(|reason| {
        not_ready(match reason {
            NotReady::Draining => "the server is going down; use another one",
            NotReady::Isolated => "this node is not among the other nodes; is Redis away?",
            NotReady::Deaf => "what other nodes publish may not arrive here; is Redis away?",
        })
    })?;
    if app.plays_without_database() {
        return Ok(Json(Health { status: "ready" }));
    }
    // A database that takes longer than this to say anything is not one to work with.
    const PATIENCE: Duration = Duration::from_secs(2);
    match tokio::time::timeout(PATIENCE, app.store.games().by_pin("")).await {
        Ok(Ok(_)) => Ok(Json(Health { status: "ready" })),
        Ok(Err(error)) => {
            tracing::error!(%error, "the store failed");
            Err(not_ready("the database does not answer; look at the log"))
        }
        Err(_) => Err(not_ready("the database takes too long to answer; look at the log")),
    }
}
