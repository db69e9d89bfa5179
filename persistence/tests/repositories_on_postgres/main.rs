//! The repositories on Postgres, and what only a server can show.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../postgres/database.rs"]
mod database;
mod migrations;
mod months;
mod server;
#[path = "../repositories/suite.rs"]
mod suite;

use persistence::Store;

/// What the suite runs on.
async fn fresh() -> Store {
    database::open(database::copy().await).await
}
