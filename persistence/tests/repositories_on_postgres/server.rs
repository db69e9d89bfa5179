//! A server that refuses, restarts or is away.

use crate::database::{copy, location};
use crate::suite::Fixture;
use persistence::{DatabaseLocation, OpenError, PostgresConfig, Store};
use protocol::ids::SchoolId;
use std::time::{Duration, Instant};
use test_servers::postgres::{APP, OWNER, Server};

async fn refused(url: &str) -> OpenError {
    let at = DatabaseLocation::Postgres(PostgresConfig::new(url.parse().unwrap()));
    Store::open(&at).await.unwrap_err()
}

#[tokio::test]
async fn what_only_an_operator_can_mend_is_told_from_what_heals() {
    let (server, name) = copy().await;
    let nobody = refused(&server.url("nobody_here", &name)).await;
    assert!(matches!(nobody, OpenError::Refused(_)) && nobody.is_final(), "{nobody}");
    let nowhere = refused(&server.url(APP, "no_such_database")).await;
    assert!(matches!(nowhere, OpenError::Refused(_)), "{nowhere}");
    let plain = refused(&format!("{}?sslmode=require", server.url(APP, &name))).await;
    assert!(matches!(plain, OpenError::Impossible(_)), "{plain}");
    let away = refused("postgres://somebody:hidden@127.0.0.1:1/bell").await;
    assert!(matches!(away, OpenError::Unavailable(_)) && !away.is_final(), "{away}");
    assert!(!format!("{away} {away:?}").contains("hidden"));
}

#[tokio::test]
async fn a_store_goes_on_after_its_server_was_restarted() {
    let server = Server::start();
    let store = Store::open(&location(&server, OWNER, &server.empty_database())).await.unwrap();
    store.migrate().await.unwrap();
    let fixture = Fixture::in_store(store).await;
    // All connections of the pool are in use once, and dead afterwards.
    let schools = fixture.store.schools();
    let get = || schools.get(fixture.school);
    for got in futures_util::future::join_all((0..16).map(|_| get())).await {
        got.unwrap();
    }
    server.kill();
    assert_eq!(get().await.unwrap_err().code(), "unavailable");
    server.restart();
    for _ in 0..16 {
        assert!(get().await.unwrap().is_some());
    }
    schools.ensure(SchoolId::generate(), "Valley").await.unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for() {
    let server = Server::start();
    let store = Store::open(&location(&server, OWNER, &server.empty_database())).await.unwrap();
    store.migrate().await.unwrap();
    let fixture = Fixture::in_store(store).await;
    let schools = fixture.store.schools();
    let began = Instant::now();
    server.stop();
    // More than connections: the last ones find none.
    let waiting = futures_util::future::join_all((0..8).map(|_| schools.get(fixture.school))).await;
    for got in waiting {
        assert_eq!(got.unwrap_err().code(), "unavailable");
    }
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    server.cont();
    for _ in 0..8 {
        assert!(schools.get(fixture.school).await.unwrap().is_some());
    }
}
