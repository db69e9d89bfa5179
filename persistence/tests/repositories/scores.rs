//! Entries of scores.

use super::Fixture;
use super::gradebook::{Book, column};
use persistence::Micros;
use persistence::gradebook::{
    AppendScoresError, BadScore, MAX_SCORES, NewScore, RefusedScore, ScoreRecord, ScoreSource, ScoreVerdict,
};
use persistence::rosters::{EnrollmentState, OnBadRow, Place};
use protocol::ids::{ClassId, LineItemId, PersonId, ScoreId};
use protocol::role::Role;
use std::time::{Duration, Instant};
use uuid::Uuid;

#[tokio::test]
async fn entries_come_back_bit_by_bit_and_the_last_is_first() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let event = Some(Uuid::now_v7());
    let given = [0.1 + 0.2, -1_000_000.0, f64::MIN_POSITIVE, -0.0, 99.999_999_999_999_99];
    let mut scores = given.map(|given| book.score(Some(given), 5)).to_vec();
    scores.push(NewScore { source: ScoreSource::Game, source_event: event, ..book.score(None, 9) });
    scores.push(NewScore { excused: true, ..book.score(None, 1) });
    let verdicts = books.append_scores(school, book.class, Some(teacher), &scores, Micros(20)).await;
    assert_eq!(verdicts.unwrap(), vec![ScoreVerdict::Recorded; 7]);
    let cell = (book.line_item, book.student);
    let mut wanted = scores.clone();
    wanted.sort_by_key(|score| std::cmp::Reverse((score.scored_at, score.id)));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = books.score_history(school, book.class, cell, after, 3).await.unwrap();
        seen.extend(page.items);
        after = page.next.map(|cursor| cursor.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    let record = |score| ScoreRecord { score, entered_by: Some(teacher), recorded_at: Micros(20) };
    assert_eq!(seen, wanted.into_iter().map(record).collect::<Vec<_>>());
    for score in &scores {
        let kept = seen.iter().find(|record| record.score.id == score.id).unwrap().score;
        // But for the sign of zero.
        assert_eq!(kept.given.map(f64::to_bits), score.given.map(|given| (given + 0.0).to_bits()));
    }
}

#[tokio::test]
async fn what_is_sent_again_changes_nothing() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let (old, new) = (book.score(Some(5.0), 5), book.score(Some(6.0), 6));
    let append = async |scores: &[NewScore], at| {
        books.append_scores(school, book.class, Some(teacher), scores, Micros(at)).await
    };
    assert_eq!(append(&[old, old], 20).await.unwrap(), [ScoreVerdict::Recorded, ScoreVerdict::Duplicate]);
    assert_eq!(append(&[old, new], 21).await.unwrap(), [ScoreVerdict::Duplicate, ScoreVerdict::Recorded]);
    let page =
        books.score_history(school, book.class, (book.line_item, book.student), None, 10).await.unwrap();
    let told: Vec<_> = page.items.iter().map(|record| (record.score, record.recorded_at)).collect();
    assert_eq!(told, [(new, Micros(21)), (old, Micros(20))]);
    let changed = NewScore { given: Some(10.0), ..old };
    let Err(AppendScoresError::Refused { refused }) = append(&[new, changed], 22).await else {
        unreachable!()
    };
    assert_eq!(refused, [RefusedScore { index: 1, reason: BadScore::OtherEntry }]);
    assert_eq!(append(&[], 23).await.unwrap(), []);
}

#[tokio::test]
async fn the_same_entries_at_once_are_kept_once() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let scores: Vec<_> = (0..100).map(|at| book.score(Some(1.0), at)).collect();
    let appends = (0..6).map(|_| books.append_scores(school, book.class, None, &scores, Micros(9)));
    let done = futures_util::future::join_all(appends).await;
    let recorded = done.into_iter().flat_map(Result::unwrap);
    assert_eq!(recorded.filter(|verdict| *verdict == ScoreVerdict::Recorded).count(), 100);
    assert_eq!(books.load(school, book.class).await.unwrap().scores.len(), 100);
}

#[tokio::test]
async fn a_bad_entry_says_what_is_wrong_and_takes_the_others_with_it() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let other = Book::open(&store, school).await;
    let elsewhere = other.score(Some(1.0), 5);
    books.append_scores(school, other.class, None, &[elsewhere], Micros(9)).await.unwrap();
    let good = book.score(Some(1.0), 5);
    let scores = [
        good,
        NewScore { line_item: other.line_item, ..book.score(Some(1.0), 5) },
        NewScore { line_item: LineItemId::generate(), ..book.score(Some(1.0), 5) },
        NewScore { student: other.student, ..book.score(Some(1.0), 5) },
        NewScore { student: PersonId::generate(), ..book.score(Some(1.0), 5) },
        book.score(Some(f64::NAN), 5),
        book.score(Some(1_000_000.1), 5),
        NewScore { id: elsewhere.id, ..good },
    ];
    let append = books.append_scores(school, book.class, Some(teacher), &scores, Micros(9)).await;
    let Err(AppendScoresError::Refused { refused }) = append else { unreachable!("{append:?}") };
    let reasons = [
        BadScore::UnknownLineItem,
        BadScore::UnknownLineItem,
        BadScore::UnknownStudent,
        BadScore::UnknownStudent,
        BadScore::InvalidPoints,
        BadScore::InvalidPoints,
        BadScore::OtherEntry,
    ];
    let wanted: Vec<_> = (1..).zip(reasons).map(|(index, reason)| RefusedScore { index, reason }).collect();
    assert_eq!(refused, wanted);
    assert_eq!(books.load(school, book.class).await.unwrap().scores, []);
}

