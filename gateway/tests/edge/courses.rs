//! Academic sessions, courses and lessons over HTTP.

use crate::{
    classroom::{Classroom, Somebody, id, somebody},
    client::Client,
    harness::{header, json_of, problem},
};
use protocol::{
    ids::{CourseId, LessonId, SchoolId, SessionId},
    role::Role,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

fn put_blind(room: &Classroom, who: &Somebody, path: &str, body: &Value) -> RequestBuilder {
    room.server.request(Method::PUT, path).bearer_auth(&who.token).json(body)
}

async fn titles(request: RequestBuilder) -> Vec<String> {
    let listed = json_of(request, 200).await;
    let rows = listed["items"].as_array().unwrap().iter();
    rows.map(|row| row["title"].as_str().unwrap().to_owned()).collect()
}

async fn twice(room: &Classroom, who: &Somebody, path: &str, body: &Value) -> Value {
    let send = || room.post(who, path, body).header("idempotency-key", "again");
    let first = json_of(send(), 201).await;
    let again = send().send().await.unwrap();
    assert_eq!(header(&again, "idempotency-replayed"), "true");
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    first
}

async fn course_is_made_taught_and_put_away(room: &Classroom) {
    let (teacher, ada) = (&room.teacher, &room.ada);
    let list = "/api/v1/courses";
    let made = twice(room, teacher, list, &json!({"title": " History "})).await;
    assert_eq!(
        (&made["title"], &made["version"], &made["archived"]),
        (&json!("History"), &json!(1), &json!(false))
    );
    assert!(made["created_at"].as_u64().unwrap() > 0);
    assert_eq!(titles(room.get(&room.colleague, list)).await, ["History", "Geography"]);
    assert_eq!(titles(room.get(ada, list)).await, ["Geography"], "those of the own classes");
    assert_eq!(titles(room.get(&room.outsider, list)).await, [""; 0]);
    let path = format!("{list}/{}", id(&made));
    problem(room.get(ada, &path), 404, "not_found").await;
    let change = json!({"title": "History", "archived": true});
    problem(put_blind(room, teacher, &path, &change), 428, "if_match_required").await;
    let changed = json_of(room.put(&room.admin, &path, 1, &change), 200).await;
    assert_eq!((&changed["version"], &changed["archived"]), (&json!(2), &json!(true)));
    assert_eq!(problem(room.put(teacher, &path, 1, &change), 409, "conflict").await["current"], 2);
    assert_eq!(titles(room.get(teacher, &format!("{list}?archived=true"))).await, ["History"]);
    let held = room.get(teacher, &path).header("if-none-match", "\"2\"").send().await.unwrap();
    assert_eq!(held.status(), 304);
    let own = format!("{list}/{}", room.course);
    problem(room.put(ada, &own, 1, &change), 403, "forbidden").await;
    problem(room.post(ada, list, &change), 403, "forbidden").await;
    let wrong = problem(room.post(teacher, list, &json!({"title": " "})), 422, "invalid").await;
    assert_eq!(wrong["errors"][0]["field"], "title");
}

#[tokio::test]
async fn a_course_is_made_taught_and_put_away() {
    course_is_made_taught_and_put_away(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_course_on_postgres_is_made_taught_and_put_away() {
    course_is_made_taught_and_put_away(&Classroom::on_postgres().await).await;
}

async fn lesson_is_written_and_published(room: &Classroom) {
    let (teacher, ada) = (&room.teacher, &room.ada);
    let list = format!("/api/v1/courses/{}/lessons", room.course);
    let content = json!({"blocks": [{"kind": "text", "text": "Salt."}, {"kind": "link", "url": "https://sea.example", "label": "Sea"}]});
    let body = json!({"title": "Seas", "content": content});
    let mut told = Client::connected(&room.server, &ada.token).await;
    let class = format!("class:{}", room.class);
    assert!(told.ask(json!({"subscribe":{"channel":class}})).await["subscribe"].is_object());
    let made = twice(room, teacher, &list, &body).await;
    assert_eq!((&made["content"], &made["position"]), (&content, &json!(3)));
    assert_eq!((&made["published_version"], &made["course"]), (&json!(null), &json!(room.course)));
    let path = format!("/api/v1/lessons/{}", id(&made));
    problem(room.get(ada, &path), 404, "not_found").await;
    assert_eq!(titles(room.get(teacher, &list)).await, ["Rivers", "Lakes", "Draft", "Seas"]);
    assert_eq!(titles(room.get(ada, &list)).await, ["Rivers", "Lakes"]);
    problem(room.get(&room.outsider, &list), 404, "not_found").await;

    let next = json!({"title": "Oceans", "content": content});
    problem(put_blind(room, teacher, &path, &next), 428, "if_match_required").await;
    assert_eq!(json_of(room.put(&room.colleague, &path, 1, &next), 200).await["version"], 2);
    assert_eq!(problem(room.put(teacher, &path, 1, &next), 409, "conflict").await["current"], 2);
    let publish = format!("{path}/publish");
    let wrong = problem(room.post(teacher, &publish, &json!({"version": 3})), 422, "invalid").await;
    assert_eq!(wrong["errors"][0]["field"], "version");
    let shown = json_of(room.post(teacher, &publish, &json!({"version": 1})), 200).await;
    let wanted = (&json!(1), &json!(1), &json!("Seas"));
    assert_eq!(
        (&shown["version"], &shown["published_version"], &shown["title"]),
        wanted,
        "what students see"
    );
    // The first that the class's students are told of: its drafts were told to its staff.
    let note = told.pushed().await;
    assert_eq!(note["channel"], class.as_str());
    assert_eq!(
        note["pub"]["data"],
        json!({"type": "record", "resource": "lesson", "id": made["id"], "class": room.class})
    );
    let seen = json_of(room.get(ada, &path), 200).await;
    assert_eq!((&seen["title"], &seen["version"]), (&json!("Seas"), &json!(1)), "not the draft behind it");
    problem(room.get(ada, &format!("{path}?version=2")), 404, "not_found").await;
    problem(room.get(ada, &format!("{path}/versions")), 403, "forbidden").await;
    problem(room.put(ada, &path, 1, &next), 403, "forbidden").await;
    problem(room.post(ada, &publish, &json!({"version": 1})), 403, "forbidden").await;
    problem(room.post(ada, &list, &body), 403, "forbidden").await;
    problem(room.get(&room.outsider, &path), 404, "not_found").await;
    assert_eq!(json_of(room.get(teacher, &format!("{path}?version=1")), 200).await["title"], "Seas");
    assert_eq!(titles(room.get(teacher, &format!("{path}/versions"))).await, ["Oceans", "Seas"]);

    let order = format!("{list}/order");
    let mut ids: Vec<Value> = room.lessons.iter().map(|lesson| json!(lesson)).collect();
    let short = problem(put_blind(room, teacher, &order, &json!({"lessons": ids})), 422, "invalid").await;
    assert_eq!(short["errors"][0]["field"], "lessons");
    ids.insert(0, made["id"].clone());
    problem(put_blind(room, ada, &order, &json!({"lessons": ids})), 403, "forbidden").await;
    json_of(put_blind(room, teacher, &order, &json!({"lessons": ids})), 204).await;
    assert_eq!(titles(room.get(ada, &list)).await, ["Seas", "Rivers", "Lakes"]);
    assert_eq!(told.pushed().await["pub"]["data"]["resource"], "course");
    json_of(room.post(teacher, &format!("{path}/unpublish"), &json!({})), 200).await;
    problem(room.get(ada, &path), 404, "not_found").await;
    assert_eq!(told.pushed().await["pub"]["data"]["resource"], "lesson");
}

#[tokio::test]
async fn a_lesson_is_written_and_published() {
    lesson_is_written_and_published(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_lesson_on_postgres_is_written_and_published() {
    lesson_is_written_and_published(&Classroom::on_postgres().await).await;
}

#[tokio::test]
async fn a_lesson_that_cannot_be_names_its_field() {
    let room = Classroom::new().await;
    let list = format!("/api/v1/courses/{}/lessons", room.course);
    for (blocks, wanted) in [
        (json!([{"kind": "link", "url": "javascript:alert(1)", "label": ""}]), "content.blocks.0.url"),
        (json!([{"kind": "quiz", "quiz": CourseId::generate()}]), "content.blocks.0.quiz"),
        (json!([{"kind": "video"}]), "content"),
    ] {
        let body = json!({"title": "T", "content": {"blocks": blocks}});
        let errors = problem(room.post(&room.teacher, &list, &body), 422, "invalid").await;
        assert_eq!(errors["errors"][0]["field"], wanted, "{errors}");
    }
}

async fn academic_sessions_lie_in_each_other(room: &Classroom) {
    let (admin, list) = (&room.admin, "/api/v1/academic-sessions");
    let year = json!({"kind": "school_year", "title": "2026/27", "starts_at": 1_000, "ends_at": 9_000});
    problem(room.post(&room.teacher, list, &year), 403, "forbidden").await;
    let made = twice(room, admin, list, &year).await;
    assert_eq!((&made["starts_at"], &made["parent"]), (&json!(1_000), &json!(null)));
    let term = |parent: &Value| json!({"kind": "term", "title": "Autumn", "starts_at": 2_000, "ends_at": 3_000, "parent": parent});
    let autumn = json_of(room.post(admin, list, &term(&made["id"])), 201).await;
    assert_eq!(titles(room.get(&room.ada, list)).await, ["Autumn", "2026/27"]);
    let path = format!("{list}/{}", id(&made));
    json_of(room.get(&room.ada, &path), 200).await;
    let field = async |request, wanted: &str| {
        let errors = problem(request, 422, "invalid").await;
        assert_eq!(errors["errors"][0]["field"], wanted, "{errors}");
    };
    field(room.put(admin, &path, 1, &term(&autumn["id"])), "parent").await;
    field(room.put(admin, &path, 1, &term(&made["id"])), "parent").await;
    field(room.post(admin, list, &term(&json!(SessionId::generate()))), "parent").await;
    let backwards = json!({"kind": "term", "title": "T", "starts_at": 3, "ends_at": 3});
    field(room.post(admin, list, &backwards), "ends_at").await;
    problem(put_blind(room, admin, &path, &year), 428, "if_match_required").await;
    problem(room.put(&room.teacher, &path, 1, &year), 403, "forbidden").await;
    assert_eq!(json_of(room.put(admin, &path, 1, &year), 200).await["version"], 2);
    assert_eq!(problem(room.put(admin, &path, 1, &year), 409, "conflict").await["current"], 2);
}

#[tokio::test]
async fn academic_sessions_lie_in_each_other_but_not_in_themselves() {
    academic_sessions_lie_in_each_other(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn academic_sessions_on_postgres_lie_in_each_other_but_not_in_themselves() {
    academic_sessions_lie_in_each_other(&Classroom::on_postgres().await).await;
}

#[tokio::test]
async fn what_is_another_schools_is_as_if_it_were_not() {
    let room = Classroom::new().await;
    let year = json!({"kind": "school_year", "title": "Y", "starts_at": 1, "ends_at": 2});
    let session = json_of(room.post(&room.admin, "/api/v1/academic-sessions", &year), 201).await;
    let foreign = somebody(&room.server, SchoolId::generate(), Role::SchoolAdmin, "Fay").await;
    let unknown =
        problem(room.get(&foreign, &format!("/api/v1/courses/{}", CourseId::generate())), 404, "not_found")
            .await;
    let (course, lesson, class) = (room.course, room.lessons[0], room.class);
    let content = json!({"title": "T", "content": {"blocks": []}, "name": "T", "lessons": [LessonId::generate()],
        "version": 1, "kind": "term", "starts_at": 1, "ends_at": 2, "role": "student"});
    for (method, path) in [
        (Method::GET, format!("academic-sessions/{}", id(&session))),
        (Method::PUT, format!("academic-sessions/{}", id(&session))),
        (Method::GET, format!("courses/{course}")),
        (Method::PUT, format!("courses/{course}")),
        (Method::GET, format!("courses/{course}/lessons")),
        (Method::POST, format!("courses/{course}/lessons")),
        (Method::PUT, format!("courses/{course}/lessons/order")),
        (Method::GET, format!("lessons/{lesson}")),
        (Method::PUT, format!("lessons/{lesson}")),
        (Method::GET, format!("lessons/{lesson}/versions")),
        (Method::POST, format!("lessons/{lesson}/publish")),
        (Method::POST, format!("lessons/{lesson}/unpublish")),
        (Method::GET, format!("classes/{class}")),
        (Method::PUT, format!("classes/{class}")),
        (Method::GET, format!("classes/{class}/enrollments")),
        (Method::PUT, format!("classes/{class}/enrollments/{}", room.ada.id)),
        (Method::DELETE, format!("classes/{class}/enrollments/{}", room.ada.id)),
    ] {
        let request =
            room.server.request(method.clone(), &format!("/api/v1/{path}")).bearer_auth(&foreign.token);
        let request = request.header("if-match", "\"1\"").json(&content);
        assert_eq!(problem(request, 404, "not_found").await, unknown, "{method} {path}");
    }
}
