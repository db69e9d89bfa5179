//! Writers that die at any point: nothing is lost, nothing doubled.

use crate::target::{self, Target};
use crate::trapped::{Fuse, Trapped};
use crate::{config, facts, local_journal, redis_journal, sinks, write};
use persistence::journal::{Accepted, Budget, Journal, Writer};
use protocol::ids::SchoolId;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use test_servers::redis::Server;

const SEEDS: u64 = 200;

/// By every seed one writer dies: half of them between two steps, the others whenever.
async fn two_hundred_deaths(journal: Arc<dyn Journal>, target: &Target) {
    let schools = [SchoolId::generate(), SchoolId::generate()];
    let (mut all, mut accepted) = (Vec::new(), Accepted::default());
    for seed in 0..SEEDS {
        let mut random = StdRng::seed_from_u64(seed);
        let sent = facts(schools, seed * 100, random.random_range(5..25));
        accepted.places.extend(journal.append(&sent).await.unwrap().places);
        // An answer that was lost, now and then.
        if random.random_bool(0.2) {
            journal.append(&sent).await.unwrap();
        }
        all.extend(sent);
        let steps = if seed % 2 == 0 { random.random_range(0..14) } else { i64::MAX };
        let fuse = Fuse::after(steps);
        let trapped =
            Trapped { inner: Arc::clone(&journal), fuse: Arc::clone(&fuse), look: Some(target.look()) };
        let writer = Writer::new(Arc::new(trapped), &target.store, sinks(), config("a"));
        let life = Duration::from_micros(random.random_range(0..25_000));
        tokio::select! {
            () = writer.run(pending()) => unreachable!("it writes for ever"),
            () = fuse.blown() => {}
            () = tokio::time::sleep(life) => {}
        }
        assert!(!fuse.was_hasty(), "trimming passed the checkpoint");
    }
    write(&journal, &target.store, &accepted).await;
    target.assert_once_and_in_order(&all).await;
    for shard in (0..journal.shards()).map(persistence::journal::Shard) {
        assert_eq!(journal.depth(shard).await.unwrap().entries, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_deaths_between_a_journal_and_tables_in_one_file() {
    let target = target::sqlite().await;
    let journal = target.store.local_journal(Budget::default()).unwrap();
    two_hundred_deaths(Arc::new(journal), &target).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_deaths_between_a_file_and_postgres() {
    let target = target::postgres().await;
    let (journal, _journal_store) = local_journal().await;
    two_hundred_deaths(Arc::new(journal), &target).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_deaths_between_redis_and_postgres() {
    let target = target::postgres().await;
    let server = Server::single();
    let journal = redis_journal(&server).await;
    two_hundred_deaths(Arc::new(journal), &target).await;
}
