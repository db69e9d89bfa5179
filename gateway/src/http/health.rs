//! Whether the server lives and takes work.

use super::Problem;
use crate::compose::App;
use axum::{Json, extract::State, http::StatusCode};
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

/// Whether requests should come here: the database answers and the server is not going down.
#[utoipa::path(get, operation_id = "ready", path = "/ready", tag = "operations", responses(
    (status = 200, body = Health),
    (status = 503, body = Problem, content_type = "application/problem+json"),
))]
pub async fn ready(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    let not_ready = |detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail);
    if !app.is_ready() {
        return Err(not_ready("the server is going down; use another one"));
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
