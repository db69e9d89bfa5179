//! Headers that tell browsers what a page of this server may do, and who may call from elsewhere.

use crate::config::Config;
use axum::{
    http::{HeaderName, HeaderValue, Method, header},
    response::Response,
};
use std::time::Duration;
use tower_http::cors::CorsLayer;

/// Everything comes from this server; pictures of quizzes may come from elsewhere by https. `connect-src 'self'` covers
/// WebSockets of the same host in all browsers of the last years (CSP level 3).
const POLICY: &str = "default-src 'self'; img-src 'self' https: data:; style-src 'self'; script-src 'self'; \
    connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// Adds the headers to a response that does not set them itself.
pub async fn headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Lets pages of the configured origins call the API. Tokens travel in a header, so no cookies are allowed.
#[must_use]
pub fn cors(config: &Config) -> CorsLayer {
    let origins = config.allowed_origins.iter().chain(&config.public_url);
    let origins: Vec<HeaderValue> = origins.filter_map(|origin| origin.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH])
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER])
        .max_age(Duration::from_secs(600))
}
