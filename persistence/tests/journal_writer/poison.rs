//! Facts that cannot be written.

use crate::target::{self, Target};
use crate::{PATIENCE, config, facts, local_journal, sinks};
use persistence::journal::{
    Durability, DurableError, Fact, Journal, Kind, ReadLimit, ReplayError, Sinks, Writer, WriterConfig,
};
use protocol::ids::SchoolId;
use std::sync::Arc;

async fn poison_is_parked_and_the_rest_written(target: &Target) {
    let (journal, _journal_store) = local_journal().await;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let schools = [SchoolId::generate(), SchoolId::generate()];
    let (mut sent, mut good) = (Vec::new(), Vec::new());
    for (at, fact) in facts(schools, 0, 700).into_iter().enumerate() {
        sent.push(match at % 100 {
            13 => Fact { body: "{\"number\":-1}".into(), ..fact },
            26 => Fact { body: "no JSON".into(), ..fact },
            39 => Fact { kind: Kind::new("test.unknown"), ..fact },
            _ => {
                good.push(fact.clone());
                fact
            }
        });
    }
    let accepted = journal.append(&sent).await.unwrap();
    let large = WriterConfig { batch: ReadLimit { entries: 500, bytes: 1 << 20 }, ..config("a") };
    let writer = Writer::new(Arc::clone(&journal), &target.store, sinks(), large);
    let durability = Durability::new(Arc::clone(&journal), &target.store);
    writer
        .run(async {
            let parked = durability.wait(&accepted, PATIENCE).await.unwrap_err();
            assert!(matches!(parked, DurableError::Parked { .. }), "{parked}");
        })
        .await;
    target.assert_once_and_in_order(&good).await;

    let letters = target.store.dead_letters(sinks());
    let mut found = Vec::new();
    for (school, count) in letters.schools().await.unwrap() {
        let listed = letters.list(school, None, 100).await.unwrap();
        assert_eq!(u64::try_from(listed.len()).unwrap(), count);
        let behind = letters.list(school, Some(listed[2].fact.op), 2).await.unwrap();
        assert_eq!(behind, listed[3..5]);
        found.extend(listed);
    }
    assert_eq!(found.len(), 21);
    for letter in &found {
        let place = sent.iter().position(|fact| fact.op == letter.fact.op).unwrap();
        assert_eq!((&letter.fact, letter.id), (&sent[place], accepted.places[place].id));
        let code = match place % 100 {
            13 => "refused_by_database",
            26 => "no_number",
            _ => "unknown_kind",
        };
        assert_eq!(letter.code, code);
        assert!(!letter.cause.is_empty());
    }

    // One of an unknown kind, once its kind is known.
    let unknown = found.iter().find(|letter| letter.code == "unknown_kind").unwrap();
    let (school, op) = (unknown.fact.school, unknown.fact.op);
    let before = target.store.dead_letters(Sinks::default()).replay(school, op).await.unwrap_err();
    assert_eq!(before.code(), "still_refused");
    let letters = target.store.dead_letters(Sinks::new([Arc::new(target::Late) as _]).unwrap());
    letters.replay(school, op).await.unwrap();
    assert!(matches!(letters.replay(school, op).await, Err(ReplayError::Unknown)));
    assert_eq!(target.times().await.get(&op.0), Some(&1));

    // One that the table still refuses stays, until it is thrown away.
    let letters = target.store.dead_letters(sinks());
    let refused = found.iter().find(|letter| letter.code == "refused_by_database").unwrap();
    let (school, op) = (refused.fact.school, refused.fact.op);
    assert!(matches!(letters.replay(school, op).await, Err(ReplayError::Refused(_))));
    assert!(letters.discard(school, op).await.unwrap());
    assert!(!letters.discard(school, op).await.unwrap());
    assert_eq!(letters.schools().await.unwrap().iter().map(|(_, count)| count).sum::<u64>(), 19);
}

#[tokio::test]
async fn poison_is_parked_with_its_cause_and_the_rest_written_on_sqlite() {
    poison_is_parked_and_the_rest_written(&target::sqlite().await).await;
}

#[tokio::test]
async fn poison_is_parked_with_its_cause_and_the_rest_written_on_postgres() {
    poison_is_parked_and_the_rest_written(&target::postgres().await).await;
}

#[tokio::test]
async fn a_table_that_is_missing_parks_nothing() {
    let target = target::sqlite().await;
    let (journal, elsewhere) = local_journal().await;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let sent = facts([SchoolId::generate(); 2], 0, 20);
    let accepted = journal.append(&sent).await.unwrap();
    // A store without the table.
    let writer = Writer::new(Arc::clone(&journal), &elsewhere, sinks(), config("a"));
    let durability = Durability::new(Arc::clone(&journal), &elsewhere);
    writer
        .run(async {
            let late = durability.wait(&accepted, std::time::Duration::from_millis(500)).await.unwrap_err();
            assert!(matches!(late, DurableError::Late));
        })
        .await;
    assert_eq!(elsewhere.dead_letters(sinks()).schools().await.unwrap(), []);
    crate::write(&journal, &target.store, &accepted).await;
    target.assert_once_and_in_order(&sent).await;
}
