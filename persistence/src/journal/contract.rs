//! What every [`Journal`] must do. Each function takes a fresh, empty journal with [`budget`];
//! [`journal_contract!`](crate::journal_contract) makes a test of each.

#![expect(clippy::unwrap_used, reason = "this is a suite of tests")]

use super::{
    Accepted, Budget, Depth, Entry, EntryId, Fact, Journal, JournalError, Kind, MAX_BODY, MAX_FACTS, OpId,
    Portion, ReadLimit, Shard, ShardClaim, Tenure, TenureError, Watermark,
};
use crate::Micros;
use protocol::ids::SchoolId;
use std::time::Duration;
use uuid::Uuid;

/// Makes one test of each function of the contract. Takes a path of an async function without arguments that returns a
/// fresh journal, and whatever must be kept alive beside it: `async fn fresh() -> (impl Journal, Guard)`.
#[macro_export]
macro_rules! journal_contract {
    ($fresh:path) => {
        $crate::journal_contract!($fresh:
            facts_come_back_as_they_went_in_and_in_order
            an_operation_that_comes_again_is_accepted_once_at_its_place
            operations_of_two_schools_are_two
            an_operation_is_remembered_after_it_was_trimmed
            a_full_journal_refuses_and_takes_again_once_some_is_committed
            what_is_refused_leaves_nothing
            what_no_journal_takes_is_refused
            the_watermark_trims_up_to_itself_and_never_goes_back
            a_successor_shuts_the_former_writer_out
            a_shard_is_written_by_one_at_a_time
            a_fence_goes_above_what_was_used_up
            reading_is_bounded_by_facts_and_bytes
            facts_of_one_key_share_a_shard
            thousands_of_facts_go_in_at_once
        );
    };
    ($fresh:path: $($name:ident)+) => {$(
        #[tokio::test]
        async fn $name() {
            let (journal, _guard) = $fresh().await;
            $crate::journal::contract::$name(&journal).await;
        }
    )+};
}

const MINUTE: Duration = Duration::from_secs(60);
const ALL: ReadLimit = ReadLimit { entries: usize::MAX, bytes: u64::MAX };

/// What the journals of the suite may hold: ten thousand facts are full.
#[must_use]
pub fn budget() -> Budget {
    Budget { bytes: 64 << 20, entries: 12_500, ..Budget::default() }
}

/// A fact with a number in it.
#[must_use]
pub fn fact(school: SchoolId, key: &str, number: u64) -> Fact {
    Fact {
        op: OpId(Uuid::now_v7()),
        school,
        kind: Kind::new("test.fact"),
        key: key.to_owned(),
        occurred_at: Micros(1_790_000_000_000_000 + number.cast_signed()),
        body: format!("{{\"number\":{number}}}").into(),
    }
}

fn facts(school: SchoolId, count: u64) -> Vec<Fact> {
    (1..=count).map(|number| fact(school, "one", number)).collect()
}

async fn tenure(journal: &impl Journal, shard: Shard, node: &str) -> Tenure {
    match journal.claim(shard, node, MINUTE, 0).await.unwrap() {
        ShardClaim::Held { life, fence } => {
            Tenure { shard, life, fence, node: node.to_owned(), lease: MINUTE }
        }
        ShardClaim::Other { left } => unreachable!("another holds the shard for {left:?}"),
    }
}

fn shard_of(accepted: &Accepted) -> Shard {
    accepted.places.first().unwrap().shard
}

async fn all(journal: &impl Journal, tenure: &Tenure) -> Vec<Entry> {
    journal.read(tenure, EntryId(0), ALL).await.unwrap().entries
}

