//! `/connection/sse`: server-sent events, which browsers have had the longest.

use super::{Refused, Streams, cors, format::Format};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::Method,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use std::sync::Arc;

/// What the address serves.
pub(super) const METHODS: &str = "GET, POST, OPTIONS";

/// The query of an event source, which cannot send a body.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    cf_connect: String,
}

/// `GET /connection/sse?cf_connect=…`: the query holds the first commands.
pub async fn open(
    State(streams): State<Arc<Streams>>,
    method: Method,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    // The framework gives HEAD to whoever serves GET, and a stream without a body is none.
    if method == Method::HEAD {
        return Refused::Method.into_response();
    }
    let first = match asked {
        Ok(Query(Asked { cf_connect })) if !cf_connect.is_empty() => cf_connect,
        _ => return Refused::NoCommand.into_response(),
    };
    if first.len() > streams.around.node.config.limits.message_bytes {
        return Refused::TooLarge.into_response();
    }
    streams.open(Format::Events, first.into())
}

/// `POST /connection/sse`: the body holds the first commands.
pub async fn open_by_post(State(streams): State<Arc<Streams>>, body: Bytes) -> Response {
    streams.open(Format::Events, body)
}

/// `OPTIONS /connection/sse`
pub async fn preflight() -> Response {
    cors::preflight(METHODS)
}
