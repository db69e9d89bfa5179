//! Keys of live things. They carry the school, so that one school cannot reach another's by construction.

use protocol::{Channel, ids::SchoolId};

/// A channel of a school.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelKey {
    /// The tenant, from the verified token.
    pub school: SchoolId,
    /// The name as clients know it.
    pub channel: Channel,
}

impl ChannelKey {
    /// Joins a school and a channel name.
    #[must_use]
    pub fn new(school: SchoolId, channel: Channel) -> Self {
        Self { school, channel }
    }
}
