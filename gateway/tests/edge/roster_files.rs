//! Rosters as files over HTTP.

use crate::{
    classroom::{Classroom, Somebody},
    client::Client,
    harness::{header, json_of, problem},
};
use protocol::ids::{ClassId, PersonId};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::fmt::Write as _;

const HEAD: &str = "userSourcedId,email,givenName,familyName,role,status,timeFactor\n";

fn import(room: &Classroom, who: &Somebody, mode: &str, rows: &str) -> RequestBuilder {
    let path = room.path(&format!("enrollments/import?mode={mode}"));
    let request = room.server.request(Method::POST, &path).bearer_auth(&who.token);
    request.header("content-type", "text/csv; charset=utf-8").body(format!("{HEAD}{rows}"))
}

async fn export(room: &Classroom) -> String {
    let response = room.get(&room.teacher, &room.path("enrollments/export")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "text/csv; charset=utf-8");
    assert!(header(&response, "content-disposition").starts_with("attachment; filename=\"enrollments-"));
    response.text().await.unwrap()
}

fn verdicts(report: &Value) -> Vec<(u64, &str, &str)> {
    let rows = report["rows"].as_array().unwrap();
    let of = |row: &'_ Value| row["row"].as_u64().unwrap();
    rows.iter()
        .map(|row| (of(row), row["verdict"].as_str().unwrap(), row["code"].as_str().unwrap_or_default()))
        .collect()
}

fn counts(report: &Value) -> [u64; 4] {
    ["added", "changed", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
}

/// Ada leaves, Ben gets more time, Olga comes, Nia is new to the school, and two rows are bad.
fn mixed(room: &Classroom) -> String {
    format!(
        "{},,,,,tobedeleted,\n{},,,,,,1.5\n{},,,,,,\n,Nia@School.example,Nia,New,,,\n,nobody@school.example,,,,,\n{},,,,proctor,,\n",
        room.ada.id, room.ben.id, room.outsider.id, room.colleague.id
    )
}

const MIXED: [(u64, &str, &str); 6] = [
    (2, "changed", ""),
    (3, "changed", ""),
    (4, "added", ""),
    (5, "added", ""),
    (6, "refused", "unknown_person"),
    (7, "refused", "invalid_role"),
];

async fn a_file_is_checked_refused_whole_and_taken_in_part(room: &Classroom) {
    let (teacher, rows, before) = (&room.teacher, mixed(room), export(room).await);
    for mode in ["check", "all_or_nothing"] {
        let report = json_of(import(room, teacher, mode, &rows), 200).await;
        assert_eq!((&report["taken"], counts(&report)), (&json!(false), [2, 2, 0, 2]), "{mode}");
        assert_eq!(verdicts(&report), MIXED, "{mode}");
        assert_eq!(report["rows"][3].get("person"), None, "nobody was made");
        assert_eq!(export(room).await, before, "{mode} changes nothing");
    }
    let people = room.server.app.store.people();
    assert_eq!(people.by_email(room.school, "nia@school.example").await.unwrap(), None);

    let report = json_of(import(room, teacher, "take_good", &rows), 200).await;
    assert_eq!((&report["taken"], verdicts(&report)), (&json!(true), MIXED.to_vec()));
    assert!(report["rows"][4]["problem"].as_str().unwrap().contains("give a name"), "{report}");
    let nia = people.by_email(room.school, "nia@school.example").await.unwrap().unwrap();
    assert_eq!(
        (report["rows"][3]["person"].as_str(), nia.name.as_str()),
        (Some(&*nia.id.to_string()), "Nia New")
    );
    let kept = room.server.app.store.rosters().get(room.school, room.class, room.ben.id).await.unwrap();
    assert!((kept.unwrap().place.time_factor - 1.5).abs() < f64::EPSILON);

    let again = json_of(import(room, teacher, "take_good", &rows), 200).await;
    assert_eq!(counts(&again), [0, 0, 4, 2], "doing it again changes nothing");
    let good: String = rows.lines().take(4).fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").unwrap();
        text
    });
    let whole = json_of(import(room, teacher, "all_or_nothing", &good), 200).await;
    assert_eq!((&whole["taken"], counts(&whole)), (&json!(true), [0, 0, 4, 0]));
}

