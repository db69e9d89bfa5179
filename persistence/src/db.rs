//! The one way to SQL: statements that say whose rows they mean, on either kind of database.
//!
//! Whatever comes to the database is counted, a transaction once: what comes back after a cut must not come to the database
//! all at once.

mod bulk;
mod migrations;
pub(crate) mod postgres;
mod sql;
pub(crate) mod sqlite;
mod value;

pub(crate) use bulk::Values;
pub(crate) use sql::Sql;
pub(crate) use value::Value;

use postgres::{PostgresDb, in_time};
use protocol::ids::SchoolId;
use sqlite::SqliteDb;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, FromRow, Postgres, Sqlite, Transaction, query_as_with, query_with};
use std::time::Instant;
use value::arguments;

/// The open database. Clones share it.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    Postgres(PostgresDb),
    Sqlite(SqliteDb),
}

/// Whose rows a statement reaches. Postgres enforces it; on SQLite only the statements' own conditions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those of one school.
    School(SchoolId),
    /// Those of the directories, which are read before the school is known, and of no other table.
    Directory,
}

/// Several statements, all or nothing. Dropped without a commit, it leaves everything as it was.
pub(crate) enum Tx {
    Postgres {
        tx: Transaction<'static, Postgres>,
        /// Whether the server may keep statements for the connection.
        prepared: bool,
        timed: Option<Timed>,
    },
    Sqlite(Transaction<'static, Sqlite>, Timed),
}

/// Measures until it is dropped: from the wait for a connection to the answer, or to the end of a transaction.
pub(crate) struct Timed {
    kind: &'static str,
    began: Instant,
}

/// What a row becomes. Numbers are `i64`: Postgres knows no others, and `#[sqlx(try_from = "i64")]` narrows them.
pub(crate) trait Row:
    for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

impl<T> Row for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

impl From<SchoolId> for Reach {
    fn from(school: SchoolId) -> Self {
        Self::School(school)
    }
}

impl Db {
    /// The same database as a journal in its file uses it: what the writer asks all day long counts apart.
    pub(crate) fn of_journal(self) -> Self {
        match self {
            Self::Sqlite(db) => Self::Sqlite(db.of_journal()),
            Self::Postgres(_) => self,
        }
    }

    /// A transaction counts once.
    fn count(&self, kind: &'static str) -> Timed {
        let kind = match self {
            Self::Sqlite(db) if db.is_of_journal() => "journal",
            _ => kind,
        };
        metrics::counter!("schoolbell_store_statements_total", "kind" => kind).increment(1);
        Timed { kind, began: Instant::now() }
    }

    /// One statement that writes. Returns how many rows it changed.
    pub(crate) async fn execute<'v>(
        &self,
        reach: impl Into<Reach>,
        sql: impl Into<Sql>,
        values: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<u64, Error> {
        let _timed = self.count("write");
        match self {
            Self::Postgres(db) => {
                let (sql, values) = (sql.into(), values.into_iter().collect::<Vec<_>>());
                let mut tx = db.begin(postgres::WRITE, reach.into()).await?;
                let changed = tx.execute(sql, values).await?;
                tx.commit().await?;
                Ok(changed)
            }
            Self::Sqlite(db) => {
                let statement = query_with(sql.into().on_sqlite(), arguments::<Sqlite>(values)?);
                Ok(statement.execute(db.writer()).await?.rows_affected())
            }
        }
    }

    /// One statement that reads all its rows.
    pub(crate) async fn fetch_all<'v, T: Row>(
        &self,
        reach: impl Into<Reach>,
        sql: impl Into<Sql>,
        values: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<Vec<T>, Error> {
        let _timed = self.count("read");
        match self {
            Self::Postgres(db) => {
                let (sql, values) = (sql.into(), values.into_iter().collect::<Vec<_>>());
                let mut tx = db.begin(postgres::READ, reach.into()).await?;
                let rows = tx.fetch_all(sql, values).await?;
                tx.commit().await?;
                Ok(rows)
            }
            Self::Sqlite(db) => {
                let statement = query_as_with(sql.into().on_sqlite(), arguments::<Sqlite>(values)?);
                statement.fetch_all(db.reader()).await
            }
        }
    }

    /// One statement that reads its first row, if it has any.
    pub(crate) async fn fetch_optional<'v, T: Row>(
        &self,
        reach: impl Into<Reach>,
        sql: impl Into<Sql>,
        values: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<Option<T>, Error> {
        let _timed = self.count("read");
        match self {
            Self::Postgres(db) => {
                let (sql, values) = (sql.into(), values.into_iter().collect::<Vec<_>>());
                let mut tx = db.begin(postgres::READ, reach.into()).await?;
                let row = tx.fetch_optional(sql, values).await?;
                tx.commit().await?;
                Ok(row)
            }
            Self::Sqlite(db) => {
                let statement = query_as_with(sql.into().on_sqlite(), arguments::<Sqlite>(values)?);
                statement.fetch_optional(db.reader()).await
            }
        }
    }

