use super::{Fixture, person};
use persistence::Micros;
use persistence::classes::ClassContent;
use persistence::progress::{
    Fraction, MAX_OPS, MergeProgressError, OpVerdict, Progress, ProgressOp, ProgressPut, ProgressState,
    PutProgressError,
};
use protocol::ids::{ClassId, CourseId, LessonId, PersonId};
use protocol::role::Role;
use serde_json::json;
use uuid::Uuid;

const HALF: u32 = 500_000;

async fn lessons(fixture: &Fixture, count: usize) -> (CourseId, Vec<LessonId>) {
    let course = CourseId::generate();
    fixture.store.courses().create(fixture.school, course, "Geography", Micros(1)).await.unwrap();
    let mut lessons = Vec::new();
    for _ in 0..count {
        let id = LessonId::generate();
        let (store, content) = (fixture.store.lessons(), json!({}));
        store.create(fixture.school, course, id, "Rivers", &content, Micros(2)).await.unwrap();
        lessons.push(id);
    }
    (course, lessons)
}

fn put(lesson: LessonId, expected: u32, state: ProgressState, ppm: u32) -> ProgressPut {
    ProgressPut { lesson, expected, state, fraction: Fraction::from_ppm(ppm).unwrap() }
}

fn op(lesson: LessonId, state: ProgressState, ppm: u32, at: i64) -> ProgressOp {
    let fraction = Fraction::from_ppm(ppm).unwrap();
    ProgressOp { id: Uuid::now_v7(), lesson, state, fraction, occurred_at: Micros(at) }
}

#[test]
fn no_fraction_is_above_the_whole() {
    assert_eq!(Fraction::from_ppm(1_000_000), Some(Fraction::WHOLE));
    assert_eq!(Fraction::from_ppm(1_000_001), None);
}

#[tokio::test]
async fn progress_is_put_by_who_has_seen_what_is_there() {
    let fixture = Fixture::new().await;
    let (course, ids) = lessons(&fixture, 1).await;
    let (school, person, progress, lesson) =
        (fixture.school, fixture.teacher, fixture.store.progress(), ids[0]);
    assert_eq!(progress.get(school, person, lesson).await.unwrap(), None);
    let first = put(lesson, 0, ProgressState::InProgress, HALF);
    assert_eq!(progress.put(school, person, &first, Micros(5)).await.unwrap(), 1);
    let late = progress.put(school, person, &first, Micros(6)).await;
    assert!(matches!(late, Err(PutProgressError::Conflict { current: 1 })), "{late:?}");
    let done = put(lesson, 1, ProgressState::Completed, 1_000_000);
    assert_eq!(progress.put(school, person, &done, Micros(7)).await.unwrap(), 2);
    let kept = Progress {
        lesson,
        course,
        state: ProgressState::Completed,
        fraction: Fraction::WHOLE,
        version: 2,
        updated_at: Micros(7),
    };
    assert_eq!(progress.get(school, person, lesson).await.unwrap(), Some(kept));
    assert_eq!(progress.of_course(school, person, course).await.unwrap(), [kept]);
    let early = progress.put(school, person, &put(lesson, 5, ProgressState::Completed, 0), Micros(8)).await;
    assert!(matches!(early, Err(PutProgressError::Conflict { current: 2 })), "{early:?}");
    for (person, lesson) in [(PersonId::generate(), lesson), (person, LessonId::generate())] {
        let lost =
            progress.put(school, person, &put(lesson, 0, ProgressState::Completed, 0), Micros(8)).await;
        assert!(matches!(lost, Err(PutProgressError::UnknownPersonOrLesson)), "{lost:?}");
    }
}

#[tokio::test]
async fn of_puts_at_once_one_wins_even_the_first() {
    let fixture = Fixture::new().await;
    let (_, ids) = lessons(&fixture, 1).await;
    let progress = fixture.store.progress();
    let first = put(ids[0], 0, ProgressState::InProgress, HALF);
    let puts = (0..6).map(|_| progress.put(fixture.school, fixture.teacher, &first, Micros(5)));
    let done = futures_util::future::join_all(puts).await;
    assert_eq!(done.iter().filter(|done| matches!(done, Ok(1))).count(), 1, "{done:?}");
    let refused = done.iter().filter(|done| matches!(done, Err(PutProgressError::Conflict { current: 1 })));
    assert_eq!(refused.count(), 5, "{done:?}");
}

