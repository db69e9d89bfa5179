use crate::harness::{Server, header, json_of, problem};
use serde_json::json;

#[tokio::test]
async fn a_guest_finds_a_game_by_its_pin_and_comes_in() {
    let server = Server::demo().await;
    let (game, pin) = server.open_game(&server.teacher().await).await;
    let grouped = format!("{} {}", &pin[..3], &pin[3..]);
    let found = json_of(server.post("/api/v1/games/find", &json!({"pin": grouped})), 200).await;
    assert_eq!(
        (&found["game"], &found["phase"], &found["locked"]),
        (&json!(game), &json!("lobby"), &json!(false))
    );

    let join = format!("/api/v1/games/{game}/join");
    let joined = json_of(server.post(&join, &json!({"pin": pin, "nickname": "Ada"})), 200).await;
    let token = joined["token"].as_str().unwrap();
    let me = json_of(server.get("/api/v1/me").bearer_auth(token), 200).await;
    assert_eq!((&me["guest"], &me["game"], &me["id"]), (&json!(true), &json!(game), &joined["sub"]));

    let again = server.post(&join, &json!({"pin": pin, "nickname": "Ada"})).bearer_auth(token);
    assert_eq!(json_of(again, 200).await["participant"], joined["participant"]);
    problem(server.post(&join, &json!({"pin": pin, "nickname": "ada"})), 409, "nickname_taken").await;
    problem(server.post(&join, &json!({"pin": pin, "nickname": " "})), 422, "nickname_refused").await;
    problem(server.post(&join, &json!({"pin": pin})), 422, "nickname_refused").await;
}

#[tokio::test]
async fn a_signed_in_student_keeps_their_own_token_and_name() {
    let server = Server::demo().await;
    let (game, pin) = server.open_game(&server.teacher().await).await;
    let student = server.sign_in("amira@demo.school").await;
    let request =
        server.post(&format!("/api/v1/games/{game}/join"), &json!({"pin": pin})).bearer_auth(&student);
    let joined = json_of(request, 200).await;
    assert_eq!((&joined["token"], &joined["nickname"]), (&json!(null), &json!("Amira Haddad")));
    let me = json_of(server.get("/api/v1/me").bearer_auth(&student), 200).await;
    assert_eq!(joined["sub"], me["id"]);
}

#[tokio::test]
async fn a_wrong_pin_leads_nowhere() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let (game, pin) = server.open_game(&teacher).await;
    let (other, _) = server.open_game(&teacher).await;
    let wrong = if pin == "000000" { "000001" } else { "000000" };
    for typed in [wrong, "", "12345", "abcdef", "1234567"] {
        problem(server.post("/api/v1/games/find", &json!({"pin": typed})), 404, "unknown_pin").await;
    }
    let body = json!({"pin": wrong, "nickname": "Ada"});
    problem(server.post(&format!("/api/v1/games/{game}/join"), &body), 404, "unknown_pin").await;
    // A good PIN opens its own game only.
    let body = json!({"pin": pin, "nickname": "Ada"});
    problem(server.post(&format!("/api/v1/games/{other}/join"), &body), 404, "unknown_pin").await;
}

#[tokio::test]
async fn a_class_behind_one_address_gets_in_although_somebody_there_guesses() {
    let server = Server::demo().await;
    let (game, pin) = server.open_game(&server.teacher().await).await;
    let wrong = if pin == "000000" { "000001" } else { "000000" };
    for _ in 0..30 {
        problem(server.post("/api/v1/games/find", &json!({"pin": wrong})), 404, "unknown_pin").await;
    }
    for number in 0..3 {
        let body = json!({"pin": pin, "nickname": format!("Player {number}")});
        json_of(server.post(&format!("/api/v1/games/{game}/join"), &body), 200).await;
    }
}

#[tokio::test]
async fn settings_are_checked_and_unknown_quizzes_refused() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let library = json_of(server.get("/api/v1/quizzes").bearer_auth(&teacher), 200).await;
    let quiz = &library["items"][0]["id"];
    let open = |body| server.post("/api/v1/games", &body).bearer_auth(&teacher);
    let bad = json!({"quiz_id": quiz, "settings": {"max_players": 0}});
    problem(open(bad), 422, "invalid_setting").await;
    let bad = json!({"quiz_id": quiz, "settings": {"late_join": "sometimes"}});
    problem(open(bad), 422, "invalid").await;
    let nothing = json!({"quiz_id": "0198a000-0000-7000-8000-000000000000"});
    problem(open(nothing), 404, "not_found").await;
}

#[tokio::test]
async fn games_are_listed_for_their_owner_and_looked_back_on_by_hosts_only() {
    let server = Server::demo().await;
    let teacher = server.teacher().await;
    let colleague = server.sign_in("coteacher@demo.school").await;
    let (first, _) = server.open_game(&teacher).await;
    let (second, pin) = server.open_game(&teacher).await;
    let mine = json_of(server.get("/api/v1/games?limit=1").bearer_auth(&teacher), 200).await;
    assert_eq!((&mine["items"][0]["game"], &mine["items"][0]["pin"]), (&json!(second), &json!(pin)));
    let next = format!("/api/v1/games?limit=1&cursor={}", mine["next"].as_str().unwrap());
    let rest = json_of(server.get(&next).bearer_auth(&teacher), 200).await;
    assert_eq!((&rest["items"][0]["game"], &rest["next"]), (&json!(first), &json!(null)));
    let theirs = json_of(server.get("/api/v1/games").bearer_auth(&colleague), 200).await;
    assert_eq!(theirs["items"], json!([]));

    let report = format!("/api/v1/games/{first}/report");
    let json = json_of(server.get(&report).bearer_auth(&teacher), 200).await;
    assert_eq!(json["game"], json!(first));
    let table = server.get(&report).bearer_auth(&teacher).header("accept", "text/csv").send().await.unwrap();
    assert_eq!(header(&table, "content-type"), "text/csv; charset=utf-8");
    assert!(table.text().await.unwrap().starts_with("rank,nickname,"));
    let replay =
        json_of(server.get(&format!("/api/v1/games/{first}/replay")).bearer_auth(&teacher), 200).await;
    assert_eq!((&replay["equal"], &replay["differences"]), (&json!(true), &json!([])));
    for path in ["report", "replay"] {
        let request = server.get(&format!("/api/v1/games/{first}/{path}")).bearer_auth(&colleague);
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), 403, "{path}");
    }
}
