//! A database that goes away and comes back while facts are accepted.

use crate::target;
use crate::{PATIENCE, config, facts, local_journal, redis_journal, sinks};
use persistence::journal::{Accepted, Durability, Journal, Writer};
use protocol::ids::SchoolId;
use std::sync::Arc;
use std::time::Duration;
use test_servers::{postgres, redis};

async fn nothing_is_lost_or_doubled(journal: Arc<dyn Journal>) {
    let server = postgres::Server::start();
    let name = server.empty_database();
    let target = target::postgres_on(&server, &name).await;
    let writer = Writer::new(Arc::clone(&journal), &target.store, sinks(), config("a"));
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    let schools = [SchoolId::generate(), SchoolId::generate()];
    let (mut all, mut accepted) = (Vec::new(), Accepted::default());
    let play = async {
        for round in 0..6 {
            match round {
                1 | 3 => server.kill(),
                2 | 5 => server.restart(),
                4 => {
                    server.restart();
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    server.kill();
                }
                _ => {}
            }
            // Accepted whether or not the database is there.
            for step in 0..10 {
                let sent = facts(schools, round * 1_000 + step * 20, 20);
                accepted.places.extend(journal.append(&sent).await.unwrap().places);
                all.extend(sent);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        durability.wait(&accepted, PATIENCE).await.unwrap();
    };
    writer.run(play).await;
    target.assert_once_and_in_order(&all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_comes_and_goes_while_a_file_accepts() {
    let (journal, _journal_store) = local_journal().await;
    nothing_is_lost_or_doubled(Arc::new(journal)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_comes_and_goes_while_redis_accepts() {
    let server = redis::Server::single();
    nothing_is_lost_or_doubled(Arc::new(redis_journal(&server).await)).await;
}
