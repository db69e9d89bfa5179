//! The database that is written into, with a table that shows whether something was written twice or out of order.

use crate::database::{copy, open};
use persistence::journal::{Cell, Column, Fact, Kind, Poison, Row, Sink, Upsert};
use persistence::{DatabaseLocation, Store};
use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::collections::{BTreeMap, HashMap};
use tempfile::TempDir;
use test_servers::postgres::{OWNER, SUPERUSER, Server};
use uuid::Uuid;

const POSTGRES: &str = "
    CREATE TABLE fact_log (
        school_id uuid NOT NULL, op_id uuid NOT NULL, number bigint NOT NULL CHECK (number >= 0),
        body jsonb, times bigint NOT NULL, PRIMARY KEY (school_id, op_id));
    CALL schoolbell_keep_apart('fact_log');
    CREATE TABLE fact_last (
        school_id uuid NOT NULL, ordering_key text NOT NULL, number bigint NOT NULL, disorder bigint NOT NULL,
        PRIMARY KEY (school_id, ordering_key));
    CALL schoolbell_keep_apart('fact_last');
    CREATE TABLE fact_child (
        school_id uuid NOT NULL, op_id uuid NOT NULL, parent uuid NOT NULL, PRIMARY KEY (school_id, op_id),
        FOREIGN KEY (school_id, parent) REFERENCES fact_log (school_id, op_id));
    CALL schoolbell_keep_apart('fact_child');";

const SQLITE: &str = "
    CREATE TABLE fact_log (
        school_id BLOB NOT NULL, op_id BLOB NOT NULL, number BIGINT NOT NULL CHECK (number >= 0),
        body TEXT, times BIGINT NOT NULL, PRIMARY KEY (school_id, op_id));
    CREATE TABLE fact_last (
        school_id BLOB NOT NULL, ordering_key TEXT NOT NULL, number BIGINT NOT NULL, disorder BIGINT NOT NULL,
        PRIMARY KEY (school_id, ordering_key));
    CREATE TABLE fact_child (
        school_id BLOB NOT NULL, op_id BLOB NOT NULL, parent BLOB NOT NULL, PRIMARY KEY (school_id, op_id),
        FOREIGN KEY (school_id, parent) REFERENCES fact_log (school_id, op_id));";

const LOGGED: &str = "SELECT op_id, number, times FROM fact_log";
const LAST: &str = "SELECT school_id, ordering_key, number, disorder FROM fact_last";
const CHECKPOINT: &str = "SELECT last_id FROM wb_checkpoint WHERE stream = $1 AND shard = $2";

/// Not idempotent on purpose: what is written twice counts twice, so that only the checkpoint makes it once.
const STATEMENTS: [Upsert; 2] = [
    Upsert {
        postgres: "
            INSERT INTO fact_log (school_id, op_id, number, body, times)
            SELECT $1, op_id, number, body, 1 FROM UNNEST($2::uuid[], $3::bigint[], $4::jsonb[]) AS t (op_id, number, body)
            ON CONFLICT (school_id, op_id) DO UPDATE SET times = fact_log.times + 1",
        sqlite: "
            INSERT INTO fact_log (school_id, op_id, number, body, times) VALUES ($1, $2, $3, $4, 1)
            ON CONFLICT (school_id, op_id) DO UPDATE SET times = fact_log.times + 1",
        columns: &[Column::Uuid, Column::I64, Column::Json],
        key: 1,
    },
    Upsert {
        postgres: "
            INSERT INTO fact_last (school_id, ordering_key, number, disorder)
            SELECT $1, ordering_key, number, 0 FROM UNNEST($2::text[], $3::bigint[]) AS t (ordering_key, number)
            ON CONFLICT (school_id, ordering_key) DO UPDATE SET number = excluded.number,
            disorder = fact_last.disorder + CASE WHEN excluded.number <= fact_last.number THEN 1 ELSE 0 END",
        sqlite: "
            INSERT INTO fact_last (school_id, ordering_key, number, disorder) VALUES ($1, $2, $3, 0)
            ON CONFLICT (school_id, ordering_key) DO UPDATE SET number = excluded.number,
            disorder = fact_last.disorder + CASE WHEN excluded.number <= fact_last.number THEN 1 ELSE 0 END",
        columns: &[Column::Text, Column::I64],
        key: 1,
    },
];

/// The sink of `test.fact`. A negative number is refused by the table, a body that is no JSON by the sink.
pub struct FactLog;

pub struct Target {
    pub store: Store,
    look: Look,
    _folder: Option<TempDir>,
}

/// A way to see the rows beside the store.
#[derive(Clone)]
pub enum Look {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Sink for FactLog {
    fn kind(&self) -> Kind {
        Kind::new("test.fact")
    }

