//! A finished live quiz of a class comes to its gradebook once, and to what its players have mastered.

use crate::{
    classroom::{Classroom, Somebody, id},
    client::Client,
    harness::{json_of, problem},
};
use persistence::Micros;
use persistence::games::NewGame;
use protocol::{
    ids::{ClassId, GameId, PersonId, QuizId},
    quiz::GameReport,
    role::Role,
};
use serde_json::{Value, json};
use std::time::Duration;

/// A quiz of a question, a poll and a question.
pub fn quiz() -> Value {
    let options = json!([{"text": "north"}, {"text": "south"}]);
    json!({"title": "Compass", "questions": [
        {"prompt": "The sun rises in the east.", "kind": "true_false", "correct": true},
        {"prompt": "Which do you like?", "kind": "poll", "options": options},
        {"prompt": "The sun sets in the east.", "kind": "true_false", "correct": false},
    ]})
}

/// Id and PIN of a new game of a class, in its lobby.
pub async fn lobby(room: &Classroom, class: ClassId, quiz: &Value) -> (String, String) {
    let made = json_of(room.post(&room.teacher, "/api/v1/quizzes", quiz), 201).await;
    let settings = json!({"countdown_ms": 0, "class": class});
    let body = json!({"quiz_id": made["id"], "settings": settings});
    let game = json_of(room.post(&room.teacher, "/api/v1/games", &body), 201).await;
    (game["game"].as_str().unwrap().to_owned(), game["pin"].as_str().unwrap().to_owned())
}

/// A player on a socket: with an account, or as a guest.
async fn player(
    room: &Classroom,
    (game, pin): &(String, String),
    who: Option<&Somebody>,
    name: &str,
) -> Client {
    let join =
        room.server.post(&format!("/api/v1/games/{game}/join"), &json!({"pin": pin, "nickname": name}));
    let join = match who {
        Some(who) => join.bearer_auth(&who.token),
        None => join,
    };
    let joined = json_of(join, 200).await;
    let token = joined["token"].as_str().map(str::to_owned);
    let token = token.or_else(|| who.map(|who| who.token.clone())).unwrap();
    Client::connected(&room.server, &token).await
}

async fn rpc(client: &mut Client, verb: &str, data: Value) -> Value {
    let reply = client.ask(json!({"rpc": {"method": format!("quiz.{verb}"), "data": data}})).await;
    assert!(reply["error"].is_null(), "{verb} {data}: {reply}");
    reply["rpc"]["data"].clone()
}

