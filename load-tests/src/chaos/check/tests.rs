//! Histories that are broken on purpose, and what they are called.

use super::*;

fn joined(epoch: &str, offset: u64, recovered: bool) -> Entry {
    Entry { at: 0, seen: Seen::Joined { epoch: epoch.to_owned(), offset, recovered } }
}

fn heard(offset: u64, id: u64) -> Entry {
    Entry { at: 0, seen: Seen::Published { offset, id, fence: None } }
}

const GONE: Entry = Entry { at: 0, seen: Seen::Gone };

/// Numbers 1 to `count`, acknowledged one after the other in one epoch.
fn log(count: u64) -> Vec<Published> {
    (1..=count).map(|id| Published { id, epoch: "e".to_owned(), offset: id }).collect()
}

fn judge(published: &[Published], clients: &[Vec<Entry>]) -> Verdict {
    let heard: Vec<(usize, &[Entry])> = clients.iter().map(Vec::as_slice).enumerate().collect();
    Stream { name: "kept:0", published, heard: &heard, numbered: true }.check()
}

fn broken(published: &[Published], clients: &[Vec<Entry>]) -> Vec<Broken> {
    judge(published, clients).complaints.into_iter().map(|complaint| complaint.broken).collect()
}

#[test]
fn a_history_with_breaks_that_were_recovered_is_sound() {
    let first = vec![joined("e", 0, false), heard(1, 1), heard(2, 2), heard(3, 3)];
    let second = vec![
        joined("e", 0, false),
        heard(1, 1),
        GONE,
        joined("e", 1, true),
        heard(2, 2),
        GONE,
        joined("e", 2, true),
        heard(3, 3),
    ];
    let late = vec![joined("e", 2, false), heard(3, 3)];
    let verdict = judge(&log(3), &[first, second, late]);
    assert_eq!(verdict.complaints, []);
    assert_eq!((verdict.deliveries, verdict.recovered, verdict.told.len()), (7, 2, 0));
}

#[test]
fn a_silent_hole_is_named() {
    let client = vec![joined("e", 0, false), heard(1, 1), heard(3, 3)];
    assert_eq!(broken(&log(3), &[client]), [Broken::Hole { after: 1, next: 3 }]);
}

#[test]
fn a_lost_last_message_is_named() {
    let client = vec![joined("e", 0, false), heard(1, 1), heard(2, 2)];
    assert_eq!(broken(&log(3), &[client]), [Broken::Lost { offset: 2, top: 3 }]);
}

#[test]
fn what_others_saw_counts_as_published_even_without_an_acknowledgement() {
    let all = vec![joined("e", 0, false), heard(1, 1), heard(2, 2)];
    let less = vec![joined("e", 0, false), heard(1, 1)];
    assert_eq!(broken(&log(1), &[all, less]), [Broken::Lost { offset: 1, top: 2 }]);
}

#[test]
fn a_doubled_publication_is_named_at_its_own_offset_and_at_another() {
    let again = vec![joined("e", 0, false), heard(1, 1), heard(1, 1), heard(2, 2)];
    assert_eq!(broken(&log(2), &[again]), [Broken::Doubled { offset: 1 }]);
    // Published twice: the broker gave it two offsets.
    let twice = vec![joined("e", 0, false), heard(1, 1), heard(2, 1)];
    assert!(broken(&log(1), &[twice]).contains(&Broken::Doubled { offset: 2 }));
}

#[test]
fn a_publication_out_of_order_is_named() {
    let client = vec![joined("e", 0, false), heard(2, 2), heard(1, 1), heard(3, 3)];
    assert_eq!(
        broken(&log(3), &[client]),
        [Broken::Hole { after: 0, next: 2 }, Broken::Reordered { offset: 1, after: 2 }]
    );
}

#[test]
fn numbers_of_one_publisher_that_do_not_grow_are_named() {
    let mut log = log(3);
    (log[1].offset, log[2].offset) = (3, 2);
    let client = vec![joined("e", 0, false), heard(1, 1), heard(2, 3), heard(3, 2)];
    assert_eq!(broken(&log, &[client]), [Broken::Disorder { offset: 3 }]);
}

#[test]
fn two_clients_that_saw_different_things_at_one_position_are_named() {
    let one = vec![joined("e", 0, false), heard(1, 1), heard(2, 2)];
    let other = vec![joined("e", 0, false), heard(1, 1), heard(2, 9)];
    assert_eq!(broken(&log(2), &[one, other]), [Broken::Split { offset: 2 }]);
}

#[test]
fn an_epoch_may_change_only_when_the_client_is_told() {
    let published = [
        Published { id: 1, epoch: "e".to_owned(), offset: 1 },
        Published { id: 2, epoch: "f".to_owned(), offset: 1 },
    ];
    let told = vec![joined("e", 0, false), heard(1, 1), GONE, joined("f", 0, false), heard(1, 2)];
    let verdict = judge(&published, std::slice::from_ref(&told));
    assert_eq!((verdict.complaints.len(), verdict.told.len()), (0, 1));
    let untold = vec![joined("e", 0, false), heard(1, 1), GONE, joined("f", 1, true)];
    assert_eq!(
        broken(&published, &[untold]),
        [Broken::EpochUnsaid { from: "e".to_owned(), to: "f".to_owned() }]
    );
    let silent = vec![joined("e", 0, false), heard(1, 1)];
    assert_eq!(
        broken(&published, &[told, silent]),
        [Broken::Outdated { epoch: "e".to_owned(), newest: "f".to_owned() }]
    );
}

#[test]
fn a_recovery_must_begin_where_it_was_asked_to() {
    let client = vec![joined("e", 0, false), heard(1, 1), GONE, joined("e", 2, true), heard(3, 3)];
    assert_eq!(broken(&log(3), &[client]), [Broken::Misplaced { asked: 1, given: 2 }]);
}

#[test]
fn nobody_hears_outside_of_a_subscription_or_stays_away_unnoticed() {
    let stray = vec![joined("e", 0, false), GONE, heard(1, 1), joined("e", 0, true), heard(1, 1)];
    assert_eq!(broken(&log(1), &[stray]), [Broken::Stray { offset: 1 }]);
    assert_eq!(broken(&log(0), &[vec![joined("e", 0, false), GONE]]), [Broken::Absent]);
    assert_eq!(broken(&log(0), &[vec![]]), [Broken::Absent]);
}

#[test]
fn a_fence_that_goes_back_is_named() {
    let frame =
        |offset, fence| Entry { at: 0, seen: Seen::Published { offset, id: offset, fence: Some(fence) } };
    let sound = vec![joined("e", 0, false), frame(1, 4), frame(2, 4), frame(3, 7)];
    assert_eq!(broken(&log(3), &[sound]), []);
    let stale = vec![joined("e", 0, false), frame(1, 4), frame(2, 7), frame(3, 5)];
    assert_eq!(broken(&log(3), &[stale]), [Broken::FenceBack { from: 7, to: 5 }]);
}
