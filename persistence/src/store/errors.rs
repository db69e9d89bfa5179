//! Why a store is not opened or brought up to date.

use crate::Unavailable;
use sqlx::Error;

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The server does not let us in, or knows no such database.
    #[error(
        "Postgres refuses the connection: {0}; correct the user, the password or the database in the URL"
    )]
    Refused(#[source] Unavailable),
    /// The URL asks for what cannot be done, such as certificates that cannot be read.
    #[error("the connection to Postgres cannot be made as the URL says: {0}; correct the URL")]
    Impossible(#[source] Unavailable),
    /// The server is too old.
    #[error("this is Postgres {found}; at least Postgres 15 is needed")]
    TooOld {
        /// Its major version.
        found: u32,
    },
    /// The database is away, or the file cannot be made or opened, or is no database.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl OpenError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Impossible(_) => "impossible",
            Self::TooOld { .. } => "too_old",
            Self::Unavailable(error) => error.code(),
        }
    }

    /// Whether trying again is of no use before somebody has corrected something.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Unavailable(_))
    }

    /// Tells a server that says no from one that is away.
    pub(crate) fn of_postgres(error: Error) -> Self {
        // Authorization, and databases that do not exist.
        const REFUSALS: [&str; 4] = ["28000", "28P01", "3D000", "42501"];
        match &error {
            Error::Database(told) if told.code().is_some_and(|code| REFUSALS.contains(&code.as_ref())) => {
                Self::Refused(error.into())
            }
            Error::Configuration(_) | Error::Tls(_) => Self::Impossible(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}

/// Why a store was not brought up to date. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The role may not change tables.
    #[error("the role may not change the tables ({0}); migrate as their owner")]
    NotAllowed(#[source] Unavailable),
    /// The owner is not let in.
    #[error("as the owner: {0}")]
    Refused(#[source] OpenError),
    /// The store failed, or was migrated by a newer or different program.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl MigrateError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed(_) => "not_allowed",
            Self::Refused(error) => error.code(),
            Self::Unavailable(error) => error.code(),
        }
    }
}
