//! Partitions of events: made ahead, dropped when their time is over, and never in the way.

use crate::database::{copy, location};
use crate::suite::{Fixture, finish::report};
use persistence::attendance::AttendanceSpan;
use persistence::{DatabaseLocation, KeptMonths, Micros, PostgresConfig, Retention, Store};
use protocol::ids::LiveSessionId;
use std::num::NonZeroU32;
use test_servers::postgres::{APP, OWNER, PgBouncer, Server};
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;

/// Of the server's clock: the first of the month so many months from now, microseconds and as a partition's name ends.
fn month(server: &Server, name: &str, ahead: i32) -> (i64, String) {
    let start = format!("date_trunc('month', now() AT TIME ZONE 'UTC') + interval '{ahead} months'");
    let us = server.sql(name, &format!("SELECT (extract(epoch FROM {start}) * 1000000)::bigint"));
    (us.parse().unwrap(), server.sql(name, &format!("SELECT to_char({start}, '_YYYY_MM')")))
}

fn rows(server: &Server, name: &str, table: &str) -> u64 {
    server.sql(name, &format!("SELECT count(*) FROM {table}")).parse().unwrap()
}

fn exists(server: &Server, name: &str, table: &str) -> bool {
    server.sql(name, &format!("SELECT to_regclass('{table}') IS NOT NULL")) == "t"
}

fn attendance_for(months: u32) -> Retention {
    Retention { attendance: NonZeroU32::new(months), ..Retention::default() }
}

/// A store and spans in a live class, one for each time.
async fn attended(store: Store, times: &[i64]) -> (Fixture, LiveSessionId) {
    let (fixture, session) = (Fixture::in_store(store).await, LiveSessionId::generate());
    let span = |at: &i64| AttendanceSpan {
        id: Uuid::now_v7(),
        session,
        person: fixture.teacher,
        came_at: Micros(*at),
        left_at: Micros(*at),
    };
    let spans: Vec<_> = times.iter().map(span).collect();
    fixture.store.attendance().keep(fixture.school, &spans).await.unwrap();
    (fixture, session)
}

async fn seen((fixture, session): &(Fixture, LiveSessionId)) -> Vec<i64> {
    let page = fixture.store.attendance().of_session(fixture.school, *session, None, 100).await.unwrap();
    page.items.iter().map(|span| span.came_at.0).collect()
}

#[tokio::test]
async fn this_month_and_three_more_are_there_and_made_again_when_missing() {
    let (server, name) = copy().await;
    let store = Store::open(&location(server, APP, &name)).await.unwrap();
    let mut missing = Vec::new();
    for table in ["answer", "attendance_span", "audit_log", "response"] {
        for ahead in 0..=3 {
            let part = format!("{table}{}", month(server, &name, ahead).1);
            assert!(exists(server, &name, &part), "{part}");
            if ahead == 3 {
                server.sql(&name, &format!("DROP TABLE {part}"));
                missing.push(part);
            }
        }
    }
    let kept = store.keep_months(&Retention::default(), Micros(0)).await.unwrap();
    assert_eq!(kept, KeptMonths { made: missing, ..KeptMonths::default() });
    let again = store.keep_months(&Retention::default(), Micros(0)).await.unwrap();
    assert_eq!(again, KeptMonths::default());
}

#[tokio::test]
async fn rows_without_a_month_are_not_lost_and_move_into_theirs() {
    let (server, name) = copy().await;
    let (next, part) = month(server, &name, 2);
    let part = format!("attendance_span{part}");
    server.sql(&name, &format!("DROP TABLE {part}"));
    let store = Store::open(&location(server, APP, &name)).await.unwrap();
    let here = attended(store.clone(), &[next + DAY, next, 5]).await;
    let there = attended(store.clone(), &[next + 1]).await;
    assert_eq!(rows(server, &name, "attendance_span_rest"), 4);
    let kept = store.keep_months(&Retention::default(), Micros(0)).await.unwrap();
    assert_eq!(kept.made, std::slice::from_ref(&part));
    assert_eq!((rows(server, &name, &part), rows(server, &name, "attendance_span_rest")), (3, 1));
    assert_eq!((seen(&here).await, seen(&there).await), (vec![next + DAY, next, 5], vec![next + 1]));
    let forced = "SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
        WHERE relname LIKE 'attendance\\_span%' AND relkind IN ('r', 'p')";
    assert_eq!(server.sql(&name, forced), "t");
}

#[tokio::test]
async fn what_is_kept_no_longer_goes_and_what_is_younger_stays() {
    let (server, name) = copy().await;
    let (now, _) = month(server, &name, 0);
    let (old, old_part) = month(server, &name, -3);
    let (young, young_part) = month(server, &name, -2);
    for ahead in [-3, -2] {
        for table in ["attendance_span", "audit_log"] {
            let start = format!("date_trunc('month', now() AT TIME ZONE 'UTC') + interval '{ahead} months'");
            server.sql(&name, &format!("SELECT schoolbell_make_month('{table}', {start})"));
        }
    }
    // As whoever migrated would have made them.
    server.sql(&name, &format!("ALTER TABLE attendance_span{old_part} OWNER TO {OWNER}"));
    server.sql(&name, &format!("ALTER TABLE attendance_span{young_part} OWNER TO {OWNER}"));
    let store = Store::open(&location(server, APP, &name)).await.unwrap();
    // The last two have no month.
    let times = [now, young, young - 1, old, old - 1, 5];
    let here = attended(store.clone(), &times).await;
    let there = attended(store.clone(), &times[..3]).await;
    assert_eq!(store.keep_months(&Retention::default(), Micros(0)).await.unwrap(), KeptMonths::default());
    assert_eq!(seen(&here).await, times);
    let kept = store.keep_months(&attendance_for(2), Micros(0)).await.unwrap();
    assert_eq!(kept.dropped, [format!("attendance_span{old_part}")]);
    assert_eq!((seen(&here).await, seen(&there).await), (vec![now, young], vec![now, young]));
    assert!(exists(server, &name, &format!("audit_log{old_part}")), "of other tables nothing is dropped");
    assert_eq!(store.keep_months(&attendance_for(2), Micros(0)).await.unwrap(), KeptMonths::default());
}

