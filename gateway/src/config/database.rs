//! Where the database is, and how it is used.

use super::{Config, ConfigError, SecretText};
use persistence::{DatabaseLocation, PostgresConfig, PostgresUrl};
use serde::{Deserialize, Serialize};

/// How Postgres is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PostgresSettings {
    /// The same database with the role that owns the tables, for migrations.
    pub owner_url: Option<SecretText>,
    /// The role that migrations grant the tables to.
    pub role: String,
    /// Most connections of this node.
    pub connections: u32,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self { owner_url: None, role: "schoolbell_app".to_owned(), connections: 10 }
    }
}

impl Config {
    /// Where the database is.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] when a URL is none.
    pub fn database(&self) -> Result<DatabaseLocation, ConfigError> {
        let Some(url) = &self.database_url else {
            return Ok(DatabaseLocation::SqliteFile(self.data_dir.join("schoolbell.db")));
        };
        let PostgresSettings { owner_url, role, connections } = &self.postgres;
        let owner_url = owner_url.as_ref().map(|url| parse("postgres.owner_url", url)).transpose()?;
        Ok(DatabaseLocation::Postgres(PostgresConfig {
            url: parse("database_url", url)?,
            owner_url,
            role: role.clone(),
            connections: *connections,
        }))
    }
}

fn parse(key: &str, url: &SecretText) -> Result<PostgresUrl, ConfigError> {
    let refused = |error: persistence::InvalidPostgresUrl| ConfigError::Refused {
        key: key.to_owned(),
        advice: format!("{error}. Without database_url, data is kept in SQLite under data_dir"),
    };
    url.reveal().parse().map_err(refused)
}
