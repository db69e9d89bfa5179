use crate::harness::{Server, header, json_of, problem, quiz};
use protocol::{ids::SchoolId, role::Role};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_quiz_is_made_edited_put_away_and_taken_back() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let created = json_of(server.post("/api/v1/quizzes", &quiz("Directions")).bearer_auth(&token), 201).await;
    let path = format!("/api/v1/quizzes/{}", created["id"].as_str().unwrap());
    assert_eq!((&created["version"], &created["archived"]), (&json!(1), &json!(false)));

    let shown = server.get(&path).bearer_auth(&token).send().await.unwrap();
    assert_eq!(header(&shown, "etag"), "\"1\"");
    assert_eq!(shown.json::<serde_json::Value>().await.unwrap(), created);

    let put = |tag: &str, title: &str| {
        server.request(Method::PUT, &path).bearer_auth(&token).header("if-match", tag).json(&quiz(title))
    };
    let second = json_of(put("\"1\"", "Directions, mended"), 200).await;
    assert_eq!((&second["version"], &second["title"]), (&json!(2), &json!("Directions, mended")));
    let late = problem(put("\"1\"", "Too late"), 409, "conflict").await;
    assert_eq!(late["current"], 2);
    let blind = server.request(Method::PUT, &path).bearer_auth(&token).json(&quiz("Blind"));
    problem(blind, 428, "if_match_required").await;

    let versions = json_of(server.get(&format!("{path}/versions")).bearer_auth(&token), 200).await;
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    let first = json_of(server.get(&format!("{path}/versions/1")).bearer_auth(&token), 200).await;
    assert_eq!(first["title"], "Directions");
    problem(server.get(&format!("{path}/versions/3")).bearer_auth(&token), 404, "not_found").await;

    let titles = |archived: bool| {
        let path = format!("/api/v1/quizzes?query=mended&archived={archived}");
        let request = server.get(&path).bearer_auth(&token);
        async move { json_of(request, 200).await["items"].as_array().unwrap().len() }
    };
    for _ in 0..2 {
        json_of(server.request(Method::DELETE, &path).bearer_auth(&token), 204).await;
        assert_eq!((titles(false).await, titles(true).await), (0, 1));
    }
    problem(
        server.post("/api/v1/games", &json!({"quiz_id": created["id"]})).bearer_auth(&token),
        404,
        "not_found",
    )
    .await;
    for _ in 0..2 {
        json_of(server.request(Method::POST, &format!("{path}/restore")).bearer_auth(&token), 204).await;
        assert_eq!((titles(false).await, titles(true).await), (1, 0));
    }
}

#[tokio::test]
async fn a_quiz_that_cannot_be_played_is_refused_field_by_field() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let mut bad = quiz("");
    bad["questions"][0]["correct"] = json!(9);
    let problem =
        problem(server.post("/api/v1/quizzes", &bad).bearer_auth(&token), 422, "invalid_quiz").await;
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"title"), "{fields:?}");
    assert!(fields.iter().any(|field| field.starts_with("questions[0]")), "{fields:?}");
}

#[tokio::test]
async fn the_library_is_read_page_by_page_without_gaps() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let whole = json_of(server.get("/api/v1/quizzes").bearer_auth(&token), 200).await;
    assert_eq!(whole["next"], json!(null));
    let mut paged = Vec::new();
    let mut path = "/api/v1/quizzes?limit=1".to_owned();
    loop {
        let page = json_of(server.get(&path).bearer_auth(&token), 200).await;
        paged.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/quizzes?limit=1&cursor={next}");
    }
    assert_eq!(json!(paged), whole["items"]);
    problem(server.get("/api/v1/quizzes?cursor=nonsense").bearer_auth(&token), 400, "invalid").await;
    problem(server.get("/api/v1/quizzes?limit=many").bearer_auth(&token), 400, "invalid").await;
}

#[tokio::test]
async fn a_quiz_travels_as_json_and_as_csv() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let created = json_of(server.post("/api/v1/quizzes", &quiz("Traveller")).bearer_auth(&token), 201).await;
    let export = format!("/api/v1/quizzes/{}/export", created["id"].as_str().unwrap());
    for (format, kind) in [("json", "application/json"), ("csv", "text/csv")] {
        let file = server.get(&format!("{export}?format={format}")).bearer_auth(&token).send().await.unwrap();
        assert_eq!(header(&file, "content-type").split(';').next(), Some(kind));
        assert!(header(&file, "content-disposition").starts_with("attachment; filename="));
        let text = file.text().await.unwrap();
        let import = server.request(Method::POST, "/api/v1/quizzes/import").bearer_auth(&token);
        let again = json_of(import.header("content-type", kind).body(text), 201).await;
        assert_eq!(again["questions"], created["questions"], "{format}");
        assert_ne!(again["id"], created["id"]);
    }
    problem(server.get(&format!("{export}?format=xml")).bearer_auth(&token), 400, "invalid").await;
}

#[tokio::test]
async fn a_broken_file_is_refused_row_by_row() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let import = |kind: &str, body: &str| {
        let request = server.request(Method::POST, "/api/v1/quizzes/import").bearer_auth(&token);
        request.header("content-type", kind).body(body.to_owned())
    };
    let csv = "prompt,option_1,option_2,correct\nWhich way?,north,south,9\n";
    let broken = problem(import("text/csv", csv), 422, "invalid_quiz").await;
    assert_eq!(broken["errors"][0]["row"], 2);
    problem(import("application/json", "{"), 422, "invalid_quiz").await;
    problem(import("application/pdf", ""), 415, "unsupported_media_type").await;
}

#[tokio::test]
async fn a_body_nested_without_end_is_refused() {
    let server = Server::demo().await;
    let token = server.teacher().await;
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let body = format!("{{\"title\":\"Deep\",\"questions\":[{deep}]}}");
    for (path, status, code) in
        [("/api/v1/quizzes", 400, "invalid"), ("/api/v1/quizzes/import", 422, "invalid_quiz")]
    {
        let request = server.request(Method::POST, path).bearer_auth(&token);
        let request = request.header("content-type", "application/json").body(body.clone());
        problem(request, status, code).await;
    }
}

#[tokio::test]
async fn a_teacher_sees_the_colleagues_of_the_own_school_only() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let colleagues = json_of(server.get("/api/v1/colleagues").bearer_auth(&teacher), 200).await;
    let names: Vec<&str> =
        colleagues["items"].as_array().unwrap().iter().filter_map(|person| person["name"].as_str()).collect();
    assert_eq!(names, ["Tomás Rivera"], "without the caller and the students");
    let elsewhere = server.token(SchoolId::generate(), Role::Teacher);
    let colleagues = json_of(server.get("/api/v1/colleagues").bearer_auth(&elsewhere), 200).await;
    assert_eq!(colleagues["items"], json!([]));
}
