//! Opening the database, and bringing its schema up to date.

use crate::classes::Classes;
use crate::games::Games;
use crate::people::People;
use crate::quizzes::Quizzes;
use crate::schools::Schools;
use crate::{SqliteRoomLog, Unavailable};
use sqlx::migrate::{Migrate, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};
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

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// A file; it and its folder are made if they do not exist.
    SqliteFile(PathBuf),
    /// Memory; gone with the store.
    SqliteMemory,
}

/// The open database, from which the repositories are taken. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    /// Of the processes that start with one file, one at a time prepares it.
    turns: Option<PathBuf>,
}

/// The connections. SQLite takes one writer at a time, so writers queue here, in order, and not at the file's lock. Whatever
/// asks for one is counted as a statement: what comes back after a cut must not come to the database all at once.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Db {
    /// For single statements that write.
    pub(crate) fn writer(&self) -> &SqlitePool {
        count("write");
        &self.writer
    }

    /// For everything that only reads.
    pub(crate) fn reader(&self) -> &SqlitePool {
        count("read");
        &self.reader
    }

    /// Begins a transaction that will write. It takes the file's lock at once: one that begins as a reader could fail
    /// at its first write.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Unavailable> {
        count("transaction");
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// A transaction counts once.
fn count(kind: &'static str) {
    metrics::counter!("schoolbell_store_statements_total", "kind" => kind).increment(1);
}

impl Store {
    /// Opens the database, without touching its schema: call [`Store::migrate`] next.
    ///
    /// # Errors
    /// [`Unavailable`] when the file cannot be made or opened, or is no database.
    pub async fn open(location: &DatabaseLocation) -> Result<Self, Unavailable> {
        let options = SqliteConnectOptions::new().foreign_keys(true).busy_timeout(BUSY_TIMEOUT);
        let mut turns = None;
        let db = match location {
            DatabaseLocation::SqliteFile(path) => {
                if let Some(folder) = path.parent() {
                    tokio::fs::create_dir_all(folder).await?;
                }
                let file = turns.insert(path.with_extension("lock"));
                let _turn = turn(file).await?;
                let options = options
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // In WAL mode this survives the end of the process; only the end of the power may cost the last
                    // transactions, and never the file.
                    .synchronous(SqliteSynchronous::Normal);
                Db { writer: pool(1, options.clone()).await?, reader: pool(READERS, options).await? }
            }
            DatabaseLocation::SqliteMemory => {
                // Each connection has a memory of its own, so all share one.
                let only = pool(1, options.in_memory(true)).await?;
                Db { writer: only.clone(), reader: only }
            }
        };
        Ok(Self { db, turns })
    }

    /// Applies the migrations that are not applied yet.
    ///
    /// # Errors
    /// [`Unavailable`] when one fails, or when the database was migrated by a newer or different program.
    pub async fn migrate(&self) -> Result<(), Unavailable> {
        let _turn = match &self.turns {
            Some(file) => Some(turn(file).await?),
            None => None,
        };
        Ok(MIGRATIONS.run(&self.db.writer).await?)
    }

    /// The names of the migrations that are not applied yet, in their order, as `0001_schools`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, Unavailable> {
        const TABLE: &str = "_sqlx_migrations";
        let mut connection = self.db.writer.acquire().await?;
        connection.ensure_migrations_table(TABLE).await?;
        let applied = connection.list_applied_migrations(TABLE).await?;
        let pending =
            MIGRATIONS.iter().filter(|known| !applied.iter().any(|row| row.version == known.version));
        Ok(pending.map(|known| format!("{:04}_{}", known.version, known.description)).collect())
    }

    /// Waits for what is under way, moves the write-ahead log into the file and closes it. Repositories that are still
    /// held fail from now on. When another process reads the file the log stays beside it; nothing is lost then, the
    /// next opening reads it.
    ///
    /// # Errors
    /// [`Unavailable`] when the store failed at its last write; it is closed all the same.
    pub async fn close(self) -> Result<(), Unavailable> {
        self.db.reader.close().await;
        let moved = if self.db.writer.is_closed() { Ok(None) } else { self.move_log().await };
        self.db.writer.close().await;
        if moved? == Some(Moved { busy: true }) {
            tracing::warn!("the write-ahead log stays beside the database: another process is reading it");
        }
        Ok(())
    }

    async fn move_log(&self) -> Result<Option<Moved>, Unavailable> {
        Ok(sqlx::query_as(MOVE_LOG).fetch_optional(&self.db.writer).await?)
    }

    /// The repository of schools.
    #[must_use]
    pub fn schools(&self) -> Schools {
        Schools::new(self.db.clone())
    }

    /// The repository of people.
    #[must_use]
    pub fn people(&self) -> People {
        People::new(self.db.clone())
    }

    /// The repository of classes.
    #[must_use]
    pub fn classes(&self) -> Classes {
        Classes::new(self.db.clone())
    }

    /// The repository of quizzes.
    #[must_use]
    pub fn quizzes(&self) -> Quizzes {
        Quizzes::new(self.db.clone())
    }

    /// The repository of games.
    #[must_use]
    pub fn games(&self) -> Games {
        Games::new(self.db.clone())
    }

    /// The log of rooms.
    #[must_use]
    pub fn room_log(&self) -> SqliteRoomLog {
        SqliteRoomLog::new(self.db.clone())
    }
}

/// What the first column of [`MOVE_LOG`] tells.
#[derive(PartialEq, Eq, sqlx::FromRow)]
struct Moved {
    busy: bool,
}

const MOVE_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

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
