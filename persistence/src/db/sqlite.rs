//! SQLite: a file of one machine, or memory.

use super::migrations;
use crate::store::OpenError;
use crate::{MigrateError, Unavailable};
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Readers beside the one writer. A read takes well under a millisecond, so more would only cost memory.
const READERS: u32 = 4;
/// How long a statement waits for another process that holds the file, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an operation waits for a connection before it fails as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections. SQLite takes one writer at a time, so writers queue here, in order, and not at the file's lock.
#[derive(Clone, Debug)]
pub(crate) struct SqliteDb {
    writer: SqlitePool,
    reader: SqlitePool,
    /// Of the processes that start with one file, one at a time prepares it.
    turns: Option<PathBuf>,
    of_journal: bool,
}

/// What the first column of [`MOVE_LOG`] tells.
#[derive(PartialEq, Eq, sqlx::FromRow)]
struct Moved {
    busy: bool,
}

const MOVE_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

impl SqliteDb {
    /// A file; it and its folder are made if they do not exist.
    pub(crate) async fn open_file(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(Unavailable::from)?;
        }
        let turns = path.with_extension("lock");
        let _turn = turn(&turns).await?;
        let options = options()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode this survives the end of the process; only the end of the power may cost the last
            // transactions, and never the file.
            .synchronous(SqliteSynchronous::Normal);
        let (writer, reader) = (pool(1, options.clone()).await?, pool(READERS, options).await?);
        Ok(Self { writer, reader, turns: Some(turns), of_journal: false })
    }

    /// Memory; gone with the store.
    pub(crate) async fn open_memory() -> Result<Self, OpenError> {
        // Each connection has a memory of its own, so all share one.
        let only = pool(1, options().in_memory(true)).await?;
        Ok(Self { writer: only.clone(), reader: only, turns: None, of_journal: false })
    }

    /// For a journal in the same file.
    pub(super) fn of_journal(self) -> Self {
        Self { of_journal: true, ..self }
    }

    pub(super) fn is_of_journal(&self) -> bool {
        self.of_journal
    }

    /// For what writes.
    pub(super) fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// For what only reads.
    pub(super) fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Applies what is pending.
    pub(crate) async fn migrate(&self) -> Result<(), MigrateError> {
        let _turn = match &self.turns {
            Some(file) => Some(turn(file).await?),
            None => None,
        };
        MIGRATIONS.run(&self.writer).await.map_err(|error| MigrateError::Unavailable(error.into()))
    }

    /// The names of the migrations that are not applied yet.
    pub(crate) async fn pending_migrations(&self) -> Result<Vec<String>, Unavailable> {
        const TABLE: &str = "_sqlx_migrations";
        let mut connection = self.writer.acquire().await?;
        connection.ensure_migrations_table(TABLE).await?;
        let applied = connection.list_applied_migrations(TABLE).await?;
        Ok(migrations::pending(&MIGRATIONS, &applied)?)
    }

    /// Moves the write-ahead log into the file and closes it.
    pub(crate) async fn close(self) -> Result<(), Unavailable> {
        self.reader.close().await;
        let moved = if self.writer.is_closed() { Ok(None) } else { self.move_log().await };
        self.writer.close().await;
        if moved? == Some(Moved { busy: true }) {
            tracing::warn!("the write-ahead log stays beside the database: another process is reading it");
        }
        Ok(())
    }

    async fn move_log(&self) -> Result<Option<Moved>, Unavailable> {
        Ok(sqlx::query_as(MOVE_LOG).fetch_optional(&self.writer).await?)
    }
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new().foreign_keys(true).busy_timeout(BUSY_TIMEOUT)
}

/// Waits for this process's turn, which ends with the file. SQLite's own locks do not span a migration's steps.
async fn turn(file: &Path) -> Result<File, Unavailable> {
    let file = file.to_owned();
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::create(file)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(std::io::Error::other)?.map_err(|error: std::io::Error| error.into())
}

async fn pool(size: u32, options: SqliteConnectOptions) -> Result<SqlitePool, Unavailable> {
    let options = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A connection to memory must never be given up, and one to a file costs nothing while idle.
        .idle_timeout(None)
        .max_lifetime(None)
        // There is no network in between that could have cut it.
        .test_before_acquire(false)
        .connect_with(options);
    Ok(options.await?)
}
