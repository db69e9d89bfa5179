//! The database alone: raw statements of the application's role without any condition on the school.

use crate::catalogue::{is_append_only, is_directory, partitions, tables};
use crate::database::{copy, location};
use crate::filled::Filled;
use persistence::Store;
use protocol::ids::SchoolId;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use test_servers::postgres::{APP, OWNER, Server};

/// Two schools with rows in every table, and connections without any memory of a school.
struct TwoSchools {
    server: &'static Server,
    name: String,
    here: Filled,
    there: Filled,
    tables: Vec<String>,
    pool: PgPool,
}

impl TwoSchools {
    async fn seen_by(role: &str) -> Self {
        let (server, name) = copy().await;
        let store = Store::open(&location(server, APP, &name)).await.unwrap();
        let here = Filled::in_store(store.clone(), 1).await;
        let there = Filled::in_store(store, 2).await;
        let pool = PgPoolOptions::new().connect(&server.url(role, &name)).await.unwrap();
        let tables = tables(server, &name);
        Self { server, name, here, there, tables, pool }
    }

    /// A transaction as the store begins it; without a school if there is none.
    async fn of(&self, school: Option<SchoolId>) -> Transaction<'static, Postgres> {
        let mut tx = self.pool.begin().await.unwrap();
        if let Some(school) = school {
            let name =
                sqlx::query("SELECT set_config('app.current_school', $1, TRUE)").bind(school.to_string());
            name.execute(&mut *tx).await.unwrap();
        }
        tx
    }

    /// How many rows a table really has, of a school.
    fn count(&self, table: &str, school: SchoolId) -> u64 {
        let sql = format!("SELECT count(*) FROM {table} WHERE school_id = '{school}'");
        self.server.sql(&self.name, &sql).parse().unwrap()
    }

    /// A row of a school as JSON, as only a superuser can take it.
    fn row(&self, table: &str, school: SchoolId) -> String {
        let sql = format!("SELECT row_to_json({table}) FROM {table} WHERE school_id = '{school}' LIMIT 1");
        self.server.sql(&self.name, &sql)
    }
}

async fn count(on: &mut PgConnection, sql: String) -> u64 {
    let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(on).await.unwrap();
    count.unsigned_abs()
}

async fn changed(on: &mut PgConnection, sql: String) -> u64 {
    sqlx::query(AssertSqlSafe(sql)).execute(on).await.unwrap().rows_affected()
}

/// The role may not do such a thing at all.
async fn denied(on: &mut PgConnection, sql: String) {
    let error = sqlx::query(AssertSqlSafe(sql.clone())).execute(on).await.unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{sql}: {error}");
}

/// Row-level security refuses it, and nothing else does before.
async fn refused(on: &mut PgConnection, sql: String) {
    let error = sqlx::query(AssertSqlSafe(sql.clone())).execute(on).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("row-level security"), "{sql}: {text}");
}

#[tokio::test]
async fn every_table_has_rows_of_both_schools_to_test_with() {
    let two = TwoSchools::seen_by(APP).await;
    for table in &two.tables {
        for school in [two.here.school(), two.there.school()] {
            assert!(two.count(table, school) > 0, "{table} is empty; let `Filled` make a row of it");
        }
    }
}

#[tokio::test]
async fn a_school_sees_its_own_rows_only() {
    for role in [APP, OWNER] {
        let two = TwoSchools::seen_by(role).await;
        let (here, there) = (two.here.school(), two.there.school());
        for table in two.tables.iter().filter(|table| !is_directory(table)) {
            let mut tx = two.of(Some(here)).await;
            let all = count(&mut tx, format!("SELECT count(*) FROM {table}")).await;
            assert_eq!(all, two.count(table, here), "{table}");
            let foreign = format!("SELECT count(*) FROM {table} WHERE school_id = '{there}'");
            assert_eq!(count(&mut tx, foreign).await, 0, "{table}");
        }
    }
}

