//! Errors as `application/problem+json` (RFC 9457).

use axum::{
    extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use live_quiz::game::Refusal;
use persistence::Unavailable;
use serde::Serialize;
use std::{borrow::Cow, time::Duration};

/// What went wrong, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` names the problem.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What to do, in lower case.
    #[schema(value_type = String)]
    detail: Cow<'static, str>,
    /// Stable name.
    code: &'static str,
    /// What is wrong with the fields of the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// With `conflict`: the newest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<u32>,
    /// Seconds after which the same request may succeed, as in `Retry-After`.
    // Whole ones: an error is carried by every handler and stays below 128 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
}

/// What is wrong with one field or row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// Row of a table, counted from 1 with the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Path of a field, or a column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do.
    pub problem: String,
}

impl Problem {
    /// A problem with a stable name and a text that says what to do.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            current: None,
            retry_after_s: None,
        }
    }

    /// With what is wrong by field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldProblem>) -> Self {
        self.errors = errors;
        self
    }

    /// With the newest version of what was to be changed.
    #[must_use]
    pub fn with_current(mut self, version: u32) -> Self {
        self.current = Some(version);
        self
    }

    /// With the time after which the same request may succeed.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let begun = u64::from(wait.subsec_nanos() > 0);
        let seconds = wait.as_secs().saturating_add(begun).max(1);
        self.retry_after_s = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        self
    }

    /// 401: no token, or one that is not good.
    #[must_use]
    pub fn unauthorized(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// 403: signed in, but not for this.
    #[must_use]
    pub fn forbidden(detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 404.
    #[must_use]
    pub fn not_found(detail: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 422: readable, but not acceptable.
    #[must_use]
    pub fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// 503: passes by itself.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the server cannot do this now; try again")
            .retry_after(Duration::from_secs(1))
    }

    /// 500: a fault of the server, told in its log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server failed; tell its operator the request id",
        )
    }

    /// A problem for a bare status that a layer has answered with.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("not_found", "nothing is here; check the address"),
            StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "use one of the methods in Allow"),
            StatusCode::REQUEST_TIMEOUT => ("timeout", "the request took too long; try again"),
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "send a smaller body"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_media_type", "send application/json"),
            StatusCode::UNAUTHORIZED => ("unauthorized", "sign in first"),
            StatusCode::FORBIDDEN => ("forbidden", "this is not for you"),
            status if status.is_server_error() => return Self::internal(),
            _ => ("invalid", "the request cannot be read"),
        };
        Self::new(status, code, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Unavailable> for Problem {
    fn from(error: Unavailable) -> Self {
        tracing::error!(%error, "the store failed");
        Self::unavailable()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::GameNotFound | Refusal::UnknownParticipant => StatusCode::NOT_FOUND,
            Refusal::NotInGame | Refusal::HostOnly | Refusal::Kicked => StatusCode::FORBIDDEN,
            Refusal::InvalidAnswer | Refusal::NicknameRefused(_) | Refusal::InvalidSetting(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Refusal::GameBusy => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::WrongPhase
            | Refusal::AlreadyAnswered
            | Refusal::TooLate
            | Refusal::GamePaused
            | Refusal::GameFull
            | Refusal::GameLocked
            | Refusal::NicknameTaken
            | Refusal::LateJoinRefused
            | Refusal::StaleCommand => StatusCode::CONFLICT,
        };
        let problem = Self::new(status, refusal.name(), refusal.to_string());
        if refusal.is_temporary() { problem.retry_after(Duration::from_secs(1)) } else { problem }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            // The parser's words name the field; they quote no more than a key or a number of the body.
            JsonRejection::JsonDataError(error) => {
                let text = error.body_text();
                let what = text.rsplit_once("target type: ").map_or(text.as_str(), |(_, what)| what);
                Self::invalid(format!("the body does not fit: {what}"))
            }
            JsonRejection::JsonSyntaxError(_) => {
                Self::new(StatusCode::BAD_REQUEST, "invalid", "the body is not json; mend it")
            }
            other => Self::of_status(other.status()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        // An id of the wrong form names nothing.
        Self::of_status(StatusCode::NOT_FOUND)
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        Self::of_status(rejection.status())
    }
}

/// For addresses of the API that are none.
pub async fn no_such_route() -> Problem {
    Problem::of_status(StatusCode::NOT_FOUND)
}

/// Gives bare errors of the framework and of layers the form of all others.
pub async fn shape(response: Response) -> Response {
    let bare = (response.status().is_client_error() || response.status().is_server_error())
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !bare {
        return response;
    }
    let (parts, _) = response.into_parts();
    let mut shaped = Problem::of_status(parts.status).into_response();
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&name) {
            shaped.headers_mut().insert(name, value.clone());
        }
    }
    shaped
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_problem_carries_its_code_and_retry_time() {
        let problem = Problem::from(Refusal::GameBusy);
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["code"], "game_busy");
        assert_eq!(json["status"], 503);
        let response = problem.into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[tokio::test]
    async fn a_bare_error_is_given_the_form_of_all_others() {
        let bare = (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")], "nope").into_response();
        let shaped = shape(bare).await;
        assert_eq!(shaped.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(shaped.headers()[header::ALLOW], "GET");
        let own = Problem::not_found("look elsewhere").into_response();
        let kept = shape(own).await;
        assert_eq!(kept.status(), StatusCode::NOT_FOUND);
    }
}
