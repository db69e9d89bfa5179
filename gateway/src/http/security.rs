//! Headers that tell browsers what a page of this server may do, and who may call from elsewhere.

use super::idempotency;
use crate::config::Config;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use std::time::Duration;
use tower_http::cors::CorsLayer;

/// Everything comes from this server; pictures of quizzes may come from elsewhere by https.
const POLICY: &str = "default-src 'self'; img-src 'self' https: data:; style-src 'self'; script-src 'self'; \
    font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    connect-src 'self'";

const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// Adds the headers to a response that does not set them itself.
pub async fn headers(request: Request, next: Next) -> Response {
    let policy = policy(request.headers());
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response.headers_mut().entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    response
}

/// The policy for a page of this host. Browsers before 2022 do not count `ws:` and `wss:` of the same host as `'self'`,
/// and schools keep their tablets for long.
fn policy(request: &HeaderMap) -> HeaderValue {
    let host = request.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // What a client writes into Host must not become a directive of its own.
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    let named = (plain && !host.is_empty()).then(|| format!("{POLICY} ws://{host} wss://{host}"));
    named.and_then(|text| text.parse().ok()).unwrap_or(HeaderValue::from_static(POLICY))
}

/// Lets pages of the configured origins call the API. Tokens travel in a header, so no cookies are allowed.
pub fn cors(config: &Config) -> CorsLayer {
    let origins = config.allowed_origins.iter().chain(&config.public_url);
    let origins: Vec<HeaderValue> = origins.filter_map(|origin| origin.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            idempotency::KEY,
        ])
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER, idempotency::REPLAYED])
        .max_age(Duration::from_secs(600))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn policy_for(host: &str) -> String {
        let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        policy(&headers).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_page_may_open_sockets_to_its_own_host_only() {
        let policy = policy_for("live.school.example:8000");
        assert!(
            policy
                .ends_with("connect-src 'self' ws://live.school.example:8000 wss://live.school.example:8000")
        );
    }

    #[test]
    fn a_host_cannot_write_into_the_policy() {
        for host in ["x; script-src *", "x y", "*", "'unsafe-inline'", ""] {
            assert_eq!(policy_for(host), POLICY, "{host}");
        }
    }
}
