//! One quiz with thousands of players.
use crate::{outcome::Outcome, stage::Stage};
use clap::Args;
use serde::Serialize;

/// Flags of `quiz`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Quiz {
    /// Players
    #[arg(long, default_value_t = 5_000)]
    players: usize,
}
impl Quiz {
    pub(super) fn run(&self, _stage: &Stage) -> anyhow::Result<Outcome> {
        anyhow::bail!("later {}", self.players)
    }
}
