//! Requests that carry an `Idempotency-Key`: sent again, they are answered as before and do nothing.
//!
//! Keys are a person's own and hold for a day. A request that nobody answers for longer than a lease, because its process is
//! gone, may be tried again; what it makes has the same ids then ([`NewIds`]), so that nothing is made twice.

use super::{Problem, caller::bearer_identity, roster_files::MOST_BYTES};
use crate::compose::App;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use learning::service::Member;
use persistence::{
    Micros,
    idempotency::{Claim, KeptAnswer, KeyedRequest},
};
use protocol::ids::{PersonId, SchoolId};
use std::{convert::Infallible, sync::Arc, time::Duration};
use uuid::Uuid;

/// The header that carries the key.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that says that an answer was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Longest key, characters.
const MOST_KEY: usize = 255;
/// Longest answer that is kept, bytes: a report on a whole table is below it.
const MOST_KEPT: usize = 4 << 20;
/// Headers that belong to an answer itself; the others are made anew each time.
const OF_THE_ANSWER: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::ETAG, header::LOCATION, header::CONTENT_DISPOSITION];

/// Ids for what a request makes: with a key, the same ones for the same request again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewIds(Option<Uuid>);

impl NewIds {
    /// The id of what is called `name` among all that the request makes.
    #[must_use]
    pub fn id(self, name: &str) -> Uuid {
        self.0.map_or_else(Uuid::now_v7, |root| Uuid::new_v5(&root, name.as_bytes()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NewIds {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self(None)))
    }
}

/// A request as its key keeps it.
struct Keyed {
    school: SchoolId,
    person: PersonId,
    key: String,
    fingerprint: Uuid,
}

impl Keyed {
    fn request(&self) -> KeyedRequest<'_> {
        KeyedRequest { person: self.person, key: &self.key, fingerprint: self.fingerprint }
    }

    /// Another school's, person's or request's ids are others, even under the same key.
    fn new_ids(&self) -> NewIds {
        let person = Uuid::new_v5(&self.school.0, self.person.0.as_bytes());
        let key = Uuid::new_v5(&person, self.key.as_bytes());
        NewIds(Some(Uuid::new_v5(&key, self.fingerprint.as_bytes())))
    }
}

/// Answers a POST that carries a key once, and replays the answer afterwards. In front of it stands
/// [`carry_through`](super::uninterrupted::carry_through): a sender who hangs up must find the answer when it asks again.
pub async fn replay(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let key = match key_of(&request) {
        Ok(None) => return next.run(request).await,
        Ok(Some(key)) => key,
        Err(problem) => return problem.into_response(),
    };
    // Who is not signed in is told so by the route itself.
    let Some(who) = bearer_identity(&app, request.headers()).await.and_then(|identity| Member::of(&identity))
    else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, longest(&app)).await else {
        return Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let keyed =
        Keyed { school: who.school, person: who.person, key, fingerprint: fingerprint(&parts, &body) };
    let now = Micros::from_millis(app.node.clock.now_ms());
    let claim = match app.store.idempotency_keys().claim(keyed.school, keyed.request(), now).await {
        Ok(Claim::Ours(claim)) => claim,
        Ok(Claim::Answered(answer)) => return again(answer),
        Ok(Claim::Running) => {
            let detail = "the same request is under way; ask again for its answer";
            return Problem::new(StatusCode::CONFLICT, "in_progress", detail)
                .retry_after(Duration::from_secs(1))
                .into_response();
        }
        Ok(Claim::OtherRequest) => {
            let detail = "the key was used for another request; choose a new one for each";
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
                .into_response();
        }
        Err(error) => return Problem::from(error).into_response(),
    };
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(keyed.new_ids());
    let response = next.run(request).await;
    carry_out(&app, &keyed, claim, response).await
}

/// Keeps an answer, or gives the key back when the answer may be another one next time.
async fn carry_out(app: &App, keyed: &Keyed, claim: Uuid, response: Response) -> Response {
    let keys = app.store.idempotency_keys();
    let release = async || {
        if let Err(error) = keys.release(keyed.school, keyed.request(), claim).await {
            tracing::warn!(%error, "an idempotency key is held until its lease is over");
        }
    };
    if passes(response.status()) {
        release().await;
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MOST_KEPT).await else {
        release().await;
        tracing::error!("an answer to a request with a key is too long to be kept");
        return Problem::internal().into_response();
    };
    let headers = OF_THE_ANSWER.iter().filter_map(|name| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let answer =
        KeptAnswer { status: parts.status.as_u16(), headers: headers.collect(), body: body.to_vec() };
    if let Err(error) = keys.keep(keyed.school, keyed.request(), claim, &answer).await {
        tracing::warn!(%error, "an answer is not kept for its idempotency key; asked again, ids keep it from being made twice");
    }
    Response::from_parts(parts, Body::from(body))
}

/// Whether the same request may get another answer without anything done about it.
fn passes(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        )
}

fn again(answer: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Longest body of all routes; each keeps its own limit behind this.
fn longest(app: &App) -> usize {
    app.config.http.body_bytes.max(MOST_BYTES)
}

fn key_of(request: &Request) -> Result<Option<String>, Problem> {
    if request.method() != Method::POST {
        return Ok(None);
    }
    let Some(value) = request.headers().get(KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    let good = (1..=MOST_KEY).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if good {
        return Ok(Some(key.to_owned()));
    }
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid_idempotency_key",
        "an Idempotency-Key has 1 to 255 printable ASCII characters",
    ))
}

fn fingerprint(parts: &Parts, body: &Bytes) -> Uuid {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let head = format!("{} {target}\n", parts.method);
    let bytes = [head.as_bytes(), kind, b"\n", body].concat();
    Uuid::new_v5(&Uuid::NAMESPACE_URL, &bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn request(key: &[u8]) -> Request {
        Request::post("/").header(KEY, HeaderValue::from_bytes(key).unwrap()).body(Body::empty()).unwrap()
    }

    #[test]
    fn keys_are_short_and_printable() {
        assert_eq!(key_of(&request(b"a key")).unwrap().as_deref(), Some("a key"));
        assert!(key_of(&request(&[b'k'; 255])).is_ok());
        for bad in [&b""[..], &[b'k'; 256], "schlüssel".as_bytes(), b"a\tb"] {
            assert!(key_of(&request(bad)).is_err(), "{bad:?}");
        }
        let get = Request::get("/").header(KEY, "k").body(Body::empty()).unwrap();
        assert_eq!(key_of(&get).unwrap(), None);
    }

    #[test]
    fn what_a_key_makes_is_the_same_for_the_same_request_of_the_same_person_only() {
        let keyed = |school: u128, person: u128, key: &str, print: u128| Keyed {
            school: SchoolId(Uuid::from_u128(school)),
            person: PersonId(Uuid::from_u128(person)),
            key: key.to_owned(),
            fingerprint: Uuid::from_u128(print),
        };
        let of = |keyed: Keyed, name: &str| keyed.new_ids().id(name);
        let first = of(keyed(1, 2, "k", 3), "course");
        assert_eq!(first, of(keyed(1, 2, "k", 3), "course"));
        let others = [(2, 2, "k", 3), (1, 3, "k", 3), (1, 2, "l", 3), (1, 2, "k", 4)];
        for (school, person, key, print) in others {
            assert_ne!(first, of(keyed(school, person, key, print), "course"));
        }
        assert_ne!(first, of(keyed(1, 2, "k", 3), "lesson"));
        assert_ne!(NewIds(None).id("course"), NewIds(None).id("course"));
    }
}
