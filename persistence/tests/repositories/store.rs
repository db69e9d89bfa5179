use crate::suite::{Fixture, finish::report, person};
use persistence::attendance::AttendanceSpan;
use persistence::classes::EnrollError;
use persistence::room_log::{RoomKey, RoomLog as _};
use persistence::rosters::EnrollmentState;
use persistence::{DatabaseLocation, Micros, Retention, Store};
use protocol::ids::{ClassId, LiveSessionId, SchoolId};
use protocol::quiz::Phase;
use protocol::role::Role;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use std::num::NonZeroU32;
use std::path::Path;
use uuid::Uuid;

#[tokio::test]
async fn migrations_are_pending_until_they_are_applied() {
    let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
    let pending = store.pending_migrations().await.unwrap();
    assert_eq!(
        pending,
        [
            "0001_schools",
            "0002_quizzes",
            "0003_games",
            "0004_rooms",
            "0005_directories",
            "0006_courses",
            "0007_grades",
            "0008_journal",
            "0009_idempotency",
            "0010_posting",
            "0011_mastery",
            "0012_events",
            "0013_parts",
            "0014_lives",
            "0015_reviews",
            "0016_chat",
            "0017_friends",
        ]
    );
    store.migrate().await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
    store.migrate().await.unwrap();
}

#[tokio::test]
async fn closing_leaves_everything_in_the_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schoolbell.sqlite");
    let at = DatabaseLocation::SqliteFile(file.clone());
    let store = Store::open(&at).await.unwrap();
    store.migrate().await.unwrap();
    let school = SchoolId::generate();
    store.schools().ensure(school, "Hillside").await.unwrap();
    let schools = store.schools();
    store.close().await.unwrap();
    assert!(schools.get(school).await.is_err());
    let wal = std::fs::metadata(folder.path().join("schoolbell.sqlite-wal"));
    assert!(wal.map_or(0, |wal| wal.len()) == 0);

    let moved = folder.path().join("moved.sqlite");
    std::fs::copy(&file, &moved).unwrap();
    let store = Store::open(&DatabaseLocation::SqliteFile(moved)).await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
    assert_eq!(store.schools().get(school).await.unwrap().unwrap().name, "Hillside");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear school, this is a letter. ".repeat(100)).unwrap();
    let open = Store::open(&DatabaseLocation::SqliteFile(file.clone())).await;
    assert_eq!(open.map(|_| ()).unwrap_err().code(), "unavailable");
    assert!(std::fs::read_to_string(file).unwrap().starts_with("Dear school"));
}

#[tokio::test]
async fn what_was_open_before_there_were_directories_is_found_after() {
    let folder = tempfile::tempdir().unwrap();
    let at = DatabaseLocation::SqliteFile(folder.path().join("schoolbell.sqlite"));
    let store = Store::open(&at).await.unwrap();
    store.migrate().await.unwrap();
    let fixture = Fixture::in_store(store.clone()).await;
    let (open, ended) = (fixture.game("111111", 5), fixture.game("222222", 6));
    store.games().create(&open).await.unwrap();
    store.games().create(&ended).await.unwrap();
    store.games().set_phase(fixture.school, ended.id, Phase::Ended, Micros(7)).await.unwrap();
    let room = |id| RoomKey { school: fixture.school, kind: "quiz".to_owned(), id };
    let log = store.room_log();
    for game in [&open, &ended] {
        log.acquire(&room(game.id.0)).await.unwrap();
    }
    log.close(&room(ended.id.0)).await.unwrap();
    store.close().await.unwrap();
    // As an older version left it.
    let options = SqliteConnectOptions::new().filename(folder.path().join("schoolbell.sqlite"));
    let mut connection = options.connect().await.unwrap();
    let back = "DROP TABLE open_game; DROP TABLE open_room; DELETE FROM _sqlx_migrations WHERE version = 5;
        CREATE UNIQUE INDEX game_open_pin ON game (pin) WHERE state <> 'ended';
        CREATE INDEX room_open ON room (kind, school_id, room_id) WHERE NOT closed;";
    sqlx::raw_sql(back).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let store = Store::open(&at).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.games().by_pin("111111").await.unwrap(), Some((fixture.school, open.id)));
    assert_eq!(store.games().by_pin("222222").await.unwrap(), None);
    assert_eq!(store.games().open_since_before(Micros(5)).await.unwrap(), [(fixture.school, open.id)]);
    assert_eq!(store.room_log().open_rooms("quiz").await.unwrap(), [room(open.id.0)]);
}

