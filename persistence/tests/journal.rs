//! The journal: the contract against each implementation, and what only a file or a restart can show.

#![expect(clippy::unwrap_used, reason = "tests")]

use persistence::journal::contract::{budget, fact};
use persistence::journal::{
    Budget, EntryId, Fact, Journal as _, JournalError, LocalJournal, ReadLimit, RedisJournal, Shard,
    ShardClaim, Tenure,
};
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

#[tokio::test]
async fn a_redis_without_memory_is_a_full_journal_that_drains_and_takes_again() {
    let limit = ServerOptions {
        args: ["--maxmemory", "24mb", "--maxmemory-policy", "noeviction"].map(str::to_owned).into(),
        ..ServerOptions::default()
    };
    let server = Server::with(&limit);
    let redis = RedisConfig { partitions: 2, ..RedisConfig::new(server.url()) };
    let generous = Budget { bytes: 1 << 30, entries: 1_000_000, ..Budget::default() };
    let journal = RedisJournal::new(Redis::connect(&redis).await.unwrap(), generous);
    let school = SchoolId::generate();
    let large = |number| Fact { body: vec![b'x'; 60_000].into(), ..fact(school, "one", number) };
    let mut places = Vec::new();
    let refused = loop {
        match journal.append(&[large(0)]).await {
            Ok(accepted) => places.extend(accepted.places),
            Err(error) => break error,
        }
        assert!(places.len() < 2_000, "the server has no limit");
    };
    assert!(matches!(refused, JournalError::Full { .. }) && refused.is_retryable(), "{refused}");
    // Everything that a writer does goes on.
    let (shard, lease) = (places[0].shard, Duration::from_secs(60));
    assert_eq!(journal.oldest(shard).await.unwrap(), Some(places[0].id));
    let claimed = journal.claim(shard, "a", lease, 0).await.unwrap();
    let ShardClaim::Held { life, fence } = claimed else { unreachable!("{claimed:?}") };
    let tenure = Tenure { shard, life, fence, node: "a".to_owned(), lease };
    let limit = ReadLimit { entries: 10, bytes: 1 << 20 };
    assert_eq!(journal.read(&tenure, EntryId(0), limit).await.unwrap().entries.len(), 10);
    journal.mark(&tenure, places.last().unwrap().id).await.unwrap();
    journal.release(&tenure).await.unwrap();
    journal.append(&[large(1)]).await.unwrap();
    assert_eq!(journal.depth(shard).await.unwrap().entries, 1);
}

#[tokio::test]
async fn a_journal_leaves_half_of_the_memory_that_redis_may_use() {
    let server = Server::single();
    let config = RedisConfig { partitions: 8, ..RedisConfig::new(server.url()) };
    let budget = async || {
        let redis = Redis::connect(&config).await.unwrap();
        RedisJournal::within_memory(redis, Budget::default()).await.budget().bytes
    };
    assert_eq!(budget().await, Budget::default().bytes, "without a limit");
    server.cli(&["config", "set", "maxmemory", "512mb"]);
    assert_eq!(budget().await, 32 << 20);
    // Enough for what one step takes.
    server.cli(&["config", "set", "maxmemory", "20mb"]);
    assert_eq!(budget().await, 4 << 20);
}

#[tokio::test]
async fn a_lease_does_not_outlive_a_clock_that_was_set_back() {
    let server = Server::single();
    let journal = journal_in(RedisConfig::new(server.url())).await;
    let (shard, lease) = (Shard(0), Duration::from_secs(60));
    journal.claim(shard, "a", lease, 0).await.unwrap();
    assert!(matches!(journal.claim(shard, "b", lease, 0).await.unwrap(), ShardClaim::Other { .. }));
    // As it looks an hour before.
    let head = server.cli(&["keys", "*j:head"]).trim().to_owned();
    let until: u64 = server.cli(&["hget", &head, "until"]).trim().parse().unwrap();
    server.cli(&["hset", &head, "until", &(until + 3_600_000).to_string()]);
    assert!(matches!(journal.claim(shard, "b", lease, 0).await.unwrap(), ShardClaim::Held { .. }));
}
