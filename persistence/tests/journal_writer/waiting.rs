//! Facts that wait: for a version that knows their kind, for a row that they refer to; and a writer that meets a defect.

use crate::target::{self, Child, FactLog, Late, Target, child_of};
use crate::{PATIENCE, config, facts, local_journal, redis_journal, sinks};
use persistence::journal::{
    Accepted, Column, Durability, DurableError, Fact, Journal, Kind, Poison, Row, Sink, Sinks, SinksError,
    Upsert, Writer, WriterConfig,
};
use protocol::ids::SchoolId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use test_servers::redis::Server;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_fact_for_a_newer_version_waits_for_a_node_that_knows_it() {
    let target = target::sqlite().await;
    let (journal, _journal_store) = local_journal().await;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let mut sent = facts([SchoolId::generate(); 2], 0, 20);
    sent[10].kind = Kind::new("test.unknown");
    let accepted = journal.append(&sent).await.unwrap();
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    let part = |range: std::ops::Range<usize>| Accepted { places: accepted.places[range].to_vec() };
    let older = WriterConfig { unknown_kind: LONG, ..config("older") };
    let older = Writer::new(Arc::clone(&journal), &target.store, sinks(), older);
    older
        .run(async {
            durability.wait(&part(0..10), PATIENCE).await.unwrap();
            let waits = durability.wait(&part(10..20), Duration::from_millis(800)).await.unwrap_err();
            assert!(matches!(waits, DurableError::Late), "{waits}");
        })
        .await;
    assert_eq!(target.store.dead_letters(sinks()).schools().await.unwrap(), [], "nothing is parked");
    let newer = Sinks::new([Arc::new(FactLog) as _, Arc::new(Late) as _]).unwrap();
    let newer = Writer::new(Arc::clone(&journal), &target.store, newer, config("newer"));
    newer.run(async { durability.wait(&accepted, PATIENCE).await.unwrap() }).await;
    assert_eq!(target.times().await.len(), 20);
}

/// A parent, and a child that comes before it in another shard.
async fn child_and_parent(journal: &Arc<dyn Journal>) -> (Fact, Fact, Accepted) {
    let parent = facts([SchoolId::generate(); 2], 0, 1).remove(0);
    for number in 0..100 {
        let child = child_of(&parent, &format!("child {number}"));
        let accepted = journal.append(std::slice::from_ref(&child)).await.unwrap();
        let probe = Fact { op: persistence::journal::OpId(uuid::Uuid::new_v4()), ..parent.clone() };
        let other = journal.append(std::slice::from_ref(&probe)).await.unwrap();
        if accepted.places[0].shard != other.places[0].shard {
            return (child, parent, accepted);
        }
    }
    unreachable!("two partitions, and all keys are in one")
}

async fn a_child_waits_for_its_parent(target: &Target) {
    let server = Server::single();
    let journal: Arc<dyn Journal> = Arc::new(redis_journal(&server).await);
    let (_, parent, child_at) = child_and_parent(&journal).await;
    let both = Sinks::new([Arc::new(FactLog) as _, Arc::new(Child) as _]).unwrap();
    let patient = WriterConfig { missing_row: LONG, ..config("a") };
    let writer = Writer::new(Arc::clone(&journal), &target.store, both.clone(), patient);
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    writer
        .run(async {
            let waits = durability.wait(&child_at, Duration::from_millis(500)).await.unwrap_err();
            assert!(matches!(waits, DurableError::Late), "{waits}");
            journal.append(&[parent]).await.unwrap();
            durability.wait(&child_at, PATIENCE).await.unwrap();
        })
        .await;
    assert_eq!(target.store.dead_letters(both).schools().await.unwrap(), []);
}

#[tokio::test]
async fn a_fact_waits_for_the_row_that_it_refers_to_on_postgres() {
    a_child_waits_for_its_parent(&target::postgres().await).await;
}

#[tokio::test]
async fn a_fact_waits_for_the_row_that_it_refers_to_on_sqlite() {
    a_child_waits_for_its_parent(&target::sqlite().await).await;
}

