//! What every [`RoomLog`] must do. Each function takes a fresh, empty log; [`room_log_contract!`](crate::room_log_contract)
//! makes a test of each.

#![expect(clippy::unwrap_used, reason = "this is a suite of tests")]

use super::{AppendError, Fence, Loaded, LogEntry, RoomKey, RoomLog, SnapshotError};
use protocol::ids::SchoolId;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Makes one test of each function of the contract. Takes a path of an async function without arguments that returns a
/// fresh log, and whatever must be kept alive beside it: `async fn fresh() -> (impl RoomLog, Guard)`.
#[macro_export]
macro_rules! room_log_contract {
    ($fresh:path) => {
        $crate::room_log_contract!($fresh:
            an_unknown_room_has_nothing_and_takes_nothing
            each_owner_gets_a_greater_fence
            a_new_room_is_empty
            entries_come_back_as_they_went_in
            a_former_owner_can_no_longer_write
            a_fence_that_was_never_handed_out_is_refused
            a_gap_is_refused_and_nothing_is_appended
            an_entry_is_never_appended_twice
            appending_nothing_checks_the_fence
            a_snapshot_shortens_the_tail_but_not_the_log
            a_snapshot_never_goes_back_or_ahead
            a_closed_room_is_complete_and_still_readable
            open_rooms_are_those_of_the_kind_in_all_schools
            schools_and_kinds_are_apart
            thousands_of_entries_go_in_at_once
            entries_are_read_in_pages
            of_two_appends_at_once_one_wins
        );
    };
    ($fresh:path: $($name:ident)+) => {$(
        #[tokio::test]
        async fn $name() {
            let (log, _guard) = $fresh().await;
            $crate::room_log::contract::$name(&log).await;
        }
    )+};
}

fn room() -> RoomKey {
    RoomKey { school: SchoolId::generate(), kind: "quiz".to_owned(), id: Uuid::now_v7() }
}

fn entry(seq: u64) -> LogEntry {
    LogEntry { seq, at: 1_790_000_000_000 + seq, body: format!("entry {seq}").into_bytes() }
}

fn entries(seqs: impl IntoIterator<Item = u64>) -> Vec<LogEntry> {
    seqs.into_iter().map(entry).collect()
}

/// What was never acquired has no log, and none can be begun without a fence.
pub async fn an_unknown_room_has_nothing_and_takes_nothing(log: &impl RoomLog) {
    let room = room();
    assert_eq!(log.load(&room).await.unwrap(), None);
    assert_eq!(log.entries(&room, 0, 10).await.unwrap(), []);
    let append = log.append(&room, Fence(1), &entries([1])).await;
    assert!(matches!(append, Err(AppendError::UnknownRoom)), "{append:?}");
    let snapshot = log.snapshot(&room, Fence(1), 0, b"").await;
    assert!(matches!(snapshot, Err(SnapshotError::UnknownRoom)), "{snapshot:?}");
    log.close(&room).await.unwrap();
    assert_eq!(log.load(&room).await.unwrap(), None);
}

/// Fences only grow, room by room.
pub async fn each_owner_gets_a_greater_fence(log: &impl RoomLog) {
    let (room, other) = (room(), room());
    let first = log.acquire(&room).await.unwrap();
    let second = log.acquire(&room).await.unwrap();
    assert!(first < second);
    log.acquire(&other).await.unwrap();
    assert!(second < log.acquire(&room).await.unwrap());
}

/// Acquiring makes a room without entries.
pub async fn a_new_room_is_empty(log: &impl RoomLog) {
    let room = room();
    log.acquire(&room).await.unwrap();
    assert_eq!(log.load(&room).await.unwrap(), Some(Loaded::default()));
}

/// Numbers, times and bytes are kept exactly, through takeovers too.
pub async fn entries_come_back_as_they_went_in(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    let mut all = entries(1..=3);
    all[0].body = Vec::new();
    all[1].body = (0..=255).cycle().take(1_000_000).collect();
    log.append(&room, fence, &all[..1]).await.unwrap();
    let fence = log.acquire(&room).await.unwrap();
    log.append(&room, fence, &all[1..]).await.unwrap();
    assert_eq!(log.load(&room).await.unwrap().unwrap().tail, all);
}