#[tokio::test]
async fn classes_of_old_keep_their_rosters() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schoolbell.sqlite");
    let at = DatabaseLocation::SqliteFile(file.clone());
    let (school, class) = (SchoolId::generate(), ClassId::generate());
    let (tess, ada) = (person(school, Role::Teacher, "Tess", ""), person(school, Role::Student, "Ada", ""));
    // As an older version left it: its migrations, and what it wrote.
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut connection = options.foreign_keys(true).connect().await.unwrap();
    let all =
        Migrator::new(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite"))).await.unwrap();
    all.run_direct(Some(5), &mut connection, false).await.unwrap();
    let write = "INSERT INTO school VALUES (?1, 'Hillside');
        INSERT INTO class VALUES (?1, ?2, '5a');
        INSERT INTO person VALUES (?1, ?3, 'teacher', 'Tess', ''), (?1, ?4, 'student', 'Ada', '');
        INSERT INTO enrollment VALUES (?1, ?2, ?3, 'teacher', 1.0), (?1, ?2, ?4, 'student', 1.5)";
    for statement in write.split(';') {
        let query = sqlx::query(statement).bind(school.0).bind(class.0).bind(tess.id.0).bind(ada.id.0);
        query.execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();

    let store = Store::open(&at).await.unwrap();
    let pending = store.pending_migrations().await.unwrap();
    let wanted = [
        "0006_courses",
        "0007_grades",
        "0008_journal",
        "0009_idempotency",
        "0010_posting",
        "0011_mastery",
        "0012_events",
        "0013_parts",
        "0014_lives",
        "0015_reviews",
        "0016_chat",
        "0017_friends",
    ];
    assert_eq!(pending, wanted);
    store.migrate().await.unwrap();
    let roster = store.classes().of_teacher(school, tess.id).await.unwrap().remove(0);
    assert_eq!((roster.id, roster.title.as_str(), roster.students[0].id), (class, "5a", ada.id));
    let kept = store.rosters().get(school, class, ada.id).await.unwrap().unwrap();
    assert_eq!((kept.place.state, kept.place.time_factor), (EnrollmentState::Active, 1.5));
    // The keys hold as before.
    let lost = store.classes().enroll(school, ClassId::generate(), ada.id, Role::Student, 1.0).await;
    assert!(matches!(lost, Err(EnrollError::UnknownMember)), "{lost:?}");
    store.close().await.unwrap();
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
    assert_eq!(broken.len(), 0);
}

#[tokio::test]
async fn events_of_whole_months_go_once_they_are_kept_no_longer() {
    // 2026-09-02, and as many days before.
    let at = |days: i64| Micros(1_788_307_200_000_000 - days * 86_400_000_000);
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (attendance, session) = (store.attendance(), LiveSessionId::generate());
    let span = |days| AttendanceSpan {
        id: Uuid::now_v7(),
        session,
        person: teacher,
        came_at: at(days),
        left_at: at(days),
    };
    // The middle one is of July.
    let spans = [span(0), span(40), span(70)];
    attendance.keep(school, &spans).await.unwrap();
    let left = async || attendance.of_session(school, session, None, 10).await.unwrap().items;
    let kept = store.keep_months(&Retention::default(), at(0)).await.unwrap();
    assert_eq!((kept.deleted, left().await.len()), (0, 3));
    let retention = Retention { attendance: NonZeroU32::new(2), ..Retention::default() };
    let kept = store.keep_months(&retention, at(0)).await.unwrap();
    assert_eq!((kept.deleted, left().await), (1, spans[..2].to_vec()));
    let retention = Retention { attendance: NonZeroU32::new(1), ..Retention::default() };
    store.keep_months(&retention, at(0)).await.unwrap();
    assert_eq!(left().await, spans[..1]);
}

#[tokio::test]
async fn answers_of_old_get_the_time_of_their_games_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schoolbell.sqlite");
    let at = DatabaseLocation::SqliteFile(file.clone());
    let store = Store::open(&at).await.unwrap();
    store.migrate().await.unwrap();
    let fixture = Fixture::in_store(store.clone()).await;
    let game = fixture.game("111111", 5);
    store.games().create(&game).await.unwrap();
    store.games().finish(fixture.school, &report(game.id, 3)).await.unwrap();
    store.close().await.unwrap();
    // As an older version left it.
    let options = SqliteConnectOptions::new().filename(&file);
    let mut connection = options.connect().await.unwrap();
    let back = "DROP TABLE response; DROP TABLE attempt; DROP TABLE attendance_span; DROP TABLE audit_log;
        ALTER TABLE answer DROP COLUMN occurred_us; DELETE FROM _sqlx_migrations WHERE version = 12;";
    sqlx::raw_sql(back).execute(&mut connection).await.unwrap();
    let store = Store::open(&at).await.unwrap();
    store.migrate().await.unwrap();
    let times =
        "SELECT DISTINCT answer.occurred_us, game.ended_us FROM answer JOIN game USING (school_id, game_id)";
    let times: Vec<(i64, i64)> = sqlx::query_as(times).fetch_all(&mut connection).await.unwrap();
    assert!(times.len() == 1 && times[0].0 == times[0].1, "{times:?}");
}
