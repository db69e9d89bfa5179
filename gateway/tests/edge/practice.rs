//! Practising over HTTP: what is asked, what is told of it and when, and what it leaves.

use crate::harness::{Server, json_of, problem};
use learning::service::practice::Schedule;
use protocol::{ids::SchoolId, role::Role};
use serde_json::{Value, json};
use uuid::Uuid;

/// A skill and a quiz that exercises it.
async fn skilled(server: &Server, teacher: &str, questions: usize) -> String {
    let made =
        json_of(server.post("/api/v1/skills", &json!({"title": "Rivers"})).bearer_auth(teacher), 201).await;
    let skill = made["id"].as_str().unwrap().to_owned();
    let all: Vec<Value> = (0..questions)
        .map(|n| {
            json!({"prompt": format!("River {n}?"), "kind": "typed", "accepted": [format!("canary {n}")],
                "explanation": "canary, because", "skills": [skill]})
        })
        .collect();
    for part in all.chunks(200) {
        let quiz = json!({"title": "Rivers", "questions": part});
        json_of(server.post("/api/v1/quizzes", &quiz).bearer_auth(teacher), 201).await;
    }
    skill
}

/// A student of the demo school of whom nothing is known: those of the demo have answered before.
async fn newcomer(server: &Server, teacher: &str) -> String {
    let me = json_of(server.get("/api/v1/me").bearer_auth(teacher), 200).await;
    server.token(me["school"]["id"].as_str().unwrap().parse().unwrap(), Role::Student)
}

#[tokio::test]
async fn an_item_is_shown_answered_once_and_seen_again() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let student = newcomer(&server, &teacher).await;
    let skill = skilled(&server, &teacher, 3).await;
    let next = format!("/api/v1/me/next-item?skill={skill}");
    let asked = json_of(server.get(&next).bearer_auth(&student), 200).await;
    assert!(!asked.to_string().contains("canary"), "{asked}");
    assert!(asked["information"].as_f64().unwrap() > 0.0, "{asked}");
    let again = json_of(server.get(&next).bearer_auth(&student), 200).await;
    assert_eq!(asked["item"], again["item"], "asking again brings no other");

    let prompt = asked["question"]["prompt"].as_str().unwrap();
    let number = prompt.trim_start_matches("River ").trim_end_matches('?');
    let op = Uuid::now_v7();
    let answer = json!({"item": asked["item"], "answer": {"text": format!("canary {number}")}, "op": op});
    let give = |answer: &Value, token: &str| server.post("/api/v1/me/responses", answer).bearer_auth(token);
    let other = server.sign_in("coteacher@demo.school").await;
    problem(give(&answer, &other), 404, "not_found").await;
    let bad = json!({"item": asked["item"], "answer": {"choice": 1}, "op": op});
    problem(give(&bad, &student), 422, "invalid").await;
    let told = json_of(give(&answer, &student), 200).await;
    assert_eq!((&told["correct"], &told["explanation"]), (&json!(true), &json!("canary, because")));
    assert_eq!(told["mastery"][0]["answers"], 1, "{told}");
    let same = json_of(give(&answer, &student), 200).await;
    assert_eq!(same["mastery"], told["mastery"], "the same op again changes nothing");
    let who = server.app.auth.verify(&student).await.unwrap();
    let responses = server.app.store.responses();
    let kept = responses.of_person(who.school, who.person.unwrap(), None, 10).await.unwrap().items;
    assert_eq!((kept.len(), kept[0].response.correct), (1, Some(true)), "{kept:?}");
    assert_eq!(json!(kept[0].response.item), asked["item"]);
    let mut second = answer.clone();
    second["op"] = json!(Uuid::now_v7());
    problem(give(&second, &student), 409, "not_shown").await;

    let mine = json_of(server.get("/api/v1/me/mastery").bearer_auth(&student), 200).await;
    assert_eq!((&mine["items"][0]["skill"]["id"], &mine["items"][0]["answers"]), (&json!(skill), &json!(1)));
    let theirs = json_of(server.get("/api/v1/me/mastery").bearer_auth(&other), 200).await;
    assert_eq!(theirs["items"], json!([]));
    let due = json_of(server.get("/api/v1/me/reviews").bearer_auth(&student), 200).await;
    assert_eq!(due["items"], json!([]), "not due yet");
    let later =
        json_of(server.get("/api/v1/me/reviews?due_before=9000000000000").bearer_auth(&student), 200).await;
    let card = &later["items"][0];
    assert_eq!((&card["item"], &card["question"]), (&asked["item"], &json!(null)));
    let path = format!("/api/v1/me/reviews/{}", card["id"].as_str().unwrap());
    let rating = json!({"rating": "good"});
    problem(server.post(&path, &rating).bearer_auth(&other), 404, "not_found").await;
    problem(server.post(&path, &rating).bearer_auth(&student), 409, "not_shown").await;
    problem(server.post(&path, &json!({})).bearer_auth(&student), 422, "invalid").await;
}

