//! Which pages may use streams. Browsers ask before a page of another origin sends commands.

use super::{Refused, Streams};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Seconds that a browser may remember the answer.
const MAX_AGE: HeaderValue = HeaderValue::from_static("300");

/// Refuses foreign origins as WebSocket does, and tells browsers that the others may read what they get.
pub async fn guard(State(streams): State<Arc<Streams>>, request: Request, next: Next) -> Response {
    if !streams.origins.allow(request.headers()) {
        return Refused::Origin.into_response();
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        if let Some(asked) = asked {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
        }
    }
    response
}

/// `OPTIONS` of an address that serves `methods`.
pub fn preflight(methods: &'static str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}