#[tokio::test]
async fn scores_need_a_class_and_a_known_author_and_have_an_end() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let score = book.score(Some(1.0), 5);
    let unknown = books.append_scores(school, ClassId::generate(), None, &[score], Micros(9)).await;
    assert!(matches!(unknown, Err(AppendScoresError::UnknownClass)), "{unknown:?}");
    let author = Some(PersonId::generate());
    let unknown = books.append_scores(school, book.class, author, &[score], Micros(9)).await;
    assert!(matches!(unknown, Err(AppendScoresError::UnknownAuthor)), "{unknown:?}");
    let many = vec![score; MAX_SCORES + 1];
    let long = books.append_scores(school, book.class, None, &many, Micros(9)).await;
    assert!(matches!(long, Err(AppendScoresError::TooMany { most: MAX_SCORES })), "{long:?}");
    assert_eq!(books.load(school, book.class).await.unwrap().scores, []);
}

#[tokio::test]
async fn scores_are_of_their_school_only() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    let books = here.store.gradebooks();
    let book = Book::open(&here.store, here.school).await;
    let own = Book::open(&here.store, there.school).await;
    let score = book.score(Some(1.0), 5);
    books.append_scores(here.school, book.class, Some(here.teacher), &[score], Micros(9)).await.unwrap();
    let cell = (book.line_item, book.student);
    assert_eq!(books.score_history(there.school, book.class, cell, None, 9).await.unwrap().items, []);
    assert_eq!(books.score_history(there.school, own.class, cell, None, 9).await.unwrap().items, []);
    let foreign = books.append_scores(there.school, book.class, None, &[score], Micros(9)).await;
    assert!(matches!(foreign, Err(AppendScoresError::UnknownClass)), "{foreign:?}");
    let foreign = books.append_scores(there.school, own.class, None, &[score], Micros(9)).await;
    assert!(matches!(foreign, Err(AppendScoresError::Refused { .. })), "{foreign:?}");
    let (author, scores) = (Some(here.teacher), [own.score(Some(1.0), 5)]);
    let foreign = books.append_scores(there.school, own.class, author, &scores, Micros(9)).await;
    assert!(matches!(foreign, Err(AppendScoresError::UnknownAuthor)), "{foreign:?}");
    // Equal ids in two schools are two entries.
    let twin = NewScore { id: score.id, ..own.score(Some(2.0), 6) };
    books.append_scores(there.school, own.class, None, &[twin], Micros(9)).await.unwrap();
    let kept = books.score_history(here.school, book.class, cell, None, 9).await.unwrap().items;
    assert_eq!(kept.iter().map(|record| record.score).collect::<Vec<_>>(), [score]);
}

/// Two hundred students, sixty line items, three entries each. The bound is for a busy machine and an unoptimised program.
#[tokio::test]
async fn a_large_class_is_loaded_in_a_moment() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let mut places = Vec::new();
    for number in 0..200 {
        let student = super::person(school, Role::Student, &format!("Student {number}"), "");
        store.people().upsert(&student).await.unwrap();
        let (person, role, state) = (student.id, Role::Student, EnrollmentState::Active);
        places.push(Place { person, role, state, time_factor: 1.0 });
    }
    store.rosters().enroll_many(school, book.class, &places, OnBadRow::TakeNone, Micros(5)).await.unwrap();
    for number in 0..60 {
        let line_item = LineItemId::generate();
        books.create_line_item(school, book.class, line_item, &column(book.category)).await.unwrap();
        let entry = |(nth, place): (i64, &Place)| NewScore {
            id: ScoreId::generate(),
            line_item,
            student: place.person,
            ..book.score(Some(f64::from(number) / 7.0), nth)
        };
        let scores: Vec<_> =
            (0..3).flat_map(|nth| places.iter().map(move |place| (nth, place))).map(entry).collect();
        books.append_scores(school, book.class, None, &scores, Micros(9)).await.unwrap();
    }
    let began = Instant::now();
    let loaded = books.load(school, book.class).await.unwrap();
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!((loaded.students.len(), loaded.line_items.len(), loaded.scores.len()), (201, 61, 36_000));
}
