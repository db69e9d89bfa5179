//! How practice goes.

use learning::service::practice::Schedule;
use serde::{Deserialize, Serialize};

/// How practice goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PracticeSettings {
    /// By which rule new review cards are seen again.
    pub schedule: Schedule,
}
