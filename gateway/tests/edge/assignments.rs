//! Assignments and submissions over HTTP.

use crate::{
    classroom::{Classroom, id},
    client::Client,
    harness::{header, json_of, problem},
};
use protocol::ids::AssignmentId;
use serde_json::{Value, json};

async fn handed_in_and_given_back(room: &Classroom) {
    let (teacher, ada) = (&room.teacher, &room.ada);
    let item = room.line_item("Essay", 20.0, json!({})).await;
    let due = room.server.app.node.clock.now_ms() - 36 * 3_600_000;
    let mut body = json!({"title": "Essay", "content": {"task": "Describe a river."}, "attempts": 2, "due_at": due,
        "policy": {"late_percent_per_day": 10}, "line_item": item, "state": "draft"});
    let list = room.path("assignments");
    let made = json_of(room.post(teacher, &list, &body).header("idempotency-key", "a"), 201).await;
    let path = format!("/api/v1/assignments/{}", id(&made));
    problem(room.get(ada, &path), 404, "not_found").await;
    assert_eq!(json_of(room.get(ada, &list), 200).await["items"], json!([]), "a draft");
    body["state"] = json!("open");
    json_of(room.put(teacher, &path, 1, &body), 200).await;
    assert_eq!(problem(room.put(teacher, &path, 1, &body), 409, "conflict").await["current"], 2);
    assert_eq!(json_of(room.get(ada, &path), 200).await["policy"]["accept_late"], json!(true));

    let mut notes = Client::connected(&room.server, &ada.token).await;
    let submissions = format!("{path}/submissions");
    let work = |text: &str| json!({"content": {"text": text}});
    problem(room.post(teacher, &submissions, &work("x")), 403, "forbidden").await;
    problem(room.post(&room.outsider, &submissions, &work("x")), 404, "not_found").await;
    let send = || room.post(ada, &submissions, &work("The Nile")).header("idempotency-key", "one");
    let first = json_of(send(), 201).await;
    let again = send().send().await.unwrap();
    assert_eq!(header(&again, "idempotency-replayed"), "true");
    assert_eq!((&first["attempt"], &first["state"]), (&json!(1), &json!("submitted")));
    assert!(first["late_by"].as_u64().unwrap() >= 36 * 3_600_000);
    json_of(room.post(ada, &submissions, &work("The Amazon")), 201).await;
    problem(room.post(ada, &submissions, &work("Third")), 409, "no_attempt_left").await;

    let one = format!("/api/v1/submissions/{}", id(&first));
    problem(room.get(&room.ben, &one), 404, "not_found").await;
    assert_eq!(json_of(room.get(&room.ben, &submissions), 200).await["items"], json!([]));
    assert_eq!(json_of(room.get(teacher, &submissions), 200).await["items"].as_array().unwrap().len(), 2);
    let back = format!("{one}/return");
    problem(room.post(ada, &back, &json!({"given": 20})), 403, "forbidden").await;
    let bad = problem(room.post(teacher, &back, &json!({"given": 1e9})), 422, "invalid").await;
    assert_eq!(bad["errors"][0]["field"], "given");
    let body = json!({"given": 18, "comment": "Well seen"});
    let returned = json_of(room.post(teacher, &back, &body), 200).await;
    // Two days were begun: 20 % of 20 points.
    assert_eq!((&returned["score"]["given"], &returned["score"]["taken_off"]), (&json!(14.0), &json!(4.0)));
    assert_eq!(
        (&returned["submission"]["state"], &returned["submission"]["version"]),
        (&json!("returned"), &json!(2))
    );
    let seen = json_of(room.get(ada, &one), 200).await;
    assert_eq!(seen["comment"], "Well seen");
    assert_eq!(room.grade(ada, ada).await["current_grade"]["percent"], json!(70.0));
    let history = room.path(&format!("scores/{item}/{}", ada.id));
    let entry = json_of(room.get(ada, &history), 200).await["items"][0].clone();
    assert_eq!((&entry["source"], &entry["source_event"]), (&json!("submission"), &first["id"]), "{entry}");
    assert_eq!(entry["entered_by"], json!(null), "who it was is not for students");

    json_of(room.post(teacher, &back, &json!({"given": 20, "comment": ""})), 200).await;
    assert_eq!(room.grade(ada, ada).await["current_grade"]["percent"], json!(80.0), "the last one counts");
    let mut told: Vec<Value> = Vec::new();
    while told.len() < 6 {
        told.push(notes.pushed().await["pub"]["data"]["resource"].clone());
    }
    let wanted = ["submission", "submission", "submission", "score", "submission", "score"];
    assert_eq!(told, wanted, "handed in twice, given back twice");
}

