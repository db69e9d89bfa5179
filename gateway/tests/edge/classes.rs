//! Classes and their enrollments over HTTP.

use crate::{
    classroom::{Classroom, Somebody, id},
    client::{Client, guest_in_game},
    harness::{Server, header, json_of, problem},
};
use persistence::Micros;
use protocol::{
    ids::{ClassId, CourseId, PersonId, SessionId},
    role::Role,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

fn blind(room: &Classroom, method: Method, who: &Somebody, path: &str) -> RequestBuilder {
    room.server.request(method, path).bearer_auth(&who.token)
}

async fn class_is_made_and_changed(room: &Classroom) {
    let (carl, list) = (&room.colleague, "/api/v1/classes");
    let body = json!({"name": "6b", "course": room.course});
    problem(room.post(&room.ada, list, &body), 403, "forbidden").await;
    let send = || room.post(carl, list, &body).header("idempotency-key", "6b");
    let made = json_of(send(), 201).await;
    assert_eq!(header(&send().send().await.unwrap(), "idempotency-replayed"), "true");
    assert_eq!((&made["name"], &made["version"], &made["session"]), (&json!("6b"), &json!(1), &json!(null)));
    let taught = json_of(room.get(carl, list), 200).await;
    assert_eq!(taught["items"].as_array().unwrap().len(), 1, "once, and its maker teaches it");
    let row = &taught["items"][0];
    assert_eq!((&row["id"], &row["course"], &row["version"]), (&made["id"], &json!(room.course), &json!(1)));
    assert_eq!(row["students"], json!([]));

    let path = format!("{list}/{}", id(&made));
    for (who, status) in [(&room.teacher, 404), (&room.ada, 404), (&room.outsider, 404), (&room.admin, 200)] {
        json_of(room.get(who, &path), status).await;
    }
    let own = format!("{list}/{}", room.class);
    assert_eq!(json_of(room.get(&room.ada, &own), 200).await["name"], "5a");
    let body = json!({"name": "6c", "course": null});
    problem(room.put(&room.ada, &own, 1, &body), 403, "forbidden").await;
    problem(room.put(&room.teacher, &path, 1, &body), 404, "not_found").await;
    problem(blind(room, Method::PUT, carl, &path).json(&body), 428, "if_match_required").await;
    let mut told = Client::connected(&room.server, &carl.token).await;
    let staff = format!("class-staff:{}", id(&made));
    assert!(told.ask(json!({"subscribe":{"channel":staff}})).await["subscribe"].is_object());
    let changed = json_of(room.put(carl, &path, 1, &body), 200).await;
    assert_eq!((&changed["version"], &changed["course"]), (&json!(2), &json!(null)));
    let note = told.pushed().await["pub"]["data"].take();
    assert_eq!((&note["resource"], &note["version"]), (&json!("class"), &json!(2)));
    assert_eq!(problem(room.put(carl, &path, 1, &body), 409, "conflict").await["current"], 2);
    let held = room.get(carl, &path).header("if-none-match", "\"2\"").send().await.unwrap();
    assert_eq!(held.status(), 304);
    for (body, wanted) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "7", "course": CourseId::generate()}), "course"),
        (json!({"name": "7", "session": SessionId::generate()}), "session"),
    ] {
        let errors = problem(room.post(carl, list, &body), 422, "invalid").await;
        assert_eq!(errors["errors"][0]["field"], wanted, "{errors}");
    }
    let mine = json_of(room.get(&room.ada, "/api/v1/me/classes"), 200).await;
    let wanted = json!({"id": room.class, "name": "5a", "role": "student", "state": "active", "course": room.course,
        "session": null});
    assert_eq!(mine["items"], json!([wanted]));
    assert_eq!(json_of(room.get(carl, "/api/v1/me/classes"), 200).await["items"][0]["role"], "teacher");
}

