//! Schools are kept apart twice on Postgres: by the conditions of each statement, and by the database itself. Each holds
//! with the other one off.

#![expect(clippy::unwrap_used, reason = "tests")]

mod catalogue;
mod chat;
#[path = "../postgres/database.rs"]
mod database;
mod events;
mod filled;
mod learning;
mod records;
mod row_security;
mod statements;
#[path = "../repositories/suite.rs"]
mod suite;

use persistence::Store;
use test_servers::postgres::Server;

/// What the suite runs on here: a database that does not keep schools apart by itself. All that the repositories promise
/// holds by their statements alone.
async fn fresh() -> Store {
    database::open(without_row_security().await).await
}

async fn without_row_security() -> (&'static Server, String) {
    let (server, name) = database::copy().await;
    for table in catalogue::tables(server, &name) {
        server.sql(&name, &format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"));
    }
    (server, name)
}