#[tokio::test]
async fn what_was_done_offline_is_merged_and_never_goes_back() {
    let fixture = Fixture::new().await;
    let (course, ids) = lessons(&fixture, 3).await;
    let (school, person, progress) = (fixture.school, fixture.teacher, fixture.store.progress());
    let seen = put(ids[0], 0, ProgressState::Completed, HALF);
    progress.put(school, person, &seen, Micros(5)).await.unwrap();
    let ops = [
        op(ids[0], ProgressState::InProgress, 700_000, 3),
        op(ids[0], ProgressState::InProgress, 600_000, 4),
        op(ids[2], ProgressState::InProgress, 100_000, 4),
        op(ids[2], ProgressState::Completed, 50_000, 6),
        op(LessonId::generate(), ProgressState::Completed, HALF, 6),
        op(ids[1], ProgressState::NotStarted, 0, 6),
    ];
    let repeated = [&ops[..], &ops[2..3]].concat();
    let verdicts = progress.merge(school, person, &repeated, Micros(9)).await.unwrap();
    let wanted = [
        OpVerdict::Accepted,
        OpVerdict::Older,
        OpVerdict::Accepted,
        OpVerdict::Accepted,
        OpVerdict::UnknownLesson,
        OpVerdict::Accepted,
        OpVerdict::Duplicate,
    ];
    assert_eq!(verdicts, wanted);
    let kept = progress.of_course(school, person, course).await.unwrap();
    let told: Vec<_> = kept.iter().map(|kept| (kept.state, kept.fraction.ppm(), kept.version)).collect();
    let wanted = [
        (ProgressState::Completed, 700_000, 2),
        (ProgressState::NotStarted, 0, 1),
        (ProgressState::Completed, 100_000, 1),
    ];
    assert_eq!(told, wanted);
    // Sent again, since the answer was lost.
    let again = progress.merge(school, person, &ops, Micros(10)).await.unwrap();
    let wanted = [
        OpVerdict::Duplicate,
        OpVerdict::Older,
        OpVerdict::Older,
        OpVerdict::Duplicate,
        OpVerdict::UnknownLesson,
        OpVerdict::Duplicate,
    ];
    assert_eq!(again, wanted);
    assert_eq!(progress.of_course(school, person, course).await.unwrap(), kept);
}

#[tokio::test]
async fn what_was_set_back_is_not_raised_by_what_happened_before() {
    let fixture = Fixture::new().await;
    let (_, ids) = lessons(&fixture, 1).await;
    let (school, person, progress, lesson) =
        (fixture.school, fixture.teacher, fixture.store.progress(), ids[0]);
    let done = op(lesson, ProgressState::Completed, 1_000_000, 5);
    assert_eq!(progress.merge(school, person, &[done], Micros(6)).await.unwrap(), [OpVerdict::Accepted]);
    progress.put(school, person, &put(lesson, 1, ProgressState::NotStarted, 0), Micros(10)).await.unwrap();
    progress.put(school, person, &put(lesson, 2, ProgressState::InProgress, 1), Micros(11)).await.unwrap();
    let before = op(lesson, ProgressState::Completed, 1_000_000, 9);
    assert_eq!(progress.merge(school, person, &[before], Micros(12)).await.unwrap(), [OpVerdict::Older]);
    let later = op(lesson, ProgressState::InProgress, HALF, 11);
    assert_eq!(progress.merge(school, person, &[later], Micros(13)).await.unwrap(), [OpVerdict::Accepted]);
    let kept = progress.get(school, person, lesson).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.fraction.ppm(), kept.version), (ProgressState::InProgress, HALF, 4));
}

#[tokio::test]
async fn an_operation_that_is_sent_again_does_not_undo_a_reset_however_fast_its_clock_is() {
    let fixture = Fixture::new().await;
    let (_, ids) = lessons(&fixture, 1).await;
    let (school, person, progress, lesson) =
        (fixture.school, fixture.teacher, fixture.store.progress(), ids[0]);
    let fast = op(lesson, ProgressState::Completed, 1_000_000, 99);
    assert_eq!(progress.merge(school, person, &[fast], Micros(6)).await.unwrap(), [OpVerdict::Accepted]);
    progress.put(school, person, &put(lesson, 1, ProgressState::NotStarted, 0), Micros(10)).await.unwrap();
    assert_eq!(progress.merge(school, person, &[fast], Micros(12)).await.unwrap(), [OpVerdict::Duplicate]);
    let kept = progress.get(school, person, lesson).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.fraction.ppm(), kept.version), (ProgressState::NotStarted, 0, 2));
}