#[tokio::test]
async fn without_a_school_nothing_is_seen_or_changed() {
    let two = TwoSchools::seen_by(APP).await;
    for table in &two.tables {
        let mut tx = two.of(None).await;
        if !is_directory(table) {
            assert_eq!(count(&mut tx, format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
        if !is_append_only(table) {
            let update = format!("UPDATE {table} SET school_id = school_id");
            assert_eq!(changed(&mut tx, update).await, 0, "{table}");
            assert_eq!(changed(&mut tx, format!("DELETE FROM {table}")).await, 0, "{table}");
        }
        drop(tx);
        let mut tx = two.of(None).await;
        let row = two.row(table, two.here.school()).replace('\'', "''");
        let insert =
            format!("INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, '{row}')");
        refused(&mut tx, insert).await;
    }
}

#[tokio::test]
async fn a_school_changes_and_removes_its_own_rows_only() {
    let two = TwoSchools::seen_by(APP).await;
    let (here, there) = (two.here.school(), two.there.school());
    for table in two.tables.iter().filter(|table| !is_append_only(table)) {
        let mut tx = two.of(Some(here)).await;
        let own = two.count(table, here);
        let update = format!("UPDATE {table} SET school_id = school_id");
        assert_eq!(changed(&mut tx, update.clone()).await, own, "{table}");
        let foreign = format!("{update} WHERE school_id = '{there}'");
        assert_eq!(changed(&mut tx, foreign).await, 0, "{table}");
        let foreign = format!("DELETE FROM {table} WHERE school_id = '{there}'");
        assert_eq!(changed(&mut tx, foreign).await, 0, "{table}");
        tx.commit().await.unwrap();
        assert!(two.count(table, there) > 0);
        // Keys of other tables may refuse the rest, so it is only tried.
        let mut tx = two.of(Some(here)).await;
        if let Ok(done) = sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&mut *tx).await {
            assert_eq!(done.rows_affected(), own, "{table}");
        }
    }
}

#[tokio::test]
async fn no_row_comes_or_goes_to_another_school() {
    let two = TwoSchools::seen_by(APP).await;
    let (here, there) = (two.here.school(), two.there.school());
    for table in &two.tables {
        let row = two.row(table, there).replace('\'', "''");
        let mut tx = two.of(Some(here)).await;
        let insert =
            format!("INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, '{row}')");
        refused(&mut tx, insert).await;
        drop(tx);
        let mut tx = two.of(Some(here)).await;
        let update = format!("UPDATE {table} SET school_id = '{there}'");
        if is_append_only(table) { denied(&mut tx, update).await } else { refused(&mut tx, update).await }
    }
}

#[tokio::test]
async fn the_audit_log_only_grows() {
    let two = TwoSchools::seen_by(APP).await;
    for change in ["UPDATE audit_log SET action = 'nothing'", "DELETE FROM audit_log", "TRUNCATE audit_log"] {
        let mut tx = two.of(Some(two.here.school())).await;
        denied(&mut tx, change.to_owned()).await;
    }
}

#[tokio::test]
async fn a_partition_that_is_named_shows_the_servers_role_nothing() {
    let two = TwoSchools::seen_by(APP).await;
    for (part, _) in partitions(two.server, &two.name) {
        for sql in [
            format!("SELECT count(*) FROM {part}"),
            format!("DELETE FROM {part}"),
            format!("INSERT INTO {part} SELECT * FROM {part}"),
        ] {
            let mut tx = two.of(Some(two.here.school())).await;
            denied(&mut tx, sql).await;
        }
    }
}

#[tokio::test]
async fn a_partition_that_is_named_keeps_schools_apart_even_for_its_owner() {
    let two = TwoSchools::seen_by(OWNER).await;
    let (here, there) = (two.here.school(), two.there.school());
    let mut seen = 0;
    for (part, _) in partitions(two.server, &two.name) {
        let mut tx = two.of(Some(here)).await;
        let all = count(&mut tx, format!("SELECT count(*) FROM {part}")).await;
        assert_eq!(all, two.count(&part, here), "{part}");
        seen += two.count(&part, there);
        let foreign = format!("DELETE FROM {part} WHERE school_id = '{there}'");
        assert_eq!(changed(&mut tx, foreign).await, 0, "{part}");
    }
    assert!(seen >= 4, "each table of events has rows of the other school");
}

#[tokio::test]
async fn a_directory_tells_routes_and_nothing_else() {
    let (server, name) = copy().await;
    let sql = "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relname LIKE 'open\\_%' AND relkind = 'r' AND attnum > 0 ORDER BY 1, attnum";
    let columns = server.sql(&name, sql);
    let wanted = [
        "open_dead_letter|school_id",
        "open_dead_letter|op_id",
        "open_dead_letter|parked_us",
        "open_game|pin",
        "open_game|school_id",
        "open_game|game_id",
        "open_game|opened_us",
        "open_learning|school_id",
        "open_learning|game_id",
        "open_learning|ended_us",
        "open_posting|school_id",
        "open_posting|game_id",
        "open_posting|ended_us",
        "open_room|kind",
        "open_room|school_id",
        "open_room|room_id",
    ];
    assert_eq!(columns.lines().collect::<Vec<_>>(), wanted);
}