#[tokio::test]
async fn a_fact_whose_row_never_comes_is_parked_in_time() {
    let target = target::sqlite().await;
    let (journal, _journal_store) = local_journal().await;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let sent = facts([SchoolId::generate(); 2], 0, 2);
    // The second is never sent.
    let orphan = child_of(&sent[1], "orphan");
    let accepted = journal.append(&[orphan, sent[0].clone()]).await.unwrap();
    let both = Sinks::new([Arc::new(FactLog) as _, Arc::new(Child) as _]).unwrap();
    let writer = Writer::new(Arc::clone(&journal), &target.store, both.clone(), config("a"));
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    writer
        .run(async {
            let parked = durability.wait(&accepted, PATIENCE).await.unwrap_err();
            assert!(matches!(parked, DurableError::Parked { .. }), "{parked}");
        })
        .await;
    target.assert_once_and_in_order(&sent[..1]).await;
    let letters = target.store.dead_letters(both);
    let listed = letters.list(sent[0].school, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|letter| letter.code.as_str()).collect::<Vec<_>>(), ["missing_reference"]);
}

/// The sink of `test.fact`, with a defect at one number.
struct Defect;

impl Sink for Defect {
    fn kind(&self) -> Kind {
        FactLog.kind()
    }

    fn statements(&self) -> &[Upsert] {
        FactLog.statements()
    }

    fn rows(&self, fact: &Fact) -> Result<Vec<Row>, Poison> {
        assert!(fact.body != "{\"number\":3}", "a defect, as the test wants it");
        FactLog.rows(fact)
    }
}

#[tokio::test]
async fn a_fact_that_its_sink_does_not_bear_is_parked_and_the_rest_written() {
    let target = target::sqlite().await;
    let (journal, _journal_store) = local_journal().await;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let mut sent = facts([SchoolId::generate(); 2], 0, 20);
    let accepted = journal.append(&sent).await.unwrap();
    let defect = Sinks::new([Arc::new(Defect) as _]).unwrap();
    let writer = Writer::new(Arc::clone(&journal), &target.store, defect, config("a"));
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    writer
        .run(async {
            let parked = durability.wait(&accepted, PATIENCE).await.unwrap_err();
            assert!(matches!(parked, DurableError::Parked { .. }), "{parked}");
        })
        .await;
    let bad = sent.remove(3);
    target.assert_once_and_in_order(&sent).await;
    let letters = target.store.dead_letters(sinks());
    assert_eq!(letters.list(bad.school, None, 10).await.unwrap()[0].code, "sink_panicked");
    letters.replay(bad.school, bad.op).await.unwrap();
}

#[tokio::test]
async fn the_writer_of_a_shard_begins_anew_after_a_defect() {
    let target = target::sqlite().await;
    let (journal, _journal_store) = local_journal().await;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let accepted = journal.append(&facts([SchoolId::generate(); 2], 0, 5)).await.unwrap();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let wanted = Arc::new(move |_| {
        assert!(count.fetch_add(1, Ordering::Relaxed) != 1, "a defect, as the test wants it");
        true
    });
    let writer =
        Writer::new(Arc::clone(&journal), &target.store, sinks(), WriterConfig { wanted, ..config("a") });
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    writer.run(async { durability.wait(&accepted, PATIENCE).await.unwrap() }).await;
    assert!(asked.load(Ordering::Relaxed) > 2);
}

/// Of a sink that says what its key is.
struct Keyed([Upsert; 1]);

impl Sink for Keyed {
    fn kind(&self) -> Kind {
        Kind::new("test.keyed")
    }

    fn statements(&self) -> &[Upsert] {
        &self.0
    }

    fn rows(&self, _: &Fact) -> Result<Vec<Row>, Poison> {
        Ok(Vec::new())
    }
}

#[test]
fn a_statement_without_a_key_that_can_be_compared_is_refused() {
    const COLUMNS: [Column; 3] = [Column::Uuid, Column::F64, Column::Json];
    let with = |columns, key| Upsert { postgres: "", sqlite: "", columns, key };
    for (upsert, good) in [
        (with(&COLUMNS, 1), true),
        (with(&COLUMNS, 0), false),
        (with(&COLUMNS, 2), false),
        (with(&COLUMNS, 4), false),
        (with(&COLUMNS[2..], 1), false),
    ] {
        let made = Sinks::new([Arc::new(Keyed([upsert])) as _]);
        assert_eq!(made.is_ok(), good, "{upsert:?}");
        assert!(made.err().is_none_or(|error| matches!(error, SinksError::NoKey(_))));
    }
}
