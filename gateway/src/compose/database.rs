//! The database of a server that starts.

use crate::config::Config;
use anyhow::Context as _;
use persistence::{DatabaseLocation, MigrateError, OpenError, RowSecurity, Store};
use std::time::Duration;

/// Why a server does not start on its database before somebody has changed something.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Postgres cannot be used as configured.
    #[error("database_url: {0}")]
    Refused(#[source] OpenError),
    /// The schema is not the one of this program, and we may not change it.
    #[error(
        "the database lacks {}, and database_url may not change tables; run `schoolbell migrate --database-url <URL of \
         the tables' owner>`, or set postgres.owner_url",
        pending.join(", ")
    )]
    NotMigrated {
        /// What it lacks.
        pending: Vec<String>,
    },
    /// Nothing would keep schools apart but the program.
    #[error(
        "the role {role} of database_url is a superuser or may bypass row-level security; use one that is and may \
         neither, and give this one to postgres.owner_url or `schoolbell migrate`"
    )]
    PassesOver {
        /// Its name.
        role: String,
    },
}

/// Opens the database and brings it up to date. Postgres is waited for while it is away.
pub(super) async fn open(config: &Config) -> anyhow::Result<Store> {
    let location = config.database()?;
    let store = match &location {
        DatabaseLocation::Postgres(_) => connect(&location).await?,
        _ => Store::open(&location).await.context("the database cannot be opened")?,
    };
    bring_up_to_date(&store).await?;
    match store.row_security().await.context("the database cannot be read")? {
        RowSecurity::PassedOver { role } => Err(DatabaseError::PassesOver { role }.into()),
        RowSecurity::Enforced | RowSecurity::Absent => Ok(store),
    }
}

/// Connects to Postgres, however long it is away.
async fn connect(location: &DatabaseLocation) -> Result<Store, DatabaseError> {
    const LONGEST: Duration = Duration::from_secs(5);
    let mut pause = Duration::from_millis(250);
    loop {
        match Store::open(location).await {
            Ok(store) => return Ok(store),
            Err(error) if error.is_final() => return Err(DatabaseError::Refused(error)),
            Err(error) => {
                tracing::warn!(%error, "Postgres is away; this node is not ready, and goes on trying");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
        }
    }
}

async fn bring_up_to_date(store: &Store) -> anyhow::Result<()> {
    const FAILED: &str = "the database cannot be brought up to date";
    let pending = store.pending_migrations().await.context(FAILED)?;
    if pending.is_empty() {
        return Ok(());
    }
    match store.migrate().await {
        Err(MigrateError::NotAllowed(reason)) => {
            // Another node may have been faster, and allowed to.
            let pending = store.pending_migrations().await.context(FAILED)?;
            if pending.is_empty() {
                return Ok(());
            }
            tracing::debug!(%reason, "Postgres refuses to migrate");
            Err(DatabaseError::NotMigrated { pending }.into())
        }
        migrated => migrated.context(FAILED),
    }
}
