//! Versions of records as HTTP has them: `ETag`, `If-Match` and `If-None-Match`.
//!
//! A tag begins with the version. What changes without one, such as whether a lesson is published, follows behind a point, so
//! that a tag stands for one content; writes look at the version alone.

use super::{Problem, problem::FieldProblem};
use axum::{
    Json as Reply,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{convert::Infallible, fmt::Display};
use uuid::Uuid;

/// The version that the sender of a change has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub u32);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        expected(&parts.headers).map(Self)
    }
}

/// The content that the sender of a request for it has already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Held {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let held = parts.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        Ok(Self(held.map(str::to_owned)))
    }
}

impl Held {
    /// The content with its tag; without the content if the sender has it.
    pub(super) fn or(&self, tag: &str, content: impl Serialize) -> Response {
        if self.has(tag) {
            return (StatusCode::NOT_MODIFIED, tagged(tag)).into_response();
        }
        (tagged(tag), Reply(content)).into_response()
    }

    /// Whether the sender has the content of a tag. A weak tag is as good: the content is the same to whoever reads it.
    fn has(&self, tag: &str) -> bool {
        let listed = self.0.as_deref().unwrap_or_default().split(',').map(str::trim);
        let mut strong = listed.map(|held| held.strip_prefix("W/").unwrap_or(held));
        strong.any(|held| held == "*" || held == tag)
    }
}

/// The tag of a version.
pub(super) fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

/// The tag of a version and of what changes without one.
pub(super) fn etag_with(version: u32, also: impl Display) -> String {
    format!("\"{version}.{also}\"")
}

/// The tag of a content that has no version of its own, such as one that is put together from many records.
pub(super) fn etag_of(content: &impl Serialize) -> Result<String, Problem> {
    let text = serde_json::to_vec(content).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::internal()
    })?;
    Ok(format!("\"{}\"", Uuid::new_v5(&Uuid::NAMESPACE_OID, &text).simple()))
}

/// The header of a tag, to go before a body.
pub(super) fn tagged(tag: &str) -> [(header::HeaderName, HeaderValue); 1] {
    // Digits, points and quotes.
    [(header::ETAG, HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\"")))]
}

/// 409: the version that was edited is not the newest any more.
pub(super) fn conflict(current: u32, detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, "conflict", detail).with_current(current)
}

fn expected(headers: &HeaderMap) -> Result<u32, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_required",
            "send the version that you edited as If-Match, in quotes",
        ));
    };
    let text = value.to_str().unwrap_or_default().trim();
    // Proxies that compress mark a tag as weak; the version in it is the same.
    let text = text.strip_prefix("W/").unwrap_or(text);
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let version = tag.map(|tag| tag.split_once('.').map_or(tag, |(version, _)| version));
    version.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        let problem = "name the version that you edited, in quotes, as ETag had it".to_owned();
        let field = Some("If-Match".to_owned());
        Problem::invalid("If-Match names no version").with_errors(vec![FieldProblem {
            row: None,
            field,
            problem,
        }])
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_edited_version_is_read_from_if_match() {
        let with = |value: &str| HeaderMap::from_iter([(header::IF_MATCH, value.parse().unwrap())]);
        for good in ["\"3\"", "W/\"3\"", "\"3.2.1\""] {
            assert_eq!(expected(&with(good)).unwrap(), 3, "{good}");
        }
        for wrong in ["3", "*", "\"x\"", "\"", "\"\"", "\".3\""] {
            let problem = expected(&with(wrong)).unwrap_err();
            assert_eq!(problem.into_response().status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        let missing = expected(&HeaderMap::new()).unwrap_err();
        assert_eq!(missing.into_response().status(), StatusCode::PRECONDITION_REQUIRED);
    }

    #[test]
    fn what_the_sender_has_is_not_sent_again() {
        let held = |text: &str| Held(Some(text.to_owned()));
        for has in ["\"3\"", "W/\"3\"", "\"2\", \"3\"", "*"] {
            assert_eq!(held(has).or("\"3\"", 1).status(), StatusCode::NOT_MODIFIED, "{has}");
        }
        for lacks in ["\"2\"", "3", "", "\"3.1\""] {
            assert_eq!(held(lacks).or("\"3\"", 1).status(), StatusCode::OK, "{lacks}");
        }
        assert_eq!(Held(None).or("\"3\"", 1).headers()[header::ETAG], "\"3\"");
    }
}
