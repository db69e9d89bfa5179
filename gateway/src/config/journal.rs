//! How much the journal holds.

use persistence::journal::Budget;
use serde::{Deserialize, Serialize};

/// What a part of the journal may hold while the database is away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalSettings {
    /// Bytes.
    pub bytes: u64,
    /// Facts.
    pub facts: u64,
}

impl Default for JournalSettings {
    fn default() -> Self {
        let Budget { bytes, entries, .. } = Budget::default();
        Self { bytes, facts: entries }
    }
}

impl JournalSettings {
    /// As the journal takes it.
    #[must_use]
    pub fn budget(&self) -> Budget {
        Budget { bytes: self.bytes, entries: self.facts, ..Budget::default() }
    }
}
