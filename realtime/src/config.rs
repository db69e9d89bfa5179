//! What an operator may set.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Settings of the live part.
#[derive(Clone, Debug)]
pub struct RealtimeConfig {
    /// Version told to clients; never empty.
    pub version: String,
    /// Time between the server's pings.
    pub ping_interval: Duration,
    /// Time that a client has for its pong.
    pub pong_timeout: Duration,
    /// Time that a client has for its first command.
    pub connect_timeout: Duration,
    /// Namespace of the channel `<namespace>:#<user>` that every connection is subscribed to.
    pub personal_namespace: String,
    /// Limits.
    pub limits: Limits,
    /// Options by namespace; `""` is for channels without one.
    pub namespaces: BTreeMap<String, NamespaceOptions>,
}

impl Default for RealtimeConfig {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ping_interval: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(8),
            connect_timeout: Duration::from_secs(10),
            personal_namespace: "user".to_owned(),
            limits: Limits::default(),
            namespaces: BTreeMap::new(),
        }
    }
}

/// What one connection or user may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections of the whole node; more are closed with 3504.
    pub connections: usize,
    /// Connections of one user; more are closed with 3504.
    pub connections_per_user: usize,
    /// Subscriptions of one connection; more are refused with error 106.
    pub subscriptions: usize,
    /// Bytes queued for one connection before it is closed as slow with 3008.
    pub outbox_bytes: usize,
    /// Largest message of a client, bytes; larger ones close the connection with 1009.
    pub message_bytes: usize,
    /// Commands of one connection a second, in the long run; more are refused with error 111.
    pub commands_per_second: u32,
    /// Commands of one connection at once.
    pub commands_burst: u32,
    /// Publications that one history answer or recovery may hold.
    pub history_page: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 100_000,
            connections_per_user: 32,
            subscriptions: 128,
            outbox_bytes: 1 << 20,
            message_bytes: 65_536,
            commands_per_second: 50,
            commands_burst: 250,
            history_page: 300,
        }
    }
}

/// Options of the channels of a namespace. Everything is off by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NamespaceOptions {
    /// Whether clients may subscribe (channels bound to users: only those users).
    pub allow_subscribe: bool,
    /// Whether clients may publish into channels that they are subscribed to.
    pub allow_publish: bool,
    /// Whether clients may ask for presence.
    pub presence: bool,
    /// Whether subscribers are told who comes and goes.
    pub join_leave: bool,
    /// Publications kept; 0 turns history, positions and recovery off.
    pub history_size: usize,
    /// Seconds that they are kept.
    pub history_ttl_s: u64,
    /// Whether clients may ask for history.
    pub allow_history: bool,
    /// Whether every subscription has a position and can be recovered, asked for or not.
    pub force_recovery: bool,
}

impl NamespaceOptions {
    /// How publications are kept, if they are.
    #[must_use]
    pub fn history(&self) -> Option<crate::broker::HistoryOptions> {
        (self.history_size > 0 && self.history_ttl_s > 0).then(|| crate::broker::HistoryOptions {
            size: self.history_size,
            ttl: Duration::from_secs(self.history_ttl_s),
        })
    }
}