    fn statements(&self) -> &[Upsert] {
        &STATEMENTS
    }

    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison> {
        let number = number(fact).map_err(|error| Poison { code: "no_number", reason: error.to_string() })?;
        let body: serde_json::Value = serde_json::from_slice(&fact.body).unwrap();
        let log = vec![fact.op.0.into(), number.into(), Cell::json(&body)?];
        let last = vec![fact.key.as_str().into(), number.into()];
        Ok(vec![Row { statement: 0, cells: log }, Row { statement: 1, cells: last }])
    }
}

#[derive(serde::Deserialize)]
struct Body {
    number: i64,
}

fn number(fact: &Fact) -> Result<i64, serde_json::Error> {
    serde_json::from_slice(&fact.body).map(|Body { number }| number)
}

pub async fn postgres() -> Target {
    let (server, name) = copy().await;
    postgres_on(server, &name).await
}

/// In a migrated database of a server.
pub async fn postgres_on(server: &Server, name: &str) -> Target {
    let store = open((server, name.to_owned())).await;
    store.migrate().await.unwrap();
    server.sql(name, POSTGRES);
    for table in ["fact_log", "fact_last", "fact_child"] {
        server.sql(name, &format!("ALTER TABLE {table} OWNER TO {OWNER}"));
    }
    // As after a migration of ours.
    store.migrate().await.unwrap();
    let look = PgPool::connect_lazy(&server.url(SUPERUSER, name)).unwrap();
    Target { store, look: Look::Postgres(look), _folder: None }
}

pub async fn sqlite() -> Target {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schoolbell.sqlite");
    let store = Store::open(&DatabaseLocation::SqliteFile(file.clone())).await.unwrap();
    store.migrate().await.unwrap();
    let look = SqlitePool::connect_with(SqliteConnectOptions::new().filename(file)).await.unwrap();
    sqlx::raw_sql(SQLITE).execute(&look).await.unwrap();
    Target { store, look: Look::Sqlite(look), _folder: Some(folder) }
}

impl Target {
    pub fn look(&self) -> Look {
        self.look.clone()
    }

    /// How often each operation was written, by its id.
    pub async fn times(&self) -> HashMap<Uuid, i64> {
        let rows: Vec<(Uuid, i64, i64)> = match &self.look {
            Look::Postgres(pool) => sqlx::query_as(LOGGED).fetch_all(pool).await.unwrap(),
            Look::Sqlite(pool) => sqlx::query_as(LOGGED).fetch_all(pool).await.unwrap(),
        };
        rows.into_iter().map(|(op, _, times)| (op, times)).collect()
    }

    /// These and no others, each once, and of each key the last one last.
    pub async fn assert_once_and_in_order(&self, facts: &[Fact]) {
        let times = self.times().await;
        let lost: Vec<&Fact> = facts.iter().filter(|fact| !times.contains_key(&fact.op.0)).collect();
        assert!(lost.is_empty(), "{} of {} are lost, such as {:?}", lost.len(), facts.len(), lost[0]);
        let doubled = times.values().filter(|times| **times != 1).count();
        assert_eq!((doubled, times.len()), (0, facts.len()), "doubled, and all");
        let rows: Vec<(Uuid, String, i64, i64)> = match &self.look {
            Look::Postgres(pool) => sqlx::query_as(LAST).fetch_all(pool).await.unwrap(),
            Look::Sqlite(pool) => sqlx::query_as(LAST).fetch_all(pool).await.unwrap(),
        };
        let mut last = BTreeMap::new();
        for fact in facts {
            last.insert((fact.school.0, fact.key.clone()), (number(fact).unwrap(), 0));
        }
        let seen: BTreeMap<_, _> = rows
            .into_iter()
            .map(|(school, key, number, disorder)| ((school, key), (number, disorder)))
            .collect();
        assert_eq!(seen, last);
    }
}

impl Look {
    /// Moves every checkpoint there is; returns how many.
    pub async fn set_checkpoints(&self, last: i64) -> u64 {
        const SET: &str = "UPDATE wb_checkpoint SET last_id = $1";
        match self {
            Self::Postgres(pool) => sqlx::query(SET).bind(last).execute(pool).await.unwrap().rows_affected(),
            Self::Sqlite(pool) => sqlx::query(SET).bind(last).execute(pool).await.unwrap().rows_affected(),
        }
    }

    /// Up to where a shard is committed.
    pub async fn checkpoint(&self, stream: &str, shard: u16) -> i64 {
        let (last,): (i64,) = match self {
            Self::Postgres(pool) => {
                sqlx::query_as(CHECKPOINT).bind(stream).bind(i64::from(shard)).fetch_one(pool).await.unwrap()
            }
            Self::Sqlite(pool) => {
                sqlx::query_as(CHECKPOINT).bind(stream).bind(i64::from(shard)).fetch_one(pool).await.unwrap()
            }
        };
        last
    }
}

/// The sink of `test.unknown`, which came later than its facts.
pub struct Late;

impl Sink for Late {
    fn kind(&self) -> Kind {
        Kind::new("test.unknown")
    }

    fn statements(&self) -> &[Upsert] {
        &STATEMENTS[..1]
    }

    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison> {
        FactLog.rows(fact).map(|rows| rows.into_iter().take(1).collect())
    }
}

/// The sink of `test.child`: a fact about another one, which its table must hold.
pub struct Child;

/// A fact about another one of its school.
pub fn child_of(parent: &Fact, key: &str) -> Fact {
    let body = serde_json::to_vec(&parent.op.0).unwrap().into();
    let op = persistence::journal::OpId(Uuid::new_v4());
    Fact { op, kind: Kind::new("test.child"), key: key.to_owned(), body, ..parent.clone() }
}

impl Sink for Child {
    fn kind(&self) -> Kind {
        Kind::new("test.child")
    }

    fn statements(&self) -> &[Upsert] {
        const WRITE: [Upsert; 1] = [Upsert {
            postgres: "
                INSERT INTO fact_child (school_id, op_id, parent)
                SELECT $1, t.* FROM UNNEST($2::uuid[], $3::uuid[]) AS t ON CONFLICT DO NOTHING",
            sqlite: "INSERT INTO fact_child (school_id, op_id, parent) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            columns: &[Column::Uuid, Column::Uuid],
            key: 1,
        }];
        &WRITE
    }

    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison> {
        let parent: Uuid = serde_json::from_slice(&fact.body).unwrap();
        Ok(vec![Row { statement: 0, cells: vec![fact.op.0.into(), parent.into()] }])
    }
}
