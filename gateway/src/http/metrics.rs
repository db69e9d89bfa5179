//! Numbers for Prometheus.

use crate::telemetry;
use axum::{http::header, response::IntoResponse};

/// All measurements in Prometheus' text format.
#[utoipa::path(get, operation_id = "metrics", path = "/metrics", tag = "operations", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], telemetry::measurements())
}
