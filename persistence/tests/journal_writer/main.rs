//! The writer, from a journal into a database: what a writer that dies, a database that is away, and facts that cannot be
//! written leave behind.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../postgres/database.rs"]
mod database;
mod fences;
mod kills;
mod lives;
mod outage;
mod poison;
mod target;
mod trapped;
mod waiting;

use persistence::journal::contract::fact;
use persistence::journal::{
    Accepted, Budget, Durability, Fact, Journal, LocalJournal, ReadLimit, RedisJournal, Sinks, Writer,
    WriterConfig,
};
use persistence::redis::{Redis, RedisConfig};
use persistence::{DatabaseLocation, Store};
use protocol::ids::SchoolId;
use std::sync::Arc;
use std::time::Duration;
use target::FactLog;
use test_servers::redis::Server;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);

/// A journal in a database of its own.
async fn local_journal() -> (LocalJournal, Store) {
    let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
    store.migrate().await.unwrap();
    (store.local_journal(Budget::default()).unwrap(), store)
}

/// A journal of two partitions.
async fn redis_journal(server: &Server) -> RedisJournal {
    let prefix = format!("t{}", Uuid::new_v4().simple());
    let config = RedisConfig { prefix, partitions: 2, ..RedisConfig::new(server.url()) };
    RedisJournal::new(Redis::connect(&config).await.unwrap(), Budget::default())
}

/// A hasty writer of small batches.
fn config(node: &str) -> WriterConfig {
    WriterConfig {
        batch: ReadLimit { entries: 7, bytes: 1 << 20 },
        gather: Duration::from_millis(1),
        idle: Duration::from_millis(5),
        retry: Duration::from_millis(100),
        unknown_kind: Duration::from_millis(300),
        missing_row: Duration::from_millis(300),
        ..WriterConfig::new(node)
    }
}

fn sinks() -> Sinks {
    Sinks::new([Arc::new(FactLog) as _]).unwrap()
}

/// Facts of two schools, of four keys each, numbered from `first`.
fn facts(schools: [SchoolId; 2], first: u64, count: u64) -> Vec<Fact> {
    let fact = |number: u64| {
        fact(schools[usize::from(number.is_multiple_of(2))], &format!("key {}", number % 8), number)
    };
    (first..first + count).map(fact).collect()
}

/// Runs a writer until these are durable.
async fn write(journal: &Arc<dyn Journal>, store: &Store, accepted: &Accepted) {
    let writer = Writer::new(Arc::clone(journal), store, sinks(), config("a"));
    let durability = Durability::new(Arc::clone(journal), store);
    writer.run(async { durability.wait(accepted, PATIENCE).await.unwrap() }).await;
}

#[tokio::test]
async fn accepted_facts_become_durable_in_their_order() {
    let target = target::postgres().await;
    let (local, _journal_store) = local_journal().await;
    let server = Server::single();
    let journals: [Arc<dyn Journal>; 2] = [Arc::new(local), Arc::new(redis_journal(&server).await)];
    let schools = [SchoolId::generate(), SchoolId::generate()];
    let mut all = Vec::new();
    for (journal, first) in journals.iter().zip([0, 1_000]) {
        let sent = facts(schools, first, 500);
        let accepted = journal.append(&sent).await.unwrap();
        write(journal, &target.store, &accepted).await;
        all.extend(sent);
        target.assert_once_and_in_order(&all).await;
    }
}

#[tokio::test]
async fn a_writer_that_is_told_to_stop_gives_its_shards_back() {
    let target = target::sqlite().await;
    let server = Server::single();
    let journal: Arc<dyn Journal> = Arc::new(redis_journal(&server).await);
    let schools = [SchoolId::generate(), SchoolId::generate()];
    for (node, first) in [("a", 0), ("b", 100), ("c", 200)] {
        let accepted = journal.append(&facts(schools, first, 50)).await.unwrap();
        let writer = Writer::new(Arc::clone(&journal), &target.store, sinks(), config(node));
        let durability = Durability::new(Arc::clone(&journal), &target.store);
        // Far less than a lease: the one before left nothing to wait for.
        let stop = async { durability.wait(&accepted, Duration::from_secs(10)).await.unwrap() };
        writer.run(stop).await;
    }
}

#[tokio::test]
async fn a_shard_that_is_not_wanted_is_left() {
    let target = target::sqlite().await;
    let (journal, _journal_store) = local_journal().await;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let accepted = journal.append(&facts([SchoolId::generate(); 2], 0, 5)).await.unwrap();
    let unwilling = WriterConfig { wanted: Arc::new(|_| false), ..config("a") };
    let writer = Writer::new(Arc::clone(&journal), &target.store, sinks(), unwilling);
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    writer
        .run(async {
            let late = durability.wait(&accepted, Duration::from_millis(300)).await.unwrap_err();
            assert_eq!(late.code(), "not_yet_durable");
        })
        .await;
    write(&journal, &target.store, &accepted).await;
}

#[tokio::test]
async fn what_is_accepted_after_redis_lost_everything_is_written_too() {
    let target = target::sqlite().await;
    let server = Server::single();
    let journal: Arc<dyn Journal> = Arc::new(redis_journal(&server).await);
    let schools = [SchoolId::generate(), SchoolId::generate()];
    let (before, after) = (facts(schools, 0, 50), facts(schools, 50, 50));
    let writer = Writer::new(Arc::clone(&journal), &target.store, sinks(), config("a"));
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    writer
        .run(async {
            let accepted = journal.append(&before).await.unwrap();
            durability.wait(&accepted, PATIENCE).await.unwrap();
            server.flush();
            let accepted = journal.append(&after).await.unwrap();
            durability.wait(&accepted, PATIENCE).await.unwrap();
        })
        .await;
    target.assert_once_and_in_order(&[before, after].concat()).await;
}
