//! Progress and transcripts over HTTP.

use crate::{
    classroom::Classroom,
    harness::{header, json_of, problem},
};
use serde_json::{Value, json};
use uuid::Uuid;

async fn kept_and_merged(room: &Classroom) {
    let (ada, lesson) = (&room.ada, room.lessons[0]);
    let path = format!("/api/v1/me/progress/{lesson}");
    let half = json!({"state": "in_progress", "fraction_ppm": 500_000});
    let kept = json_of(room.put(ada, &path, 0, &half), 200).await;
    assert_eq!((&kept["version"], &kept["course"]), (&json!(1), &json!(room.course)));
    assert_eq!(problem(room.put(ada, &path, 0, &half), 409, "conflict").await["current"], 1);
    let much = json!({"state": "completed", "fraction_ppm": 1_000_001});
    let refused = problem(room.put(ada, &path, 1, &much), 422, "invalid").await;
    assert_eq!(refused["errors"][0]["field"], "fraction_ppm");
    let draft = format!("/api/v1/me/progress/{}", room.lessons[2]);
    problem(room.put(ada, &draft, 0, &half), 404, "not_found").await;
    problem(room.put(&room.outsider, &path, 0, &half), 404, "not_found").await;

    let now = room.server.app.node.clock.now_ms();
    let op = |lesson: Value, state: &str, ppm: u32| json!({"op": Uuid::now_v7(), "lesson": lesson, "state": state, "fraction_ppm": ppm, "happened_at": now});
    let ops = json!({"ops": [
        op(json!(lesson), "completed", 1_000_000),
        op(json!(lesson), "in_progress", 100_000),
        op(json!(room.lessons[1]), "in_progress", 300_000),
        op(json!(room.lessons[2]), "completed", 1_000_000),
    ]});
    let verdicts = |merged: &Value| {
        let ops = merged["ops"].as_array().unwrap();
        ops.iter().map(|op| op["verdict"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let merged = json_of(room.post(ada, "/api/v1/me/progress/batch", &ops), 200).await;
    assert_eq!(verdicts(&merged), ["accepted", "older", "accepted", "unknown_lesson"]);
    assert_eq!(merged["ops"][0]["progress"]["state"], "completed");
    let again = json_of(room.post(ada, "/api/v1/me/progress/batch", &ops), 200).await;
    assert_eq!(verdicts(&again), ["duplicate", "older", "duplicate", "unknown_lesson"]);

    let own = json_of(room.get(ada, &format!("/api/v1/me/progress?course={}", room.course)), 200).await;
    let fractions: Vec<_> = own["items"].as_array().unwrap().iter().map(|row| &row["fraction_ppm"]).collect();
    assert_eq!(fractions, [&json!(1_000_000), &json!(300_000)]);
    let page = json_of(room.get(ada, "/api/v1/me/progress?limit=1"), 200).await;
    let next = page["next"].as_str().unwrap();
    let rest = json_of(room.get(ada, &format!("/api/v1/me/progress?limit=1&cursor={next}")), 200).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &json!(null)));

    let class = json_of(room.get(&room.teacher, &room.path("progress")), 200).await;
    let titles: Vec<_> = class["lessons"].as_array().unwrap().iter().map(|lesson| &lesson["title"]).collect();
    assert_eq!(titles, ["Rivers", "Lakes"]);
    let rows = class["students"].as_array().unwrap();
    assert_eq!(rows[0]["lessons"][lesson.to_string()]["state"], "completed");
    assert_eq!((&rows[1]["name"], &rows[1]["lessons"]), (&json!("Ben"), &json!({})));
}

#[tokio::test]
async fn progress_is_kept_merged_and_read() {
    kept_and_merged(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn progress_on_postgres_is_kept_merged_and_read() {
    kept_and_merged(&Classroom::on_postgres().await).await;
}

async fn a_transcript_in_three_forms(room: &Classroom) {
    let item = room.line_item("Test", 10.0, json!({})).await;
    room.enter(&[(&item, room.ada.id, Some(7.5))]).await;
    let own = "/api/v1/me/transcript";
    let json = json_of(room.get(&room.ada, own), 200).await;
    assert_eq!((&json["name"], &json["school"]), (&json!("Ada"), &json!("Hillside")));
    let entry = &json["entries"][0];
    assert_eq!(entry["current_grade"]["percent"], json!(75.0), "{entry}");
    assert_eq!((&entry["course"]["title"], &entry["session"]), (&json!("Geography"), &json!(null)));

    let csv = room.get(&room.ada, own).header("accept", "text/csv").send().await.unwrap();
    assert!(header(&csv, "content-type").starts_with("text/csv"));
    let csv = csv.text().await.unwrap();
    assert!(csv.lines().nth(1).unwrap().starts_with("Ada,Geography,5a,"), "{csv}");
    assert!(csv.contains("75.00"));

    let html = room.get(&room.ada, own).header("accept", "text/html,*/*").send().await.unwrap();
    assert!(header(&html, "content-type").starts_with("text/html"));
    assert!(header(&html, "content-security-policy").contains("style-src 'self'"));
    assert_eq!(header(&html, "cache-control"), "no-store");
    let html = html.text().await.unwrap();
    assert!(html.contains("75.00 %") && !html.contains("<script") && !html.contains("style="), "{html}");
    let sheet = html.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let sheet = room.server.get(sheet).send().await.unwrap();
    assert!(header(&sheet, "content-type").starts_with("text/css"));
    assert!(sheet.text().await.unwrap().contains("A4"));
}

#[tokio::test]
async fn a_transcript_is_a_record_a_table_and_a_page() {
    a_transcript_in_three_forms(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_transcript_on_postgres_is_a_record_a_table_and_a_page() {
    a_transcript_in_three_forms(&Classroom::on_postgres().await).await;
}

#[tokio::test]
async fn a_transcript_is_for_its_student_and_those_who_teach_them() {
    let room = Classroom::new().await;
    let path = format!("/api/v1/people/{}/transcript", room.ada.id);
    for who in [&room.ada, &room.teacher, &room.admin] {
        let seen = json_of(room.get(who, &path), 200).await;
        assert_eq!(seen["entries"].as_array().unwrap().len(), 1);
    }
    for who in [&room.ben, &room.outsider, &room.colleague] {
        problem(room.get(who, &path), 404, "not_found").await;
    }
    let nobody = format!("/api/v1/people/{}/transcript", Uuid::now_v7());
    problem(room.get(&room.admin, &nobody), 404, "not_found").await;
    problem(room.server.get(&path), 401, "unauthorized").await;
}
