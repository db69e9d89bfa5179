//! A writer that was taken for dead.

use crate::target;
use crate::trapped::{Fuse, Trapped};
use crate::{config, facts, local_journal, redis_journal, sinks};
use persistence::journal::{Durability, Journal, Writer, WriterConfig};
use protocol::ids::SchoolId;
use std::sync::Arc;
use std::time::Duration;
use test_servers::redis::Server;

const SHORT: Duration = Duration::from_millis(300);
/// For the successor: the former writer must not come back as the successor of that.
const LONG: Duration = Duration::from_secs(60);

/// The former writer has read its batch and stops there. Its successor claims the shard and commits nothing yet. Then the
/// former one goes on.
async fn a_stale_batch_is_refused(journal: Arc<dyn Journal>, target: &target::Target) {
    let sent = facts([SchoolId::generate(); 2], 0, 5);
    // All of one key, so of one shard.
    let sent: Vec<_> =
        sent.into_iter().map(|fact| persistence::journal::Fact { key: "one".to_owned(), ..fact }).collect();
    let accepted = journal.append(&sent).await.unwrap();
    let shard = accepted.places[0].shard;
    let writer = |node: &str, fuse: &Arc<Fuse>, lease| {
        let trapped = Trapped { inner: Arc::clone(&journal), fuse: Arc::clone(fuse), look: None };
        let only = WriterConfig { lease, wanted: Arc::new(move |wanted| wanted == shard), ..config(node) };
        Writer::new(Arc::new(trapped), &target.store, sinks(), only)
    };
    let (old_fuse, new_fuse) = (Fuse::after(1), Fuse::after(0));
    let (old, new) = (writer("old", &old_fuse, SHORT), writer("new", &new_fuse, LONG));
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    let play = async {
        old_fuse.blown().await;
        assert!(target.times().await.is_empty());
        let successor = new.run(async {
            new_fuse.blown().await;
            old_fuse.open();
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert!(target.times().await.is_empty(), "a stale writer committed");
            new_fuse.open();
            durability.wait(&accepted, Duration::from_secs(20)).await.unwrap();
        });
        successor.await;
    };
    old.run(play).await;
    target.assert_once_and_in_order(&sent).await;
}

#[tokio::test]
async fn a_stale_writer_cannot_commit_from_redis_to_postgres() {
    let server = Server::single();
    let journal = redis_journal(&server).await;
    a_stale_batch_is_refused(Arc::new(journal), &target::postgres().await).await;
}

#[tokio::test]
async fn a_stale_writer_cannot_commit_from_a_file_to_sqlite() {
    let (journal, _journal_store) = local_journal().await;
    a_stale_batch_is_refused(Arc::new(journal), &target::sqlite().await).await;
}
