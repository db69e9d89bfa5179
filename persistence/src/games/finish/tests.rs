#![expect(clippy::unwrap_used, reason = "tests")]

use crate::games::NewGame;
use crate::people::Person;
use crate::{DatabaseLocation, Micros, Store};
use protocol::ids::{GameId, ParticipantId, PersonId, SchoolId};
use protocol::quiz::{AnswerReport, AnswerValue, GameReport, GameSettings, ParticipantReport, QuizContent};
use protocol::role::Role;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

#[derive(Debug, PartialEq, FromRow)]
struct ParticipantRow {
    participant_id: Uuid,
    person_id: Option<Uuid>,
    nickname: String,
    final_rank: i64,
    final_score: i64,
    late_credit: i64,
    late: bool,
    kicked: bool,
}

#[derive(Debug, PartialEq, FromRow)]
struct AnswerRow {
    participant_id: Uuid,
    question: i64,
    value: Json<AnswerValue>,
    correct: Option<bool>,
    points: i64,
    streak_bonus: i64,
    elapsed_ms: Option<i64>,
    latency_credit_ms: i64,
    occurred_us: Micros,
}

async fn rows(store: &Store, school: SchoolId) -> (Vec<ParticipantRow>, Vec<AnswerRow>) {
    let db = store.games().db;
    let participants = "SELECT * FROM participant WHERE school_id = $1 ORDER BY final_rank";
    let answers = "SELECT * FROM answer WHERE school_id = $1 ORDER BY points DESC, question";
    (
        db.fetch_all(school, participants, [school.0.into()]).await.unwrap(),
        db.fetch_all(school, answers, [school.0.into()]).await.unwrap(),
    )
}

async fn open_game(store: &Store) -> (SchoolId, GameId) {
    let (school, owner, id) = (SchoolId::generate(), PersonId::generate(), GameId::generate());
    let (name, email) = ("Tess".to_owned(), String::new());
    store.schools().ensure(school, "Hillside").await.unwrap();
    store.people().upsert(&Person { school, id: owner, role: Role::Teacher, name, email }).await.unwrap();
    let title = "Rivers".to_owned();
    let content = QuizContent { title: title.clone(), description: String::new(), questions: Vec::new() };
    let quiz = store.quizzes().create(school, owner, &content, Micros(1)).await.unwrap();
    let (pin, settings, opened_at) = ("111111".to_owned(), GameSettings::default(), Micros(1));
    let game = NewGame { school, id, quiz, version: 1, owner, class: None, title, pin, settings, opened_at };
    store.games().create(&game).await.unwrap();
    (school, id)
}

fn report(game: GameId, participants: Vec<ParticipantReport>) -> GameReport {
    GameReport {
        game,
        title: "Rivers".to_owned(),
        opened_at: 1,
        ended_at: Some(2),
        settings: GameSettings::default(),
        players: 2,
        questions: Vec::new(),
        participants,
    }
}

fn participant(rank: u32, answers: Vec<AnswerReport>) -> ParticipantReport {
    ParticipantReport {
        participant: ParticipantId::generate(),
        person: (rank == 1).then(PersonId::generate),
        nickname: format!("Player {rank}"),
        rank,
        score: 10_000 - rank,
        correct: 1,
        answered: 1,
        late: rank == 2,
        late_credit: 7 * rank,
        kicked: rank == 2,
        answers,
    }
}

fn answer(question: usize, answer: Option<AnswerValue>, points: u32) -> AnswerReport {
    AnswerReport {
        question,
        correct: answer.as_ref().map(|_| true),
        elapsed_ms: answer.as_ref().map(|_| 1_500),
        answer,
        points,
        streak_bonus: 100,
        latency_credit_ms: 40,
    }
}

async fn migrated() -> Store {
    let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
    store.migrate().await.unwrap();
    store
}

#[tokio::test]
async fn every_participant_and_every_given_answer_has_a_row() {
    let store = migrated().await;
    let (school, game) = open_game(&store).await;
    let order = AnswerValue::Order(vec![2, 0, 1]);
    let first = participant(
        1,
        vec![answer(0, Some(AnswerValue::Text("Nîle".to_owned())), 900), answer(1, Some(order.clone()), 800)],
    );
    let second = participant(2, vec![answer(0, None, 0)]);
    let report = report(game, vec![first.clone(), second.clone()]);
    store.games().finish(school, &report).await.unwrap();

    let row_of = |from: &ParticipantReport| ParticipantRow {
        participant_id: from.participant.0,
        person_id: from.person.map(|person| person.0),
        nickname: from.nickname.clone(),
        final_rank: from.rank.into(),
        final_score: from.score.into(),
        late_credit: from.late_credit.into(),
        late: from.late,
        kicked: from.kicked,
    };
    let answered = |question, value, points| AnswerRow {
        participant_id: first.participant.0,
        question,
        value: Json(value),
        correct: Some(true),
        points,
        streak_bonus: 100,
        elapsed_ms: Some(1_500),
        latency_credit_ms: 40,
        occurred_us: Micros(2_000),
    };
    let (participants, answers) = rows(&store, school).await;
    assert_eq!(participants, [row_of(&first), row_of(&second)]);
    let text = AnswerValue::Text("Nîle".to_owned());
    assert_eq!(answers, [answered(0, text, 900), answered(1, order, 800)]);
}

#[tokio::test]
async fn finishing_twice_leaves_the_same_rows() {
    let store = migrated().await;
    let (school, game) = open_game(&store).await;
    let choice = |points| vec![answer(0, Some(AnswerValue::Choice(1)), points)];
    let participants = (1..=300).map(|rank| participant(rank, choice(1_000 - rank))).collect();
    let report = report(game, participants);
    store.games().finish(school, &report).await.unwrap();
    let once = rows(&store, school).await;
    store.games().finish(school, &report).await.unwrap();
    let twice = rows(&store, school).await;
    assert_eq!((once.0.len(), once.1.len()), (300, 300));
    assert_eq!(once, twice);
    assert_eq!(store.games().report(school, game).await.unwrap(), Some(report));
}
