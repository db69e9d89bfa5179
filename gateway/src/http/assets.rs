//! The web app, built into the binary.

use super::Problem;
use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::fmt::Write as _;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
struct WebApp;

const INDEX: &str = "index.html";
/// Vite names these files after their content, so they never change.
const HASHED: &str = "assets/";

/// What stands at `/` when the binary was built without the web app.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Schoolbell</title>\
<h1>Schoolbell runs, but its web app was not built in</h1>\
<p>Run <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code>, then build the server again, \
or do both by <code>make run</code>. The API is described at <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.";

/// Serves a file of the web app, and its page for every address that is not a file: the app has its own routes.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Problem::of_status(StatusCode::METHOD_NOT_ALLOWED).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = WebApp::get(path).filter(|_| path != INDEX) {
        return respond(path, file, &headers);
    }
    // A missing file is missing; only addresses without an extension are the app's.
    let last = path.rsplit('/').next().unwrap_or_default();
    if path.starts_with(HASHED) || last.contains('.') && path != INDEX {
        return Problem::of_status(StatusCode::NOT_FOUND).into_response();
    }
    match WebApp::get(INDEX) {
        Some(index) => respond(INDEX, index, &headers),
        None => Html(NOT_BUILT).into_response(),
    }
}

fn respond(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let etag = etag(&file);
    let cache = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
        ([(header::CONTENT_TYPE, kind)], file.data).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    response
}

/// 16 bytes of the content's hash: enough that two builds never share one.
fn etag(file: &EmbeddedFile) -> String {
    let mut tag = String::from("\"");
    for byte in &file.metadata.sha256_hash()[..16] {
        write!(tag, "{byte:02x}").expect("a string takes all that is written to it");
    }
    tag.push('"');
    tag
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    async fn get(path: &str) -> Response {
        serve(Method::GET, path.parse().unwrap(), HeaderMap::new()).await
    }

    #[tokio::test]
    async fn addresses_of_the_app_get_its_page() {
        for path in ["/", "/join/123456", "/library", "/index.html"] {
            let response = get(path).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap();
            assert!(kind.starts_with("text/html"), "{path}: {kind}");
        }
    }

    #[tokio::test]
    async fn a_missing_file_is_not_found() {
        for path in ["/assets/nothing.js", "/assets/nothing", "/favicon.nope", "/../Cargo.toml"] {
            assert_eq!(get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn only_reading_is_allowed() {
        let response = serve(Method::POST, "/".parse().unwrap(), HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
