//! A school with one of everything, made over HTTP where that is possible.

use crate::{
    classroom::{Somebody, id, somebody},
    harness::{Server, json_of},
};
use persistence::{Micros, classes::ClassContent};
use protocol::{
    ids::{ClassId, CourseId, LessonId, SchoolId},
    role::Role,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

pub struct School {
    pub admin: Somebody,
    pub teacher: Somebody,
    pub student: Somebody,
    /// By the noun that stands before an id in an address.
    pub ids: BTreeMap<&'static str, String>,
    /// An item that the student is shown, and may answer.
    pub item: String,
    /// A category of another class of the school.
    pub other_category: String,
    /// A line item of it.
    pub other_line_item: String,
}

/// As somebody.
pub fn send(
    server: &Server,
    who: &Somebody,
    method: &Method,
    path: &str,
    body: Option<&Value>,
) -> RequestBuilder {
    let request = server.request(method.clone(), path).bearer_auth(&who.token);
    let request = request.header("if-match", "\"1\"");
    match body {
        Some(Value::String(text)) => request.header("content-type", "text/csv").body(text.clone()),
        Some(body) => request.json(body),
        None => request,
    }
}

async fn make(server: &Server, who: &Somebody, path: &str, body: Value) -> Value {
    let response = send(server, who, &Method::POST, path, Some(&body)).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
    response.json().await.unwrap()
}

async fn get(server: &Server, who: &Somebody, path: &str) -> Value {
    json_of(send(server, who, &Method::GET, path, None), 200).await
}

async fn class(server: &Server, school: SchoolId, course: CourseId, people: [&Somebody; 2]) -> ClassId {
    let (class, classes) = (ClassId::generate(), server.app.store.classes());
    let content = ClassContent { title: "5a".to_owned(), course: Some(course), session: None };
    classes.create(school, class, &content, Micros(1)).await.unwrap();
    for (person, role) in people.into_iter().zip([Role::Teacher, Role::Student]) {
        classes.enroll(school, class, person.id, role, 1.0).await.unwrap();
    }
    class
}

impl School {
    pub async fn new(server: &Server) -> Self {
        let (school, course, lesson) = (SchoolId::generate(), CourseId::generate(), LessonId::generate());
        let admin = somebody(server, school, Role::SchoolAdmin, "Anna").await;
        let teacher = somebody(server, school, Role::Teacher, "Tess").await;
        let student = somebody(server, school, Role::Student, "Ada").await;
        let store = &server.app.store;
        store.courses().create(school, course, "Geography", Micros(1)).await.unwrap();
        store
            .lessons()
            .create(school, course, lesson, "Rivers", &json!({"blocks": []}), Micros(1))
            .await
            .unwrap();
        store.lessons().publish(school, lesson, Some(1)).await.unwrap();
        let own = class(server, school, course, [&teacher, &student]).await;
        let other = class(server, school, course, [&teacher, &student]).await;

        let term = json!({"kind": "term", "title": "Autumn", "starts_at": 1_000, "ends_at": 2_000});
        let term = id(&make(server, &admin, "/api/v1/academic-sessions", term).await);
        let here = format!("/api/v1/classes/{own}");
        let there = format!("/api/v1/classes/{other}");
        let category = json!({"title": "Homework", "rules": {}});
        let [category, other_category] = [
            id(&make(server, &teacher, &format!("{here}/categories"), category.clone()).await),
            id(&make(server, &teacher, &format!("{there}/categories"), category).await),
        ];
        let line_item = json!({"title": "First", "points_possible": 10.0});
        let [line_item, other_line_item] = [
            id(&make(server, &teacher, &format!("{here}/line-items"), line_item.clone()).await),
            id(&make(server, &teacher, &format!("{there}/line-items"), line_item).await),
        ];
        let score = json!({"scores": [{"line_item": line_item, "student": student.id, "given": 7.0}]});
        make(server, &teacher, &format!("{here}/scores"), score).await;
        let work = json!({"title": "Essay", "state": "open", "attempts": 9, "line_item": line_item});
        let assignment = id(&make(server, &teacher, &format!("{here}/assignments"), work).await);
        let submissions = format!("/api/v1/assignments/{assignment}/submissions");
        let submission = id(&make(server, &student, &submissions, json!({"content": {}})).await);
        let skill = id(&make(server, &teacher, "/api/v1/skills", json!({"title": "Rivers"})).await);
        let question = |n: u8| json!({"prompt": format!("River {n}?"), "kind": "typed", "accepted": ["Nile"], "skills": [skill]});
        let quiz = json!({"title": "Rivers", "questions": [question(1), question(2)]});
        let quiz = id(&make(server, &teacher, "/api/v1/quizzes", quiz).await);
        let game = make(server, &teacher, "/api/v1/games", json!({"quiz_id": quiz})).await;

        let next = "/api/v1/me/next-item";
        let shown = get(server, &student, next).await;
        let answer = json!({"item": shown["item"], "answer": {"text": "Nile"}, "op": Uuid::now_v7()});
        make(server, &student, "/api/v1/me/responses", answer).await;
        let cards = get(server, &student, "/api/v1/me/reviews?due_before=9000000000000").await;
        let item = get(server, &student, next).await["item"].as_str().unwrap().to_owned();
        let group = json!({"kind": "group", "title": "Rivers", "people": [student.id]});
        let group = id(&make(server, &teacher, "/api/v1/conversations", group).await);
        let hello = json!({"nonce": Uuid::now_v7(), "body": "Hello"});
        make(server, &teacher, &format!("/api/v1/conversations/{group}/messages"), hello).await;
        let ids = [
            ("academic-sessions", term),
            ("assignments", assignment),
            ("categories", category),
            ("classes", own.to_string()),
            ("conversations", group),
            ("courses", course.to_string()),
            ("games", game["game"].as_str().unwrap().to_owned()),
            ("lessons", lesson.to_string()),
            ("line-items", line_item),
            ("people", student.id.to_string()),
            ("progress", lesson.to_string()),
            ("quizzes", quiz),
            ("reviews", cards["items"][0]["id"].as_str().unwrap().to_owned()),
            ("skills", skill),
            ("submissions", submission),
        ];
        Self { admin, teacher, student, ids: ids.into(), item, other_category, other_line_item }
    }

    /// Of the roles that a token may have.
    pub fn everybody(&self) -> [(&'static str, &Somebody); 3] {
        [("admin", &self.admin), ("teacher", &self.teacher), ("student", &self.student)]
    }
}