#[tokio::test]
async fn what_was_forgotten_is_due_at_once_and_what_was_known_tomorrow() {
    const DAY_MS: u64 = 86_400_000;
    let server = Server::start(true, |config| config.practice.schedule = Schedule::Sm2).await;
    let teacher = server.teacher().await;
    let student = newcomer(&server, &teacher).await;
    let skill = skilled(&server, &teacher, 1).await;
    let next = format!("/api/v1/me/next-item?skill={skill}");
    let asked = json_of(server.get(&next).bearer_auth(&student), 200).await;
    let wrong = json!({"item": asked["item"], "answer": {"text": "a lake"}, "op": Uuid::now_v7()});
    let told = json_of(server.post("/api/v1/me/responses", &wrong).bearer_auth(&student), 200).await;
    assert_eq!(told["correct"], json!(false), "{told}");

    let due = json_of(server.get("/api/v1/me/reviews").bearer_auth(&student), 200).await;
    let card = &due["items"][0];
    assert_eq!((&card["item"], &card["state"]), (&asked["item"], &json!("learning")), "{due}");
    assert_eq!(card["question"]["prompt"], asked["question"]["prompt"]);
    let path = format!("/api/v1/me/reviews/{}", card["id"].as_str().unwrap());
    // The op of a rating, and then the same with an answer: nothing was answered under it.
    let mut rated = json!({"rating": "again", "op": Uuid::now_v7()});
    json_of(server.post(&path, &rated).bearer_auth(&student), 200).await;
    rated.as_object_mut().unwrap().remove("rating");
    rated["answer"] = json!({"text": "canary 0"});
    json_of(server.post(&path, &rated).bearer_auth(&student), 200).await;
    let who = server.app.auth.verify(&student).await.unwrap();
    let kept = server.app.store.responses().of_person(who.school, who.person.unwrap(), None, 10).await;
    assert_eq!(kept.unwrap().items.len(), 1, "the wrong answer alone");

    let due = json_of(server.get("/api/v1/me/reviews").bearer_auth(&student), 200).await;
    let card = &due["items"][0];
    let right = json!({"answer": {"text": "canary 0"}, "op": Uuid::now_v7()});
    let moved = json_of(server.post(&path, &right).bearer_auth(&student), 200).await;
    assert_eq!(moved["correct"], json!(true), "{moved}");
    let days = (moved["due_at"].as_u64().unwrap() - card["due_at"].as_u64().unwrap()) / DAY_MS;
    assert_eq!(days, 1, "{moved}");
    let due = json_of(server.get("/api/v1/me/reviews").bearer_auth(&student), 200).await;
    assert_eq!(due["items"], json!([]));
}

#[tokio::test]
async fn skills_are_made_by_staff_and_belong_to_their_school() {
    let server = Server::demo().await;
    let (teacher, student) = (server.teacher().await, server.sign_in("amira@demo.school").await);
    let title = json!({"title": "Lakes"});
    problem(server.post("/api/v1/skills", &title).bearer_auth(&student), 403, "forbidden").await;
    problem(server.post("/api/v1/skills", &json!({"title": " "})).bearer_auth(&teacher), 422, "invalid")
        .await;
    let made = json_of(server.post("/api/v1/skills", &title).bearer_auth(&teacher), 201).await;
    let path = format!("/api/v1/skills/{}", made["id"].as_str().unwrap());
    json_of(server.get(&path).bearer_auth(&student), 200).await;
    let elsewhere = server.token(SchoolId::generate(), Role::Teacher);
    problem(server.get(&path).bearer_auth(&elsewhere), 404, "not_found").await;
    let next = format!("/api/v1/me/next-item?skill={}", made["id"].as_str().unwrap());
    problem(server.get(&next).bearer_auth(&elsewhere), 404, "not_found").await;
    let nothing = json_of(server.get(&next).bearer_auth(&student), 200).await;
    assert_eq!(nothing["item"], json!(null));
    let put = server.request(reqwest::Method::PUT, &path).json(&title).bearer_auth(&teacher);
    problem(put.header("if-match", "\"7\""), 409, "conflict").await;
    let quiz = json!({"title": "Lakes", "questions": [{"prompt": "Deep?", "kind": "true_false", "correct": true,
        "skills": [made["id"]]}]});
    let refused =
        problem(server.post("/api/v1/quizzes", &quiz).bearer_auth(&elsewhere), 422, "invalid_quiz").await;
    assert_eq!(refused["errors"][0]["field"], "questions[0].skills[0]");
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a figure")]
#[ignore = "a figure: cargo test -p schoolbell-gateway --test edge -- --ignored --nocapture next_item_of"]
async fn next_item_of_five_thousand_comes_within_300_ms() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let skill = skilled(&server, &teacher, 5_000).await;
    let school = json_of(server.get("/api/v1/me").bearer_auth(&teacher), 200).await;
    let school: SchoolId = school["school"]["id"].as_str().unwrap().parse().unwrap();
    let mut took = Vec::new();
    for _ in 0..200 {
        // Each a new student: nothing that was chosen before stays.
        let student = server.token(school, Role::Student);
        let request = server.get(&format!("/api/v1/me/next-item?skill={skill}")).bearer_auth(&student);
        let began = std::time::Instant::now();
        json_of(request, 200).await;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    println!("next item of 5,000: p50 {:?}, p95 {:?}, longest {:?}", took[99], took[189], took[199]);
    assert!(took[189] < std::time::Duration::from_millis(300));
}