/// Every field is kept exactly, ids only grow.
pub async fn facts_come_back_as_they_went_in_and_in_order(journal: &impl Journal) {
    let mut sent = facts(SchoolId::generate(), 20);
    sent[3].body = (0..=255_u8).cycle().take(MAX_BODY).collect::<Vec<u8>>().into();
    sent[4].body = bytes::Bytes::new();
    sent[5].occurred_at = Micros(-1);
    let mut accepted = journal.append(&sent[..7]).await.unwrap();
    accepted.places.extend(journal.append(&sent[7..]).await.unwrap().places);
    let tenure = tenure(journal, shard_of(&accepted), "a").await;
    let entries = all(journal, &tenure).await;
    assert_eq!(entries.iter().map(|entry| entry.fact.clone()).collect::<Vec<_>>(), sent);
    let ids: Vec<EntryId> = accepted.places.iter().map(|place| place.id).collect();
    assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), ids);
    assert!(ids.is_sorted_by(|a, b| a < b));
}

/// Whoever did not hear the answer asks again.
pub async fn an_operation_that_comes_again_is_accepted_once_at_its_place(journal: &impl Journal) {
    let sent = facts(SchoolId::generate(), 3);
    let first = journal.append(&sent[..2]).await.unwrap();
    let again =
        journal.append(&[sent[1].clone(), sent[2].clone(), sent[2].clone(), sent[0].clone()]).await.unwrap();
    assert_eq!((again.places[0], again.places[3]), (first.places[1], first.places[0]));
    assert_eq!(again.places[1], again.places[2]);
    let tenure = tenure(journal, shard_of(&first), "a").await;
    assert_eq!(all(journal, &tenure).await.len(), 3);
    assert_eq!(journal.depth(tenure.shard).await.unwrap().entries, 3);
}

/// One school's ids say nothing about another's.
pub async fn operations_of_two_schools_are_two(journal: &impl Journal) {
    let here = fact(SchoolId::generate(), "one", 1);
    let there = Fact { school: SchoolId::generate(), ..here.clone() };
    let mut seen = 0;
    let accepted = journal.append(&[here, there]).await.unwrap();
    let mut shards: Vec<Shard> = accepted.places.iter().map(|place| place.shard).collect();
    shards.dedup();
    for shard in shards {
        seen += journal.depth(shard).await.unwrap().entries;
    }
    assert_eq!(seen, 2);
}

/// A late duplicate does not come back into the journal.
pub async fn an_operation_is_remembered_after_it_was_trimmed(journal: &impl Journal) {
    let sent = facts(SchoolId::generate(), 2);
    let first = journal.append(&sent).await.unwrap();
    let tenure = tenure(journal, shard_of(&first), "a").await;
    journal.mark(&tenure, first.places[1].id).await.unwrap();
    assert_eq!(journal.append(&sent).await.unwrap(), first);
    assert_eq!(all(journal, &tenure).await, []);
    assert_eq!(journal.depth(tenure.shard).await.unwrap(), Depth::default());
}

/// Full is a state that passes.
pub async fn a_full_journal_refuses_and_takes_again_once_some_is_committed(journal: &impl Journal) {
    let school = SchoolId::generate();
    let sent = facts(school, 10_000);
    let accepted = journal.append(&sent[..5_000]).await.unwrap();
    journal.append(&sent[5_000..]).await.unwrap();
    let more = [fact(school, "one", 1)];
    let refused = journal.append(&more).await.unwrap_err();
    assert!(matches!(refused, JournalError::Full { .. }) && refused.is_retryable(), "{refused}");
    // What is there already takes no room.
    journal.append(&sent[..5_000]).await.unwrap();
    let tenure = tenure(journal, shard_of(&accepted), "a").await;
    journal.mark(&tenure, accepted.places[0].id).await.unwrap();
    journal.append(&more).await.unwrap();
    assert!(matches!(journal.append(&[fact(school, "one", 2)]).await, Err(JournalError::Full { .. })));
    let entries = all(journal, &tenure).await;
    assert_eq!(entries.len(), 10_000);
    journal.mark(&tenure, entries[9_999].id).await.unwrap();
    assert_eq!(journal.depth(tenure.shard).await.unwrap(), Depth::default());
}