/// A takeover ends the power of the one before.
pub async fn a_former_owner_can_no_longer_write(log: &impl RoomLog) {
    let room = room();
    let old = log.acquire(&room).await.unwrap();
    log.append(&room, old, &entries([1])).await.unwrap();
    let new = log.acquire(&room).await.unwrap();
    let append = log.append(&room, old, &entries([2])).await;
    assert!(matches!(append, Err(AppendError::Fenced { current }) if current == new.0), "{append:?}");
    let snapshot = log.snapshot(&room, old, 1, b"old").await;
    assert!(matches!(snapshot, Err(SnapshotError::Fenced { current }) if current == new.0), "{snapshot:?}");
    let loaded = log.load(&room).await.unwrap().unwrap();
    assert_eq!(loaded, Loaded { snapshot: None, tail: entries([1]), closed: false });
    log.append(&room, new, &entries([2])).await.unwrap();
}

/// A greater number than the valid one gives no power either.
pub async fn a_fence_that_was_never_handed_out_is_refused(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    let append = log.append(&room, Fence(fence.0 + 1), &entries([1])).await;
    assert!(matches!(append, Err(AppendError::Fenced { current }) if current == fence.0), "{append:?}");
}

/// Entries follow the log's last one and each other.
pub async fn a_gap_is_refused_and_nothing_is_appended(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    let cases =
        [(vec![2], 1, 2), (vec![0], 1, 0), (vec![1, 3], 2, 3), (vec![1, 1], 2, 1), (vec![1, 2, 1], 3, 1)];
    for (seqs, must, came) in cases {
        let append = log.append(&room, fence, &entries(seqs.clone())).await;
        assert!(
            matches!(append, Err(AppendError::Gap { expected, got }) if (expected, got) == (must, came)),
            "{seqs:?}: {append:?}"
        );
    }
    assert_eq!(log.load(&room).await.unwrap(), Some(Loaded::default()));
    log.append(&room, fence, &entries(1..=2)).await.unwrap();
    let append = log.append(&room, fence, &entries([4])).await;
    assert!(matches!(append, Err(AppendError::Gap { expected: 3, got: 4 })), "{append:?}");
}

/// The same call again is refused, and the first body stays.
pub async fn an_entry_is_never_appended_twice(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    log.append(&room, fence, &entries([1])).await.unwrap();
    let changed = LogEntry { body: b"changed".to_vec(), ..entry(1) };
    let append = log.append(&room, fence, &[changed]).await;
    assert!(matches!(append, Err(AppendError::Gap { expected: 2, got: 1 })), "{append:?}");
    assert_eq!(log.entries(&room, 0, 10).await.unwrap(), entries([1]));
}

/// An owner can ask whether it still is the owner.
pub async fn appending_nothing_checks_the_fence(log: &impl RoomLog) {
    let room = room();
    let old = log.acquire(&room).await.unwrap();
    log.append(&room, old, &[]).await.unwrap();
    log.acquire(&room).await.unwrap();
    let append = log.append(&room, old, &[]).await;
    assert!(matches!(append, Err(AppendError::Fenced { .. })), "{append:?}");
}

/// Loading begins at the newest snapshot; replay still finds all entries.
pub async fn a_snapshot_shortens_the_tail_but_not_the_log(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    log.append(&room, fence, &entries(1..=10)).await.unwrap();
    log.snapshot(&room, fence, 4, b"four").await.unwrap();
    log.snapshot(&room, fence, 8, b"eight").await.unwrap();
    let loaded = log.load(&room).await.unwrap().unwrap();
    assert_eq!(
        loaded,
        Loaded { snapshot: Some((8, b"eight".to_vec())), tail: entries(9..=10), closed: false }
    );
    assert_eq!(log.entries(&room, 0, 100).await.unwrap(), entries(1..=10));
    log.append(&room, fence, &entries([11])).await.unwrap();
    assert_eq!(log.load(&room).await.unwrap().unwrap().tail, entries(9..=11));
}

/// A late snapshot does not replace a newer one, and none may know more than the log.
pub async fn a_snapshot_never_goes_back_or_ahead(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    log.append(&room, fence, &entries(1..=5)).await.unwrap();
    log.snapshot(&room, fence, 5, b"five").await.unwrap();
    log.snapshot(&room, fence, 3, b"three").await.unwrap();
    let ahead = log.snapshot(&room, fence, 6, b"six").await;
    assert!(matches!(ahead, Err(SnapshotError::Ahead { last: 5 })), "{ahead:?}");
    assert_eq!(log.load(&room).await.unwrap().unwrap().snapshot, Some((5, b"five".to_vec())));
    log.snapshot(&room, fence, 5, b"five again").await.unwrap();
    assert_eq!(log.load(&room).await.unwrap().unwrap().snapshot, Some((5, b"five again".to_vec())));
}