#[tokio::test]
async fn batches_at_once_all_count_and_have_an_end() {
    let fixture = Fixture::new().await;
    let (course, ids) = lessons(&fixture, 2).await;
    let (school, person, progress) = (fixture.school, fixture.teacher, fixture.store.progress());
    let batches: Vec<_> = (1..=8)
        .map(|nth| {
            // In both orders: batches must not wait for each other in a circle.
            let mut ops = ids.iter().map(|id| op(*id, ProgressState::InProgress, nth * 100_000, 5));
            let (a, b) = (ops.next().unwrap(), ops.next().unwrap());
            if nth % 2 == 0 { [a, b] } else { [b, a] }
        })
        .collect();
    let merges = batches.iter().map(|ops| progress.merge(school, person, ops, Micros(6)));
    for merged in futures_util::future::join_all(merges).await {
        merged.unwrap();
    }
    let kept = progress.of_course(school, person, course).await.unwrap();
    assert!(kept.iter().all(|kept| kept.fraction.ppm() == 800_000), "{kept:?}");
    let long = vec![batches[0][0]; MAX_OPS + 1];
    let refused = progress.merge(school, person, &long, Micros(6)).await;
    assert!(matches!(refused, Err(MergeProgressError::TooMany { most: MAX_OPS })), "{refused:?}");
    let lost = progress.merge(school, PersonId::generate(), &batches[0], Micros(6)).await;
    assert!(matches!(lost, Err(MergeProgressError::UnknownPerson)), "{lost:?}");
}

#[tokio::test]
async fn progress_is_of_its_school_only() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    let (course, ids) = lessons(&here, 1).await;
    let (progress, lesson) = (here.store.progress(), ids[0]);
    let half = put(lesson, 0, ProgressState::InProgress, HALF);
    progress.put(here.school, here.teacher, &half, Micros(5)).await.unwrap();
    for person in [here.teacher, there.teacher] {
        let foreign = progress.put(there.school, person, &half, Micros(6)).await;
        assert!(matches!(foreign, Err(PutProgressError::UnknownPersonOrLesson)), "{foreign:?}");
        assert_eq!(progress.get(there.school, person, lesson).await.unwrap(), None);
        assert_eq!(progress.of_course(there.school, person, course).await.unwrap(), []);
    }
    let done = [op(lesson, ProgressState::Completed, HALF, 9)];
    let merged = progress.merge(there.school, there.teacher, &done, Micros(9)).await.unwrap();
    assert_eq!(merged, [OpVerdict::UnknownLesson]);
    let foreign = progress.merge(there.school, here.teacher, &done, Micros(9)).await;
    assert!(matches!(foreign, Err(MergeProgressError::UnknownPerson)), "{foreign:?}");
    let kept = progress.get(here.school, here.teacher, lesson).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.fraction.ppm()), (1, HALF));
}

#[tokio::test]
async fn progress_is_read_by_person_and_by_class() {
    let fixture = Fixture::new().await;
    let (store, school) = (&fixture.store, fixture.school);
    let ((course, ids), (_, others)) = (lessons(&fixture, 2).await, lessons(&fixture, 1).await);
    let (ada, class) = (person(school, Role::Student, "Ada", ""), ClassId::generate());
    store.people().upsert(&ada).await.unwrap();
    let content = ClassContent { title: "5a".to_owned(), course: Some(course), session: None };
    store.classes().create(school, class, &content, Micros(1)).await.unwrap();
    store.classes().enroll(school, class, ada.id, Role::Student, 1.0).await.unwrap();
    store.classes().enroll(school, class, fixture.teacher, Role::Teacher, 1.0).await.unwrap();
    let progress = store.progress();
    let visible = async || {
        let all = ids.iter().chain(&others).copied();
        progress.visible_lessons(school, ada.id, all).await.unwrap()
    };
    assert!(visible().await.is_empty(), "drafts are nobody's");
    store.lessons().publish(school, ids[1], Some(1)).await.unwrap();
    store.lessons().publish(school, others[0], Some(1)).await.unwrap();
    assert_eq!(visible().await, [ids[1]].into(), "only of the own courses");
    for (at, lesson) in (5..).zip([ids[0], others[0], ids[1]]) {
        for person in [ada.id, fixture.teacher] {
            let put = put(lesson, 0, ProgressState::InProgress, HALF);
            progress.put(school, person, &put, Micros(at)).await.unwrap();
        }
    }
    let first = progress.of_person(school, ada.id, None, 2).await.unwrap();
    let rest = progress.of_person(school, ada.id, first.next, 2).await.unwrap();
    let read: Vec<_> = first.items.iter().chain(&rest.items).map(|progress| progress.lesson).collect();
    assert_eq!((read, rest.next), (vec![ids[1], others[0], ids[0]], None), "the last change first");
    let of_class = progress.of_class(school, class).await.unwrap();
    let read: Vec<_> = of_class.iter().map(|row| (row.student, row.progress.lesson)).collect();
    assert_eq!(read, [(ada.id, ids[0]), (ada.id, ids[1])], "only its course, only its students");
}