/// A refusal is not half an acceptance.
pub async fn what_is_refused_leaves_nothing(journal: &impl Journal) {
    let school = SchoolId::generate();
    let sent = facts(school, 10_050);
    let accepted = journal.append(&sent[..5_000]).await.unwrap();
    journal.append(&sent[5_000..9_900]).await.unwrap();
    journal.append(&sent[9_900..]).await.unwrap_err();
    let depth = journal.depth(shard_of(&accepted)).await.unwrap();
    assert_eq!(depth.entries, 9_900);
    assert_eq!(depth.bytes, sent[..9_900].iter().map(Fact::size).sum::<u64>());
    // The refused operations are not taken for known.
    journal.append(&sent[9_900..10_000]).await.unwrap();
    assert_eq!(journal.depth(shard_of(&accepted)).await.unwrap().entries, 10_000);
}

/// Bounds of a fact and of a call.
pub async fn what_no_journal_takes_is_refused(journal: &impl Journal) {
    let school = SchoolId::generate();
    let large = Fact { body: vec![b'x'; MAX_BODY + 1].into(), ..fact(school, "one", 1) };
    let long = fact(school, &"k".repeat(201), 1);
    for refused in [large, long] {
        let answer = journal.append(std::slice::from_ref(&refused)).await.unwrap_err();
        assert!(matches!(answer, JournalError::TooLarge { op } if op == refused.op), "{answer}");
        assert!(!answer.is_retryable());
    }
    let many = facts(school, u64::try_from(MAX_FACTS).unwrap() + 1);
    assert!(matches!(journal.append(&many).await, Err(JournalError::TooMany { .. })));
    assert_eq!(journal.append(&[]).await.unwrap(), Accepted::default());
}

/// Nothing that is not committed is ever dropped.
pub async fn the_watermark_trims_up_to_itself_and_never_goes_back(journal: &impl Journal) {
    let sent = facts(SchoolId::generate(), 300);
    let places = journal.append(&sent).await.unwrap().places;
    let tenure = tenure(journal, places[0].shard, "a").await;
    let mut seen = EntryId(0);
    assert_eq!(journal.oldest(tenure.shard).await.unwrap(), Some(places[0].id));
    for at in [0_usize, 6, 150, 3, 298] {
        journal.mark(&tenure, places[at].id).await.unwrap();
        let after = places.iter().map(|place| place.id).find(|id| *id > seen.max(places[at].id));
        seen = seen.max(places[at].id);
        assert_eq!(journal.oldest(tenure.shard).await.unwrap(), after);
        let mark = journal.watermark(tenure.shard).await.unwrap().id;
        assert!(mark >= places[at].id);
        let Portion { entries, depth, mark: told } = journal.read(&tenure, EntryId(0), ALL).await.unwrap();
        assert_eq!(told, mark);
        let left: Vec<EntryId> = places.iter().map(|place| place.id).filter(|id| *id > mark).collect();
        assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), left);
        assert_eq!(depth.bytes, entries.iter().map(|entry| entry.fact.size()).sum::<u64>());
        assert_eq!(usize::try_from(depth.entries).unwrap(), left.len());
    }
    assert_eq!(
        journal.watermark(tenure.shard).await.unwrap(),
        Watermark { life: Some(tenure.life), id: places[298].id }
    );
}

/// The former one can neither read nor trim.
pub async fn a_successor_shuts_the_former_writer_out(journal: &impl Journal) {
    let accepted = journal.append(&facts(SchoolId::generate(), 5)).await.unwrap();
    let shard = shard_of(&accepted);
    let old = tenure(journal, shard, "a").await;
    let new = tenure(journal, shard, "a").await;
    assert!(new.fence > old.fence);
    assert!(matches!(journal.read(&old, EntryId(0), ALL).await, Err(TenureError::Lost)));
    assert!(matches!(journal.mark(&old, accepted.places[4].id).await, Err(TenureError::Lost)));
    journal.release(&old).await.unwrap();
    assert!(matches!(journal.claim(shard, "b", MINUTE, 0).await.unwrap(), ShardClaim::Other { .. }));
    assert_eq!(all(journal, &new).await.len(), 5);
}