/// Goes on until the game stands at a phase.
pub async fn until(host: &mut Client, game: &str, phase: &str, step: bool) {
    for _ in 0..200 {
        let state = rpc(host, "state", json!({"game": game})).await;
        if state["phase"] == phase {
            return;
        }
        if step {
            host.ask(json!({"rpc": {"method": "quiz.next", "data": {"game": game}}})).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("the game never came to {phase}");
}

/// The columns of the gradebook, as soon as there are so many.
async fn columns(room: &Classroom, many: usize) -> Vec<Value> {
    for _ in 0..500 {
        let items = json_of(room.get(&room.teacher, &room.path("line-items")), 200).await;
        let items = items["items"].as_array().unwrap().clone();
        if items.len() >= many {
            assert_eq!(items.len(), many);
            return items;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("the gradebook never had {many} columns");
}

async fn played_game_comes_to_the_gradebook(room: &Classroom) {
    let skill = json_of(room.post(&room.teacher, "/api/v1/skills", &json!({"title": "Sky"})), 201).await;
    let mut quiz = quiz();
    quiz["questions"][0]["skills"] = json!([skill["id"]]);
    let lobby = lobby(room, room.class, &quiz).await;
    let game = lobby.0.clone();
    let mut host = Client::connected(&room.server, &room.teacher.token).await;
    let mut ada = player(room, &lobby, Some(&room.ada), "Ada").await;
    let mut olga = player(room, &lobby, Some(&room.outsider), "Olga").await;
    let mut guest = player(room, &lobby, None, "Guest").await;
    until(&mut host, &game, "open", true).await;
    for (nth, client) in [&mut ada, &mut olga, &mut guest].into_iter().enumerate() {
        let answer = json!({"game": game, "question": 0, "op": format!("op{nth}"), "answer": {"choice": 0}});
        rpc(client, "answer", answer).await;
    }
    // To the podium, and from there to the end.
    for _ in 0..2 {
        rpc(&mut host, "end", json!({"game": game})).await;
    }

    let column = columns(room, 1).await.remove(0);
    assert_eq!((&column["title"], &column["points_possible"]), (&json!("Compass"), &json!(1.0)), "{column}");
    assert!(column["due_at"].as_u64().is_some(), "it falls into the period in which it was played");
    let book = json_of(room.get(&room.teacher, &room.path("gradebook")), 200).await;
    assert_eq!(book["categories"][0]["title"], "All work");
    let column = id(&column);
    let scores: Vec<_> = book["students"].as_array().unwrap().iter().map(|row| &row["scores"]).collect();
    assert_eq!(scores[0][&column]["given"], json!(1.0));
    assert_eq!(scores[1], &json!({}), "Ben did not play");
    let history = room.path(&format!("scores/{column}/{}", room.ada.id));
    let history = json_of(room.get(&room.teacher, &history), 200).await;
    let entry = &history["items"][0];
    assert_eq!((&entry["source"], &entry["source_event"]), (&json!("game"), &json!(game)), "{entry}");
    assert_eq!(history["items"].as_array().unwrap().len(), 1);

    // What was right shows who knows the skill: of Ada to her teacher, of Olga, who is in no class, to herself.
    let mastered = mastered(room, &room.ada).await;
    assert_eq!((&mastered[0]["skill"]["title"], &mastered[0]["answers"]), (&json!("Sky"), &json!(1)));
    assert!(mastered[0]["theta"].as_f64().unwrap() > 0.0, "{mastered}");
    let of_class = json_of(room.get(&room.teacher, &room.path("mastery")), 200).await;
    let told: Vec<_> = of_class["items"].as_array().unwrap().iter().collect();
    let named =
        |name: &str| told.iter().find(|row| row["student"]["name"] == name).unwrap()["skills"].clone();
    assert_eq!((named("Ada"), named("Ben"), told.len()), (mastered, json!([]), 2), "{of_class}");
    assert_eq!(self::mastered(room, &room.outsider).await[0]["answers"], 1);
    problem(room.get(&room.ada, &room.path("mastery")), 403, "forbidden").await;
    let later = "/api/v1/me/reviews?due_before=9000000000000";
    let cards = json_of(room.get(&room.ada, later), 200).await;
    assert_eq!(cards["items"].as_array().unwrap().len(), 1, "the question is seen again: {cards}");
}

/// What is believed of somebody, as soon as there is something.
async fn mastered(room: &Classroom, who: &Somebody) -> Value {
    for _ in 0..500 {
        let mine = json_of(room.get(who, "/api/v1/me/mastery"), 200).await;
        if mine["items"] != json!([]) {
            return mine["items"].clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("nobody learned from the game");
}

#[tokio::test]
async fn a_played_game_comes_to_the_gradebook_and_to_what_is_mastered() {
    played_game_comes_to_the_gradebook(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_played_game_on_postgres_comes_to_the_gradebook_and_to_what_is_mastered() {
    played_game_comes_to_the_gradebook(&Classroom::on_postgres().await).await;
}

#[tokio::test]
async fn only_who_teaches_a_class_plays_a_game_with_it() {
    let room = Classroom::new().await;
    let made = json_of(room.post(&room.teacher, "/api/v1/quizzes", &quiz()), 201).await;
    let open = |who, class: ClassId| {
        let body = json!({"quiz_id": made["id"], "settings": {"class": class}});
        room.post(who, "/api/v1/games", &body)
    };
    problem(open(&room.colleague, room.class), 404, "not_found").await;
    problem(open(&room.teacher, ClassId::generate()), 404, "not_found").await;
    json_of(open(&room.teacher, room.class), 201).await;
    let mine = json_of(room.get(&room.teacher, "/api/v1/games"), 200).await;
    assert_eq!(mine["items"][0]["class"], json!(room.class));
}

/// A game of the class that has ended and was not posted: its owner died right after its end was kept.
async fn ended(room: &Classroom, players: &[PersonId]) -> (GameId, GameReport) {
    let store = &room.server.app.store;
    let content = serde_json::from_value(quiz()).unwrap();
    let quiz: QuizId =
        store.quizzes().create(room.school, room.teacher.id, &content, Micros(1)).await.unwrap();
    let game = GameId::generate();
    let new = NewGame {
        school: room.school,
        id: game,
        quiz,
        version: 1,
        owner: room.teacher.id,
        class: Some(room.class),
        title: "Compass".to_owned(),
        pin: format!("{:06}", game.0.as_u128() % 1_000_000),
        settings: protocol::quiz::GameSettings::default(),
        opened_at: Micros(1_000),
    };
    store.games().create(&new).await.unwrap();
    let question = |index: usize, kind: &str| {
        json!({"index": index, "prompt": "?", "kind": kind, "played": true,
        "answered": 1, "correct": 1, "correct_rate": 1.0, "mean_elapsed_ms": 1, "solution": {},
        "distribution": {"answered": 1, "correct": 1}})
    };
    let answer = |question: usize, correct: Option<bool>| {
        json!({"question": question, "answer": null,
        "correct": correct, "points": 0, "streak_bonus": 0, "elapsed_ms": null, "latency_credit_ms": 0})
    };
    let participant = |person: &PersonId| {
        json!({"participant": PersonId::generate(), "person": person,
        "nickname": "N", "rank": 1, "score": 1, "correct": 1, "answered": 3, "late": false, "late_credit": 0,
        "kicked": false, "answers": [answer(0, Some(true)), answer(1, None), answer(2, Some(false))]})
    };
    let participants: Vec<Value> = players.iter().map(participant).collect();
    let questions = [question(0, "true_false"), question(1, "poll"), question(2, "true_false")];
    let report = json!({"game": game, "title": "Compass", "opened_at": 1, "ended_at": 2,
        "settings": protocol::quiz::GameSettings::default(), "players": players.len(), "questions": questions,
        "participants": participants});
    let report: GameReport = serde_json::from_value(report).unwrap();
    store.games().finish(room.school, &report).await.unwrap();
    (game, report)
}

async fn crash_between_end_and_posting(room: &Classroom) {
    let (_, report) = ended(room, &[room.ada.id, room.ben.id]).await;
    assert_eq!(columns(room, 0).await, Vec::<Value>::new());
    // Six nodes look at once, and again after that; and the game ends a second time.
    let learning = &room.server.app.learning;
    let looks = (0..6).map(|_| learning.post_finished_games());
    let posted: usize = futures_util::future::join_all(looks).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(posted, 1);
    room.server.app.store.games().finish(room.school, &report).await.unwrap();
    assert_eq!(learning.post_finished_games().await.unwrap(), 0);
    let column = columns(room, 1).await.remove(0);
    assert_eq!(column["points_possible"], json!(2.0), "a poll is no question for points");
    let book = json_of(room.get(&room.teacher, &room.path("gradebook")), 200).await;
    for row in book["students"].as_array().unwrap() {
        assert_eq!(row["current_grade"]["percent"], json!(50.0), "{row}");
    }
    for student in [&room.ada, &room.ben] {
        let history = room.path(&format!("scores/{}/{}", id(&column), student.id));
        let history = json_of(room.get(&room.teacher, &history), 200).await;
        assert_eq!(history["items"].as_array().unwrap().len(), 1, "exactly once");
    }
}

#[tokio::test]
async fn what_a_crash_left_between_end_and_posting_is_posted_once() {
    crash_between_end_and_posting(&Classroom::new().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_crash_left_on_postgres_is_posted_once() {
    crash_between_end_and_posting(&Classroom::on_postgres().await).await;
}

#[tokio::test]
async fn a_class_that_changed_meanwhile_gets_the_scores_of_its_students() {
    let room = Classroom::new().await;
    let (classes, colleague) = (room.server.app.store.classes(), room.colleague.id);
    ended(&room, &[room.ada.id, room.ben.id, room.outsider.id, colleague]).await;
    // Olga came, Ben is a helper now.
    classes.enroll(room.school, room.class, room.outsider.id, Role::Student, 1.0).await.unwrap();
    classes.enroll(room.school, room.class, room.ben.id, Role::Teacher, 1.0).await.unwrap();
    assert_eq!(room.server.app.learning.post_finished_games().await.unwrap(), 1);
    let book = json_of(room.get(&room.teacher, &room.path("gradebook")), 200).await;
    let rows = book["students"].as_array().unwrap();
    let scored: Vec<_> =
        rows.iter().filter(|row| row["scores"] != json!({})).map(|row| &row["name"]).collect();
    assert_eq!(scored, ["Ada", "Olga"]);
}

#[tokio::test]
async fn a_server_that_starts_posts_what_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let room = Classroom::in_folder(&data).await;
    ended(&room, &[room.ada.id]).await;
    let (school, class, ada) = (room.school, room.class, room.ada.id);
    let app = room.server.stop_listening().await;
    app.drain(Duration::ZERO).await;
    app.shut_down().await;
    let next = crate::harness::Server::start(false, |config| config.data_dir = data.clone()).await;
    for _ in 0..500 {
        let book = next.app.store.gradebooks().load(school, class).await.unwrap();
        if let [score] = book.scores[..] {
            assert_eq!((score.student, score.given), (ada, Some(1.0)));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("nobody posted it");
}
