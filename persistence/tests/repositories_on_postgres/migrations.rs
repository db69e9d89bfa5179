//! Migrations and the rights of roles.

use crate::database::location;
use futures_util::future::join_all;
use persistence::{DatabaseLocation, MigrateError, PostgresConfig, RowSecurity, Store};
use protocol::ids::SchoolId;
use test_servers::postgres::{APP, OWNER, PgBouncer, SUPERUSER, Server};
use uuid::Uuid;

fn names(folder: &str) -> Vec<String> {
    let files = std::fs::read_dir(format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut names: Vec<String> =
        files.map(|file| file.unwrap().file_name().to_string_lossy().replace(".sql", "")).collect();
    names.sort();
    names
}

fn only(url: &str) -> DatabaseLocation {
    DatabaseLocation::Postgres(PostgresConfig::new(url.parse().unwrap()))
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(names("postgres"), names("sqlite"));
}

#[tokio::test]
async fn migrations_are_pending_until_they_are_applied() {
    let server = Server::shared();
    let store = Store::open(&location(server, OWNER, &server.empty_database())).await.unwrap();
    let pending = store.pending_migrations().await.unwrap();
    assert_eq!(pending, names("postgres"));
    store.migrate().await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
    store.migrate().await.unwrap();
}

#[tokio::test]
async fn nodes_that_start_together_migrate_once() {
    let server = Server::shared();
    let name = server.empty_database();
    let at = location(server, APP, &name);
    let stores = join_all((0..6).map(|_| Store::open(&at))).await;
    for migrated in join_all(stores.iter().map(|store| store.as_ref().unwrap().migrate())).await {
        migrated.unwrap();
    }
    assert_eq!(
        server.sql(&name, "SELECT count(*) FROM _sqlx_migrations"),
        names("postgres").len().to_string()
    );
}

#[tokio::test]
async fn migrating_behind_a_pooler_works_and_works_again() {
    let server = Server::shared();
    let bouncer = PgBouncer::before(server, 1);
    let name = server.empty_database();
    for _ in 0..2 {
        let store = Store::open(&only(&bouncer.url(OWNER, &name))).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn who_does_not_own_the_tables_may_not_migrate_and_is_told() {
    let server = Server::shared();
    let name = server.empty_database();
    let store = Store::open(&only(&server.url(APP, &name))).await.unwrap();
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, MigrateError::NotAllowed(_)), "{refused}");
    assert_eq!(store.pending_migrations().await.unwrap(), names("postgres"));
    server.sql(&name, &format!("CREATE ROLE \"stranger {name}\" LOGIN"));
    let stranger = server.url(&format!("stranger%20{name}"), &name);
    let store = Store::open(&location(server, APP, &name)).await.unwrap();
    store.migrate().await.unwrap();
    let stranger = Store::open(&only(&stranger)).await.unwrap();
    assert!(stranger.schools().get(SchoolId::generate()).await.is_err());
}

#[tokio::test]
async fn a_role_that_is_missing_is_made_and_gets_what_it_needs_and_no_more() {
    let server = Server::shared();
    let (name, role) = (server.empty_database(), format!("Group of {}", Uuid::new_v4()));
    let owner = server.url(OWNER, &name).parse().unwrap();
    let config = PostgresConfig { role: role.clone(), ..PostgresConfig::new(owner) };
    let store = Store::open(&DatabaseLocation::Postgres(config)).await.unwrap();
    store.migrate().await.unwrap();
    let member = format!("member_{name}");
    server.sql(&name, &format!("CREATE ROLE {member} LOGIN IN ROLE \"{role}\""));
    let store = Store::open(&only(&server.url(&member, &name))).await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
    let school = SchoolId::generate();
    store.schools().ensure(school, "Hillside").await.unwrap();
    assert_eq!(store.schools().get(school).await.unwrap().unwrap().name, "Hillside");
    let may = |right: &str, table: &str| {
        server.sql(&name, &format!("SELECT has_table_privilege('{member}', '{table}', '{right}')"))
    };
    assert_eq!(
        (may("DELETE", "answer"), may("INSERT", "_sqlx_migrations")),
        ("t".to_owned(), "f".to_owned())
    );
    assert_eq!((may("TRUNCATE", "answer"), may("REFERENCES", "person")), ("f".to_owned(), "f".to_owned()));
}

#[tokio::test]
async fn who_passes_over_row_security_is_known() {
    let (server, name) = crate::database::copy().await;
    let of = async |role: &str| {
        Store::open(&location(server, role, &name)).await.unwrap().row_security().await.unwrap()
    };
    assert_eq!(of(APP).await, RowSecurity::Enforced);
    assert_eq!(of(OWNER).await, RowSecurity::Enforced);
    assert_eq!(of(SUPERUSER).await, RowSecurity::PassedOver { role: SUPERUSER.to_owned() });
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() {
    let (server, name) = crate::database::copy().await;
    let newer = "INSERT INTO _sqlx_migrations VALUES (9999, 'later', now(), TRUE, '', 0)";
    server.sql(&name, newer);
    let store = Store::open(&location(server, APP, &name)).await.unwrap();
    assert!(store.pending_migrations().await.unwrap_err().to_string().contains("9999"));
    assert!(store.migrate().await.unwrap_err().to_string().contains("9999"));
}
