//! Where Postgres is, and how it is used.

use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::str::FromStr;

/// How Postgres is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresConfig {
    /// Where the store is, with the role that it works as.
    pub url: PostgresUrl,
    /// The same database with the role that owns the tables, for migrations; `url` without it.
    pub owner_url: Option<PostgresUrl>,
    /// The role, or group of roles, to which migrations grant the tables.
    pub role: String,
    /// Most connections at once.
    pub connections: u32,
}

impl PostgresConfig {
    /// Ten connections, and the role `schoolbell_app`.
    #[must_use]
    pub fn new(url: PostgresUrl) -> Self {
        Self { url, owner_url: None, role: "schoolbell_app".to_owned(), connections: 10 }
    }
}

/// A URL like `postgres://user:password@host:5432/database?sslmode=verify-full`. It is never shown: it holds a password.
#[derive(Clone)]
pub struct PostgresUrl {
    text: String,
    options: Box<PgConnectOptions>,
    keeps_statements: bool,
}

/// A text that is no such URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPostgresUrl {
    /// Another database's, or none.
    #[error("it must begin with postgres:// or postgresql://, like postgres://user:password@host/database")]
    Scheme,
    /// A parameter that nobody knows.
    #[error("the parameter `{key}` is not known; remove it or correct its name")]
    Parameter {
        /// Which.
        key: String,
    },
    /// Something else.
    #[error(
        "it cannot be read ({reason}); write it like postgres://user:password@host/database, with percent-encoding"
    )]
    Malformed {
        /// What is wrong.
        reason: String,
    },
}

/// Parameters of the URL.
const PARAMETERS: [&str; 13] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    STATEMENTS,
    "user",
];

/// How many statements a server keeps for each connection. 0 is for poolers that give each transaction another one.
const STATEMENTS: &str = "statement-cache-capacity";

impl PostgresUrl {
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    pub(super) fn keeps_statements(&self) -> bool {
        self.keeps_statements
    }
}

impl FromStr for PostgresUrl {
    type Err = InvalidPostgresUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPostgresUrl> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(InvalidPostgresUrl::Scheme);
        }
        let query = text.split_once('?').map_or("", |(_, query)| query);
        let mut keeps_statements = true;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !PARAMETERS.contains(&key) {
                return Err(InvalidPostgresUrl::Parameter { key: key.to_owned() });
            }
            if key == STATEMENTS {
                keeps_statements = value.parse() != Ok(0);
            }
        }
        let options = PgConnectOptions::from_str(text)
            .map_err(|error| InvalidPostgresUrl::Malformed { reason: error.to_string() })?;
        let name = options.get_application_name().unwrap_or("schoolbell").to_owned();
        // Numbers come in binary, so the digits of their texts do not matter, and PgBouncer refuses the parameter.
        let options = options.application_name(&name).extra_float_digits(None);
        Ok(Self { text: text.to_owned(), options: Box::new(options), keeps_statements })
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl PartialEq for PostgresUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PostgresUrl {}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_never_shown() {
        let url: PostgresUrl = "postgres://ada:s%40cret@db.example:6000/bell".parse().unwrap();
        let options = url.options();
        assert_eq!((options.get_host(), options.get_port()), ("db.example", 6_000));
        assert_eq!((options.get_username(), options.get_database()), ("ada", Some("bell")));
        assert_eq!(options.get_application_name(), Some("schoolbell"));
        assert!(url.keeps_statements());
        let config = format!("{:?}", PostgresConfig::new(url));
        assert!(!config.contains("cret") && !config.contains("ada"), "{config}");
    }

    #[test]
    fn statements_are_not_kept_where_a_pooler_stands_between() {
        let keeps = |query: &str| {
            format!("postgresql://h/d?{query}").parse::<PostgresUrl>().unwrap().keeps_statements()
        };
        assert!(!keeps("statement-cache-capacity=0"));
        assert!(!keeps("sslmode=disable&statement-cache-capacity=0"));
        assert!(keeps("statement-cache-capacity=50"));
    }

    #[test]
    fn what_is_no_url_says_what_to_do_and_tells_no_secret() {
        let refused = |text: &str| text.parse::<PostgresUrl>().unwrap_err().to_string();
        for scheme in ["mysql://u:hidden@h/d", "h/d", "", "POSTGRES:/u:hidden@h"] {
            assert!(refused(scheme).contains("postgres://"), "{scheme}");
        }
        assert!(refused("postgres://h/d?pasword=hidden").contains("`pasword`"));
        for broken in ["postgres://u:hidden@h:port/d", "postgres://u:hidden@h/d?sslmode=hidden2"] {
            let told = refused(broken);
            assert!(told.contains("percent-encoding") && !told.contains("hidden@"), "{told}");
        }
    }
}
