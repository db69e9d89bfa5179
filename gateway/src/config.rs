//! What an operator may set: defaults, then the file, then the environment, then flags.

mod address;
mod layers;
mod secret_text;

pub use address::Network;
pub use layers::{ConfigError, Layers, REFERENCE};
pub use secret_text::SecretText;

use realtime::{Limits, NamespaceOptions, RealtimeConfig};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, time::Duration};

/// The effective configuration. Every field is described in `config/reference.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: String,
    /// Folder of the database and the generated secrets.
    pub data_dir: PathBuf,
    /// Not in this release: Postgres.
    pub database_url: Option<SecretText>,
    /// Not in this release: Redis.
    pub redis_url: Option<SecretText>,
    /// Address under which browsers reach the server.
    pub public_url: Option<String>,
    /// Origins, besides the server's own, whose pages may open connections.
    pub allowed_origins: Vec<String>,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Seconds for connections to close at shutdown.
    pub shutdown_s: u64,
    /// Tokens.
    pub auth: AuthConfig,
    /// HTTP.
    pub http: HttpConfig,
    /// What connections and users may use.
    pub limits: Limits,
    /// Times of the channel protocol.
    pub client: ClientConfig,
    /// Logs.
    pub log: LogConfig,
    /// Channels for the platform's own use, by namespace.
    pub namespaces: BTreeMap<String, NamespaceOptions>,
}

/// How tokens are verified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Secret shared with the platform.
    pub hs256_secret: Option<SecretText>,
    /// File of that secret.
    pub hs256_secret_file: Option<PathBuf>,
    /// Public keys of the platform.
    pub public_keys: Vec<PublicKeyConfig>,
    /// Address of the platform's key set.
    pub jwks_url: Option<String>,
    /// `iss` that the platform's tokens must carry.
    pub issuer: Option<String>,
    /// `aud` that the platform's tokens must carry.
    pub audience: Option<String>,
    /// Seconds that the platform's clock may be off.
    pub leeway_s: u64,
    /// Seconds that a guest's token holds.
    pub guest_ttl_s: u64,
}

/// A public key of the platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKeyConfig {
    /// PEM file.
    pub file: PathBuf,
    /// `RS256`, `ES256` or `EdDSA`.
    pub algorithm: String,
    /// Only for tokens that name this key.
    #[serde(default)]
    pub kid: Option<String>,
}

/// Bounds of HTTP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Sockets of HTTP open at once; upgraded ones are not counted.
    pub sockets: usize,
    /// Seconds for the head of a request.
    pub header_timeout_s: u64,
    /// Seconds for a request.
    pub request_timeout_s: u64,
    /// Largest body, bytes.
    pub body_bytes: usize,
}

/// Times of the channel protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientConfig {
    /// Seconds between pings.
    pub ping_interval_s: u64,
    /// Seconds for a pong.
    pub pong_timeout_s: u64,
    /// Seconds for the first command.
    pub connect_timeout_s: u64,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Form of a line.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter by module.
    pub level: String,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For eyes.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "localhost:8000".to_owned(),
            data_dir: PathBuf::from("./data"),
            database_url: None,
            redis_url: None,
            public_url: None,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            shutdown_s: 20,
            auth: AuthConfig::default(),
            http: HttpConfig::default(),
            limits: Limits::default(),
            client: ClientConfig::default(),
            log: LogConfig::default(),
            namespaces: BTreeMap::new(),
        }
    }
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            hs256_secret: None,
            hs256_secret_file: None,
            public_keys: Vec::new(),
            jwks_url: None,
            issuer: None,
            audience: None,
            leeway_s: 30,
            guest_ttl_s: 43_200,
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { sockets: 20_000, header_timeout_s: 10, request_timeout_s: 30, body_bytes: 1 << 20 }
    }
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self { ping_interval_s: 25, pong_timeout_s: 8, connect_timeout_s: 10 }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// Namespaces of the engine itself, which no configuration may take.
const OWN_NAMESPACES: [&str; 3] = ["quiz", "quiz-host", "user"];

impl Config {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with the key and what to do.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refused = |key: &str, advice: &str| {
            Err(ConfigError::Refused { key: key.to_owned(), advice: advice.to_owned() })
        };
        if self.database_url.is_some() {
            return refused(
                "database_url",
                "this release keeps its data in SQLite under data_dir; Postgres comes with a later one. Remove the key",
            );
        }
        if self.redis_url.is_some() {
            return refused(
                "redis_url",
                "this release runs as one process; Redis, which will join several nodes, comes with a later one. Remove the key",
            );
        }
        if self.auth.hs256_secret.is_some() && self.auth.hs256_secret_file.is_some() {
            return refused(
                "auth.hs256_secret_file",
                "auth.hs256_secret is set as well; keep one of the two",
            );
        }
        for origin in self.allowed_origins.iter().chain(&self.public_url) {
            let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if rest.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' ', '@', '?', '#'])) {
                return refused(
                    "allowed_origins, public_url",
                    "an origin is a scheme and a host without a path, like https://school.example",
                );
            }
        }
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
        ];
        if let Some((key, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return refused(key, "must be above zero");
        }
        if let Some(own) = OWN_NAMESPACES.into_iter().find(|own| self.namespaces.contains_key(*own)) {
            return refused(
                &format!("namespaces.{own}"),
                "the engine owns this namespace; choose another name",
            );
        }
        Ok(())
    }

    /// The live part's settings.
    #[must_use]
    pub fn realtime(&self) -> RealtimeConfig {
        RealtimeConfig {
            ping_interval: Duration::from_secs(self.client.ping_interval_s),
            pong_timeout: Duration::from_secs(self.client.pong_timeout_s),
            connect_timeout: Duration::from_secs(self.client.connect_timeout_s),
            limits: self.limits.clone(),
            namespaces: self.namespaces.clone(),
            ..RealtimeConfig::default()
        }
    }

    /// Whether a peer's `X-Forwarded-For` is believed.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }

    /// The configuration as TOML, secrets masked.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("the configuration holds nothing that toml cannot say")
    }
}
