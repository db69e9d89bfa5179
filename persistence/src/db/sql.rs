//! A statement's text.

use sqlx::{SqlSafeStr as _, SqlStr};

/// A statement with `$1` placeholders: one text for both databases, or one for each where they differ. It comes from the
/// program alone: values are never written into it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    postgres: &'static str,
    sqlite: &'static str,
}

impl Sql {
    /// For databases that say it differently.
    pub(crate) const fn each(postgres: &'static str, sqlite: &'static str) -> Self {
        Self { postgres, sqlite }
    }

    pub(super) fn on_postgres(self) -> SqlStr {
        self.postgres.into_sql_str()
    }

    pub(super) fn on_sqlite(self) -> SqlStr {
        self.sqlite.into_sql_str()
    }
}

impl From<&'static str> for Sql {
    fn from(both: &'static str) -> Self {
        Self::each(both, both)
    }
}
