//! Requests with a key: sent again, they are answered as before.

use crate::harness::{Server, header, json_of, problem, quiz};
use axum::{Router, body::Body, extract::Request, middleware::from_fn_with_state, routing::post};
use gateway::http::uninterrupted::carry_through;
use protocol::role::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;
use tower::ServiceExt as _;

async fn quizzes(server: &Server, token: &str) -> usize {
    let listed = json_of(server.get("/api/v1/quizzes?limit=200").bearer_auth(token), 200).await;
    listed["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_post_with_a_key_does_its_work_once() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let before = quizzes(&server, &token).await;
    let body = quiz("Twice");
    let send = |key: &'static str| {
        server.post("/api/v1/quizzes", &body).bearer_auth(&token).header("idempotency-key", key)
    };
    let first = send("one").send().await.unwrap();
    assert_eq!((first.status(), header(&first, "idempotency-replayed")), (StatusCode::CREATED, ""));
    let location = header(&first, "location").to_owned();
    let first: Value = first.json().await.unwrap();
    let again = send("one").send().await.unwrap();
    assert_eq!((again.status(), header(&again, "idempotency-replayed")), (StatusCode::CREATED, "true"));
    assert_eq!((header(&again, "location"), header(&again, "etag")), (location.as_str(), "\"1\""));
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    assert_eq!(quizzes(&server, &token).await, before + 1);
    json_of(send("two"), 201).await;
    assert_eq!(quizzes(&server, &token).await, before + 2);
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_person() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let post = |title: &str, token: &str| {
        server.post("/api/v1/quizzes", &quiz(title)).bearer_auth(token).header("idempotency-key", "one")
    };
    json_of(post("First", &token), 201).await;
    problem(post("Second", &token), 422, "idempotency_key_reused").await;
    let colleague = server.token(server.app.auth.verify(&token).await.unwrap().school, Role::Teacher);
    json_of(post("Second", &colleague), 201).await;
    let long = "k".repeat(256);
    let bad =
        server.post("/api/v1/quizzes", &quiz("Long")).bearer_auth(&token).header("idempotency-key", long);
    problem(bad, 422, "invalid_idempotency_key").await;
}

#[tokio::test]
async fn refusals_are_kept_and_requests_that_carry_no_good_token_are_not() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let bad = json!({"title": "", "questions": []});
    let post = |token: &str| {
        server.post("/api/v1/quizzes", &bad).bearer_auth(token).header("idempotency-key", "bad")
    };
    problem(post("nonsense"), 401, "unauthorized").await;
    let first = problem(post(&token), 422, "invalid_quiz").await;
    let again = post(&token).send().await.unwrap();
    assert_eq!(header(&again, "idempotency-replayed"), "true");
    assert_eq!(header(&again, "content-type"), "application/problem+json");
    assert_eq!(again.json::<Value>().await.unwrap(), first);
}

#[tokio::test]
async fn a_sender_who_hangs_up_finds_the_answer() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let before = quizzes(&server, &token).await;
    let post = || {
        server.post("/api/v1/quizzes", &quiz("Hung up")).bearer_auth(&token).header("idempotency-key", "gone")
    };
    let hasty = post().timeout(Duration::from_millis(1)).send().await;
    drop(hasty);
    loop {
        let response = post().send().await.unwrap();
        match response.status() {
            StatusCode::CREATED => break,
            StatusCode::CONFLICT => tokio::time::sleep(Duration::from_millis(20)).await,
            other => unreachable!("{other}"),
        }
    }
    assert_eq!(quizzes(&server, &token).await, before + 1);
}

#[tokio::test]
async fn what_a_sender_asked_for_who_hangs_up_is_carried_through() {
    let server = Server::demo().await;
    let [begun, go_on, done] = [(); 3].map(|()| Arc::new(Notify::new()));
    let work = {
        let (begun, go_on, done) = (Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&done));
        move || async move {
            begun.notify_one();
            go_on.notified().await;
            done.notify_one();
        }
    };
    let router: Router = Router::new()
        .route("/", post(work))
        .route_layer(from_fn_with_state(Arc::clone(&server.app), carry_through));
    let request = Request::post("/").body(Body::empty()).unwrap();
    // Whose future is dropped in the midst of it, as that of a connection that breaks.
    tokio::select! {
        _ = router.oneshot(request) => unreachable!("it waits to be told to go on"),
        () = begun.notified() => {}
    }
    go_on.notify_one();
    tokio::time::timeout(Duration::from_secs(10), done.notified()).await.unwrap();
}

#[tokio::test]
async fn a_content_that_the_caller_has_is_not_sent_again() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let created = json_of(server.post("/api/v1/quizzes", &quiz("Held")).bearer_auth(&token), 201).await;
    let path = format!("/api/v1/quizzes/{}", created["id"].as_str().unwrap());
    let get = |tag: &'static str| server.get(&path).bearer_auth(&token).header("if-none-match", tag).send();
    let held = get("\"1\"").await.unwrap();
    assert_eq!((held.status(), header(&held, "etag")), (StatusCode::NOT_MODIFIED, "\"1\""));
    assert_eq!(held.text().await.unwrap(), "");
    assert_eq!(get("\"2\"").await.unwrap().status(), StatusCode::OK);
    let away = server.request(Method::DELETE, &path).bearer_auth(&token);
    json_of(away, 204).await;
    let changed = get("\"1\"").await.unwrap();
    assert_eq!((changed.status(), header(&changed, "etag")), (StatusCode::OK, "\"1.archived\""));
}
