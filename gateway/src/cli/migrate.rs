//! `schoolbell migrate`

use super::{Common, Failure, runtime, say};
use anyhow::Context as _;
use persistence::Store;

pub(super) fn run(common: Common) -> Result<(), Failure> {
    let database = common.load()?.database()?;
    runtime()?.block_on(async {
        let store = Store::open(&database).await.context("the database cannot be opened")?;
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