#[tokio::test]
async fn a_class_is_made_and_changed() {
    class_is_made_and_changed(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_class_on_postgres_is_made_and_changed() {
    class_is_made_and_changed(&Classroom::on_postgres().await).await;
}

async fn somebody_comes_and_goes(room: &Classroom) {
    let (teacher, olga, list) = (&room.teacher, &room.outsider, room.path("enrollments"));
    for (who, status) in
        [(&room.ada, 403), (&room.colleague, 404), (olga, 404), (&room.admin, 200), (teacher, 200)]
    {
        json_of(room.get(who, &list), status).await;
    }
    let students =
        json_of(room.get(teacher, &format!("{list}?role=student&state=active&limit=1")), 200).await;
    assert_eq!(students["items"].as_array().unwrap().len(), 1);
    let next = students["next"].as_str().unwrap();
    let rest = json_of(room.get(teacher, &format!("{list}?role=student&limit=9&cursor={next}")), 200).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &json!(null)));

    let mut staff = Client::connected(&room.server, &teacher.token).await;
    let channel = format!("class-staff:{}", room.class);
    assert!(staff.ask(json!({"subscribe":{"channel":channel}})).await["subscribe"].is_object());
    let mut own = Client::connected(&room.server, &olga.token).await;
    let path = format!("{list}/{}", olga.id);
    let put = |who: &Somebody, path: &str, body: Value| blind(room, Method::PUT, who, path).json(&body);
    let place = json!({"role": "student", "time_factor": 1.5});
    problem(put(&room.ada, &path, place.clone()), 403, "forbidden").await;
    problem(put(&room.colleague, &path, place.clone()), 404, "not_found").await;
    let came = json_of(put(teacher, &path, place.clone()), 200).await;
    assert_eq!((&came["person"]["name"], &came["state"]), (&json!("Olga"), &json!("active")));
    assert_eq!((&came["time_factor"], &came["role"]), (&json!(1.5), &json!("student")));
    let note = json!({"type": "record", "resource": "enrollment", "id": olga.id, "class": room.class});
    for client in [&mut staff, &mut own] {
        assert_eq!(client.pushed().await["pub"]["data"], note);
    }
    json_of(room.get(olga, &format!("/api/v1/classes/{}", room.class)), 200).await;
    let watched = format!("class:{}", room.class);
    assert!(own.ask(json!({"subscribe":{"channel":watched}})).await["subscribe"].is_object());

    problem(put(teacher, &format!("{list}/{}", PersonId::generate()), place), 404, "not_found").await;
    for (body, wanted) in [
        (json!({"role": "student", "time_factor": 3.5}), "time_factor"),
        (json!({"role": "super_admin"}), "role"),
    ] {
        let errors = problem(put(teacher, &path, body), 422, "invalid").await;
        assert_eq!(errors["errors"][0]["field"], wanted, "{errors}");
    }
    let away = |who: &Somebody| blind(room, Method::DELETE, who, &path);
    problem(away(olga), 403, "forbidden").await;
    json_of(away(teacher), 204).await;
    // The end of the subscription and the note, in either order.
    let told = [own.pushed().await, own.pushed().await];
    let let_go = |push: &&Value| push["channel"] == json!(watched) && push["unsubscribe"].is_object();
    assert!(told.iter().any(|push| let_go(&push)), "{told:?}");
    assert!(told.iter().any(|push| push["pub"]["data"] == note), "{told:?}");
    let left = json_of(room.get(teacher, &format!("{list}?state=withdrawn")), 200).await;
    assert_eq!(left["items"][0]["person"]["id"], json!(olga.id));
    assert_eq!(left["items"][0]["time_factor"], json!(1.5));
    problem(blind(room, Method::DELETE, teacher, &format!("{list}/{}", room.colleague.id)), 404, "not_found")
        .await;
    let log = json_of(room.get(&room.admin, &format!("/api/v1/audit-log?subject={}", olga.id)), 200).await;
    let told: Vec<_> =
        log["items"].as_array().unwrap().iter().map(|row| (&row["action"], &row["actor"])).collect();
    let by = json!(teacher.id);
    assert_eq!(told, [(&json!("enrollment_changed"), &by), (&json!("enrollment_added"), &by)]);
}

