//! A journal whose store has lost what was in it, and two journals of one database.

use crate::{PATIENCE, config, facts, redis_journal, sinks, target, write};
use persistence::journal::{Durability, Journal, Writer};
use protocol::ids::SchoolId;
use std::sync::Arc;
use test_servers::redis::Server;

#[tokio::test]
async fn whoever_waits_for_a_fact_that_redis_lost_is_told() {
    let target = target::sqlite().await;
    let server = Server::single();
    let journal: Arc<dyn Journal> = Arc::new(redis_journal(&server).await);
    let schools = [SchoolId::generate(), SchoolId::generate()];
    let (kept, lost, after) = (facts(schools, 0, 20), facts(schools, 20, 20), facts(schools, 40, 20));
    let kept_at = journal.append(&kept).await.unwrap();
    write(&journal, &target.store, &kept_at).await;
    let lost_at = journal.append(&lost).await.unwrap();
    server.flush();
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    // Before anything new comes, and after it was written at greater ids.
    let answer = durability.wait(&lost_at, PATIENCE).await.unwrap_err();
    assert_eq!(answer.code(), "lost", "{answer}");
    let after_at = journal.append(&after).await.unwrap();
    write(&journal, &target.store, &after_at).await;
    durability.wait(&after_at, PATIENCE).await.unwrap();
    assert_eq!(durability.wait(&lost_at, PATIENCE).await.unwrap_err().code(), "lost");
    // What was committed before is there, whatever became of the journal.
    durability.wait(&kept_at, PATIENCE).await.unwrap();
    target.assert_once_and_in_order(&[kept, after].concat()).await;
}

#[tokio::test]
async fn two_journals_of_one_database_do_not_stand_for_each_other() {
    let target = target::sqlite().await;
    let server = Server::single();
    let schools = [SchoolId::generate(), SchoolId::generate()];
    let first: Arc<dyn Journal> = Arc::new(redis_journal(&server).await);
    let before = facts(schools, 0, 20);
    write(&first, &target.store, &first.append(&before).await.unwrap()).await;
    // As if the first one's clock had been years ahead.
    let moved = target.look().set_checkpoints(i64::MAX / 2).await;
    assert!(moved > 0);
    let second: Arc<dyn Journal> = Arc::new(redis_journal(&server).await);
    let after = facts(schools, 20, 20);
    let writer = Writer::new(Arc::clone(&second), &target.store, sinks(), config("b"));
    let durability = Durability::new(Arc::clone(&second), &target.store);
    let accepted = second.append(&after).await.unwrap();
    writer.run(async { durability.wait(&accepted, PATIENCE).await.unwrap() }).await;
    target.assert_once_and_in_order(&[before, after].concat()).await;
}
