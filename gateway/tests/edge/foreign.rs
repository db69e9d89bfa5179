//! Ids of other schools and ids of nothing cannot be told apart, in any operation that the API's description has.

mod school;

use crate::{
    classroom::Somebody,
    harness::{Server, json_of},
};
use gateway::http::openapi;
use reqwest::{Method, StatusCode};
use school::{School, send};
use serde_json::{Value, json};
use uuid::Uuid;

/// What follows an id of which kind, where the address does not say it.
const NAMED: [(&str, &str); 4] =
    [("category", "categories"), ("item", "line-items"), ("student", "people"), ("person", "people")];

/// Operations with an id in their address that are not asked, and why.
const LEFT_OUT: [(&str, &str); 1] =
    [("join_game", "whoever has the PIN comes in, from anywhere: the PIN is what is guarded")];

/// What is handed to operations that take something. It is good, so that nothing but the id can be refused.
fn body(operation: &str, own: &School) -> Option<Value> {
    let line_item = &own.ids["line-items"];
    Some(match operation {
        "change_academic_session" => {
            json!({"kind": "term", "title": "Autumn", "starts_at": 1_000, "ends_at": 2_000})
        }
        "change_class" => json!({"name": "5a"}),
        "edit_message" => json!({"body": "Hello again"}),
        "mark_read" => json!({"seq": 1}),
        "mute_conversation" => json!({"until": null}),
        "send_message" => json!({"nonce": Uuid::now_v7(), "body": "Hello"}),
        "change_course" => json!({"title": "Geography", "archived": false}),
        "change_lesson" | "create_lesson" => json!({"title": "Rivers", "content": {"blocks": []}}),
        "enroll" => json!({"role": "student", "state": "active", "time_factor": 1.0}),
        "order_lessons" => json!({"lessons": [own.ids["lessons"]]}),
        "publish_lesson" => json!({"version": 1}),
        "change_assignment" | "create_assignment" => json!({"title": "Essay", "state": "open"}),
        "change_category" | "create_category" => json!({"title": "Homework", "rules": {}}),
        "change_line_item" | "create_line_item" => json!({"title": "First", "points_possible": 10.0}),
        "submit" => json!({"content": {}}),
        "enter_scores" => {
            json!({"scores": [{"line_item": line_item, "student": own.student.id, "given": 8.0}]})
        }
        "import_enrollments" => json!("classSourcedId,userSourcedId,role\n"),
        "put_progress" => json!({"state": "in_progress", "fraction_ppm": 500_000}),
        "replace_quiz" => json!({"title": "Rivers", "questions": [
            {"prompt": "Wet?", "kind": "true_false", "correct": true}]}),
        "change_conversation" | "replace_skill" => json!({"title": "Rivers"}),
        "return_submission" => json!({"comment": "Well seen"}),
        "review_card" => json!({"answer": {"text": "Nile"}}),
        "set_grading_policy" => json!({}),
        "what_if" => json!({"scores": [{"line_item": line_item, "given": 9.0}]}),
        _ => return None,
    })
}

