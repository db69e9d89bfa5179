//! Postgres: a server that many nodes may share.
//!
//! Whatever comes to it is a transaction that names its school first (`app.current_school`), for that transaction alone,
//! so that neither our pool nor one in between, such as PgBouncer's, can carry a school over to the next one. Row-level
//! security shows and takes no other school's rows then.

mod address;
mod migrate;

pub use address::{InvalidPostgresUrl, PostgresConfig, PostgresUrl};

use super::{Reach, Tx};
use crate::store::OpenError;
use crate::{RowSecurity, Unavailable};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Error, Postgres, SqlSafeStr as _, Transaction,
};
use std::sync::Arc;
use std::time::Duration;

/// The oldest version that is supported.
const OLDEST: u32 = 150_000;
/// How long an operation waits for a connection before it fails as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the server may take for one message: one that hangs, or a network that swallows, must not keep rooms and requests
/// for as long as TCP has hope.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How a transaction begins.
pub(super) const WRITE: &str = "BEGIN";
pub(super) const READ: &str = "BEGIN READ ONLY";
pub(super) const READ_ONE_VIEW: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// The connections.
#[derive(Clone, Debug)]
pub(crate) struct PostgresDb {
    pool: PgPool,
    /// Whether the server may keep statements for a connection.
    prepared: bool,
    config: Arc<PostgresConfig>,
}

const PASSES_OVER: &str = "
    SELECT rolname::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";

impl PostgresDb {
    pub(crate) async fn open(config: &PostgresConfig) -> Result<Self, OpenError> {
        // By hand first: the pool would wait for a server that says no.
        let first = connect(&config.url).await?;
        let version = first.server_version_num();
        first.close().await.map_err(Unavailable::from)?;
        if let Some(version) = version.filter(|version| *version < OLDEST) {
            return Err(OpenError::TooOld { found: version / 10_000 });
        }
        let pool = PgPoolOptions::new()
            .max_connections(config.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // The beginning of the transaction is the test, and is tried again.
            .test_before_acquire(false)
            .connect_lazy_with(config.url.options().clone());
        Ok(Self { pool, prepared: config.url.keeps_statements(), config: Arc::new(config.clone()) })
    }

    /// Begins a transaction and names the school in it: one message, one answer.
    pub(super) async fn begin(&self, how: &str, reach: Reach) -> Result<Tx, Error> {
        let school = match reach {
            Reach::School(school) => school.to_string(),
            Reach::Directory => String::new(),
        };
        // No value from outside: how a transaction begins is ours, and a school's id is hexadecimal.
        let statement = format!("{how}; SELECT set_config('app.current_school', '{school}', TRUE)");
        // A server that was restarted leaves as many dead connections as the pool has. Nothing was done on them yet.
        let mut spare = self.config.connections;
        loop {
            match in_time(begin(self.pool.acquire().await?, statement.clone())).await {
                Ok(tx) => return Ok(Tx::Postgres { tx, prepared: self.prepared, timed: None }),
                Err(error) if spare > 0 && is_lost(&error) => spare -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the server keeps schools apart for the role that we are.
    pub(crate) async fn row_security(&self) -> Result<RowSecurity, Unavailable> {
        let mut tx = self.begin(READ, Reach::Directory).await?;
        let (role, passes_over): (String, bool) = tx.fetch_one(PASSES_OVER, []).await?;
        tx.commit().await?;
        Ok(if passes_over { RowSecurity::PassedOver { role } } else { RowSecurity::Enforced })
    }

    pub(crate) async fn close(self) {
        self.pool.close().await;
    }
}

/// Begins to the end, whoever stops waiting for it: a connection that was given up in between would come back to the pool
/// within a transaction, and the next one would go on in that.
async fn begin(
    on: PoolConnection<Postgres>,
    statement: String,
) -> Result<Transaction<'static, Postgres>, Error> {
    let begun = Transaction::begin(on, Some(AssertSqlSafe(statement).into_sql_str()));
    tokio::spawn(begun).await.unwrap_or(Err(Error::WorkerCrashed))
}

async fn connect(url: &PostgresUrl) -> Result<PgConnection, OpenError> {
    in_time(url.options().connect()).await.map_err(OpenError::of_postgres)
}

/// Waits for the server, but not for one that hangs. Its connection is not used again before it has answered.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = || Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "Postgres does not answer"));
    tokio::time::timeout(ANSWER_TIMEOUT, work).await.unwrap_or_else(|_| Err(late()))
}

/// Whether a connection had died before anything was asked of it.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() != std::io::ErrorKind::TimedOut,
        // Its last words, when an administrator ended it.
        Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}
