//! Where a run happens: which server, by which settings, and where it says what it does.

use crate::{
    peer::{Needs, Peer, Running},
    progress::Progress,
    settings::Settings,
};

/// One run's surroundings.
pub struct Stage {
    /// The server.
    pub peer: Peer,
    /// The flags.
    pub settings: Settings,
    /// What is going on.
    pub progress: Progress,
}

impl Stage {
    /// Starts the server, for `connections` at the most.
    pub fn start(&self, needs: Needs, connections: usize) -> anyhow::Result<Running> {
        self.settings.check_connections(connections)?;
        Running::start(&self.peer, &self.settings, needs)
    }
}
