//! What a method answers with.

use crate::http::Problem;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use protocol::{ErrorBody, codes::error};
use realtime::broker::BrokerError;
use serde::Serialize;
use std::{borrow::Cow, fmt::Display};

/// `{"result":…}` or `{"error":…}`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answer<T> {
    /// It was done.
    Result(T),
    /// It was not.
    Error(ApiError),
}

/// Why a method did not do what it was asked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ApiError {
    /// Stable number: 100 internal, 102 unknown channel, 103 permission denied, 104 method not found, 106 limit
    /// exceeded, 107 bad request, 108 not available, 112 unrecoverable position.
    code: u32,
    /// The number in words, for bad requests with what to do.
    #[schema(value_type = String)]
    message: Cow<'static, str>,
}

/// What a call is answered with that does not reach its method.
#[derive(utoipa::IntoResponses)]
pub enum Refusals {
    /// The body is no JSON.
    #[response(status = 400, content_type = "application/problem+json")]
    NotJson(Problem),
    /// No key, or none of this server.
    #[response(status = 401, content_type = "application/problem+json")]
    NoKey(Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
}

impl From<ErrorBody> for ApiError {
    fn from(error: ErrorBody) -> Self {
        Self { code: error.code, message: error.message }
    }
}

impl<T> From<Result<T, ErrorBody>> for Answer<T> {
    fn from(result: Result<T, ErrorBody>) -> Self {
        match result {
            Ok(result) => Self::Result(result),
            Err(error) => Self::Error(error.into()),
        }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        if let Self::Error(error) = &self {
            // The status says 200, so that the request counters do not show it.
            let code = error.code.to_string();
            metrics::counter!("schoolbell_server_api_errors_total", "code" => code).increment(1);
        }
        Json(self).into_response()
    }
}

/// Error 107 with what to do.
pub(super) fn bad_request(advice: impl Display) -> ErrorBody {
    ErrorBody { message: format!("bad request: {advice}").into(), ..error::BAD_REQUEST }
}

/// Error 106 with what to do.
pub(super) fn limit_exceeded(advice: impl Display) -> ErrorBody {
    ErrorBody { message: format!("limit exceeded: {advice}").into(), ..error::LIMIT_EXCEEDED }
}

/// Error 100: the broker is away. The same call may succeed later.
pub(super) fn broker_failed(error: &BrokerError) -> ErrorBody {
    tracing::warn!(%error, "a call of the server api failed because the broker did");
    error::INTERNAL
}
