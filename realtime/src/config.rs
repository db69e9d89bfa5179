//! What an operator may set.

use crate::{broker::HistoryOptions, identity::SubscriptionOverrides};
use protocol::{Channel, ids::SchoolId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Marks channels that need a subscription token, before the whole name (`$news:x`, which belongs to the namespace
/// `news`) or behind the namespace (`news:$x`).
pub const PRIVATE_PREFIX: char = '$';

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
    /// Time that messages to a connection wait to be joined; zero sends at once.
    pub write_delay: Duration,
    /// Namespace of the channel `<namespace>:#<user>` that every connection of a known user is subscribed to; when
    /// empty, the channel is `#<user>`.
    pub personal_namespace: String,
    /// School of connections without a token, which speak for [`Identity::anonymous`]; none when there are to be none.
    ///
    /// [`Identity::anonymous`]: crate::identity::Identity::anonymous
    pub anonymous_school: Option<SchoolId>,
    /// Whether everybody may do everything in channels that no feature owns. For tests of clients only.
    pub insecure: bool,
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
            write_delay: Duration::ZERO,
            personal_namespace: "user".to_owned(),
            anonymous_school: None,
            insecure: false,
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
    /// New connections of the whole node a second, in the long run; more are refused with 503. 0: any number.
    pub connects_per_second: u32,
    /// New connections of the whole node at once.
    pub connects_burst: u32,
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
            connects_per_second: 4_000,
            connects_burst: 400,
            history_page: 300,
        }
    }
}

impl RealtimeConfig {
    /// Options of a channel's namespace, none when it is not configured.
    #[must_use]
    pub fn options(&self, channel: &Channel) -> Option<&NamespaceOptions> {
        let namespace = channel.namespace();
        self.namespaces.get(namespace.strip_prefix(PRIVATE_PREFIX).unwrap_or(namespace))
    }
}

/// Whether a channel needs a subscription token whatever its namespace allows.
#[must_use]
pub fn is_private(channel: &Channel) -> bool {
    channel.as_str().starts_with(PRIVATE_PREFIX) || channel.rest().starts_with(PRIVATE_PREFIX)
}

/// Options of the channels of a namespace. Everything is off by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NamespaceOptions {
    /// Whether clients may subscribe without a subscription token (channels bound to users: only those users).
    pub allow_subscribe: bool,
    /// Whether anonymous users may, too.
    pub allow_anonymous: bool,
    /// Whether clients may publish into channels that they are subscribed to.
    pub allow_publish: bool,
    /// Whether it is kept who is there.
    pub presence: bool,
    /// Whether clients may ask who is there.
    pub allow_presence: bool,
    /// Whether those subscribers who ask for it are told who comes and goes.
    pub join_leave: bool,
    /// Whether all subscribers are told, asked for or not.
    pub force_join_leave: bool,
    /// Members up to which they are told of each one; those of larger channels ask for numbers.
    pub join_leave_up_to: UpTo,
    /// Publications kept; 0 turns history, positions and recovery off.
    pub history_size: usize,
    /// Seconds that they are kept.
    pub history_ttl_s: u64,
    /// Whether clients may ask for history.
    pub allow_history: bool,
    /// Whether clients may ask for a position.
    pub allow_positioning: bool,
    /// Whether every subscription has a position, asked for or not.
    pub force_positioning: bool,
    /// Whether clients may ask for subscriptions that can be recovered.
    pub allow_recovery: bool,
    /// Whether every subscription has a position and can be recovered, asked for or not.
    pub force_recovery: bool,
    /// What a recovery brings.
    pub recovery_mode: RecoveryMode,
    /// Deltas that subscribers may ask for.
    pub delta: DeltaType,
    /// Whether all publications may be sent as deltas, not only those whose publisher asks for it.
    pub delta_publish: bool,
    /// Whether subscribers may filter publications by tags.
    pub allow_tags_filter: bool,
}

/// Members of the largest channel in which each one who comes or goes is told to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UpTo(pub usize);

impl Default for UpTo {
    /// 300: that many who come back at once are told of each other by 45,000 pushes, 0.3 s of a core; 1,000 by half a million.
    fn default() -> Self {
        Self(300)
    }
}

/// What a recovery brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecoveryMode {
    /// All publications that were missed.
    #[default]
    Stream,
    /// The latest publication only.
    Cache,
}

/// How publications may be sent as differences to the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeltaType {
    /// Not at all.
    #[default]
    #[serde(rename = "")]
    None,
    /// In the format of the Fossil version control system.
    #[serde(rename = "fossil")]
    Fossil,
}

/// Options that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {advice}")]
pub struct InvalidOptions {
    /// Which option.
    pub option: &'static str,
    /// What to do.
    pub advice: &'static str,
}

impl NamespaceOptions {
    /// How publications are kept, if they are.
    #[must_use]
    pub fn history(&self) -> Option<HistoryOptions> {
        (self.history_size > 0 && self.history_ttl_s > 0)
            .then(|| HistoryOptions { size: self.history_size, ttl: Duration::from_secs(self.history_ttl_s) })
    }

    /// Whether a publication may reach subscribers as a delta; `wanted` by its publisher or not.
    #[must_use]
    pub fn publishes_delta(&self, wanted: bool) -> bool {
        self.delta != DeltaType::None && (wanted || self.delta_publish)
    }

