//! Transports of one direction, for networks that break WebSocket: SSE and HTTP streaming carry what the server sends,
//! `POST /emulation` what the client sends.
//!
//! `cors` → `http_stream` or `sse` → a session with its `mailbox` → `converse` → the response's body, in the `format` of
//! the transport. `emulation` puts commands into the mailbox, which may be another node's.

mod converse;
pub mod cors;
pub mod emulation;
mod format;
pub mod http_stream;
mod mailbox;
mod outlet;
pub mod sse;

use crate::{listen::Streaming, ws::Origins};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use emulation::Forwarding;
use format::Format;
use mailbox::{Mailbox, Mailboxes};
use outlet::{Chunks, Outlet};
use realtime::{
    Session,
    session::{Link, Surroundings},
};
use std::sync::Arc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What keeps proxies and browsers from holding a stream back or keeping it, and its socket from being used again: that
/// one has left the places of HTTP.
const HEADERS: [(HeaderName, &str); 3] = [
    (HeaderName::from_static("x-accel-buffering"), "no"),
    (header::CACHE_CONTROL, "private, no-cache, no-store, must-revalidate, max-age=0"),
    (header::CONNECTION, "close"),
];

/// What the streams of this server share.
pub struct Streams {
    around: Surroundings,
    origins: Origins,
    mailboxes: Arc<Mailboxes>,
    forwarding: Forwarding,
    tasks: TaskTracker,
}

/// Why a request is not served. Refusals of the framework (405, 408, 413) are as plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Origin,
    NoCommand,
    Malformed,
    TooLarge,
    Method,
    UnknownNode,
    UnknownSession,
    Busy,
    Unreachable,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Origin => {
                (StatusCode::FORBIDDEN, "this origin may not connect; allow it by allowed_origins\n")
            }
            Self::NoCommand => (StatusCode::BAD_REQUEST, "give the connect command in cf_connect\n"),
            Self::Malformed => {
                (StatusCode::BAD_REQUEST, "send the session and node of the connect reply, and data\n")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "send fewer commands at once\n"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "use one of the methods in Allow\n"),
            Self::UnknownNode => (StatusCode::NOT_FOUND, "this node has left; connect again\n"),
            Self::UnknownSession => (StatusCode::NOT_FOUND, "this session has ended; connect again\n"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "the session is busy; try again\n"),
            // Not 503, after which proxies may send the commands again, and have them done twice.
            Self::Unreachable => (
                StatusCode::GATEWAY_TIMEOUT,
                "the node of this session did not say whether it has the commands; connect again\n",
            ),
        };
        let mut response = (status, text).into_response();
        match self {
            Self::Method => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(sse::METHODS));
            }
            Self::Busy | Self::Unreachable => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

impl Streams {
    /// Streams whose sessions live in `around`. Other nodes may bring commands to them at once.
    #[must_use]
    pub fn new(around: Surroundings, origins: Origins) -> Arc<Self> {
        let mailboxes = Arc::default();
        emulation::receive(&around.node.duties, &mailboxes);
        let forwarding = Forwarding::default();
        Arc::new(Self { around, origins, mailboxes, forwarding, tasks: TaskTracker::new() })
    }

    /// Waits until every stream has ended and its last bytes are with its socket.
    pub async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Begins a conversation with the commands of `first`. Whatever is wrong with them is told in the stream, where the
    /// client reads codes.
    fn open(self: &Arc<Self>, format: Format, first: Bytes) -> Response {
        let ending = CancellationToken::new();
        let (outlet, chunks) = outlet::open(format, ending.clone(), self.tasks.token());
        let mailbox = Mailboxes::open(&self.mailboxes);
        let link = Link { session_id: Some(mailbox.id().to_string()), ..Link::drained(format.encoding()) };
        match Session::new(self.around.clone(), link) {
            Ok(session) => {
                self.tasks.spawn(serve(session, mailbox, first, outlet));
            }
            Err(disconnect) => outlet.refuse(disconnect),
        }
        stream(format, chunks, ending)
    }
}

/// The response that carries a stream.
fn stream(format: Format, chunks: Chunks, ending: CancellationToken) -> Response {
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response.extensions_mut().insert(Streaming { ending });
    response
}

/// Runs one stream to its end.
async fn serve(mut session: Session, mut mailbox: Mailbox, first: Bytes, outlet: Outlet) {
    let told = converse::converse(&mut session, &mut mailbox, &first, &outlet).await;
    // Commands that come from now on find no session.
    drop(mailbox);
    let code = told.code.to_string();
    metrics::counter!("schoolbell_disconnects_total", "code" => code).increment(1);
    // The channels are left before the body ends, so that a client's old and new self do not meet.
    session.close().await;
}
