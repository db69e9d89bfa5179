//! What is written of changes.

use super::gradebook::Book;
use super::{Fixture, person};
use persistence::Micros;
use persistence::assignments::{AssignmentContent, AssignmentState, GivenBack, NewSubmission};
use persistence::audit::{AuditAction, AuditEntry, AuditFilter, AuditSubject};
use persistence::gradebook::{NewScore, ScoreSource};
use persistence::rosters::{EnrollmentState, OnBadRow, Place};
use protocol::ids::{AssignmentId, LineItemId, SubmissionId};
use protocol::role::Role;
use serde_json::json;

async fn all(fixture: &Fixture) -> Vec<AuditEntry> {
    let log = fixture.store.audit_log();
    log.list(fixture.school, AuditFilter::default(), None, 100).await.unwrap().items
}

#[tokio::test]
async fn a_score_is_told_once_with_who_entered_it_and_a_refused_one_is_not() {
    let fixture = Fixture::new().await;
    let Fixture { store, school, teacher, .. } = &fixture;
    let (books, book) = (store.gradebooks(), Book::open(store, *school).await);
    let (by_hand, game) = (book.score(Some(7.5), 5), book.score(None, 6));
    let game = NewScore { source: ScoreSource::Game, ..game };
    for _ in 0..2 {
        books.append_scores(*school, book.class, Some(*teacher), &[by_hand], Micros(20)).await.unwrap();
    }
    books.append_scores(*school, book.class, None, &[by_hand, game], Micros(21)).await.unwrap();
    let bad = NewScore { line_item: LineItemId::generate(), ..book.score(Some(1.0), 9) };
    assert!(
        books
            .append_scores(*school, book.class, None, &[book.score(None, 7), bad], Micros(22))
            .await
            .is_err()
    );
    let told = all(&fixture).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[0].actor, told[0].occurred_at), (None, Micros(21)));
    assert_eq!((told[1].actor, told[1].occurred_at), (Some(*teacher), Micros(20)));
    assert_eq!((told[1].action, told[1].class), (AuditAction::ScoreEntered, Some(book.class)));
    assert_eq!(told[1].subject, AuditSubject::Person(book.student));
    let detail = json!({ "score": by_hand.id, "line_item": book.line_item, "given": 7.5, "excused": false,
        "source": "teacher" });
    assert_eq!(told[1].detail, detail);
}

#[tokio::test]
async fn a_roster_tells_who_came_and_what_changed() {
    let fixture = Fixture::new().await;
    let Fixture { store, school, teacher, .. } = &fixture;
    let (rosters, book) = (store.rosters().by(*teacher), Book::open(store, *school).await);
    let bob = person(*school, Role::Student, "Bob", "");
    store.people().upsert(&bob).await.unwrap();
    let place = |person, state| Place { person, role: Role::Student, state, time_factor: 1.0 };
    let places = [place(bob.id, EnrollmentState::Active), place(book.student, EnrollmentState::Withdrawn)];
    for at in [20, 21] {
        rosters.enroll_many(*school, book.class, &places, OnBadRow::TakeNone, Micros(at)).await.unwrap();
    }
    // One that is looked at and not taken.
    let slow = [Place { time_factor: 9.0, ..places[0] }, place(book.student, EnrollmentState::Active)];
    rosters.enroll_many(*school, book.class, &slow, OnBadRow::TakeNone, Micros(22)).await.unwrap();
    let told = all(&fixture).await;
    let of = |subject| told.iter().find(|entry| entry.subject == AuditSubject::Person(subject)).unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|entry| entry.actor == Some(*teacher) && entry.occurred_at == Micros(20)));
    assert_eq!(of(bob.id).action, AuditAction::EnrollmentAdded);
    let left = of(book.student);
    assert_eq!(left.action, AuditAction::EnrollmentChanged);
    assert_eq!(
        (&left.detail["state"], &left.detail["before"]["state"]),
        (&json!("withdrawn"), &json!("active"))
    );
}

#[tokio::test]
async fn policies_and_returned_submissions_are_told_and_conflicts_are_not() {
    let fixture = Fixture::new().await;
    let Fixture { store, school, teacher, .. } = &fixture;
    let (books, book) = (store.gradebooks().by(*teacher), Book::open(store, *school).await);
    assert_eq!(books.set_policy(*school, book.class, 0, &json!({}), Micros(20)).await.unwrap(), 1);
    assert!(books.set_policy(*school, book.class, 0, &json!({}), Micros(21)).await.is_err());
    let (assignments, id) = (store.assignments(), AssignmentId::generate());
    let essay = AssignmentContent {
        title: "Essay".to_owned(),
        line_item: None,
        state: AssignmentState::Open,
        content: json!({}),
        policy: json!({}),
        attempts: 1,
        due_at: None,
    };
    assignments.create(*school, book.class, id, &essay, Micros(22)).await.unwrap();
    let handed = NewSubmission {
        id: SubmissionId::generate(),
        assignment: id,
        student: book.student,
        content: json!(1),
    };
    assignments.submit(*school, &handed, Micros(23)).await.unwrap();
    let (back, mine) = (GivenBack::default(), assignments.by(*teacher));
    assert_eq!(mine.return_submission(*school, handed.id, 1, &back, Micros(24)).await.unwrap(), 2);
    assert!(mine.return_submission(*school, handed.id, 1, &back, Micros(25)).await.is_err());
    let told = all(&fixture).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[0].action, told[0].actor), (AuditAction::SubmissionReturned, Some(*teacher)));
    assert_eq!(told[0].subject, AuditSubject::Person(book.student));
    assert_eq!(told[0].detail, json!({ "submission": handed.id, "assignment": id }));
    assert_eq!((told[1].action, told[1].subject), (AuditAction::PolicySet, AuditSubject::Class(book.class)));
    assert_eq!((told[1].actor, &told[1].detail), (Some(*teacher), &json!({ "version": 1 })));
}

#[tokio::test]
async fn entries_are_listed_by_subject_and_class_in_pages() {
    let fixture = Fixture::new().await;
    let Fixture { store, school, .. } = &fixture;
    let (books, here, there) =
        (store.gradebooks(), Book::open(store, *school).await, Book::open(store, *school).await);
    for book in [&here, &there] {
        let scores: Vec<_> = (0..70).map(|at| book.score(Some(1.0), at)).collect();
        books.append_scores(*school, book.class, None, &scores, Micros(20)).await.unwrap();
    }
    let log = store.audit_log();
    let listed = async |filter: AuditFilter| {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = log.list(*school, filter, after, 32).await.unwrap();
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                return seen;
            }
        }
    };
    let of = |subject, class| AuditFilter { subject, class };
    let everything = listed(of(None, None)).await;
    assert_eq!(everything.len(), 140);
    assert!(everything.windows(2).all(|pair| pair[0].id > pair[1].id), "all have one time");
    let ada = listed(of(Some(here.student.0), None)).await;
    assert!(ada.len() == 70 && ada.iter().all(|entry| entry.class == Some(here.class)));
    assert_eq!(listed(of(None, Some(here.class))).await, ada);
    assert_eq!(listed(of(Some(here.student.0), Some(here.class))).await, ada);
    assert_eq!(listed(of(Some(here.student.0), Some(there.class))).await, []);
}
