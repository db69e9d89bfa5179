//! Gradebooks over HTTP.

use crate::{
    classroom::{Classroom, id, somebody},
    client::Client,
    harness::{header, json_of, problem},
};
use persistence::gradebook::CategoryContent;
use protocol::{
    ids::{CategoryId, PersonId, SchoolId},
    role::Role,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn built_scored_and_explained(room: &Classroom) {
    let book = room.path("gradebook");
    let empty = json_of(room.get(&room.teacher, &book), 200).await;
    assert_eq!((&empty["categories"], &empty["policy"]["version"]), (&json!([]), &json!(0)));
    let names: Vec<_> = empty["students"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["Ada", "Ben"]);

    let policy = json!({"rules": {"engine": "canvas", "scheme": "percent"},
        "letters": [{"letter": "A", "from_percent": 90.0}, {"letter": "B", "from_percent": 0.0}]});
    let set = json_of(room.put(&room.teacher, &room.path("grading-policy"), 0, &policy), 200).await;
    assert_eq!((&set["version"], &set["rules"]["scheme"]), (&json!(1), &json!("percent")));
    let tests = room.category("Tests", Some(600_000), json!({"drop_lowest": 1})).await;
    let homework = room.category("Homework", Some(400_000), json!({})).await;
    let [first, second] = [
        room.line_item("Test 1", 20.0, json!({"category": tests})).await,
        room.line_item("Test 2", 10.0, json!({"category": tests})).await,
    ];
    let essay = room.line_item("Essay", 50.0, json!({"category": homework})).await;
    let ada = room.ada.id;
    room.enter(&[(&first, ada, Some(10.0)), (&second, ada, Some(9.0)), (&essay, ada, Some(40.0))]).await;
    room.enter(&[(&essay, ada, Some(45.0))]).await;

    // Tests: 9 of 10, as the lowest is dropped; homework: 45 of 50: 0.6 * 90 + 0.4 * 90.
    let shown = room.get(&room.teacher, &book).send().await.unwrap();
    let tag = header(&shown, "etag").to_owned();
    let shown: Value = shown.json().await.unwrap();
    let row = &shown["students"][0];
    assert_eq!(row["current_grade"], json!({"percent": 90.0, "letter": "A"}), "{row}");
    assert_eq!(row["scores"][&essay]["given"], json!(45.0), "the last entry counts");
    assert_eq!(shown["students"][1]["current_grade"], json!({"percent": null, "letter": null}));
    assert_eq!(shown["students"][1]["final_grade"], json!({"percent": 0.0, "letter": "B"}));
    let again = room.get(&room.teacher, &book).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let before = shown["students"][0]["scores"][&essay]["scored_at"].as_u64().unwrap() - 1;
    let past = json_of(room.get(&room.teacher, &format!("{book}?as_of={before}")), 200).await;
    assert_ne!(past["students"][0]["scores"][&essay]["given"], json!(45.0), "as of before");

    let history = room.path(&format!("scores/{essay}/{ada}"));
    let history = json_of(room.get(&room.teacher, &history), 200).await;
    let given: Vec<_> = history["items"].as_array().unwrap().iter().map(|entry| &entry["given"]).collect();
    assert_eq!(given, [&json!(45.0), &json!(40.0)]);
    assert_eq!(history["items"][0]["entered_by"], json!(room.teacher.id));

    let grade = room.grade(&room.ada, &room.ada).await;
    assert_eq!(grade["current_grade"]["percent"], json!(90.0));
    assert_eq!(grade["policy_version"], json!(1));
    let parts = &grade["trace"]["current_grade"]["whole"]["categories"][0]["parts"];
    assert_eq!(parts[0]["verdict"], json!("dropped_lowest"), "{parts}");
    let ask = json!({"scores": [{"line_item": essay, "given": 50.0}]});
    let ask = room.post(&room.ada, &room.path(&format!("grades/{ada}/what-if")), &ask);
    let answer = json_of(ask, 200).await;
    assert_eq!(answer["grade"]["current_grade"]["percent"], json!(94.0));
    assert_eq!(answer["changes"][0]["from"], json!(45.0));
    let same = room.get(&room.teacher, &book).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(same.status(), 304, "a question changes nothing");

    room.enter(&[(&first, room.ben.id, None)]).await;
    let changed = room.get(&room.teacher, &book).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test]
async fn a_gradebook_is_built_scored_and_explained() {
    built_scored_and_explained(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_gradebook_on_postgres_is_built_scored_and_explained() {
    built_scored_and_explained(&Classroom::on_postgres().await).await;
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_current_one() {
    let room = Classroom::new().await;
    let (teacher, policy) = (&room.teacher, json!({"rules": {"engine": "moodle"}}));
    let path = room.path("grading-policy");
    json_of(room.put(teacher, &path, 0, &policy), 200).await;
    assert_eq!(problem(room.put(teacher, &path, 0, &policy), 409, "conflict").await["current"], 1);
    let blind = room.server.request(reqwest::Method::PUT, &path).bearer_auth(&teacher.token).json(&policy);
    problem(blind, 428, "if_match_required").await;

    let category = room.category("Tests", None, json!({})).await;
    let item = room.line_item("Test", 10.0, json!({"category": category})).await;
    let category_path = room.path(&format!("categories/{category}"));
    let body = json!({"title": "Exams"});
    json_of(room.put(teacher, &category_path, 1, &body), 200).await;
    assert_eq!(problem(room.put(teacher, &category_path, 1, &body), 409, "conflict").await["current"], 2);
    assert_eq!(problem(room.delete(teacher, &category_path, 1), 409, "conflict").await["current"], 2);
    problem(room.delete(teacher, &category_path, 2), 409, "in_use").await;
    let path = room.path(&format!("line-items/{item}"));
    let body = json!({"title": "Exam", "points_possible": 20.0, "category": category});
    json_of(room.put(teacher, &path, 1, &body), 200).await;
    assert_eq!(problem(room.put(teacher, &path, 1, &body), 409, "conflict").await["current"], 2);
    room.enter(&[(&item, room.ada.id, Some(1.0))]).await;
    problem(room.delete(teacher, &path, 2), 409, "has_scores").await;
    let other = room.line_item("Other", 1.0, json!({"category": category})).await;
    json_of(room.delete(teacher, &room.path(&format!("line-items/{other}")), 1), 204).await;
    let shown = room.get(teacher, &path).header("if-none-match", "\"2\"").send().await.unwrap();
    assert_eq!(shown.status(), 304);
}

#[tokio::test]
async fn what_cannot_be_taken_names_its_field() {
    let room = Classroom::new().await;
    let (teacher, nobody) = (&room.teacher, PersonId::generate());
    let item = room.line_item("Test", 10.0, json!({})).await;
    let field = async |request, wanted: &str| {
        let errors = problem(request, 422, "invalid").await;
        assert_eq!(errors["errors"][0]["field"], wanted, "{errors}");
        errors["errors"][0].clone()
    };
    let categories = room.path("categories");
    for (body, wanted) in [
        (json!({"title": " "}), "title"),
        (json!({"title": "T", "weight_ppm": -1}), "weight_ppm"),
        (json!({"title": "T", "weight_ppm": 1_000_000_001}), "weight_ppm"),
        (json!({"title": "T", "parent": nobody}), "parent"),
        (json!({"title": "T", "rules": {"drop_lowst": 1}}), "rules"),
        (json!({"title": "T", "rules": {"max_points": -1}}), "rules.max_points"),
    ] {
        field(room.post(teacher, &categories, &body), wanted).await;
    }
    let items = room.path("line-items");
    for (body, wanted) in [
        (json!({"title": "", "points_possible": 1}), "title"),
        (json!({"title": "T", "points_possible": -1}), "points_possible"),
        (json!({"title": "T", "points_possible": 1e9}), "points_possible"),
        (json!({"title": "T", "points_possible": 1, "weight_ppm": -1}), "weight_ppm"),
        (json!({"title": "T", "points_possible": 1, "category": nobody}), "category"),
        (json!({"title": "T", "points_possible": 1, "session": nobody}), "session"),
    ] {
        field(room.post(teacher, &items, &body), wanted).await;
    }
    let period = |starts: i64, ends: i64, weight: i64| {
        json!({"rules": {"engine": "moodle"}, "periods":
        {"weighted": true, "periods": [{"id": nobody, "weight_ppm": weight, "starts_at": starts, "ends_at": ends}]}})
    };
    let policy = room.path("grading-policy");
    for (body, wanted) in [
        (json!({"rules": {"engine": "abacus"}}), "rules"),
        (period(9, 5, 1), "periods.ends_at"),
        (period(5, 9, -1), "periods.weight_ppm"),
    ] {
        field(room.put(teacher, &policy, 0, &body), wanted).await;
    }
    let scores = room.path("scores");
    let later = room.server.app.node.clock.now_ms() + 3_600_000;
    let good = json!({"line_item": item, "student": room.ada.id, "given": 1});
    for (bad, wanted) in [
        (json!({"line_item": item, "student": room.ada.id, "given": 1e9}), "given"),
        (json!({"line_item": item, "student": nobody, "given": 1}), "student"),
        (json!({"line_item": item, "student": room.teacher.id, "given": 1}), "student"),
        (json!({"line_item": nobody, "student": room.ada.id, "given": 1}), "line_item"),
        (json!({"line_item": item, "student": room.ada.id, "given": 1, "scored_at": later}), "scored_at"),
    ] {
        let body = json!({"scores": [good, bad]});
        assert_eq!(field(room.post(teacher, &scores, &body), wanted).await["row"], 1);
    }
    let grade = room.grade(teacher, &room.ada).await;
    assert_eq!(grade["current_grade"]["percent"], json!(null), "all or nothing");
    let ask = room.path(&format!("grades/{}/what-if", room.ada.id));
    let twice = json!({"scores": [{"line_item": item, "given": 1}, {"line_item": item, "given": 2}]});
    field(room.post(teacher, &ask, &twice), "line_item").await;
    problem(room.post(teacher, &scores, &json!({"scores": [{}]})), 422, "invalid").await;
}

#[tokio::test]
async fn a_score_that_is_sent_again_is_entered_once() {
    let room = Classroom::new().await;
    let item = room.line_item("Test", 10.0, json!({})).await;
    let score = json!({"line_item": item, "student": room.ada.id, "given": 7.5});
    let (path, plain) = (room.path("scores"), json!({"scores": [score]}));
    let send = || room.post(&room.teacher, &path, &plain).header("idempotency-key", "one");
    let first = json_of(send(), 200).await;
    let replayed = send().send().await.unwrap();
    assert_eq!(header(&replayed, "idempotency-replayed"), "true");
    assert_eq!(replayed.json::<Value>().await.unwrap(), first);
    let mut named = score.clone();
    named["id"] = json!(PersonId::generate());
    let named = json!({"scores": [named]});
    for verdict in ["recorded", "duplicate"] {
        let entered = json_of(room.post(&room.teacher, &path, &named), 200).await;
        assert_eq!(entered["scores"][0]["verdict"], verdict);
    }
    let mut other = named.clone();
    other["scores"][0]["given"] = json!(8);
    let refused = problem(room.post(&room.teacher, &path, &other), 422, "invalid").await;
    assert_eq!(refused["errors"][0]["field"], "id");
    let history = room.path(&format!("scores/{item}/{}", room.ada.id));
    let history = json_of(room.get(&room.teacher, &history), 200).await;
    assert_eq!(history["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_student_sees_the_own_grade_and_nothing_that_is_hidden() {
    let room = Classroom::new().await;
    for engine in [json!({"engine": "canvas", "scheme": "points"}), json!({"engine": "moodle"})] {
        let policy = room.path("grading-policy");
        let version = json_of(room.get(&room.teacher, &policy), 200).await["version"].as_u64().unwrap();
        let version = u32::try_from(version).unwrap();
        json_of(room.put(&room.teacher, &policy, version, &json!({"rules": engine})), 200).await;
        let open = room.line_item("Open", 10.0, json!({})).await;
        // With a half: the digits alone may be in an id.
        let secret = room.line_item("Secret", 777.5, json!({"hidden": true})).await;
        room.enter(&[(&open, room.ada.id, Some(8.0)), (&secret, room.ada.id, Some(123.25))]).await;

        let seen = room.grade(&room.ada, &room.ada).await;
        let taught = room.grade(&room.teacher, &room.ada).await;
        assert_eq!(seen["current_grade"], taught["current_grade"]);
        assert_eq!(seen["final_grade"], taught["final_grade"]);
        assert!(taught.to_string().contains(&secret));
        let own = format!("grades/{}", room.ada.id);
        let ask = |item: &str| {
            let body = json!({"scores": [{"line_item": item, "given": 10}]});
            room.post(&room.ada, &room.path(&format!("{own}/what-if")), &body)
        };
        let answer = json_of(ask(&open), 200).await;
        let items = json_of(room.get(&room.ada, &room.path("line-items")), 200).await;
        for told in [&seen, &answer, &items] {
            let text = told.to_string();
            for leak in [secret.as_str(), "Secret", "hidden\"", "777.5", "787.5", "123.25"] {
                let is_field = leak == "hidden\"" && text.contains("\"hidden\":false");
                assert!(is_field || !text.contains(leak), "{leak} in {text}");
            }
        }
        // What is hidden is as what does not exist.
        let missing = PersonId::generate().to_string();
        let texts = [&secret, &missing].map(|item| ask(item));
        let [hidden, none] = texts;
        let hidden = problem(hidden, 422, "invalid").await.to_string().replace(&secret, "?");
        assert_eq!(hidden, problem(none, 422, "invalid").await.to_string().replace(&missing, "?"));
        for item in [&secret, &missing] {
            problem(room.get(&room.ada, &room.path(&format!("line-items/{item}"))), 404, "not_found").await;
            let history = room.path(&format!("scores/{item}/{}", room.ada.id));
            problem(room.get(&room.ada, &history), 404, "not_found").await;
        }
        let tag =
            async || header(&room.get(&room.ada, &room.path(&own)).send().await.unwrap(), "etag").to_owned();
        let before = tag().await;
        room.enter(&[(&secret, room.ada.id, Some(200.0))]).await;
        assert_eq!(tag().await, before, "not even the tag tells");
    }
}

#[tokio::test]
async fn who_is_not_of_the_class_finds_nothing_and_students_change_nothing() {
    let room = Classroom::new().await;
    let item = room.line_item("Test", 10.0, json!({})).await;
    let stranger = somebody(&room.server, SchoolId::generate(), Role::SchoolAdmin, "Sam").await;
    let own = room.ada.id;
    let reads = [
        "gradebook".to_owned(),
        "grading-policy".to_owned(),
        "categories".to_owned(),
        "line-items".to_owned(),
        format!("line-items/{item}"),
        format!("scores/{item}/{own}"),
        format!("grades/{own}"),
        "assignments".to_owned(),
        "progress".to_owned(),
    ];
    for path in &reads {
        for who in [&room.colleague, &room.outsider, &stranger] {
            problem(room.get(who, &room.path(path)), 404, "not_found").await;
        }
        json_of(room.get(&room.admin, &room.path(path)), 200).await;
        json_of(room.get(&room.teacher, &room.path(path)), 200).await;
    }
    for path in ["gradebook", "progress"] {
        problem(room.get(&room.ada, &room.path(path)), 403, "forbidden").await;
    }
    for path in [format!("grades/{own}"), format!("scores/{item}/{own}")] {
        problem(room.get(&room.ben, &room.path(&path)), 404, "not_found").await;
    }
    let score = json!({"scores": [{"line_item": item, "student": own, "given": 10}]});
    let writes = [
        ("scores", score),
        ("categories", json!({"title": "Mine"})),
        ("line-items", json!({"title": "Mine", "points_possible": 1})),
        ("assignments", json!({"title": "Mine", "state": "open"})),
    ];
    for (path, body) in &writes {
        problem(room.post(&room.ada, &room.path(path), body), 403, "forbidden").await;
        for who in [&room.colleague, &room.outsider, &stranger] {
            problem(room.post(who, &room.path(path), body), 404, "not_found").await;
        }
    }
    let policy = json!({"rules": {"engine": "moodle"}});
    problem(room.put(&room.ada, &room.path("grading-policy"), 0, &policy), 403, "forbidden").await;
    let untouched = json_of(room.get(&room.teacher, &room.path("line-items")), 200).await;
    assert_eq!((id(&untouched["items"][0]), untouched["items"].as_array().unwrap().len()), (item, 1));
}

#[tokio::test]
async fn changes_are_told_to_those_who_may_see_them() {
    let room = Classroom::new().await;
    let item = room.line_item("Test", 10.0, json!({})).await;
    let secret = room.line_item("Secret", 10.0, json!({"hidden": true})).await;
    let mut staff = Client::connected(&room.server, &room.teacher.token).await;
    let channel = format!("class-staff:{}", room.class);
    let joined = staff.ask(json!({"subscribe": {"channel": channel}})).await;
    assert!(joined["error"].is_null(), "{joined}");
    let mut ada = Client::connected(&room.server, &room.ada.token).await;
    let refused = ada.ask(json!({"subscribe": {"channel": channel}})).await;
    assert_eq!(refused["error"]["code"], 103);

    room.enter(&[(&secret, room.ada.id, Some(1.0))]).await;
    room.enter(&[(&item, room.ada.id, Some(2.0))]).await;
    for told in [&secret, &item] {
        let note = staff.pushed().await["pub"]["data"].clone();
        let wanted = json!({"type": "record", "resource": "score", "id": told, "class": room.class});
        assert_eq!(note, wanted);
    }
    let note = ada.pushed().await;
    assert_eq!(note["pub"]["data"]["id"], json!(item), "nothing of the hidden one came before: {note}");
}

/// A generator of its own: the same numbers at each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn points(&mut self, most: u64) -> f64 {
        self.below(most * 4 + 1) as f64 / 4.0
    }
}

/// What is known of a column here, by no rule of the server.
struct Column {
    id: String,
    group: usize,
    possible: f64,
    counts: bool,
}

/// The published rule, written down without thought of speed: of all ways to drop as many scores as are to be dropped, the
/// one that leaves the best fraction; groups by their weights, those without points left out, scaled up to 100 %.
fn by_hand(
    columns: &[Column],
    groups: &[(f64, usize)],
    scores: &[Option<(f64, bool)>],
    as_zero: bool,
) -> Option<f64> {
    let mut weighted = Vec::new();
    for (group, (weight, drop)) in groups.iter().enumerate() {
        let mut held = Vec::new();
        for (column, score) in columns.iter().zip(scores) {
            if column.group != group || !column.counts {
                continue;
            }
            match score {
                Some((given, false)) => held.push((*given, column.possible)),
                None if as_zero => held.push((0.0, column.possible)),
                // Excused, or not graded yet.
                Some((_, true)) | None => {}
            }
        }
        let drop = (*drop).min(held.len().saturating_sub(1));
        let mut best: Option<f64> = None;
        for kept in 0_u32..1 << held.len() {
            if kept.count_ones() as usize != held.len() - drop {
                continue;
            }
            let chosen = held.iter().enumerate().filter(|(at, _)| kept >> at & 1 == 1);
            let (given, possible) =
                chosen.fold((0.0, 0.0), |(given, possible), (_, held)| (given + held.0, possible + held.1));
            if possible > 0.0 {
                best = Some(best.map_or(given / possible, |best| best.max(given / possible)));
            }
        }
        if let Some(fraction) = best {
            weighted.push((fraction, *weight));
        }
    }
    let full: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    let sum: f64 = weighted.iter().map(|(fraction, weight)| fraction * weight).sum();
    (full > 0.0)
        .then(|| sum * 100.0 / full.min(100.0) * if full < 100.0 { 1.0 } else { full.min(100.0) / 100.0 })
}

async fn as_computed_by_hand(room: &Classroom) {
    let mut dice = Dice(20_261_130);
    let policy = json!({"rules": {"engine": "canvas", "scheme": "percent"}});
    json_of(room.put(&room.teacher, &room.path("grading-policy"), 0, &policy), 200).await;
    let groups = [(35.0, 1), (25.0, 2), (20.0, 0)];
    let mut categories = Vec::new();
    for (weight, drop) in [(350_000, 1), (250_000, 2), (200_000, 0)] {
        categories.push(room.category("Group", Some(weight), json!({"drop_lowest": drop})).await);
    }
    let mut columns = Vec::new();
    for nth in 0..15 {
        let (group, most) = (nth % 3, [5_u64, 20, 100][nth / 5]);
        let with = json!({"category": categories[group], "hidden": nth == 7, "omit_from_final": nth == 11});
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let possible = most as f64;
        let id = room.line_item("Column", possible, with).await;
        columns.push(Column { id, group, possible, counts: nth != 7 && nth != 11 });
    }
    let mut students = Vec::new();
    for nth in 0..25 {
        let student = somebody(&room.server, room.school, Role::Student, &format!("S{nth}")).await;
        let classes = room.server.app.store.classes();
        classes.enroll(room.school, room.class, student.id, Role::Student, 1.0).await.unwrap();
        let mut held = Vec::new();
        let mut sent = Vec::new();
        for column in &columns {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
            let most = column.possible as u64;
            let excused = dice.below(12) == 0;
            let score = (dice.below(5) > 0).then(|| (dice.points(most), excused));
            if let Some((given, excused)) = score {
                // What was entered before does not count.
                sent.push(json!({"line_item": column.id, "student": student.id, "given": 0.25}));
                sent.push(json!({"line_item": column.id, "student": student.id, "given": given, "excused": excused}));
            }
            held.push(score);
        }
        for scores in sent.chunks(2) {
            let body = json!({"scores": scores});
            json_of(room.post(&room.teacher, &room.path("scores"), &body), 200).await;
        }
        students.push((student, held));
    }
    let book = json_of(room.get(&room.teacher, &room.path("gradebook")), 200).await;
    let mut graded = 0;
    for (student, held) in &students {
        let row = book["students"].as_array().unwrap().iter().find(|row| row["id"] == json!(student.id));
        let row = row.unwrap();
        let grade = room.grade(student, student).await;
        for (name, as_zero) in [("current_grade", false), ("final_grade", true)] {
            assert_eq!(grade[name], row[name], "one grade, wherever it is read");
            let wanted = by_hand(&columns, &groups, held, as_zero);
            match (row[name]["percent"].as_f64(), wanted) {
                (None, None) => {}
                (Some(told), Some(wanted)) => {
                    graded += 1;
                    assert!((told - wanted).abs() <= 0.005_001, "{name}: {told} and not {wanted}");
                }
                other => unreachable!("{name}: {other:?}"),
            }
        }
    }
    assert!(graded >= 48, "{graded} grades were compared");
}

#[tokio::test]
async fn grades_are_those_that_are_computed_by_hand() {
    as_computed_by_hand(&Classroom::new().await).await;
}

#[tokio::test]
async fn means_are_those_that_are_computed_by_hand() {
    let room = Classroom::new().await;
    let mut dice = Dice(7);
    let policy = json!({"rules": {"engine": "moodle"}});
    json_of(room.put(&room.teacher, &room.path("grading-policy"), 0, &policy), 200).await;
    let category = room.category("All", None, json!({"aggregation": "mean", "drop_lowest": 1})).await;
    let mut columns = Vec::new();
    for most in [4_u64, 10, 25, 40, 100] {
        let with = json!({"category": category});
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let possible = most as f64;
        columns.push((room.line_item("Column", possible, with).await, most, possible));
    }
    for student in [&room.ada, &room.ben] {
        let held: Vec<_> =
            columns.iter().map(|(_, most, _)| (dice.below(4) > 0).then(|| dice.points(*most))).collect();
        for ((item, _, _), given) in columns.iter().zip(&held) {
            if given.is_some() {
                room.enter(&[(item, student.id, *given)]).await;
            }
        }
        let grade = room.grade(student, student).await;
        for (name, as_zero) in [("current_grade", false), ("final_grade", true)] {
            let values = columns.iter().zip(&held).filter_map(|((_, _, possible), given)| match given {
                Some(given) => Some(given / possible),
                None => as_zero.then_some(0.0),
            });
            let mut values: Vec<f64> = values.collect();
            values.sort_by(f64::total_cmp);
            values.remove(0);
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let mean = values.iter().sum::<f64>() / values.len() as f64 * 100.0;
            let told = grade[name]["percent"].as_f64().unwrap();
            assert!((told - mean).abs() <= 0.005_001, "{name}: {told} and not {mean}");
        }
    }
}

#[tokio::test]
async fn rules_that_cannot_be_read_are_named_until_they_are_mended() {
    let room = Classroom::new().await;
    let (books, id) = (room.server.app.store.gradebooks(), CategoryId::generate());
    let content = CategoryContent {
        title: "Of old".to_owned(),
        parent: None,
        position: 0,
        weight_ppm: None,
        rules: json!({"drop_lowst": 1}),
    };
    books.create_category(room.school, room.class, id, &content).await.unwrap();
    let own = room.path(&format!("grades/{}", room.ada.id));
    for path in [&room.path("gradebook"), &own] {
        let told = problem(room.get(&room.teacher, path), 409, "unreadable_gradebook").await;
        assert!(told["detail"].as_str().unwrap().contains(&id.to_string()), "{told}");
    }
    let mended = json!({"title": "Of old", "rules": {"drop_lowest": 1}});
    json_of(room.put(&room.teacher, &room.path(&format!("categories/{id}")), 1, &mended), 200).await;
    json_of(room.get(&room.teacher, &room.path("gradebook")), 200).await;
}

#[tokio::test]
async fn a_gradebook_of_200_students_and_60_items_is_read_at_once() {
    let room = Classroom::new().await;
    let category = room.category("All", Some(1_000_000), json!({"drop_lowest": 2})).await;
    let mut items = Vec::new();
    for nth in 0..60 {
        items.push(room.line_item(&format!("Item {nth}"), 10.0, json!({"category": category})).await);
    }
    let (store, mut students) = (&room.server.app.store, vec![room.ada.id, room.ben.id]);
    for nth in 0..198 {
        let student = somebody(&room.server, room.school, Role::Student, &format!("S{nth:03}")).await;
        store.classes().enroll(room.school, room.class, student.id, Role::Student, 1.0).await.unwrap();
        students.push(student.id);
    }
    for some in items.chunks(20) {
        let cells = some
            .iter()
            .flat_map(|item| students.iter().map(move |student| (item.as_str(), *student, Some(5.0))));
        room.enter(&cells.collect::<Vec<_>>()).await;
    }
    let began = Instant::now();
    let answer = room.get(&room.teacher, &room.path("gradebook")).send().await.unwrap();
    let timing = header(&answer, "server-timing").to_owned();
    let book: Value = answer.json().await.unwrap();
    let took = began.elapsed();
    let graded: f64 = timing.strip_prefix("grades;dur=").unwrap().parse().unwrap();
    assert!(graded > 0.0 && graded < took.as_secs_f64() * 1_000.0, "{timing}");
    let rows = book["students"].as_array().unwrap();
    assert_eq!((rows.len(), rows[199]["scores"].as_object().unwrap().len()), (200, 60));
    assert!(rows.iter().all(|row| row["current_grade"]["percent"] == json!(50.0)));
    // A build without optimisation on a busy machine; the figure of the release build is in learning's speed tests.
    assert!(took < Duration::from_secs(10), "took {took:?}");
}