    /// One statement that reads the row that it always has.
    pub(crate) async fn fetch_one<'v, T: Row>(
        &self,
        reach: impl Into<Reach>,
        sql: impl Into<Sql>,
        values: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<T, Error> {
        self.fetch_optional(reach, sql, values).await?.ok_or(Error::RowNotFound)
    }

    /// Several statements that read, and all see the rows as the first of them did.
    pub(crate) async fn read(&self, reach: impl Into<Reach>) -> Result<Tx, Error> {
        let timed = self.count("read");
        match self {
            Self::Postgres(db) => Ok(db.begin(postgres::READ_ONE_VIEW, reach.into()).await?.timed(timed)),
            Self::Sqlite(db) => Ok(Tx::Sqlite(db.reader().begin().await?, timed)),
        }
    }

    /// Several statements that write. On SQLite it takes the file's lock at once: a transaction that begins as a reader
    /// could fail at its first write. On Postgres, a row that is read to decide about a write has to be read
    /// `FOR UPDATE`.
    pub(crate) async fn write(&self, reach: impl Into<Reach>) -> Result<Tx, Error> {
        let timed = self.count("transaction");
        match self {
            Self::Postgres(db) => Ok(db.begin(postgres::WRITE, reach.into()).await?.timed(timed)),
            Self::Sqlite(db) => Ok(Tx::Sqlite(db.writer().begin_with("BEGIN IMMEDIATE").await?, timed)),
        }
    }
}

impl Tx {
    /// One statement that writes. Returns how many rows it changed.
    pub(crate) async fn execute<'v>(
        &mut self,
        sql: impl Into<Sql>,
        values: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<u64, Error> {
        match self {
            Self::Postgres { tx, prepared, .. } => {
                let statement = query_with(sql.into().on_postgres(), arguments::<Postgres>(values)?);
                let done = in_time(statement.persistent(*prepared).execute(&mut **tx)).await?;
                Ok(done.rows_affected())
            }
            Self::Sqlite(tx, _) => {
                let statement = query_with(sql.into().on_sqlite(), arguments::<Sqlite>(values)?);
                Ok(statement.execute(&mut **tx).await?.rows_affected())
            }
        }
    }

    /// One statement with all its rows.
    pub(crate) async fn fetch_all<'v, T: Row>(
        &mut self,
        sql: impl Into<Sql>,
        values: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<Vec<T>, Error> {
        match self {
            Self::Postgres { tx, prepared, .. } => {
                let statement = query_as_with(sql.into().on_postgres(), arguments::<Postgres>(values)?);
                in_time(statement.persistent(*prepared).fetch_all(&mut **tx)).await
            }
            Self::Sqlite(tx, _) => {
                let statement = query_as_with(sql.into().on_sqlite(), arguments::<Sqlite>(values)?);
                statement.fetch_all(&mut **tx).await
            }
        }
    }

    /// One statement with its first row, if it has any.
    pub(crate) async fn fetch_optional<'v, T: Row>(
        &mut self,
        sql: impl Into<Sql>,
        values: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<Option<T>, Error> {
        match self {
            Self::Postgres { tx, prepared, .. } => {
                let statement = query_as_with(sql.into().on_postgres(), arguments::<Postgres>(values)?);
                in_time(statement.persistent(*prepared).fetch_optional(&mut **tx)).await
            }
            Self::Sqlite(tx, _) => {
                let statement = query_as_with(sql.into().on_sqlite(), arguments::<Sqlite>(values)?);
                statement.fetch_optional(&mut **tx).await
            }
        }
    }

    /// One statement with the row that it always has.
    pub(crate) async fn fetch_one<'v, T: Row>(
        &mut self,
        sql: impl Into<Sql>,
        values: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<T, Error> {
        self.fetch_optional(sql, values).await?.ok_or(Error::RowNotFound)
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Postgres { tx, timed, .. } => {
                let committed = in_time(tx.commit()).await;
                drop(timed);
                committed
            }
            Self::Sqlite(tx, timed) => {
                let committed = tx.commit().await;
                drop(timed);
                committed
            }
        }
    }

    fn timed(mut self, measure: Timed) -> Self {
        if let Self::Postgres { timed, .. } = &mut self {
            *timed = Some(measure);
        }
        self
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        metrics::histogram!("schoolbell_db_seconds", "kind" => self.kind).record(self.began.elapsed());
    }
}

#[cfg(test)]
mod tests;