/// Closing ends the log, for any owner, and keeps it.
pub async fn a_closed_room_is_complete_and_still_readable(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    log.append(&room, fence, &entries(1..=2)).await.unwrap();
    log.close(&room).await.unwrap();
    log.close(&room).await.unwrap();
    assert_eq!(log.open_rooms("quiz").await.unwrap(), []);
    let append = log.append(&room, fence, &entries([3])).await;
    assert!(matches!(append, Err(AppendError::Closed)), "{append:?}");
    let fence = log.acquire(&room).await.unwrap();
    let append = log.append(&room, fence, &entries([3])).await;
    assert!(matches!(append, Err(AppendError::Closed)), "{append:?}");
    assert_eq!(log.open_rooms("quiz").await.unwrap(), []);
    assert_eq!(log.entries(&room, 0, 10).await.unwrap(), entries(1..=2));
    assert_eq!(log.load(&room).await.unwrap().unwrap().tail, entries(1..=2));
}

/// A starting server finds what it has to revive.
pub async fn open_rooms_are_those_of_the_kind_in_all_schools(log: &impl RoomLog) {
    let rooms = [room(), room(), room()];
    for room in &rooms {
        log.acquire(room).await.unwrap();
    }
    let other_kind = RoomKey { kind: "class".to_owned(), ..rooms[0].clone() };
    log.acquire(&other_kind).await.unwrap();
    log.close(&rooms[1]).await.unwrap();
    let open: BTreeSet<RoomKey> = log.open_rooms("quiz").await.unwrap().into_iter().collect();
    assert_eq!(open, BTreeSet::from([rooms[0].clone(), rooms[2].clone()]));
    assert_eq!(log.open_rooms("class").await.unwrap(), [other_kind]);
    assert_eq!(log.open_rooms("chat").await.unwrap(), []);
}

/// The same id elsewhere is another room.
pub async fn schools_and_kinds_are_apart(log: &impl RoomLog) {
    let here = room();
    let there = RoomKey { school: SchoolId::generate(), ..here.clone() };
    let class = RoomKey { kind: "class".to_owned(), ..here.clone() };
    let fence = log.acquire(&here).await.unwrap();
    log.append(&here, fence, &entries(1..=2)).await.unwrap();
    log.snapshot(&here, fence, 1, b"here").await.unwrap();
    for other in [&there, &class] {
        assert_eq!(log.load(other).await.unwrap(), None);
        log.acquire(other).await.unwrap();
        assert_eq!(log.load(other).await.unwrap(), Some(Loaded::default()));
        assert_eq!(log.entries(other, 0, 10).await.unwrap(), []);
        log.close(other).await.unwrap();
    }
    assert_eq!(log.open_rooms("quiz").await.unwrap(), [here]);
}

/// A burst, as when all players of a great game answer within a second, is one call.
pub async fn thousands_of_entries_go_in_at_once(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    let all = entries(1..=5_343);
    log.append(&room, fence, &all[..5_000]).await.unwrap();
    log.append(&room, fence, &all[5_000..]).await.unwrap();
    assert_eq!(log.load(&room).await.unwrap().unwrap().tail, all);
}

/// Replay reads a long log piece by piece.
pub async fn entries_are_read_in_pages(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    log.append(&room, fence, &entries(1..=5)).await.unwrap();
    assert_eq!(log.entries(&room, 0, 2).await.unwrap(), entries(1..=2));
    assert_eq!(log.entries(&room, 2, 2).await.unwrap(), entries(3..=4));
    assert_eq!(log.entries(&room, 4, 2).await.unwrap(), entries([5]));
    assert_eq!(log.entries(&room, 5, 2).await.unwrap(), []);
    assert_eq!(log.entries(&room, u64::MAX, 2).await.unwrap(), []);
    assert_eq!(log.entries(&room, 0, 0).await.unwrap(), []);
    assert_eq!(log.entries(&room, 0, usize::MAX).await.unwrap(), entries(1..=5));
}

/// A number is given once, whatever happens at the same time.
pub async fn of_two_appends_at_once_one_wins(log: &impl RoomLog) {
    let room = room();
    let fence = log.acquire(&room).await.unwrap();
    for seq in 1..=20 {
        let mine = [LogEntry { body: b"mine".to_vec(), ..entry(seq) }];
        let yours = [LogEntry { body: b"yours".to_vec(), ..entry(seq) }];
        let (mine_in, yours_in) =
            tokio::join!(log.append(&room, fence, &mine), log.append(&room, fence, &yours));
        assert!(mine_in.is_ok() != yours_in.is_ok(), "{mine_in:?} {yours_in:?}");
        let kept = log.entries(&room, seq - 1, 10).await.unwrap();
        assert_eq!(kept, if mine_in.is_ok() { mine } else { yours });
    }
}
