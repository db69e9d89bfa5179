//! `schoolbell config`

use super::{Common, Failure, say};
use crate::config::REFERENCE;
use clap::Args;

/// Flags of `config`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Print the commented reference of all settings instead
    #[arg(long)]
    reference: bool,
}

impl Show {
    pub(super) fn run(self, common: Common) -> Result<(), Failure> {
        if self.reference {
            say(REFERENCE.trim_end());
        } else {
            say(common.load()?.to_toml().trim_end());
        }
        Ok(())
    }
}