#[tokio::test]
async fn the_servers_role_can_drop_no_young_month_and_no_other_table() {
    let (server, name) = copy().await;
    let store = Store::open(&location(server, APP, &name)).await.unwrap();
    let (now, _) = month(server, &name, 0);
    let (last, _) = month(server, &name, -1);
    let here = attended(store, &[now, last]).await;
    let pool = sqlx::postgres::PgPool::connect(&server.url(APP, &name)).await.unwrap();
    for call in [
        "SELECT schoolbell_keep_months('attendance_span', 0)",
        "SELECT schoolbell_keep_months('attendance_span', -9)",
        "SELECT schoolbell_keep_months('score', 1)",
        "SELECT schoolbell_keep_months('answer; DROP TABLE score', 1)",
        "SELECT schoolbell_make_month('answer', '2020-01-01')",
        "CREATE TABLE answer_mine PARTITION OF answer FOR VALUES FROM (1) TO (2)",
        "DROP TABLE attendance_span_rest",
    ] {
        assert!(sqlx::raw_sql(call).execute(&pool).await.is_err(), "{call}");
    }
    sqlx::raw_sql("SELECT schoolbell_keep_months('attendance_span', 1)").execute(&pool).await.unwrap();
    assert_eq!(seen(&here).await, [now, last]);
    let stranger = format!("stranger_{name}");
    server.sql(&name, &format!("CREATE ROLE {stranger} LOGIN"));
    let pool = sqlx::postgres::PgPool::connect(&server.url(&stranger, &name)).await.unwrap();
    let call = "SELECT schoolbell_keep_months('attendance_span', 1)";
    assert!(sqlx::raw_sql(call).execute(&pool).await.unwrap_err().to_string().contains("permission denied"));
}

#[tokio::test]
async fn months_are_kept_behind_a_pooler_that_gives_each_transaction_a_connection() {
    let server = Server::shared();
    let (_, name) = copy().await;
    let bouncer = PgBouncer::before(server, 2);
    let part = format!("response{}", month(server, &name, 3).1);
    server.sql(&name, &format!("DROP TABLE {part}"));
    let url = bouncer.url(APP, &name).parse().unwrap();
    let at = DatabaseLocation::Postgres(PostgresConfig { connections: 4, ..PostgresConfig::new(url) });
    let store = Store::open(&at).await.unwrap();
    let retention = attendance_for(1);
    let calls =
        futures_util::future::join_all((0..4).map(|_| store.keep_months(&retention, Micros(0)))).await;
    let made: Vec<String> = calls.into_iter().flat_map(|kept| kept.unwrap().made).collect();
    assert_eq!(made, std::slice::from_ref(&part), "one of them does it");
    assert!(exists(server, &name, &part));
    let here = attended(store, &[month(server, &name, 0).0]).await;
    assert_eq!(seen(&here).await.len(), 1);
}

#[tokio::test]
async fn answers_of_old_come_into_the_months_of_their_games() {
    let (server, name) = copy().await;
    let store = Store::open(&location(server, APP, &name)).await.unwrap();
    let fixture = Fixture::in_store(store.clone()).await;
    let game = fixture.game("111111", 5);
    store.games().create(&game).await.unwrap();
    let report = report(game.id, 3);
    store.games().finish(fixture.school, &report).await.unwrap();
    let all =
        "SELECT json_agg(to_jsonb(answer) - 'occurred_us' ORDER BY participant_id, question) FROM answer";
    let before = server.sql(&name, all);
    // As an older version left it.
    server.sql(
        &name,
        "CREATE TABLE kept AS SELECT * FROM answer;
        DROP TABLE answer, audit_log, attendance_span, response, attempt;
        DROP FUNCTION schoolbell_keep_months, schoolbell_make_month, schoolbell_us;
        DROP PROCEDURE schoolbell_keep_rest;
        DELETE FROM _sqlx_migrations WHERE version IN (12, 15);
        ALTER TABLE kept DROP COLUMN occurred_us;
        CREATE TABLE answer (LIKE kept, PRIMARY KEY (school_id, game_id, participant_id, question));
        INSERT INTO answer SELECT * FROM kept; DROP TABLE kept;
        CALL schoolbell_keep_apart('answer');
        UPDATE game SET ended_us = 1788307200000000;
        GRANT ALL ON answer TO schoolbell_owner; ALTER TABLE answer OWNER TO schoolbell_owner;",
    );
    store.migrate().await.unwrap();
    assert_eq!(server.sql(&name, all), before);
    assert_eq!(rows(server, &name, "answer_2026_09"), rows(server, &name, "answer"));
    let forced = "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname IN ('game', 'answer')";
    assert_eq!(server.sql(&name, forced), "t");
    // The report can be kept again, though its game ended in another month.
    store.games().finish(fixture.school, &report).await.unwrap();
    assert_eq!(server.sql(&name, all), before);
}
