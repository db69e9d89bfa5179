//! Opening the database, and bringing its schema up to date.

mod errors;

pub use errors::{MigrateError, OpenError};

use crate::assignments::Assignments;
use crate::attendance::Attendance;
use crate::audit::AuditLog;
use crate::chat::ChatRecords;
use crate::classes::Classes;
use crate::courses::Courses;
use crate::db::Db;
use crate::db::postgres::{PostgresConfig, PostgresDb};
use crate::db::sqlite::SqliteDb;
use crate::games::Games;
use crate::gradebook::Gradebooks;
use crate::idempotency::IdempotencyKeys;
use crate::journal::{Budget, DeadLetters, LocalJournal, Sinks};
use crate::lessons::Lessons;
use crate::mastery::MasteryRecords;
use crate::people::People;
use crate::progress::ProgressRecords;
use crate::quizzes::Quizzes;
use crate::responses::Responses;
use crate::rosters::Rosters;
use crate::schools::Schools;
use crate::sessions::AcademicSessions;
use crate::skills::Skills;
use crate::{KeptMonths, Micros, Retention, StoredRoomLog, Unavailable, months};
use std::path::PathBuf;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// A file; it and its folder are made if they do not exist.
    SqliteFile(PathBuf),
    /// Memory; gone with the store.
    SqliteMemory,
    /// A server, which several nodes may share.
    Postgres(PostgresConfig),
}

/// Whether the database itself keeps schools apart, beside the conditions of each statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowSecurity {
    /// It shows and takes the rows of one school at a time.
    Enforced,
    /// It would, but the role is a superuser or may bypass it.
    PassedOver {
        /// Its name.
        role: String,
    },
    /// SQLite has no such thing.
    Absent,
}

/// The open database, from which the repositories are taken. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
}

impl Store {
    /// Opens the database, without touching its schema: call [`Store::migrate`] next.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open(location: &DatabaseLocation) -> Result<Self, OpenError> {
        let db = match location {
            DatabaseLocation::SqliteFile(path) => Db::Sqlite(SqliteDb::open_file(path).await?),
            DatabaseLocation::SqliteMemory => Db::Sqlite(SqliteDb::open_memory().await?),
            DatabaseLocation::Postgres(config) => Db::Postgres(PostgresDb::open(config).await?),
        };
        Ok(Self { db })
    }

    /// Applies the migrations that are not applied yet; on Postgres as the owner, and grants the tables to the role. Of
    /// several processes that do so at once, one goes first and the others find it done.
    ///
    /// # Errors
    /// [`MigrateError`], also when the database was migrated by a newer or different program.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match &self.db {
            Db::Postgres(db) => db.migrate().await,
            Db::Sqlite(db) => db.migrate().await,
        }
    }

    /// The names of the migrations that are not applied yet, in their order, as `0001_schools`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails, or was migrated by a newer or different program.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, Unavailable> {
        match &self.db {
            Db::Postgres(db) => db.pending_migrations().await,
            Db::Sqlite(db) => db.pending_migrations().await,
        }
    }

    /// Whether the database itself keeps schools apart for the role that this store works as.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn row_security(&self) -> Result<RowSecurity, Unavailable> {
        match &self.db {
            Db::Postgres(db) => db.row_security().await,
            Db::Sqlite(_) => Ok(RowSecurity::Absent),
        }
    }

    /// Makes the partitions of this month and the next three, on Postgres; and drops the events of whole months that are
    /// kept no longer. To be called each day; of several nodes that call at once, one does the work. On Postgres the
    /// server's own clock says which month it is, on SQLite `now` does.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails, or others were in the way; what was done for other tables stays.
    pub async fn keep_months(&self, retention: &Retention, now: Micros) -> Result<KeptMonths, Unavailable> {
        months::keep(&self.db, retention, now).await
    }

    /// Waits for what is under way and closes the database. Repositories that are still held fail from now on. SQLite
    /// moves its write-ahead log into the file; when another process reads that, the log stays beside it, and nothing is
    /// lost: the next opening reads it.
    ///
    /// # Errors
    /// [`Unavailable`] when the store failed at its last write; it is closed all the same.
    pub async fn close(self) -> Result<(), Unavailable> {
        match self.db {
            Db::Postgres(db) => {
                db.close().await;
                Ok(())
            }
            Db::Sqlite(db) => db.close().await,
        }
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

    /// The repository of school years, terms and grading periods.
    #[must_use]
    pub fn sessions(&self) -> AcademicSessions {
        AcademicSessions::new(self.db.clone())
    }

    /// The repository of courses.
    #[must_use]
    pub fn courses(&self) -> Courses {
        Courses::new(self.db.clone())
    }

    /// The repository of lessons.
    #[must_use]
    pub fn lessons(&self) -> Lessons {
        Lessons::new(self.db.clone())
    }

    /// The repository of rosters.
    #[must_use]
    pub fn rosters(&self) -> Rosters {
        Rosters::new(self.db.clone())
    }

    /// The repository of progress.
    #[must_use]
    pub fn progress(&self) -> ProgressRecords {
        ProgressRecords::new(self.db.clone())
    }

    /// The repository of gradebooks.
    #[must_use]
    pub fn gradebooks(&self) -> Gradebooks {
        Gradebooks::new(self.db.clone())
    }

    /// The repository of assignments.
    #[must_use]
    pub fn assignments(&self) -> Assignments {
        Assignments::new(self.db.clone())
    }

    /// The repository of attempts and responses.
    #[must_use]
    pub fn responses(&self) -> Responses {
        Responses::new(self.db.clone())
    }

    /// The repository of attendance in live classes.
    #[must_use]
    pub fn attendance(&self) -> Attendance {
        Attendance::new(self.db.clone())
    }

    /// Who changed what.
    #[must_use]
    pub fn audit_log(&self) -> AuditLog {
        AuditLog::new(self.db.clone())
    }

    /// The repository of idempotency keys.
    #[must_use]
    pub fn idempotency_keys(&self) -> IdempotencyKeys {
        IdempotencyKeys::new(self.db.clone())
    }

    /// The repository of skills.
    #[must_use]
    pub fn skills(&self) -> Skills {
        Skills::new(self.db.clone())
    }

    /// The repository of what people have mastered and when they see it again.
    #[must_use]
    pub fn mastery(&self) -> MasteryRecords {
        MasteryRecords::new(self.db.clone())
    }

    /// The repository of conversations.
    #[must_use]
    pub fn chat(&self) -> ChatRecords {
        ChatRecords::new(self.db.clone())
    }

    /// The log of rooms.
    #[must_use]
    pub fn room_log(&self) -> StoredRoomLog {
        StoredRoomLog::new(self.db.clone())
    }

    /// The journal in this database, if it is one of SQLite.
    #[must_use]
    pub fn local_journal(&self, budget: Budget) -> Option<LocalJournal> {
        LocalJournal::new(self.db.clone(), budget)
    }

    /// The facts that could not be written, with what they are to be written by once that is mended.
    #[must_use]
    pub fn dead_letters(&self, sinks: Sinks) -> DeadLetters {
        DeadLetters::new(self.db.clone(), sinks)
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }
}
