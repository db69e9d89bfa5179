//! What tests of clients switch off, and nobody else.

use serde::{Deserialize, Serialize};

/// Safeguards that are off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InsecureConfig {
    /// Connections without a token are let in and all may do everything in channels. A token that is presented is
    /// verified all the same.
    pub clients: bool,
    /// Shared secrets and API keys may be short.
    pub weak_secret: bool,
    /// Tokens may hold for ever.
    pub tokens_without_expiry: bool,
}

impl InsecureConfig {
    /// The keys that are on, each with what it means for the operator.
    pub fn dangers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let all = [
            (
                self.clients,
                "insecure.clients",
                "everybody who reaches this server may connect without a token, read and write",
            ),
            (
                self.weak_secret,
                "insecure.weak_secret",
                "short secrets are taken, so that tokens and API keys may be guessed",
            ),
            (
                self.tokens_without_expiry,
                "insecure.tokens_without_expiry",
                "tokens may hold for ever, so that one that leaks opens the server for good",
            ),
        ];
        all.into_iter().filter(|(on, ..)| *on).map(|(_, key, danger)| (key, danger))
    }
}
