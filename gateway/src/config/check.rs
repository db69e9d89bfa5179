//! What a type cannot say about a configuration.

use super::{Config, ConfigError, retention::MOST_MONTHS};
use learning::service::{CLASS_NAMESPACE, STAFF_NAMESPACE};
use live_quiz::service::{GAME_NAMESPACE, HOST_NAMESPACE};
use realtime::config::PRIVATE_PREFIX;

/// Namespaces of the engine itself, which no configuration may take.
const OWN_NAMESPACES: [&str; 4] = [GAME_NAMESPACE, HOST_NAMESPACE, CLASS_NAMESPACE, STAFF_NAMESPACE];
/// Longest name of a namespace: a personal channel holds it and a user's name.
const MAX_NAMESPACE: usize = 64;
/// Longest wait of a message, milliseconds: more would be felt.
const MAX_WRITE_DELAY_MS: u64 = 1_000;

type Checked = Result<(), ConfigError>;

fn refused<T>(key: impl Into<String>, advice: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError::Refused { key: key.into(), advice: advice.into() })
}

impl Config {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with the key and what to do.
    pub fn check(&self) -> Checked {
        self.check_stores()?;
        self.check_origins()?;
        self.check_numbers()?;
        self.check_tokens()?;
        self.check_insecure()?;
        self.check_namespaces()
    }

    fn check_stores(&self) -> Checked {
        if self.database_url.is_none() && self.postgres.owner_url.is_some() {
            return refused(
                "postgres.owner_url",
                "it is for migrations alone; set database_url as well, to what the server works with",
            );
        }
        if self.postgres.role.is_empty() {
            return refused("postgres.role", "must be the name of a role");
        }
        self.database().map(drop)
    }

    fn check_origins(&self) -> Checked {
        for origin in self.allowed_origins.iter().chain(&self.public_url) {
            let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if rest.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' ', '@', '?', '#'])) {
                return refused(
                    "allowed_origins, public_url",
                    "an origin is a scheme and a host without a path, like https://school.example",
                );
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Checked {
        let positive = [
            ("client.ping_interval_s", self.client.ping_interval_s),
            ("client.pong_timeout_s", self.client.pong_timeout_s),
            ("client.connect_timeout_s", self.client.connect_timeout_s),
            ("http.header_timeout_s", self.http.header_timeout_s),
            ("http.request_timeout_s", self.http.request_timeout_s),
            ("http.sockets", self.http.sockets as u64),
            ("http.body_bytes", self.http.body_bytes as u64),
            ("limits.message_bytes", self.limits.message_bytes as u64),
            ("limits.outbox_bytes", self.limits.outbox_bytes as u64),
            ("auth.guest_ttl_s", self.auth.guest_ttl_s),
            ("journal.bytes", self.journal.bytes),
            ("journal.facts", self.journal.facts),
            ("postgres.connections", self.postgres.connections.into()),
        ];
        if let Some((key, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return refused(key, "must be above zero");
        }
        if let Some((key, _)) = self.retention.all().into_iter().find(|(_, months)| *months > MOST_MONTHS) {
            return refused(key, format!("must be at most {MOST_MONTHS}; 0 keeps for ever"));
        }
        if self.client.write_delay_ms > MAX_WRITE_DELAY_MS {
            return refused("client.write_delay_ms", format!("must be at most {MAX_WRITE_DELAY_MS}"));
        }
        Ok(())
    }

    fn check_tokens(&self) -> Checked {
        if self.auth.hs256_secret.is_some() && self.auth.hs256_secret_file.is_some() {
            return refused(
                "auth.hs256_secret_file",
                "auth.hs256_secret is set as well; keep one of the two",
            );
        }
        if self.auth.default_school.is_none() {
            for (key, on) in
                [("client.anonymous", self.client.anonymous), ("insecure.clients", self.insecure.clients)]
            {
                if on {
                    return refused(
                        key,
                        "connections without a token need a school; set auth.default_school to its id",
                    );
                }
            }
        }
        self.check_api_keys().or_else(|error| refused("api_keys", error.to_string()))
    }

    fn check_insecure(&self) -> Checked {
        match (self.insecure.dangers().next(), &self.public_url) {
            (Some((key, danger)), Some(_)) => {
                refused(key, format!("{danger}. This is for tests of clients; remove it, or public_url"))
            }
            _ => Ok(()),
        }
    }

    fn check_namespaces(&self) -> Checked {
        let personal = &self.client.personal_namespace;
        if OWN_NAMESPACES.contains(&personal.as_str()) {
            return refused(
                "client.personal_namespace",
                "the engine owns this namespace; choose another name",
            );
        }
        if !is_namespace(personal) {
            return refused("client.personal_namespace", NAMESPACE_ADVICE);
        }
        for (name, options) in &self.namespaces {
            let key = format!("namespaces.{}", if name.is_empty() { "\"\"" } else { name });
            if OWN_NAMESPACES.contains(&name.as_str()) {
                return refused(key, "the engine owns this namespace; choose another name");
            }
            if !is_namespace(name) {
                return refused(key, NAMESPACE_ADVICE);
            }
            if let Err(invalid) = options.check() {
                return refused(format!("{key}.{}", invalid.option), invalid.advice);
            }
        }
        Ok(())
    }
}

const NAMESPACE_ADVICE: &str = "a namespace has at most 64 printable ascii characters without `:`, `#` and `,` that do not begin with `$`";

/// Whether channels can have this namespace. Empty is the namespace of channels without one.
fn is_namespace(name: &str) -> bool {
    let nameable = name.bytes().all(|byte| byte.is_ascii_graphic() && !b":#,".contains(&byte));
    nameable && name.len() <= MAX_NAMESPACE && !name.starts_with(PRIVATE_PREFIX)
}

#[cfg(test)]
mod tests;
