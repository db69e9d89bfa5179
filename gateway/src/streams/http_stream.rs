//! `/connection/http_stream`: the answer to a `POST` that does not end.

use super::{Streams, cors, format::Format};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use bytes::Bytes;
use std::sync::Arc;

/// `POST /connection/http_stream`: the body holds the first commands.
pub async fn open(State(streams): State<Arc<Streams>>, headers: HeaderMap, body: Bytes) -> Response {
    streams.open(if is_protobuf(&headers) { Format::Protobuf } else { Format::Lines }, body)
}

/// `OPTIONS /connection/http_stream`
pub async fn preflight() -> Response {
    cors::preflight("POST, OPTIONS")
}

/// Whether a body is protobuf; everything else is read as JSON.
pub(super) fn is_protobuf(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_content_type_chooses_the_encoding() {
        for (kind, protobuf) in [
            ("application/octet-stream", true),
            ("Application/Octet-Stream; charset=x", true),
            ("application/json", false),
            ("application/octet-streams", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
            assert_eq!(is_protobuf(&headers), protobuf, "{kind}");
        }
        assert!(!is_protobuf(&HeaderMap::new()));
    }
}
