//! What an operator may set: defaults, then the file, then the environment, then flags.

mod address;
mod api_keys;
mod check;
mod database;
mod insecure;
mod journal;
mod layers;
mod practice;
mod retention;
mod secret_text;

pub use address::Network;
pub use api_keys::{ApiKeyConfig, ApiKeyError};
pub use database::PostgresSettings;
pub use insecure::InsecureConfig;
pub use journal::JournalSettings;
pub use layers::{ConfigError, Layers, REFERENCE};
pub use practice::PracticeSettings;
pub use retention::RetentionConfig;
pub use secret_text::SecretText;

use persistence::redis::RedisConfig;
use protocol::ids::SchoolId;
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
    /// Postgres, instead of a file under `data_dir`.
    pub database_url: Option<SecretText>,
    /// What several nodes share.
    pub redis_url: Option<SecretText>,
    /// Address under which browsers reach the server.
    pub public_url: Option<String>,
    /// Origins, besides the server's own, whose pages may open connections.
    pub allowed_origins: Vec<String>,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Seconds for connections to close at shutdown.
    pub shutdown_s: u64,
    /// Seconds before that in which one of several nodes only says that it goes down.
    pub shutdown_notice_s: u64,
    /// Keys of servers that call the HTTP API.
    pub api_keys: Vec<ApiKeyConfig>,
    /// How Postgres is used.
    pub postgres: PostgresSettings,
    /// How Redis is used.
    pub redis: RedisSettings,
    /// What the journal may hold.
    pub journal: JournalSettings,
    /// How practice goes.
    pub practice: PracticeSettings,
    /// For how long events are kept.
    pub retention: RetentionConfig,
    /// Tokens.
    pub auth: AuthConfig,
    /// What tests of clients switch off.
    pub insecure: InsecureConfig,
    /// HTTP.
    pub http: HttpConfig,
    /// What connections and users may use.
    pub limits: Limits,
    /// Who may connect, and times of the channel protocol.
    pub client: ClientConfig,
    /// Logs.
    pub log: LogConfig,
    /// Channels for the platform's own use, by namespace.
    pub namespaces: BTreeMap<String, NamespaceOptions>,
}

/// How Redis is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisSettings {
    /// What all keys begin with.
    pub prefix: String,
    /// Parts into which channels and rooms are divided.
    pub partitions: u16,
    /// Certificates of who signed the server's one.
    pub ca_file: Option<PathBuf>,
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
    /// School of tokens and keys that name none.
    pub default_school: Option<SchoolId>,
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
    /// Sockets of HTTP open at once; upgraded ones and streams are not counted.
    pub sockets: usize,
    /// Seconds for the head of a request.
    pub header_timeout_s: u64,
    /// Seconds for a request.
    pub request_timeout_s: u64,
    /// Largest body, bytes.
    pub body_bytes: usize,
}

/// Who may connect, and times of the channel protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientConfig {
    /// Whether connections without a token become anonymous users of the default school.
    pub anonymous: bool,
    /// Namespace of every user's own channel.
    pub personal_namespace: String,
    /// Seconds between pings.
    pub ping_interval_s: u64,
    /// Seconds for a pong.
    pub pong_timeout_s: u64,
    /// Seconds for the first command.
    pub connect_timeout_s: u64,
    /// Milliseconds that messages to a connection may wait to be joined.
    pub write_delay_ms: u64,
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
            shutdown_notice_s: 2,
            api_keys: Vec::new(),
            postgres: PostgresSettings::default(),
            redis: RedisSettings::default(),
            journal: JournalSettings::default(),
            practice: PracticeSettings::default(),
            retention: RetentionConfig::default(),
            auth: AuthConfig::default(),
            insecure: InsecureConfig::default(),
            http: HttpConfig::default(),
            limits: Limits::default(),
            client: ClientConfig::default(),
            log: LogConfig::default(),
            namespaces: BTreeMap::new(),
        }
    }
}

impl Default for RedisSettings {
    fn default() -> Self {
        let RedisConfig { prefix, partitions, ca_file, .. } = RedisConfig::new("");
        Self { prefix, partitions, ca_file }
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
            default_school: None,
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
        Self {
            anonymous: false,
            personal_namespace: "user".to_owned(),
            ping_interval_s: 25,
            pong_timeout_s: 8,
            connect_timeout_s: 10,
            write_delay_ms: 0,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

impl Config {
    /// The live part's settings.
    #[must_use]
    pub fn realtime(&self) -> RealtimeConfig {
        RealtimeConfig {
            ping_interval: Duration::from_secs(self.client.ping_interval_s),
            pong_timeout: Duration::from_secs(self.client.pong_timeout_s),
            connect_timeout: Duration::from_secs(self.client.connect_timeout_s),
            write_delay: Duration::from_millis(self.client.write_delay_ms),
            personal_namespace: self.client.personal_namespace.clone(),
            anonymous_school: self.auth.default_school.filter(|_| self.admits_anonymous()),
            insecure: self.insecure.clients,
            limits: self.limits.clone(),
            namespaces: self.namespaces.clone(),
            ..RealtimeConfig::default()
        }
    }

    /// Where Redis is, if several nodes share one.
    #[must_use]
    pub fn shared(&self) -> Option<RedisConfig> {
        let url = self.redis_url.as_ref()?.reveal().to_owned();
        let RedisSettings { prefix, partitions, ca_file } = self.redis.clone();
        Some(RedisConfig { url, prefix, partitions, ca_file })
    }

    /// Whether connections may come without a token, and tokens without a user.
    #[must_use]
    pub fn admits_anonymous(&self) -> bool {
        self.client.anonymous || self.insecure.clients
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
