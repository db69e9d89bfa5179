//! The statements alone, and both together: who knows all ids of another school reads and changes nothing of it.

use crate::catalogue::tables;
use crate::database::{copy, location};
use crate::filled::{Filled, keyed};
use crate::suite::{content, finish::report, posting::post};
use crate::without_row_security;
use persistence::games::NewGame;
use persistence::gradebook::PostGameError;
use persistence::idempotency::Claim;
use persistence::journal::{ReplayError, Sinks};
use persistence::people::Person;
use persistence::quizzes::QuizFilter;
use persistence::room_log::{LogEntry, RoomKey, RoomLog as _};
use persistence::{Micros, Store};
use protocol::ids::GameId;
use protocol::quiz::Phase;
use protocol::role::Role;
use test_servers::postgres::{APP, Server};

/// All rows of a school, in every table.
fn all_of(server: &Server, name: &str, school: &Filled) -> Vec<String> {
    let dump = |table: &String| {
        let sql = format!(
            "SELECT '{table}', row_to_json({table})::text FROM {table} WHERE school_id = '{}' ORDER BY 2",
            school.school()
        );
        server.sql(name, &sql)
    };
    tables(server, name).iter().map(dump).collect()
}

/// Everything that a store does, for one school with the ids of another.
async fn meddle(store: &Store, with: &Filled, from: &Filled) {
    let (school, theirs) = (from.school(), &with.fixture);
    assert_eq!(store.people().get(school, with.student).await.unwrap(), None);
    let staff = store.people().staff(school).await.unwrap();
    assert!(
        staff.iter().all(|person| [from.fixture.teacher, from.chat.talk.zoe].contains(&person.id)),
        "{staff:?}"
    );
    let found = store.people().by_email(school, "ada@example.org").await.unwrap().unwrap();
    assert_eq!(found.id, from.student);

    let classes = store.classes();
    assert_eq!(classes.of_teacher(school, theirs.teacher).await.unwrap(), []);
    assert_eq!(classes.time_factor(school, with.class, with.student).await.unwrap(), None);
    assert!(classes.enroll(school, with.class, with.student, Role::Student, 3.0).await.is_err());

    let quizzes = store.quizzes();
    assert_eq!(quizzes.get(school, theirs.quiz).await.unwrap(), None);
    assert_eq!(quizzes.get_version(school, theirs.quiz, 1).await.unwrap(), None);
    assert_eq!(quizzes.versions(school, theirs.quiz).await.unwrap(), []);
    assert!(quizzes.update(school, theirs.quiz, 2, &content("Stolen"), Micros(9)).await.is_err());
    assert!(!quizzes.set_archived(school, theirs.quiz, true).await.unwrap());
    assert!(quizzes.create(school, theirs.teacher, &content("Planted"), Micros(9)).await.is_err());
    let listed = quizzes.list(school, &QuizFilter::default(), None, 10).await.unwrap().items;
    assert!(listed.iter().all(|quiz| quiz.id == from.fixture.quiz), "{listed:?}");

    let games = store.games();
    assert_eq!(games.get(school, with.open.id).await.unwrap(), None);
    assert_eq!(games.report(school, with.ended.id).await.unwrap(), None);
    assert_eq!(games.open_of_owner(school, theirs.teacher).await.unwrap(), 0);
    assert_eq!(games.list_of_owner(school, theirs.teacher, None, 10).await.unwrap().items, []);
    for phase in [Phase::Open, Phase::Ended] {
        assert!(!games.set_phase(school, with.open.id, phase, Micros(9)).await.unwrap());
    }
    for game in [&with.open, &with.ended] {
        assert!(games.finish(school, &report(game.id, 5)).await.is_err());
    }
    let foreign = NewGame { school, class: Some(with.class), pin: "999998".to_owned(), ..from.open.clone() };
    let foreign = NewGame { id: GameId::generate(), ..foreign };
    assert!(games.create(&foreign).await.is_err());
    let post = post(with.ended.id, with.student);
    assert!(matches!(
        store.gradebooks().post_game(school, &post, Micros(9)).await,
        Err(PostGameError::UnknownGame)
    ));
    let planted = NewGame { school, pin: "999999".to_owned(), ..with.open.clone() };
    assert!(games.create(&planted).await.is_err());

    let (log, room) = (store.room_log(), RoomKey { school, ..with.room.clone() });
    let entry = LogEntry { seq: 3, at: 3, body: b"planted".to_vec() };
    assert_eq!(log.load(&room).await.unwrap(), None);
    assert_eq!(log.entries(&room, 0, 10).await.unwrap(), []);
    assert!(log.append(&room, with.fence, &[entry]).await.is_err());
    assert!(log.snapshot(&room, with.fence, 2, b"planted").await.is_err());
    log.close(&room).await.unwrap();

    let (keys, request) = (store.idempotency_keys(), keyed(theirs.teacher));
    let Claim::Ours(claim) = keys.claim(school, request, Micros(5)).await.unwrap() else { unreachable!() };
    keys.release(school, request, claim).await.unwrap();

    let letters = store.dead_letters(Sinks::default());
    let listed = letters.list(school, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|letter| letter.fact.op).collect::<Vec<_>>(), [from.parked]);
    assert!(matches!(letters.replay(school, with.parked).await, Err(ReplayError::Unknown)));
    assert!(!letters.discard(school, with.parked).await.unwrap());

    with.records.meddle(store, school, &from.records).await;
    with.events.meddle(store, school, &from.events).await;
    with.learning.meddle(store, school, &from.learning).await;
    with.chat.meddle(store, school, &from.chat).await;

    // Equal ids in two schools are two things: these make the other one.
    let twin = |id, email: &str| Person {
        school,
        id,
        role: Role::Admin,
        name: "Twin".to_owned(),
        email: email.to_owned(),
    };
    store.people().upsert(&twin(with.student, "twin@example.org")).await.unwrap();
    classes.ensure(school, with.class, "Twin").await.unwrap();
    classes.enroll(school, with.class, with.student, Role::Student, 3.0).await.unwrap();
    assert!(quizzes.ensure(school, theirs.quiz, with.student, &content("Twin"), Micros(9)).await.unwrap());
    let twin = NewGame { owner: with.student, ..planted };
    games.create(&twin).await.unwrap();
    games.finish(school, &report(twin.id, 2)).await.unwrap();
    log.acquire(&room).await.unwrap();
    log.close(&room).await.unwrap();
}

async fn assert_apart(server: &'static Server, name: &str) {
    let store = Store::open(&location(server, APP, name)).await.unwrap();
    let here = Filled::in_store(store.clone(), 1).await;
    let there = Filled::in_store(store.clone(), 2).await;
    let before = all_of(server, name, &here);
    assert!(before.iter().all(|rows| !rows.is_empty()));
    meddle(&store, &here, &there).await;
    assert_eq!(all_of(server, name, &here), before);
    let (games, log) = (store.games(), store.room_log());
    assert_eq!(games.by_pin("111111").await.unwrap(), Some((here.school(), here.open.id)));
    assert!(log.open_rooms("quiz").await.unwrap().contains(&here.room));
}

#[tokio::test]
async fn statements_alone_keep_schools_apart() {
    let (server, name) = without_row_security().await;
    assert_apart(server, &name).await;
}

#[tokio::test]
async fn statements_and_row_security_agree() {
    let (server, name) = copy().await;
    assert_apart(server, &name).await;
}
