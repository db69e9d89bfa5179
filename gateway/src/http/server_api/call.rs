//! Who calls, and with what.

use super::{Answer, answer::bad_request};
use crate::{compose::App, http::Problem};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use protocol::{Channel, ErrorBody, Payload, codes::error, ids::SchoolId};
use realtime::{ChannelKey, NamespaceOptions, config::PRIVATE_PREFIX};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};
use std::sync::Arc;

/// A server of the platform with a good key. It reaches the key's school and no other.
#[derive(Clone)]
pub struct Backend {
    pub(super) app: Arc<App>,
    pub(super) school: SchoolId,
}

/// The parameters of a method, read from a JSON body of any content type.
pub struct Params<T>(pub T);

/// A call that does not reach its method.
pub enum Refused {
    /// No good key.
    Key,
    /// A body that cannot be read.
    Body(Problem),
    /// Parameters that do not fit the method.
    Params(ErrorBody),
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Key => {
                let problem = Problem::unauthorized("send a key of this server in the header X-API-Key");
                let mut response = problem.into_response();
                let scheme = HeaderValue::from_static("apikey");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
                response
            }
            Self::Body(problem) => problem.into_response(),
            Self::Params(error) => Answer::<()>::Error(error.into()).into_response(),
        }
    }
}

impl FromRequestParts<Arc<App>> for Backend {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let presented = key(&parts.headers).ok_or(Refused::Key)?;
        let (school, name) = app.api_keys.school_of(presented).ok_or(Refused::Key)?;
        tracing::debug!(key = name, "the backend of a platform calls");
        Ok(Self { app: Arc::clone(app), school })
    }
}

/// The key that a request presents, in either of the headers that server libraries use.
fn key(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get("x-api-key") {
        return value.to_str().ok();
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("apikey").then(|| key.trim())
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Params<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        let body =
            Bytes::from_request(request, app).await.map_err(|rejection| Refused::Body(rejection.into()))?;
        parameters(&body).map(Self).map_err(|unreadable| match unreadable {
            Unreadable::NotJson => Refused::Body(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid",
                "the body is not json; mend it",
            )),
            Unreadable::Params(error) => Refused::Params(error),
        })
    }
}

/// Why parameters cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// No JSON, or nested too deeply to tell.
    NotJson,
    /// JSON of another shape.
    Params(ErrorBody),
}

/// Reads the parameters of a method.
pub(super) fn parameters<T: DeserializeOwned>(text: &[u8]) -> Result<T, Unreadable> {
    match serde_json::from_slice(text) {
        // A list would be read as the fields in their order.
        Ok(_) if !text.trim_ascii_start().starts_with(b"{") => {
            Err(Unreadable::Params(bad_request("send the parameters as an object")))
        }
        Ok(params) => Ok(params),
        // Reading stops at the first field that does not fit; what follows may be no JSON.
        Err(error) if error.is_data() && serde_json::from_slice::<IgnoredAny>(text).is_ok() => {
            Err(Unreadable::Params(bad_request(error)))
        }
        Err(_) => Err(Unreadable::NotJson),
    }
}

impl Backend {
    /// A channel of the school with its namespace's options.
    pub(super) fn channel(&self, name: &str) -> Result<(ChannelKey, &NamespaceOptions), ErrorBody> {
        let channel = Channel::parse(name).map_err(bad_request)?;
        let options = self.app.node.options(&channel).ok_or(error::UNKNOWN_CHANNEL)?;
        Ok((ChannelKey::new(self.school, channel), options))
    }

    /// As [`Self::channel`], for methods that change what is in it. Features alone write into their channels.
    pub(super) fn open_channel(&self, name: &str) -> Result<(ChannelKey, &NamespaceOptions), ErrorBody> {
        let (key, options) = self.channel(name)?;
        let namespace = key.channel.namespace();
        if self.app.features.owns(namespace.strip_prefix(PRIVATE_PREFIX).unwrap_or(namespace)) {
            return Err(error::PERMISSION_DENIED);
        }
        Ok((key, options))
    }
}

/// A payload that is given as JSON or as base64 of any bytes, which count when both are there.
pub(super) fn payload(plain: Option<Payload>, base64: Option<&str>) -> Result<Option<Payload>, ErrorBody> {
    let Some(base64) = base64.filter(|text| !text.is_empty()) else {
        return Ok(plain);
    };
    let bytes = STANDARD.decode(base64).map_err(|error| bad_request(format_args!("base64: {error}")))?;
    Ok(Some(Payload::from_bytes(bytes.into())))
}

/// Reads an optional payload so that an explicit null stays a payload.
pub(super) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Payload>, D::Error> {
    Payload::deserialize(deserializer).map(Some)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn presented(headers: &[(&'static str, &str)]) -> Option<String> {
        let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        key(&pairs.collect::<HeaderMap>()).map(str::to_owned)
    }

    #[test]
    fn a_key_is_found_in_either_header() {
        assert_eq!(presented(&[("x-api-key", "abc")]).as_deref(), Some("abc"));
        assert_eq!(presented(&[("authorization", "apikey abc")]).as_deref(), Some("abc"));
        assert_eq!(presented(&[("authorization", "ApiKey  abc")]).as_deref(), Some("abc"));
        assert_eq!(presented(&[("authorization", "apikey x"), ("x-api-key", "abc")]).as_deref(), Some("abc"));
        assert_eq!(presented(&[("authorization", "Bearer abc")]), None);
        assert_eq!(presented(&[("authorization", "abc")]), None);
        assert_eq!(presented(&[]), None);
    }

    #[derive(Debug, Deserialize)]
    struct Fields {
        #[expect(dead_code, reason = "only read")]
        number: u32,
    }

    #[test]
    fn what_is_no_json_and_what_does_not_fit_are_told_apart() {
        assert!(parameters::<Fields>(br#" {"number":1,"more":2}"#).is_ok());
        for body in ["", "{", "nonsense", r#"{"number":1}{}"#, r#"{"number":"1","#, "[[["] {
            assert!(matches!(parameters::<Fields>(body.as_bytes()), Err(Unreadable::NotJson)), "{body}");
        }
        for body in ["[1]", "1", "null", "{}", r#"{"number":"1"}"#, r#"{"number":1,"number":1}"#] {
            assert!(matches!(parameters::<Fields>(body.as_bytes()), Err(Unreadable::Params(_))), "{body}");
        }
    }

    #[test]
    fn base64_counts_when_both_are_there() {
        let plain = Payload::of(&1);
        assert_eq!(payload(Some(plain.clone()), Some("")).unwrap(), Some(plain.clone()));
        assert_eq!(payload(Some(plain), Some("Mg==")).unwrap(), Some(Payload::of(&2)));
        assert_eq!(payload(None, Some("/w==")).unwrap().unwrap().bytes(), &[0xFF_u8][..]);
        assert_eq!(payload(None, Some("?")).unwrap_err().code, 107);
        assert_eq!(payload(None, None).unwrap(), None);
    }
}
