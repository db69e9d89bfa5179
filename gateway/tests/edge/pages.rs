use crate::harness::{Server, header, json_of, problem};
use reqwest::{Method, header::HeaderMap};
use serde_json::json;

#[tokio::test]
async fn pages_carry_headers_that_keep_foreign_scripts_out() {
    let server = Server::demo().await;
    for path in ["/", "/join/123456", "/health", "/api/v1/server", "/api/v1/nothing"] {
        let response = server.get(path).send().await.unwrap();
        let policy = header(&response, "content-security-policy");
        for directive in
            ["default-src 'self'", "script-src 'self';", "frame-ancestors 'none'", "object-src 'none'"]
        {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&response, "referrer-policy"), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn a_page_that_did_not_change_is_not_sent_again() {
    let server = Server::demo().await;
    let first = server.get("/").send().await.unwrap();
    let Some(tag) = first.headers().get("etag").cloned() else {
        // Built without the web app: the page that says so has no tag.
        assert!(first.text().await.unwrap().contains("npm run build"));
        return;
    };
    assert_eq!(header(&first, "cache-control"), "no-cache");
    let again = server.get("/").header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.text().await.unwrap(), "");
}

#[tokio::test]
async fn every_error_has_the_same_form() {
    let server = Server::start(true, |config| config.http.body_bytes = 2_000).await;
    problem(server.get("/api/v1/nothing"), 404, "not_found").await;
    problem(server.get("/api/elsewhere"), 404, "not_found").await;
    problem(server.get("/missing.js"), 404, "not_found").await;
    problem(server.request(Method::PUT, "/api/v1/games"), 405, "method_not_allowed").await;
    problem(server.request(Method::POST, "/library"), 405, "method_not_allowed").await;
    let find = || server.request(Method::POST, "/api/v1/games/find");
    let json = |body: &'static str| find().header("content-type", "application/json").body(body);
    problem(json("{\"pin\":"), 400, "invalid").await;
    problem(json("{\"pin\":7}"), 422, "invalid").await;
    problem(json("{}"), 422, "invalid").await;
    problem(find().body("pin=1"), 415, "unsupported_media_type").await;
    problem(server.post("/api/v1/games/find", &json!({"pin": "1".repeat(3_000)})), 413, "too_large").await;
    problem(server.request(Method::POST, "/api/v1/games/nonsense/join").json(&json!({})), 404, "not_found")
        .await;
}

#[tokio::test]
async fn each_request_gets_an_id_of_its_own() {
    let server = Server::demo().await;
    let invented = "00000000-0000-7000-8000-000000000000";
    let first = server.get("/health").header("x-request-id", invented).send().await.unwrap();
    let second = server.get("/health").send().await.unwrap();
    let (first, second) = (header(&first, "x-request-id"), header(&second, "x-request-id"));
    assert!(!first.is_empty() && first != invented && first != second, "{first} {second}");
}

#[tokio::test]
async fn pages_of_configured_origins_may_call_the_api_and_others_may_not() {
    let platform = "https://platform.example";
    let server = Server::start(true, |config| config.allowed_origins = vec![platform.to_owned()]).await;
    for (origin, allowed) in [(platform, platform), ("https://elsewhere.example", ""), ("null", "")] {
        let asked = server.request(Method::OPTIONS, "/api/v1/quizzes").header("origin", origin);
        let asked = asked.header("access-control-request-method", "PUT");
        let answer =
            asked.header("access-control-request-headers", "authorization,if-match").send().await.unwrap();
        assert_eq!(header(&answer, "access-control-allow-origin"), allowed, "{origin}");
        assert_eq!(header(&answer, "access-control-allow-credentials"), "", "{origin}");
    }
}

#[tokio::test]
async fn answers_of_the_api_are_kept_by_nobody() {
    let server = Server::demo().await;
    let response = server.get("/api/v1/me").bearer_auth(server.teacher().await).send().await.unwrap();
    assert_eq!(header(&response, "cache-control"), "no-store");
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_ask() {
    let server = Server::demo().await;
    let asked = server.get("/api/v1/openapi.json").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(header(&asked, "content-encoding"), "gzip");
    let plain = server.get("/api/v1/openapi.json").send().await.unwrap();
    assert_eq!(header(&plain, "content-encoding"), "");
}

#[tokio::test]
async fn measurements_name_routes_and_never_what_clients_put_into_them() {
    let server = Server::demo().await;
    tokio::spawn(gateway::telemetry::measure(tokio_util::sync::CancellationToken::new()));
    let id = "0198a000-0000-7000-8000-00000000beef";
    problem(server.get(&format!("/api/v1/games/{id}/report")), 401, "unauthorized").await;
    let text = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("route=\"/api/v1/games/{id}/report\",status=\"401\""), "{text}");
    assert!(text.contains("schoolbell_http_request_seconds_bucket"), "{text}");
    assert!(!text.contains(id));
}

#[tokio::test]
async fn a_server_that_goes_down_is_not_ready_but_alive() {
    let server = Server::demo().await;
    json_of(server.get("/ready"), 200).await;
    server.app.node.begin_drain();
    problem(server.get("/ready"), 503, "not_ready").await;
    json_of(server.get("/health"), 200).await;
}

#[tokio::test]
async fn a_forwarded_address_counts_for_guesses_from_trusted_proxies_only() {
    let wrong = json!({"login": "teacher@demo.school", "password": "guess"});
    let mut headers = HeaderMap::new();
    let server = Server::start(true, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    // Each from an address of its own: nobody is slowed down, however many there are.
    for number in 0..120 {
        headers.insert("x-forwarded-for", format!("198.51.100.{number}").parse().unwrap());
        let guess = server.post("/api/v1/demo/session", &wrong).headers(headers.clone());
        problem(guess, 401, "unauthorized").await;
    }
}
