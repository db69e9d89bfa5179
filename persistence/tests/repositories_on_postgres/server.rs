//! A server that refuses, restarts or is away.

use crate::database::{copy, location};
use crate::suite::{Fixture, chat::Talk};
use persistence::chat::{Asked, Seq, Span};
use persistence::{DatabaseLocation, Micros, OpenError, PostgresConfig, Store};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_were_under_way_when_a_server_died_come_once() {
    let server = Server::start();
    let store = Store::open(&location(&server, OWNER, &server.empty_database())).await.unwrap();
    store.migrate().await.unwrap();
    let fixture = Fixture::in_store(store).await;
    let talk = Talk::of(&fixture.store, fixture.school, fixture.teacher).await;
    let (chat, school) = (talk.chat(), talk.school);
    let mut tasks = Vec::new();
    for sender in [talk.ada, talk.ben, talk.teacher] {
        let drafts: Vec<_> = (0..60).map(|number| talk.draft(sender, &format!("{number}"))).collect();
        let chat = chat.clone();
        tasks.push(tokio::spawn(async move {
            let mut failed = 0;
            for batch in drafts.chunks(3) {
                // As a client does that has no reply.
                while chat.send(school, Micros(30), batch, &|_: &Asked<'_>| Ok::<_, ()>(())).await.is_err() {
                    failed += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (drafts, failed)
        }));
    }
    tokio::time::sleep(Duration::from_millis(60)).await;
    server.kill();
    server.restart();
    let (mut drafts, mut failed) = (Vec::new(), 0);
    for task in tasks {
        let (sent, failures) = task.await.unwrap();
        drafts.extend(sent);
        failed += failures;
    }
    assert!(failed > 0, "the server died among them");
    let kept =
        chat.history(school, talk.conversation, talk.ada, Span::After(Seq(0)), None, 500).await.unwrap();
    let seqs: Vec<u64> = kept.messages.iter().map(|message| message.seq.0).collect();
    assert_eq!(seqs, (1..=180).collect::<Vec<_>>());
    for draft in &drafts {
        let of_it = kept.messages.iter().filter(|message| message.nonce == draft.nonce).count();
        assert_eq!(of_it, 1, "{}", draft.body);
    }
}
