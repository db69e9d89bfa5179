//! Who may read who changed what.

use crate::harness::{Server, json_of};
use persistence::{
    Micros,
    people::Person,
    rosters::{EnrollmentState, OnBadRow, Place},
};
use protocol::{
    ids::{ClassId, PersonId, SchoolId},
    role::Role,
};
use serde_json::json;

/// A school with a class to which a teacher brought two students.
async fn changed(server: &Server) -> (SchoolId, ClassId, PersonId) {
    let (school, class, teacher) = (SchoolId::generate(), ClassId::generate(), PersonId::generate());
    let store = &server.app.store;
    store.schools().ensure(school, "Hillside").await.unwrap();
    store.classes().ensure(school, class, "5a").await.unwrap();
    let mut places = Vec::new();
    for name in ["Ada", "Bob"] {
        let (id, role) = (PersonId::generate(), Role::Student);
        let person = Person { school, id, role, name: name.to_owned(), email: String::new() };
        store.people().upsert(&person).await.unwrap();
        places.push(Place { person: id, role, state: EnrollmentState::Active, time_factor: 1.0 });
    }
    let rosters = store.rosters().by(teacher);
    rosters.enroll_many(school, class, &places, OnBadRow::TakeNone, Micros(5_000)).await.unwrap();
    (school, class, places[0].person)
}

#[tokio::test]
async fn administrators_read_who_changed_what_in_their_school() {
    let server = Server::start(false, |_| {}).await;
    let (school, class, ada) = changed(&server).await;
    let list = |school, role, query: &str| {
        let token = server.token(school, role);
        server.get(&format!("/api/v1/audit-log{query}")).bearer_auth(token)
    };
    for role in [Role::Admin, Role::SchoolAdmin, Role::SuperAdmin] {
        assert_eq!(json_of(list(school, role, ""), 200).await["items"].as_array().unwrap().len(), 2);
        let other = json_of(list(SchoolId::generate(), role, ""), 200).await;
        assert_eq!(other["items"], json!([]), "another school's administrators");
    }
    for role in [Role::Teacher, Role::Student] {
        assert_eq!(json_of(list(school, role, ""), 403).await["code"], "forbidden");
    }
    json_of(server.get("/api/v1/audit-log"), 401).await;
    let of_ada = json_of(list(school, Role::Admin, &format!("?subject={ada}")), 200).await;
    let entry = &of_ada["items"][0];
    assert_eq!(of_ada["items"].as_array().unwrap().len(), 1);
    assert_eq!((&entry["action"], &entry["subject"]), (&json!("enrollment_added"), &json!(ada)));
    assert_eq!((&entry["class"], &entry["occurred_at"]), (&json!(class), &json!(5)));
    let detail = json!({ "role": "student", "state": "active", "time_factor": 1.0 });
    assert_eq!((&entry["subject_kind"], &entry["detail"]), (&json!("person"), &detail));
    let first = json_of(list(school, Role::Admin, &format!("?class={class}&limit=1")), 200).await;
    let next = first["next"].as_str().unwrap();
    let second = json_of(list(school, Role::Admin, &format!("?class={class}&cursor={next}")), 200).await;
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (1, &json!(null)));
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    json_of(list(school, Role::Admin, "?subject=ada"), 400).await;
    json_of(list(school, Role::Admin, "?cursor=x"), 400).await;
}
