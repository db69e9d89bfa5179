use crate::harness::{Server, header, json_of, problem};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use protocol::{ids::SchoolId, role::Role};
use reqwest::Method;
use serde_json::json;

const SIGN_IN: &str = "/api/v1/demo/session";

#[tokio::test]
async fn a_demo_account_signs_in_and_is_known() {
    let server = Server::demo().await;
    let info = json_of(server.get("/api/v1/server"), 200).await;
    assert_eq!(info["demo"], true);
    let account = &info["demo_accounts"][0];
    let body = json!({"login": account["login"], "password": "schoolbell"});
    let session = json_of(server.post(SIGN_IN, &body), 200).await;
    let me = json_of(server.get("/api/v1/me").bearer_auth(session["token"].as_str().unwrap()), 200).await;
    assert_eq!(me, session["me"]);
    assert_eq!(
        (&me["name"], &me["role"], &me["guest"]),
        (&account["name"], &json!("teacher"), &json!(false))
    );
    assert!(!me["school"]["name"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let server = Server::demo().await;
    for (login, password) in [("teacher@demo.school", "x"), ("nobody@demo.school", "schoolbell"), ("", "")] {
        let body = json!({"login": login, "password": password});
        problem(server.post(SIGN_IN, &body), 401, "unauthorized").await;
    }
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_and_then_refused() {
    let server = Server::demo().await;
    let guess = json!({"login": "teacher@demo.school", "password": "guess"});
    let mut guesses: FuturesUnordered<_> = (0..120).map(|_| server.post(SIGN_IN, &guess).send()).collect();
    let refused = loop {
        let response = guesses.next().await.unwrap().unwrap();
        if response.status() == 429 {
            break response;
        }
        assert_eq!(response.status(), 401);
    };
    assert!(header(&refused, "retry-after").parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn without_demo_mode_there_are_no_demo_accounts() {
    let server = Server::start(false, |_| {}).await;
    let info = json_of(server.get("/api/v1/server"), 200).await;
    assert_eq!((&info["demo"], &info["demo_accounts"]), (&json!(false), &json!([])));
    let body = json!({"login": "teacher@demo.school", "password": "schoolbell"});
    problem(server.post(SIGN_IN, &body), 404, "not_found").await;
}

/// Every route that wants somebody signed in.
const PROTECTED: [(&str, &str, bool); 17] = [
    ("GET", "/api/v1/me", false),
    ("GET", "/api/v1/classes", true),
    ("GET", "/api/v1/colleagues", true),
    ("GET", "/api/v1/quizzes", true),
    ("POST", "/api/v1/quizzes", true),
    ("POST", "/api/v1/quizzes/import", true),
    ("GET", "/api/v1/quizzes/{id}", true),
    ("PUT", "/api/v1/quizzes/{id}", true),
    ("DELETE", "/api/v1/quizzes/{id}", true),
    ("POST", "/api/v1/quizzes/{id}/restore", true),
    ("GET", "/api/v1/quizzes/{id}/versions", true),
    ("GET", "/api/v1/quizzes/{id}/versions/1", true),
    ("GET", "/api/v1/quizzes/{id}/export", true),
    ("GET", "/api/v1/games", true),
    ("POST", "/api/v1/games", true),
    ("GET", "/api/v1/games/{id}/report", true),
    ("GET", "/api/v1/games/{id}/replay", true),
];

fn fill(path: &str, id: &str) -> String {
    path.replace("{id}", id)
}

#[tokio::test]
async fn every_protected_route_wants_a_good_token() {
    let server = Server::demo().await;
    let (game, pin) = server.open_game(&server.teacher().await).await;
    let body = json!({"pin": pin, "nickname": "Ada"});
    let joined = json_of(server.post(&format!("/api/v1/games/{game}/join"), &body), 200).await;
    let guest = joined["token"].as_str().unwrap();
    let student = server.sign_in("amira@demo.school").await;
    let stranger = server.token(SchoolId::generate(), Role::Student);
    let forged = format!("{}x", server.teacher().await);
    for (method, path, staff_only) in PROTECTED {
        let request = || server.request(Method::from_bytes(method.as_bytes()).unwrap(), &fill(path, &game));
        problem(request(), 401, "unauthorized").await;
        problem(request().bearer_auth(&forged), 401, "unauthorized").await;
        problem(request().header("authorization", "Basic dGVhY2hlcjp4"), 401, "unauthorized").await;
        if staff_only {
            for token in [guest, &student, &stranger] {
                problem(request().bearer_auth(token), 403, "forbidden").await;
            }
        }
    }
}

#[tokio::test]
async fn staff_of_another_school_find_nothing_here() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let (game, _) = server.open_game(&teacher).await;
    let library = json_of(server.get("/api/v1/quizzes").bearer_auth(&teacher), 200).await;
    let quiz = library["items"][0]["id"].as_str().unwrap();
    for role in [Role::Teacher, Role::Admin, Role::SchoolAdmin, Role::SuperAdmin] {
        let stranger = server.token(SchoolId::generate(), role);
        let theirs = json_of(server.get("/api/v1/quizzes").bearer_auth(&stranger), 200).await;
        assert_eq!(theirs["items"], json!([]), "{role:?}");
        for path in ["", "/versions", "/versions/1", "/export"] {
            let path = format!("/api/v1/quizzes/{quiz}{path}");
            problem(server.get(&path).bearer_auth(&stranger), 404, "not_found").await;
        }
        let path = format!("/api/v1/quizzes/{quiz}");
        problem(server.request(Method::DELETE, &path).bearer_auth(&stranger), 404, "not_found").await;
        let edit = server
            .request(Method::PUT, &path)
            .header("if-match", "\"1\"")
            .json(&crate::harness::quiz("Mine"));
        problem(edit.bearer_auth(&stranger), 404, "not_found").await;
        let open = server.post("/api/v1/games", &json!({"quiz_id": quiz})).bearer_auth(&stranger);
        problem(open, 404, "not_found").await;
        for path in ["report", "replay"] {
            let path = format!("/api/v1/games/{game}/{path}");
            problem(server.get(&path).bearer_auth(&stranger), 404, "not_found").await;
        }
    }
}

#[tokio::test]
async fn all_staff_roles_may_keep_quizzes_and_new_people_are_taken_from_their_token() {
    let server = Server::start(false, |_| {}).await;
    for role in [Role::Teacher, Role::Admin, Role::SchoolAdmin, Role::SuperAdmin] {
        let token = server.token(SchoolId::generate(), role);
        let quiz = server.post("/api/v1/quizzes", &crate::harness::quiz("First")).bearer_auth(&token);
        json_of(quiz, 201).await;
        let (game, _) = server.open_game(&token).await;
        json_of(server.get(&format!("/api/v1/games/{game}/report")).bearer_auth(&token), 200).await;
    }
}

#[tokio::test]
async fn a_teacher_whose_token_names_no_person_may_connect_but_owns_nothing() {
    let secret = "a secret that is shared with the platform";
    let server = Server::start(false, |config| {
        config.auth.hs256_secret = serde_json::from_value(json!(secret)).unwrap();
    })
    .await;
    let exp = server.app.node.clock.now_ms() / 1_000 + 600;
    let claims =
        json!({"sub": "teacher-42", "role": "teacher", "schoolId": SchoolId::generate(), "exp": exp});
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    let me = json_of(server.get("/api/v1/me").bearer_auth(&token), 200).await;
    assert_eq!(
        (&me["id"], &me["role"], &me["guest"]),
        (&json!("teacher-42"), &json!("teacher"), &json!(false))
    );
    let refused = problem(server.get("/api/v1/quizzes").bearer_auth(&token), 403, "forbidden").await;
    assert!(refused["detail"].as_str().unwrap().contains("id of a person"), "{refused}");
}
