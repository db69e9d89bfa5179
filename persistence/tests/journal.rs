//! The journal: the contract against each implementation, and what only a file or a restart can show.

#![expect(clippy::unwrap_used, reason = "tests")]

use persistence::journal::contract::{budget, fact};
use persistence::journal::{Journal as _, LocalJournal, RedisJournal, ShardClaim};
use persistence::redis::{Redis, RedisConfig};
use persistence::{DatabaseLocation, Store};
use protocol::ids::SchoolId;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tempfile::TempDir;
use test_servers::redis::{Cluster, Server, ServerOptions};
use uuid::Uuid;

/// A journal of its own in a Redis that tests share. One key hashes to one partition, so few of them do.
async fn journal_in(config: RedisConfig) -> RedisJournal {
    let prefix = format!("t{}", Uuid::new_v4().simple());
    let redis = Redis::connect(&RedisConfig { prefix, partitions: 8, ..config }).await.unwrap();
    RedisJournal::new(redis, budget())
}

/// What the tests that run now share; it ends with the last of them.
fn shared<T>(place: &Mutex<Weak<T>>, start: fn() -> T) -> Arc<T> {
    let mut place = place.lock().unwrap();
    place.upgrade().unwrap_or_else(|| {
        let started = Arc::new(start());
        *place = Arc::downgrade(&started);
        started
    })
}

mod redis {
    use super::*;

    async fn fresh() -> (RedisJournal, Arc<Server>) {
        static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let server = shared(&SERVER, Server::single);
        (journal_in(RedisConfig::new(server.url())).await, server)
    }

    persistence::journal_contract!(fresh);
}

mod redis_cluster {
    use super::*;

    async fn fresh() -> (RedisJournal, Arc<Cluster>) {
        static CLUSTER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let cluster = shared(&CLUSTER, Cluster::three_masters);
        (journal_in(RedisConfig::new(cluster.url())).await, cluster)
    }

    persistence::journal_contract!(fresh);
}

mod sqlite_in_memory {
    use super::*;

    async fn fresh() -> (LocalJournal, Store) {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        (store.local_journal(budget()).unwrap(), store)
    }

    persistence::journal_contract!(fresh);
}

mod sqlite_file {
    use super::*;

    async fn open(folder: &TempDir) -> Store {
        let file = folder.path().join("schoolbell.sqlite");
        let store = Store::open(&DatabaseLocation::SqliteFile(file)).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    async fn fresh() -> (LocalJournal, (Store, TempDir)) {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).await;
        (store.local_journal(budget()).unwrap(), (store, folder))
    }

    persistence::journal_contract!(fresh);

    #[tokio::test]
    async fn what_was_accepted_is_there_after_a_crash_and_still_known() {
        let folder = tempfile::tempdir().unwrap();
        let school = SchoolId::generate();
        let facts: Vec<_> = (0..100).map(|number| fact(school, "one", number)).collect();
        let journal = open(&folder).await.local_journal(budget()).unwrap();
        let accepted = journal.append(&facts).await.unwrap();
        // The files as they lie on the disk at this moment, without any goodbye: what a killed process leaves.
        let left = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            if !file.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(file.path(), left.path().join(file.file_name())).unwrap();
            }
        }
        let journal = open(&left).await.local_journal(budget()).unwrap();
        assert_eq!(journal.append(&facts).await.unwrap(), accepted);
        assert_eq!(journal.depth(accepted.places[0].shard).await.unwrap().entries, 100);
    }
}

#[tokio::test]
async fn what_redis_accepted_outlives_its_crash() {
    let server = Server::with(&ServerOptions { append_only: true, ..ServerOptions::default() });
    let journal = journal_in(RedisConfig::new(server.url())).await;
    let school = SchoolId::generate();
    let facts: Vec<_> = (0..100).map(|number| fact(school, "one", number)).collect();
    let accepted = journal.append(&facts).await.unwrap();
    server.kill();
    assert!(journal.append(&facts).await.unwrap_err().is_retryable());
    server.restart();
    let again = loop {
        if let Ok(again) = journal.append(&facts).await {
            break again;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(again, accepted);
    assert_eq!(journal.depth(accepted.places[0].shard).await.unwrap().entries, 100);
}

#[tokio::test]
async fn ids_go_on_growing_when_redis_lost_everything() {
    let server = Server::single();
    let journal = journal_in(RedisConfig::new(server.url())).await;
    let school = SchoolId::generate();
    let before = journal.append(&[fact(school, "one", 1)]).await.unwrap().places[0];
    server.flush();
    let after = journal.append(&[fact(school, "one", 2)]).await.unwrap().places[0];
    assert!(after.id > before.id);
    let claimed = journal.claim(after.shard, "a", Duration::from_secs(60), 9).await.unwrap();
    assert_eq!(claimed, ShardClaim::Held { life: after.life, fence: 10 });
    assert_ne!(after.life, before.life);
}
