//! Databases of the one Postgres of this process: each test has its own, a copy of one that was migrated once.

use persistence::{DatabaseLocation, PostgresConfig, Store};
use test_servers::postgres::{APP, OWNER, Server};
use tokio::sync::OnceCell;

/// A store of a database, as the role of a running server.
pub async fn open((server, name): (&Server, String)) -> Store {
    Store::open(&location(server, APP, &name)).await.unwrap()
}

/// A copy of the migrated database, by its name.
pub async fn copy() -> (&'static Server, String) {
    static MIGRATED: OnceCell<String> = OnceCell::const_new();
    let server = Server::shared();
    let migrated = MIGRATED.get_or_init(async || {
        let name = server.empty_database();
        let store = Store::open(&location(server, APP, &name)).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await.unwrap();
        name
    });
    let name = server.database_from(migrated.await);
    (server, name)
}

/// A database for a role, with its owner for migrations.
pub fn location(server: &Server, role: &str, name: &str) -> DatabaseLocation {
    let owner_url = Some(server.url(OWNER, name).parse().unwrap());
    let url = server.url(role, name).parse().unwrap();
    DatabaseLocation::Postgres(PostgresConfig { owner_url, connections: 4, ..PostgresConfig::new(url) })
}