#[tokio::test]
async fn work_is_handed_in_and_given_back() {
    handed_in_and_given_back(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn work_on_postgres_is_handed_in_and_given_back() {
    handed_in_and_given_back(&Classroom::on_postgres().await).await;
}

#[tokio::test]
async fn what_is_late_or_closed_is_refused_by_name() {
    let room = Classroom::new().await;
    let list = room.path("assignments");
    let make = async |body: Value| {
        let made = json_of(room.post(&room.teacher, &list, &body), 201).await;
        format!("/api/v1/assignments/{}", id(&made))
    };
    let due = room.server.app.node.clock.now_ms() - 60_000;
    let strict =
        make(json!({"title": "T", "state": "open", "due_at": due, "policy": {"accept_late": false}})).await;
    let work = json!({"content": {}});
    problem(room.post(&room.ada, &format!("{strict}/submissions"), &work), 409, "late").await;
    let lenient = json!({"title": "T", "state": "open", "due_at": due,
        "policy": {"accept_late": false, "grace_minutes": 5}});
    json_of(room.put(&room.teacher, &strict, 1, &lenient), 200).await;
    json_of(room.post(&room.ada, &format!("{strict}/submissions"), &work), 201).await;
    let closed = make(json!({"title": "T", "state": "closed"})).await;
    problem(room.post(&room.ada, &format!("{closed}/submissions"), &work), 409, "closed").await;
    let ungraded = make(json!({"title": "T", "state": "open"})).await;
    let handed = json_of(room.post(&room.ada, &format!("{ungraded}/submissions"), &work), 201).await;
    let back = format!("/api/v1/submissions/{}/return", id(&handed));
    let refused = problem(room.post(&room.teacher, &back, &json!({"given": 1})), 422, "invalid").await;
    assert_eq!(refused["errors"][0]["field"], "given");
    json_of(room.post(&room.teacher, &back, &json!({"comment": "Thank you"})), 200).await;
}

#[tokio::test]
async fn an_assignment_that_cannot_be_names_its_field_and_tells_nothing_of_hidden_line_items() {
    let room = Classroom::new().await;
    let list = room.path("assignments");
    for (body, wanted) in [
        (json!({"title": "", "state": "open"}), "title"),
        (json!({"title": "T", "state": "open", "attempts": 0}), "attempts"),
        (json!({"title": "T", "state": "open", "policy": {"late": 1}}), "policy"),
        (
            json!({"title": "T", "state": "open", "policy": {"late_percent_per_day": 101}}),
            "policy.late_percent_per_day",
        ),
        (json!({"title": "T", "state": "open", "line_item": AssignmentId::generate()}), "line_item"),
    ] {
        let errors = problem(room.post(&room.teacher, &list, &body), 422, "invalid").await;
        assert_eq!(errors["errors"][0]["field"], wanted, "{errors}");
    }
    let secret = room.line_item("Secret", 10.0, json!({"hidden": true})).await;
    let body = json!({"title": "T", "state": "open", "line_item": secret});
    let made = json_of(room.post(&room.teacher, &list, &body), 201).await;
    assert_eq!(made["line_item"], json!(secret));
    let seen = json_of(room.get(&room.ada, &list), 200).await;
    assert_eq!(seen["items"][0]["line_item"], json!(null));
    let one = json_of(room.get(&room.ada, &format!("/api/v1/assignments/{}", id(&made))), 200).await;
    assert_eq!(one["line_item"], json!(null));
}
