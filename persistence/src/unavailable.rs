//! The failure that every operation of a store may meet.

use crate::redis::RedisError;
use std::error::Error;

/// The database did not do its work: it is gone, full, locked for too long or its rows cannot be read.
///
/// Nothing is known about the caller's request, so trying again may help; the text names the cause: it is for
/// logs, and never goes to users.
#[derive(Debug, thiserror::Error)]
#[error("the store failed; try again: {0}")]
pub struct Unavailable(#[source] Box<dyn Error + Send + Sync>);

impl Unavailable {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "unavailable"
    }
}

impl Unavailable {
    /// For another cause than those that convert by themselves.
    pub(crate) fn because(cause: impl Error + Send + Sync + 'static) -> Self {
        Self(cause.into())
    }
}

impl From<sqlx::Error> for Unavailable {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}

impl From<sqlx::migrate::MigrateError> for Unavailable {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self(error.into())
    }
}

impl From<RedisError> for Unavailable {
    fn from(error: RedisError) -> Self {
        Self(error.into())
    }
}

impl From<serde_json::Error> for Unavailable {
    fn from(error: serde_json::Error) -> Self {
        Self(error.into())
    }
}

impl From<std::io::Error> for Unavailable {
    fn from(error: std::io::Error) -> Self {
        Self(error.into())
    }
}
