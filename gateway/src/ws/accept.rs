//! The upgrade: handshake, origin, encoding.

use super::Sockets;
use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header},
    response::IntoResponse,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::upgrade::OnUpgrade;
use protocol::Encoding;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Subprotocol names, and what they choose.
const SUBPROTOCOLS: [(&str, Encoding); 3] = [
    ("centrifuge-json", Encoding::Json),
    ("centrifuge-protobuf", Encoding::Protobuf),
    ("schoolbell-msgpack", Encoding::MsgPack),
];

/// Why a request does not become a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    NotWebSocket,
    Version,
    Origin,
    Encoding,
}

impl IntoResponse for Refused {
    fn into_response(self) -> axum::response::Response {
        let (status, text) = match self {
            Self::NotWebSocket => (StatusCode::BAD_REQUEST, "connect with a websocket client\n"),
            Self::Version => (StatusCode::UPGRADE_REQUIRED, "websocket version 13 is needed\n"),
            Self::Origin => {
                (StatusCode::FORBIDDEN, "this origin may not connect; allow it by allowed_origins\n")
            }
            Self::Encoding => {
                (StatusCode::BAD_REQUEST, "this encoding is not served; use json, protobuf or msgpack\n")
            }
        };
        let mut response = (status, text).into_response();
        if self == Self::Version {
            response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        response
    }
}

/// `GET /connection/websocket`
pub async fn upgrade(State(sockets): State<Arc<Sockets>>, mut request: Request) -> axum::response::Response {
    let handshake = match Handshake::read(&request, &sockets) {
        Ok(handshake) => handshake,
        Err(refused) => return refused.into_response(),
    };
    let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Refused::NotWebSocket.into_response();
    };
    let (asked, response) = (handshake.asked, handshake.response());
    let tasks = sockets.tasks.clone();
    // The one place of this crate that makes connection tasks.
    tasks.spawn(async move {
        match on_upgrade.await {
            Ok(upgraded) => sockets.serve(upgraded, asked).await,
            Err(error) => tracing::debug!(%error, "a client left during its handshake"),
        }
    });
    response
}

/// What a client has asked for. Nothing of the request itself: its headers would keep the HTTP server's read buffer, 8
/// KiB, for as long as the connection lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// How the client speaks.
    pub(super) encoding: Encoding,
    /// Whether it wants pings of the WebSocket protocol instead of empty messages.
    pub(super) native_pings: bool,
}

struct Handshake {
    asked: Asked,
    subprotocol: Option<&'static str>,
    accept: String,
}

impl Handshake {
    fn read(request: &Request, sockets: &Sockets) -> Result<Self, Refused> {
        let headers = request.headers();
        let names = |name, token: &str| listed(headers, name).any(|value| value.eq_ignore_ascii_case(token));
        // HEAD comes by the route of GET, and what an older client sends behind its head is no frame.
        let may_upgrade = request.method() == Method::GET && request.version() == Version::HTTP_11;
        if !may_upgrade || !names(header::CONNECTION, "upgrade") || !names(header::UPGRADE, "websocket") {
            return Err(Refused::NotWebSocket);
        }
        // A body would be taken for frames.
        if !headers.contains_key(header::HOST) || !request.body().is_end_stream() {
            return Err(Refused::NotWebSocket);
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(Refused::Version);
        }
        if !sockets.origins.allow(headers) {
            return Err(Refused::Origin);
        }
        let key = key(headers).ok_or(Refused::NotWebSocket)?;
        let query = request.uri().query().unwrap_or_default();
        let (encoding, subprotocol) = encoding(headers, query)?;
        let native_pings = parameters(query).any(|pair| pair == ("cf_ws_frame_ping_pong", "true"));
        let asked = Asked { encoding, native_pings };
        Ok(Self { asked, subprotocol, accept: derive_accept_key(key.as_bytes()) })
    }

    fn response(self) -> axum::response::Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(name) = self.subprotocol {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name));
        }
        response
    }
}

/// The one key, which stands for 16 bytes (RFC 6455, 4.2.1).
fn key(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).into_iter();
    let key = keys.next().filter(|_| keys.next().is_none())?;
    STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16).then_some(key)
}

/// Comma-separated values of a header, over all its lines.
fn listed(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|value| !value.is_empty())
}

fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|pair| pair.split_once('='))
}

/// The encoding that a client asks for: by subprotocol, else by query, else JSON. Some clients send an empty
/// subprotocol header, which asks for nothing.
fn encoding(headers: &HeaderMap, query: &str) -> Result<(Encoding, Option<&'static str>), Refused> {
    let mut asked = listed(headers, header::SEC_WEBSOCKET_PROTOCOL).peekable();
    if asked.peek().is_some() {
        let known = asked.find_map(|name| SUBPROTOCOLS.into_iter().find(|(known, _)| *known == name));
        return known.map(|(name, encoding)| (encoding, Some(name))).ok_or(Refused::Encoding);
    }
    let by_query = parameters(query).find(|(name, _)| *name == "cf_protocol" || *name == "format");
    match by_query.map(|(_, value)| value) {
        None | Some("json") => Ok((Encoding::Json, None)),
        Some("protobuf") => Ok((Encoding::Protobuf, None)),
        Some("msgpack") => Ok((Encoding::MsgPack, None)),
        Some(_) => Err(Refused::Encoding),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn asked(subprotocols: &[&str], query: &str) -> Result<(Encoding, Option<&'static str>), Refused> {
        let mut headers = HeaderMap::new();
        for line in subprotocols {
            headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(line).unwrap());
        }
        encoding(&headers, query)
    }

    #[test]
    fn the_encoding_is_chosen_by_subprotocol_then_by_query() {
        assert_eq!(asked(&[], ""), Ok((Encoding::Json, None)));
        assert_eq!(asked(&[""], ""), Ok((Encoding::Json, None)), "an empty header asks for nothing");
        assert_eq!(asked(&["centrifuge-json"], ""), Ok((Encoding::Json, Some("centrifuge-json"))));
        assert_eq!(
            asked(&["x, schoolbell-msgpack"], ""),
            Ok((Encoding::MsgPack, Some("schoolbell-msgpack")))
        );
        assert_eq!(
            asked(&["x", "schoolbell-msgpack"], ""),
            Ok((Encoding::MsgPack, Some("schoolbell-msgpack")))
        );
        assert_eq!(asked(&[], "a=b&cf_protocol=msgpack"), Ok((Encoding::MsgPack, None)));
        assert_eq!(asked(&[], "cf_protocol=protobuf"), Ok((Encoding::Protobuf, None)));
        assert_eq!(
            asked(&["centrifuge-protobuf"], ""),
            Ok((Encoding::Protobuf, Some("centrifuge-protobuf")))
        );
        assert_eq!(asked(&[], "cf_protocol=xml"), Err(Refused::Encoding));
        assert_eq!(asked(&["mqtt"], ""), Err(Refused::Encoding));
    }
}