/// A lease keeps others away until it ends or is given back.
pub async fn a_shard_is_written_by_one_at_a_time(journal: &impl Journal) {
    let shard = Shard(0);
    let short = Duration::from_millis(150);
    let ShardClaim::Held { life, fence } = journal.claim(shard, "a", short, 0).await.unwrap() else {
        unreachable!()
    };
    let first = Tenure { shard, life, fence, node: "a".to_owned(), lease: MINUTE };
    assert!(matches!(journal.claim(shard, "b", MINUTE, 0).await.unwrap(), ShardClaim::Other { .. }));
    tokio::time::sleep(short * 2).await;
    // Ended, but prolonged while nobody took it over.
    journal.read(&first, EntryId(0), ALL).await.unwrap();
    let ShardClaim::Other { left } = journal.claim(shard, "b", MINUTE, 0).await.unwrap() else {
        unreachable!()
    };
    assert!(left > MINUTE / 2 && left <= MINUTE);
    journal.release(&first).await.unwrap();
    let second = tenure(journal, shard, "b").await;
    assert!(second.fence > first.fence);
}

/// A journal that was lost starts where its checkpoint stands.
pub async fn a_fence_goes_above_what_was_used_up(journal: &impl Journal) {
    let claimed = journal.claim(Shard(0), "a", MINUTE, 41).await.unwrap();
    let ShardClaim::Held { life, fence: 42 } = claimed else { unreachable!("{claimed:?}") };
    let claimed = journal.claim(Shard(0), "a", MINUTE, 7).await.unwrap();
    assert_eq!(claimed, ShardClaim::Held { life, fence: 43 });
}

/// A batch has a size.
pub async fn reading_is_bounded_by_facts_and_bytes(journal: &impl Journal) {
    let school = SchoolId::generate();
    let sent: Vec<Fact> = (0..200)
        .map(|number| Fact { body: vec![b'x'; 10_000].into(), ..fact(school, "one", number) })
        .collect();
    let places = journal.append(&sent).await.unwrap().places;
    let tenure = tenure(journal, places[0].shard, "a").await;
    let read = async |after: EntryId, entries, bytes| {
        journal.read(&tenure, after, ReadLimit { entries, bytes }).await.unwrap().entries
    };
    assert_eq!(read(EntryId(0), 7, u64::MAX).await.len(), 7);
    assert_eq!(read(EntryId(0), 130, u64::MAX).await.len(), 130);
    assert_eq!(read(EntryId(0), usize::MAX, 1).await.len(), 1);
    let some = read(EntryId(0), usize::MAX, 500_000).await.len();
    assert!((45..=55).contains(&some), "{some}");
    let behind = read(places[150].id, usize::MAX, u64::MAX).await;
    assert_eq!(
        behind.iter().map(|entry| entry.id).collect::<Vec<_>>(),
        places[151..].iter().map(|p| p.id).collect::<Vec<_>>()
    );
    assert_eq!(read(places[199].id, usize::MAX, u64::MAX).await, []);
}

/// Order is kept within a shard, so a key has one.
pub async fn facts_of_one_key_share_a_shard(journal: &impl Journal) {
    let school = SchoolId::generate();
    let sent: Vec<Fact> =
        (0..100).map(|number| fact(school, &format!("key {}", number % 10), number)).collect();
    let places = journal.append(&sent).await.unwrap().places;
    for (at, place) in places.iter().enumerate() {
        assert_eq!((place.shard, place.op), (places[at % 10].shard, sent[at].op));
        assert!(place.shard.0 < journal.shards());
    }
}

/// A burst, as when all players of a great game answer within a second, is one call.
pub async fn thousands_of_facts_go_in_at_once(journal: &impl Journal) {
    let school = SchoolId::generate();
    let sent: Vec<Fact> = (0..5_000).map(|number| fact(school, &format!("key {number}"), number)).collect();
    let places = journal.append(&sent).await.unwrap().places;
    assert_eq!(
        places.iter().map(|place| place.op).collect::<Vec<_>>(),
        sent.iter().map(|fact| fact.op).collect::<Vec<_>>()
    );
    let mut entries = 0;
    for shard in (0..journal.shards()).map(Shard) {
        entries += journal.depth(shard).await.unwrap().entries;
    }
    assert_eq!(entries, 5_000);
}