    /// The options of a subscription whose token decides some of them.
    #[must_use]
    pub fn overridden(&self, overrides: &SubscriptionOverrides) -> Self {
        Self {
            presence: overrides.presence.unwrap_or(self.presence),
            join_leave: overrides.join_leave.unwrap_or(self.join_leave),
            force_join_leave: overrides.force_join_leave.unwrap_or(self.force_join_leave),
            force_recovery: overrides.force_recovery.unwrap_or(self.force_recovery),
            force_positioning: overrides.force_positioning.unwrap_or(self.force_positioning),
            ..self.clone()
        }
    }

    /// Checks that no option waits in vain for another.
    ///
    /// # Errors
    /// [`InvalidOptions`], the first one found.
    pub fn check(&self) -> Result<(), InvalidOptions> {
        let kept = self.history().is_some();
        let needs_history = "needs history; set history_size and history_ttl_s as well";
        let contradictions = [
            (
                self.history_size > 0 && !kept,
                "history_ttl_s",
                "set it above zero as well, since history_size is set",
            ),
            (
                self.history_ttl_s > 0 && !kept,
                "history_size",
                "set it above zero as well, since history_ttl_s is set",
            ),
            (self.force_recovery && !kept, "force_recovery", needs_history),
            (self.force_positioning && !kept, "force_positioning", needs_history),
            (self.recovery_mode == RecoveryMode::Cache && !kept, "recovery_mode", needs_history),
            (
                self.force_join_leave && !self.join_leave,
                "force_join_leave",
                "needs join_leave; set it as well",
            ),
            (
                self.delta_publish && self.delta == DeltaType::None,
                "delta_publish",
                "needs a delta that subscribers may ask for; set delta = \"fossil\" as well",
            ),
        ];
        match contradictions.into_iter().find(|(wrong, ..)| *wrong) {
            Some((_, option, advice)) => Err(InvalidOptions { option, advice }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_private_channel_is_marked_before_its_name_or_behind_its_namespace() {
        for (name, private) in [
            ("$x", true),
            ("$news:x", true),
            ("news:$x", true),
            ("news:x$", false),
            ("x", false),
            ("new$:x", false),
        ] {
            assert_eq!(is_private(&Channel::parse(name).unwrap()), private, "{name}");
        }
    }

    #[test]
    fn a_private_channel_belongs_to_the_namespace_behind_its_mark() {
        let news = NamespaceOptions { allow_publish: true, ..NamespaceOptions::default() };
        let plain = NamespaceOptions { allow_history: true, ..NamespaceOptions::default() };
        let namespaces = BTreeMap::from([("news".to_owned(), news.clone()), (String::new(), plain.clone())]);
        let config = RealtimeConfig { namespaces, ..RealtimeConfig::default() };
        for (name, options) in [
            ("news:x", Some(&news)),
            ("news:$x", Some(&news)),
            ("$news:x", Some(&news)),
            ("$x", Some(&plain)),
            ("$$news:x", None),
            ("other:x", None),
        ] {
            assert_eq!(config.options(&Channel::parse(name).unwrap()), options, "{name}");
        }
    }

    #[test]
    fn a_token_decides_only_what_it_names() {
        let options = NamespaceOptions {
            allow_subscribe: true,
            presence: true,
            join_leave: true,
            force_positioning: true,
            ..NamespaceOptions::default()
        };
        assert_eq!(options.overridden(&SubscriptionOverrides::default()), options);
        let overrides = SubscriptionOverrides {
            presence: Some(false),
            force_join_leave: Some(true),
            force_recovery: Some(true),
            ..SubscriptionOverrides::default()
        };
        let expected = NamespaceOptions {
            presence: false,
            force_join_leave: true,
            force_recovery: true,
            ..options.clone()
        };
        assert_eq!(options.overridden(&overrides), expected);
    }

    #[test]
    fn options_that_wait_in_vain_for_others_are_named() {
        let kept = NamespaceOptions { history_size: 1, history_ttl_s: 1, ..NamespaceOptions::default() };
        let good = NamespaceOptions {
            force_recovery: true,
            force_positioning: true,
            recovery_mode: RecoveryMode::Cache,
            join_leave: true,
            force_join_leave: true,
            delta: DeltaType::Fossil,
            delta_publish: true,
            ..kept.clone()
        };
        assert_eq!(good.check(), Ok(()));
        assert_eq!(NamespaceOptions::default().check(), Ok(()));
        for (option, wrong) in [
            ("history_ttl_s", NamespaceOptions { history_ttl_s: 0, ..kept.clone() }),
            ("history_size", NamespaceOptions { history_size: 0, ..kept.clone() }),
            ("force_recovery", NamespaceOptions { force_recovery: true, ..NamespaceOptions::default() }),
            (
                "force_positioning",
                NamespaceOptions { force_positioning: true, ..NamespaceOptions::default() },
            ),
            (
                "recovery_mode",
                NamespaceOptions { recovery_mode: RecoveryMode::Cache, ..NamespaceOptions::default() },
            ),
            ("force_join_leave", NamespaceOptions { force_join_leave: true, ..NamespaceOptions::default() }),
            ("delta_publish", NamespaceOptions { delta_publish: true, ..NamespaceOptions::default() }),
        ] {
            assert_eq!(wrong.check().unwrap_err().option, option);
        }
    }
}