/// An operation with ids in its address.
struct Operation {
    name: String,
    method: Method,
    path: String,
    takes: bool,
    /// The braces of its ids, and of what kind they are.
    ids: Vec<(String, &'static str)>,
}

fn operations(kinds: &School) -> Vec<Operation> {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let segments: Vec<&str> = path.split('/').collect();
        let ids: Vec<(String, &'static str)> = (1..segments.len())
            .filter(|at| {
                segments[*at].starts_with('{') && !["{version}", "{seq}", "{emoji}"].contains(&segments[*at])
            })
            .map(|at| {
                let name = segments[at].trim_matches(['{', '}']);
                let named = NAMED.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
                let kind = named.unwrap_or(segments[at - 1]);
                let kind = kinds.ids.keys().find(|known| **known == kind);
                (
                    segments[at].to_owned(),
                    *kind.unwrap_or_else(|| unreachable!("{path}: make one of these in School")),
                )
            })
            .collect();
        if ids.is_empty() {
            continue;
        }
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            if LEFT_OUT.iter().any(|(left, _)| *left == name) {
                continue;
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let takes = operation.get("requestBody").is_some();
            found.push(Operation { name, method, path: path.clone(), takes, ids: ids.clone() });
        }
    }
    // Whom somebody blocks, the others cannot be asked about any more.
    found.sort_by_key(|operation| operation.name == "block_person");
    found
}

async fn answer(
    server: &Server,
    who: &Somebody,
    operation: &Operation,
    address: &str,
    own: &School,
) -> (StatusCode, String) {
    let body = operation.takes.then(|| {
        body(&operation.name, own)
            .unwrap_or_else(|| unreachable!("{}: say in `body` what it takes", operation.name))
    });
    let response = send(server, who, &operation.method, address, body.as_ref()).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

/// The address with the school's own ids, but for the one at `other`.
fn address(operation: &Operation, own: &School, other: Option<(usize, &str)>) -> String {
    let ids = operation.ids.iter().enumerate();
    let path = ids.fold(operation.path.clone(), |path, (at, (brace, kind))| {
        let id = other.filter(|(place, _)| *place == at).map_or(own.ids[kind].as_str(), |(_, id)| id);
        path.replace(brace, id)
    });
    path.replace("{version}", "1").replace("{seq}", "1").replace("{emoji}", "%F0%9F%91%8D")
}

async fn nothing_tells_foreign_ids_from_unknown_ones(server: &Server) {
    let (own, foreign) = (School::new(server).await, School::new(server).await);
    let operations = operations(&own);
    let mut asked = 0;
    for operation in &operations {
        for (role, who) in own.everybody() {
            let may = answer(server, who, operation, &address(operation, &own, None), &own).await;
            for (at, (_, kind)) in operation.ids.iter().enumerate() {
                let what = format!("{} with another {kind}, as {role}", operation.name);
                let unknown = Uuid::now_v7().to_string();
                let unknown = address(operation, &own, Some((at, &unknown)));
                let unknown = answer(server, who, operation, &unknown, &own).await;
                let other = address(operation, &own, Some((at, &foreign.ids[kind])));
                let other = answer(server, who, operation, &other, &own).await;
                assert_eq!(other, unknown, "{what}");
                let code: Value = serde_json::from_str(&other.1).unwrap();
                if other.0 == StatusCode::FORBIDDEN {
                    assert_eq!(may, other, "{what}: with an own id as well");
                } else {
                    assert_eq!(
                        (other.0, &code["code"]),
                        (StatusCode::NOT_FOUND, &json!("not_found")),
                        "{what}"
                    );
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 150, "{asked}");
}

/// Whoever is refused everything would pass the test above.
async fn own_ids_are_found(server: &Server) {
    let own = School::new(server).await;
    for operation in operations(&own) {
        let mut found = false;
        for (_, who) in own.everybody() {
            let (status, _) = answer(server, who, &operation, &address(&operation, &own, None), &own).await;
            found |= status != StatusCode::NOT_FOUND && status != StatusCode::FORBIDDEN;
        }
        // A game that is not over has nothing to look back on.
        let looks_back = operation.path.starts_with("/api/v1/games/");
        assert!(found || looks_back, "{}", operation.name);
    }
}

/// What a class shows to its teacher.
async fn all_of_class(server: &Server, own: &School) -> Vec<Value> {
    let mut all = Vec::new();
    let class = &own.ids["classes"];
    for part in ["gradebook", "categories", "line-items", "assignments", "progress"] {
        let path = format!("/api/v1/classes/{class}/{part}");
        let mut shown = json_of(send(server, &own.teacher, &Method::GET, &path, None), 200).await;
        shown["as_of"] = Value::Null;
        all.push(shown);
    }
    all
}

async fn ids_of_others_in_what_is_sent_are_refused(server: &Server) {
    let (own, foreign) = (School::new(server).await, School::new(server).await);
    let class = |rest: &str| format!("/api/v1/classes/{}/{rest}", own.ids["classes"]);
    let (student, line_item) = (own.student.id, &own.ids["line-items"]);
    let score = |item: &str, student: &str| json!({"scores": [{"line_item": item, "student": student, "given": 1.0}]});
    let others = |own_class: &str, kind: &str| {
        [own_class.to_owned(), foreign.ids[kind].clone(), Uuid::now_v7().to_string()]
    };
    let mut sent: Vec<(&Somebody, Method, String, Value, &str)> = Vec::new();
    let teacher = &own.teacher;
    for id in others(&own.other_category, "categories") {
        let item = json!({"title": "x", "points_possible": 1.0, "category": id});
        sent.push((teacher, Method::POST, class("line-items"), item.clone(), "category"));
        sent.push((teacher, Method::PUT, class(&format!("line-items/{line_item}")), item, "category"));
        let category = json!({"title": "x", "rules": {}, "parent": id});
        sent.push((teacher, Method::POST, class("categories"), category.clone(), "parent"));
        let path = class(&format!("categories/{}", own.ids["categories"]));
        sent.push((teacher, Method::PUT, path, category, "parent"));
    }
    for id in others(&own.other_line_item, "line-items") {
        sent.push((teacher, Method::POST, class("scores"), score(&id, &student.to_string()), "line_item"));
        let path = class(&format!("grades/{student}/what-if"));
        sent.push((
            teacher,
            Method::POST,
            path,
            json!({"scores": [{"line_item": id, "given": 1.0}]}),
            "line_item",
        ));
        let work = json!({"title": "x", "state": "open", "line_item": id});
        sent.push((teacher, Method::POST, class("assignments"), work.clone(), "line_item"));
        let path = format!("/api/v1/assignments/{}", own.ids["assignments"]);
        sent.push((teacher, Method::PUT, path, work, "line_item"));
    }
    for id in others(&own.teacher.id.to_string(), "people") {
        sent.push((teacher, Method::POST, class("scores"), score(line_item, &id), "student"));
    }
    for id in others(&Uuid::now_v7().to_string(), "academic-sessions") {
        let term = json!({"kind": "term", "title": "x", "starts_at": 1_000, "ends_at": 2_000, "parent": id});
        let path = "/api/v1/academic-sessions".to_owned();
        sent.push((&own.admin, Method::POST, path, term, "parent"));
        let named = json!({"name": "x", "session": id});
        sent.push((teacher, Method::POST, "/api/v1/classes".to_owned(), named, "session"));
        let item = json!({"title": "x", "points_possible": 1.0, "session": id});
        sent.push((teacher, Method::POST, class("line-items"), item, "session"));
    }
    for id in others(&Uuid::now_v7().to_string(), "courses") {
        let named = json!({"name": "x", "course": id});
        sent.push((teacher, Method::POST, "/api/v1/classes".to_owned(), named, "course"));
    }
    for id in others(&Uuid::now_v7().to_string(), "lessons") {
        let path = format!("/api/v1/courses/{}/lessons/order", own.ids["courses"]);
        sent.push((teacher, Method::PUT, path, json!({"lessons": [id]}), "lessons"));
    }
    for id in others(&Uuid::now_v7().to_string(), "quizzes") {
        let lesson = json!({"title": "x", "content": {"blocks": [{"kind": "quiz", "quiz": id}]}});
        let path = format!("/api/v1/courses/{}/lessons", own.ids["courses"]);
        sent.push((teacher, Method::POST, path, lesson, "content.blocks.0.quiz"));
    }
    for id in others(&Uuid::now_v7().to_string(), "skills") {
        let quiz = json!({"title": "x", "questions": [
            {"prompt": "Wet?", "kind": "true_false", "correct": true, "skills": [id]}]});
        sent.push((teacher, Method::POST, "/api/v1/quizzes".to_owned(), quiz, "questions[0].skills[0]"));
    }
    for id in others(&Uuid::now_v7().to_string(), "quizzes") {
        sent.push((teacher, Method::POST, "/api/v1/games".to_owned(), json!({"quiz_id": id}), ""));
    }
    for id in others(&Uuid::now_v7().to_string(), "classes") {
        let game = json!({"quiz_id": own.ids["quizzes"], "settings": {"class": id}});
        sent.push((teacher, Method::POST, "/api/v1/games".to_owned(), game, ""));
    }
    for id in [foreign.item.clone(), Uuid::now_v7().to_string()] {
        let answer = json!({"item": id, "answer": {"text": "Nile"}, "op": Uuid::now_v7()});
        sent.push((&own.student, Method::POST, "/api/v1/me/responses".to_owned(), answer, ""));
    }
    for id in others(&Uuid::now_v7().to_string(), "skills") {
        sent.push((&own.student, Method::GET, format!("/api/v1/me/next-item?skill={id}"), Value::Null, ""));
    }
    let before = all_of_class(server, &own).await;
    for (who, method, path, body, field) in sent {
        let body = (!body.is_null()).then_some(body);
        let response = send(server, who, &method, &path, body.as_ref()).send().await.unwrap();
        let status = response.status();
        let told: Value = response.json().await.unwrap();
        let what = format!("{method} {path} {body:?}: {told}");
        if field.is_empty() {
            assert_eq!((status, &told["code"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{what}");
        } else {
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
            let named = told["errors"][0]["field"].as_str().unwrap_or_default();
            assert!(named.ends_with(field), "{what}");
        }
    }
    assert_eq!(all_of_class(server, &own).await, before);
    let ops = |lesson: &str| {
        let op = json!({"op": Uuid::now_v7(), "lesson": lesson, "state": "completed", "fraction_ppm": 1, "happened_at": 1});
        json!({"ops": [op]})
    };
    for lesson in [&foreign.ids["lessons"], &Uuid::now_v7().to_string()] {
        let path = "/api/v1/me/progress/batch";
        let merged = send(server, &own.student, &Method::POST, path, Some(&ops(lesson)));
        assert_eq!(json_of(merged, 200).await["ops"][0]["verdict"], "unknown_lesson");
    }
    for subject in [&foreign.ids["classes"], &Uuid::now_v7().to_string()] {
        let path = format!("/api/v1/audit-log?subject={subject}");
        let none = json_of(send(server, &own.admin, &Method::GET, &path, None), 200).await;
        assert_eq!(none["items"], json!([]));
    }
}

#[tokio::test]
async fn nothing_tells_foreign_ids_from_unknown_ones_on_sqlite() {
    let server = Server::start(false, |_| {}).await;
    nothing_tells_foreign_ids_from_unknown_ones(&server).await;
    own_ids_are_found(&server).await;
}

#[tokio::test]
async fn ids_of_others_in_what_is_sent_are_refused_on_sqlite() {
    ids_of_others_in_what_is_sent_are_refused(&Server::start(false, |_| {}).await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_tells_foreign_ids_from_unknown_ones_on_postgres() {
    let server = Server::on_postgres().await;
    nothing_tells_foreign_ids_from_unknown_ones(&server).await;
    own_ids_are_found(&server).await;
    ids_of_others_in_what_is_sent_are_refused(&server).await;
}