#[tokio::test]
async fn somebody_comes_to_a_class_and_goes() {
    somebody_comes_and_goes(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn somebody_comes_to_a_class_on_postgres_and_goes() {
    somebody_comes_and_goes(&Classroom::on_postgres().await).await;
}

/// Whoever made the change was cut off between it and the end of the subscription.
#[tokio::test]
async fn a_change_that_is_sent_again_ends_what_it_left_open() {
    let room = Classroom::new().await;
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let watched = format!("class:{}", room.class);
    assert!(ada.ask(json!({"subscribe":{"channel":watched}})).await["subscribe"].is_object());
    let rosters = room.server.app.store.rosters();
    rosters.withdraw(room.school, room.class, room.ada.id, Micros(5)).await.unwrap().unwrap();
    let path = format!("{}/{}", room.path("enrollments"), room.ada.id);
    json_of(blind(&room, Method::DELETE, &room.teacher, &path), 204).await;
    let told = [ada.pushed().await, ada.pushed().await];
    let let_go = |push: &&Value| push["channel"] == json!(watched) && push["unsubscribe"].is_object();
    assert!(told.iter().any(|push| let_go(&push)), "{told:?}");
}

#[tokio::test]
async fn an_admin_finds_every_class_of_the_school() {
    let room = Classroom::new().await;
    let (admin, list) = (&room.admin, "/api/v1/school/classes");
    let body = json!({"name": "6b"});
    let made = json_of(room.post(&room.colleague, "/api/v1/classes", &body), 201).await;
    let found = json_of(room.get(admin, &format!("{list}?limit=1")), 200).await;
    assert_eq!((&found["items"][0]["id"], found["items"].as_array().unwrap().len()), (&made["id"], 1));
    let next = format!("{list}?cursor={}", found["next"].as_str().unwrap());
    assert_eq!(json_of(room.get(admin, &next), 200).await["items"][0]["id"], json!(room.class));
    let of_course = json_of(room.get(admin, &format!("{list}?course={}", room.course)), 200).await;
    assert_eq!(of_course["items"].as_array().unwrap().len(), 1);
    for who in [&room.teacher, &room.ada] {
        problem(room.get(who, list), 403, "forbidden").await;
    }
    let elsewhere = room.server.token(protocol::ids::SchoolId::generate(), Role::SchoolAdmin);
    assert_eq!(json_of(room.server.get(list).bearer_auth(&elsewhere), 200).await["items"], json!([]));
}

#[tokio::test]
async fn who_taught_a_class_once_does_not_find_it_among_the_own() {
    let room = Classroom::new().await;
    let rosters = room.server.app.store.rosters();
    rosters.withdraw(room.school, room.class, room.teacher.id, Micros(5)).await.unwrap().unwrap();
    assert_eq!(json_of(room.get(&room.teacher, "/api/v1/me/classes"), 200).await["items"], json!([]));
    rosters.withdraw(room.school, room.class, room.ada.id, Micros(5)).await.unwrap().unwrap();
    let hers = json_of(room.get(&room.ada, "/api/v1/me/classes"), 200).await;
    assert_eq!(hers["items"][0]["state"], "withdrawn", "a student still sees it");
}

#[tokio::test]
async fn a_guest_sees_no_record() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let game = server.open_game(&teacher).await;
    let (_, guest) = guest_in_game(&server, &game, "Gus").await;
    let (course, class) = (CourseId::generate(), ClassId::generate());
    for path in [
        "academic-sessions".to_owned(),
        "courses".to_owned(),
        format!("courses/{course}"),
        format!("courses/{course}/lessons"),
        format!("lessons/{course}"),
        format!("lessons/{course}/versions"),
        format!("classes/{class}"),
        "me/classes".to_owned(),
        "school/classes".to_owned(),
        format!("classes/{class}/enrollments"),
    ] {
        problem(server.get(&format!("/api/v1/{path}")).bearer_auth(&guest), 403, "forbidden").await;
    }
    for path in ["academic-sessions", "courses", "classes"] {
        problem(server.post(&format!("/api/v1/{path}"), &json!({})).bearer_auth(&guest), 403, "forbidden")
            .await;
    }
}
