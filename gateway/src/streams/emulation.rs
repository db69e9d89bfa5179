//! `/emulation`: commands for a session whose stream carries the answers.

use super::{Refused, Streams, cors, http_stream, mailbox::Undelivered};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use protocol::{Encoding, emulation::EmulationRequest};
use std::sync::Arc;

/// `POST /emulation`: 204 once the session has the commands; what comes of them is told in its stream.
pub async fn deliver(State(streams): State<Arc<Streams>>, headers: HeaderMap, body: Bytes) -> Response {
    match streams.deliver(&headers, &body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// `OPTIONS /emulation`
pub async fn preflight() -> Response {
    cors::preflight("POST, OPTIONS")
}

impl Streams {
    async fn deliver(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        let encoding = if http_stream::is_protobuf(headers) { Encoding::Protobuf } else { Encoding::Json };
        let request = EmulationRequest::decode(encoding, body).map_err(|error| {
            tracing::debug!(%error, "commands for a stream were refused");
            Refused::Malformed
        })?;
        // Nodes do not forward to each other yet.
        if request.node != self.around.node.id {
            return Err(Refused::UnknownNode);
        }
        // Not 204 for what nobody will ever read: SDKs ignore the status and notice the end by their stream, while other
        // clients learn at once that they have to connect again.
        let session = request.session.parse().map_err(|_| Refused::UnknownSession)?;
        self.mailboxes.deliver(session, request.data).await.map_err(|undelivered| match undelivered {
            Undelivered::Unknown => Refused::UnknownSession,
            Undelivered::Full => Refused::Busy,
        })
    }
}
