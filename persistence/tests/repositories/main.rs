//! The repositories on SQLite, and what only a file can show.

#![expect(clippy::unwrap_used, reason = "tests")]

mod store;
#[path = "suite.rs"]
mod suite;

use persistence::{DatabaseLocation, Store};

/// What the suite runs on.
async fn fresh() -> Store {
    let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
    store.migrate().await.unwrap();
    store
}
