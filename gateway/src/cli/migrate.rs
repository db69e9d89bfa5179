//! `schoolbell migrate`

use super::{Common, Failure, runtime, say};
use crate::compose::database;
use anyhow::Context as _;
use persistence::Store;

pub(super) fn run(common: Common) -> Result<(), Failure> {
    let config = common.load()?;
    runtime()?.block_on(async {
        let store = Store::open(&database(&config)).await.context("the database cannot be opened")?;
        let pending = store.pending_migrations().await.context("the database cannot be read")?;
        store.migrate().await.context("the database cannot be brought up to date")?;
        for name in &pending {
            say(&format!("applied {name}"));
        }
        if pending.is_empty() {
            say("the database is up to date");
        }
        store.close().await.context("the database was not closed cleanly")
    })?;
    Ok(())
}