#[tokio::test]
async fn a_roster_file_is_checked_refused_whole_and_taken_in_part() {
    a_file_is_checked_refused_whole_and_taken_in_part(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_roster_file_on_postgres_is_checked_refused_whole_and_taken_in_part() {
    a_file_is_checked_refused_whole_and_taken_in_part(&Classroom::on_postgres().await).await;
}

#[tokio::test]
async fn an_export_is_taken_back_without_a_change_and_runs_no_formula() {
    let room = Classroom::new().await;
    let rows = ",sum@school.example,=SUM(A1),+1,,,\n,at@school.example,@cmd,-2,,,\n";
    json_of(import(&room, &room.teacher, "all_or_nothing", rows), 200).await;
    let file = export(&room).await;
    assert!(file.starts_with("sourcedId,status,dateLastModified,classSourcedId,"), "{file}");
    for cell in file.split([',', '\n']).map(|cell| cell.trim_start_matches('"')) {
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
    let path = room.path("enrollments/import?mode=all_or_nothing");
    let back = room.server.request(Method::POST, &path).bearer_auth(&room.teacher.token);
    let back = json_of(back.header("content-type", "text/csv").body(file.clone()), 200).await;
    assert_eq!(counts(&back), [0, 0, 5, 0], "{back}");
    assert_eq!(export(&room).await, file);
}

#[tokio::test]
async fn five_thousand_rows_are_taken_and_more_are_not() {
    let room = Classroom::new().await;
    let mut rows = String::new();
    for n in 0..5_000 {
        // Ids and long names: more than the body of other requests may have.
        let name = "Longname".repeat(12);
        writeln!(rows, "{},pupil{n}@school.example,{name},{name},student,active,1.0", PersonId::generate())
            .unwrap();
    }
    assert!(rows.len() > 1 << 20);
    let keyed = || import(&room, &room.teacher, "all_or_nothing", &rows).header("idempotency-key", "term");
    let report = json_of(keyed(), 200).await;
    assert_eq!((&report["taken"], counts(&report)), (&json!(true), [5_000, 0, 0, 0]));
    let again = keyed().send().await.unwrap();
    assert_eq!(header(&again, "idempotency-replayed"), "true");
    assert_eq!(again.json::<Value>().await.unwrap(), report);
    assert_eq!(export(&room).await.lines().count(), 1 + 5_000 + 3);

    rows.push_str(",one.more@school.example,One,More,,,\n");
    let refused = problem(import(&room, &room.teacher, "check", &rows), 422, "invalid").await;
    assert_eq!(refused["errors"][0]["field"], "file", "{refused}");
    assert!(refused["errors"][0]["problem"].as_str().unwrap().contains("5000"), "{refused}");
    let huge = "x".repeat(5 << 20);
    problem(import(&room, &room.teacher, "check", &huge), 413, "too_large").await;
}

#[tokio::test]
async fn what_is_no_roster_is_refused_whole() {
    let room = Classroom::new().await;
    let send = |kind: &'static str, body: &'static [u8]| {
        let request = room.server.request(Method::POST, &room.path("enrollments/import"));
        request.bearer_auth(&room.teacher.token).header("content-type", kind).body(body)
    };
    problem(send("application/json", b"{}"), 415, "unsupported_media_type").await;
    for bad in [&b"name,role\nAda,student\n"[..], b"", b"email\n\xff\n", b"email,email\n"] {
        let refused = problem(send("text/csv", bad), 422, "invalid").await;
        assert_eq!(refused["errors"][0]["field"], "file", "{refused}");
    }
    problem(import(&room, &room.teacher, "sometimes", ""), 400, "invalid").await;
}

#[tokio::test]
async fn a_roster_file_is_for_those_who_run_the_class() {
    let room = Classroom::new().await;
    let get = |who: &Somebody| room.get(who, &room.path("enrollments/export"));
    json_of(import(&room, &room.admin, "check", ""), 200).await;
    for (who, status, code) in [
        (&room.ada, 403, "forbidden"),
        (&room.outsider, 404, "not_found"),
        (&room.colleague, 404, "not_found"),
    ] {
        problem(import(&room, who, "take_good", ""), status, code).await;
        problem(get(who), status, code).await;
    }
    let unknown = format!("/api/v1/classes/{}/enrollments/export", ClassId::generate());
    problem(room.get(&room.admin, &unknown), 404, "not_found").await;
}

#[tokio::test]
async fn whom_a_file_concerns_is_told_and_who_leaves_is_let_go() {
    let room = Classroom::new().await;
    let class = format!("class:{}", room.class);
    let mut clients = Vec::new();
    for who in [&room.ada, &room.ben, &room.outsider] {
        let mut client = Client::connected(&room.server, &who.token).await;
        let reply = client.ask(json!({"subscribe":{"channel":class}})).await;
        assert_eq!(reply["subscribe"].is_object(), who.id != room.outsider.id, "{reply}");
        clients.push(client);
    }
    let rows = format!("{},,,,,tobedeleted,\n{},,,,,,\n", room.ada.id, room.outsider.id);
    json_of(import(&room, &room.teacher, "all_or_nothing", &rows), 200).await;
    let [ada, ben, olga] = &mut clients[..] else { unreachable!() };
    // The end of a subscription and what is published travel on their own ways: either may come first.
    let (mut gone, mut own) = (false, false);
    while !(gone && own) {
        let push = ada.pushed().await;
        gone |= push["channel"] == class.as_str() && push["unsubscribe"]["code"] == 2000;
        own |= push["pub"]["data"]["id"] == json!(room.ada.id);
    }
    let reply = ada.ask(json!({"subscribe":{"channel":class}})).await;
    assert_eq!(reply["error"]["code"], 103, "{reply}");
    let told = ben.pushed().await;
    let note = json!({"type": "record", "resource": "enrollment", "id": room.class, "class": room.class});
    assert_eq!((&told["channel"], &told["pub"]["data"]), (&json!(class), &note));
    let own = olga.pushed().await;
    assert_eq!(own["pub"]["data"]["id"], json!(room.outsider.id), "{own}");
    let reply = olga.ask(json!({"subscribe":{"channel":class}})).await;
    assert!(reply["subscribe"].is_object(), "{reply}");
}
