use super::gradebook::Book;
use super::{Fixture, person};
use persistence::assignments::{
    Assignment, AssignmentContent, AssignmentState, CreateAssignmentError, GivenBack, MAX_ATTEMPTS,
    NewSubmission, ReturnSubmissionError, Submission, SubmissionState, SubmitError, UpdateAssignmentError,
    WorkScore,
};
use persistence::gradebook::{NewScore, ScoreSource};
use persistence::{Micros, Store};
use protocol::ids::{AssignmentId, ClassId, LineItemId, PersonId, SchoolId, SubmissionId};
use protocol::role::Role;
use serde_json::json;

fn essay(line_item: Option<LineItemId>) -> AssignmentContent {
    AssignmentContent {
        title: "Essay".to_owned(),
        line_item,
        state: AssignmentState::Open,
        content: json!({ "task": "Describe a river." }),
        policy: json!({ "late_percent_per_day": 12.5 }),
        attempts: 2,
        due_at: Some(Micros(99)),
    }
}

async fn assignment(store: &Store, school: SchoolId, book: &Book) -> AssignmentId {
    let id = AssignmentId::generate();
    let content = essay(Some(book.line_item));
    store.assignments().create(school, book.class, id, &content, Micros(5)).await.unwrap();
    id
}

fn handed(assignment: AssignmentId, student: PersonId) -> NewSubmission {
    NewSubmission {
        id: SubmissionId::generate(),
        assignment,
        student,
        content: json!({ "text": "The Nile" }),
    }
}

#[tokio::test]
async fn an_assignment_comes_back_as_it_was_written_and_changed() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (assignments, book) = (store.assignments(), Book::open(&store, school).await);
    let id = assignment(&store, school, &book).await;
    let content = essay(Some(book.line_item));
    let written = Assignment { id, class: book.class, version: 1, created_at: Micros(5), content };
    assert_eq!(assignments.get(school, id).await.unwrap(), Some(written.clone()));
    let changed =
        AssignmentContent { state: AssignmentState::Draft, due_at: None, attempts: 1, ..essay(None) };
    assert_eq!(assignments.update(school, id, 1, &changed).await.unwrap(), 2);
    let kept = assignments.get(school, id).await.unwrap();
    assert_eq!(kept, Some(Assignment { version: 2, content: changed.clone(), ..written }));
    let late = assignments.update(school, id, 1, &changed).await;
    assert!(matches!(late, Err(UpdateAssignmentError::Conflict { current: 2 })), "{late:?}");
    let unknown = assignments.update(school, AssignmentId::generate(), 1, &changed).await;
    assert!(matches!(unknown, Err(UpdateAssignmentError::UnknownAssignment)), "{unknown:?}");
    let again = assignments.create(school, book.class, id, &changed, Micros(6)).await;
    assert!(matches!(again, Err(CreateAssignmentError::Exists)), "{again:?}");
}

#[tokio::test]
async fn an_assignment_scores_into_its_own_class() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (assignments, book) = (store.assignments(), Book::open(&store, school).await);
    let other = Book::open(&store, school).await;
    let id = assignment(&store, school, &book).await;
    let cases = [
        (ClassId::generate(), None),
        (book.class, Some(other.line_item)),
        (book.class, Some(LineItemId::generate())),
    ];
    for (class, line_item) in cases {
        let create =
            assignments.create(school, class, AssignmentId::generate(), &essay(line_item), Micros(5)).await;
        assert!(matches!(create, Err(CreateAssignmentError::UnknownClassOrLineItem)), "{create:?}");
    }
    let update = assignments.update(school, id, 1, &essay(Some(other.line_item))).await;
    assert!(matches!(update, Err(UpdateAssignmentError::UnknownLineItem)), "{update:?}");
    for attempts in [0, MAX_ATTEMPTS + 1] {
        let bad = AssignmentContent { attempts, ..essay(None) };
        let create = assignments.create(school, book.class, AssignmentId::generate(), &bad, Micros(5)).await;
        assert!(matches!(create, Err(CreateAssignmentError::InvalidAttempts)), "{create:?}");
        let update = assignments.update(school, id, 1, &bad).await;
        assert!(matches!(update, Err(UpdateAssignmentError::InvalidAttempts)), "{update:?}");
    }
}

#[tokio::test]
async fn assignments_come_in_pages_with_drafts_or_without() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (assignments, book) = (store.assignments(), Book::open(&store, school).await);
    for number in 0..7 {
        let state = if number == 3 { AssignmentState::Draft } else { AssignmentState::Closed };
        let content = AssignmentContent { state, ..essay(None) };
        let id = AssignmentId::generate();
        assignments.create(school, book.class, id, &content, Micros(number / 3)).await.unwrap();
    }
    for (drafts, wanted) in [(true, 7), (false, 6)] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = assignments.of_class(school, book.class, drafts, after, 3).await.unwrap();
            seen.extend(page.items.into_iter().map(|assignment| (assignment.created_at, assignment.id)));
            after = page.next.map(|cursor| cursor.to_string().parse().unwrap());
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), wanted);
        assert!(seen.is_sorted_by(|before, behind| before > behind));
    }
}

#[tokio::test]
async fn each_time_is_an_attempt_of_its_own() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (assignments, book) = (store.assignments(), Book::open(&store, school).await);
    let (id, student) = (assignment(&store, school, &book).await, book.student);
    let (first, second) = (handed(id, student), handed(id, student));
    assert_eq!(assignments.submit(school, &first, Micros(10)).await.unwrap(), 1);
    let kept = Submission {
        id: first.id,
        assignment: id,
        student,
        attempt: 1,
        state: SubmissionState::Submitted,
        content: first.content.clone(),
        submitted_at: Micros(10),
        comment: String::new(),
        returned_at: None,
        version: 1,
    };
    assert_eq!(assignments.submission(school, first.id).await.unwrap(), Some(kept.clone()));
    let again = assignments.submit(school, &first, Micros(11)).await;
    assert!(matches!(&again, Err(SubmitError::Exists { kept: told }) if **told == kept), "{again:?}");
    assert_eq!(assignments.submit(school, &second, Micros(12)).await.unwrap(), 2);
    let third = assignments.submit(school, &handed(id, student), Micros(13)).await;
    assert!(matches!(third, Err(SubmitError::NoAttemptLeft { most: 2 })), "{third:?}");
    let page = assignments.submissions(school, id, Some(student), None, 1).await.unwrap();
    let rest = assignments.submissions(school, id, None, page.next, 1).await.unwrap();
    assert_eq!((page.items[0].id, rest.items, rest.next), (second.id, vec![kept], None));
    let back = GivenBack { comment: "Well seen".to_owned(), score: None };
    assert_eq!(assignments.return_submission(school, first.id, 1, &back, Micros(20)).await.unwrap(), 2);
    let late = assignments.return_submission(school, first.id, 1, &back, Micros(21)).await;
    assert!(matches!(late, Err(ReturnSubmissionError::Conflict { current: 2 })), "{late:?}");
    let returned = assignments.submission(school, first.id).await.unwrap().unwrap();
    assert_eq!((returned.state, returned.version), (SubmissionState::Returned, 2));
    assert_eq!((returned.comment.as_str(), returned.returned_at), ("Well seen", Some(Micros(20))));
}

#[tokio::test]
async fn a_submission_comes_back_with_its_score_or_not_at_all() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (assignments, book) = (store.assignments(), Book::open(&store, school).await);
    let id = assignment(&store, school, &book).await;
    let first = handed(id, book.student);
    assignments.submit(school, &first, Micros(10)).await.unwrap();
    let score = NewScore {
        source: ScoreSource::Submission,
        source_event: Some(first.id.0),
        ..book.score(Some(0.25), 20)
    };
    let back = |score| GivenBack {
        comment: String::new(),
        score: Some(WorkScore { class: book.class, author: teacher, score }),
    };
    let bad = NewScore { given: Some(f64::NAN), ..score };
    let refused = assignments.return_submission(school, first.id, 1, &back(bad), Micros(20)).await;
    assert!(matches!(refused, Err(ReturnSubmissionError::Score(_))), "{refused:?}");
    let late = assignments.return_submission(school, first.id, 2, &back(score), Micros(20)).await;
    assert!(matches!(late, Err(ReturnSubmissionError::Conflict { current: 1 })), "{late:?}");
    assert_eq!(store.gradebooks().load(school, book.class).await.unwrap().scores, []);
    assignments.return_submission(school, first.id, 1, &back(score), Micros(20)).await.unwrap();
    let kept = store.gradebooks().load(school, book.class).await.unwrap().scores;
    assert_eq!(kept.iter().map(|kept| (kept.id, kept.given)).collect::<Vec<_>>(), [(score.id, Some(0.25))]);
}

#[tokio::test]
async fn of_many_at_once_each_has_its_number_and_none_is_too_many() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (assignments, book) = (store.assignments(), Book::open(&store, school).await);
    let id = assignment(&store, school, &book).await;
    let all: Vec<_> = (0..6).map(|_| handed(id, book.student)).collect();
    let submits = all.iter().map(|submission| assignments.submit(school, submission, Micros(10)));
    let done = futures_util::future::join_all(submits).await;
    let mut numbers: Vec<u32> = done.iter().filter_map(|done| done.as_ref().ok().copied()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2], "{done:?}");
    let refused = done.iter().filter(|done| matches!(done, Err(SubmitError::NoAttemptLeft { most: 2 })));
    assert_eq!(refused.count(), 4, "{done:?}");
}

#[tokio::test]
async fn only_a_student_of_the_class_hands_in_and_only_while_it_is_open() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (assignments, book) = (store.assignments(), Book::open(&store, school).await);
    let id = assignment(&store, school, &book).await;
    store.classes().enroll(school, book.class, teacher, Role::Teacher, 1.0).await.unwrap();
    let stranger = person(school, Role::Student, "Bob", "");
    store.people().upsert(&stranger).await.unwrap();
    let cases = [(id, teacher), (id, stranger.id), (AssignmentId::generate(), book.student)];
    for (id, person) in cases {
        let lost = assignments.submit(school, &handed(id, person), Micros(10)).await;
        assert!(matches!(lost, Err(SubmitError::UnknownAssignmentOrStudent)), "{lost:?}");
    }
    // Nobody is told what another one handed in, not even under its id.
    let first = handed(id, book.student);
    assignments.submit(school, &first, Micros(10)).await.unwrap();
    store.classes().enroll(school, book.class, stranger.id, Role::Student, 1.0).await.unwrap();
    let same_id = NewSubmission { student: stranger.id, ..first };
    let taken = assignments.submit(school, &same_id, Micros(11)).await;
    assert!(matches!(taken, Err(SubmitError::IdTaken)), "{taken:?}");
    for (version, state) in [(1, AssignmentState::Closed), (2, AssignmentState::Draft)] {
        let content = AssignmentContent { state, ..essay(None) };
        assignments.update(school, id, version, &content).await.unwrap();
        let closed = assignments.submit(school, &handed(id, book.student), Micros(12)).await;
        assert!(matches!(closed, Err(SubmitError::NotOpen)), "{closed:?}");
    }
}

#[tokio::test]
async fn assignments_are_of_their_school_only() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    let (store, assignments, school) = (&here.store, here.store.assignments(), there.school);
    let book = Book::open(store, here.school).await;
    let own = Book::open(store, school).await;
    let id = assignment(store, here.school, &book).await;
    let first = handed(id, book.student);
    assignments.submit(here.school, &first, Micros(10)).await.unwrap();
    assert_eq!(assignments.get(school, id).await.unwrap(), None);
    assert_eq!(assignments.of_class(school, book.class, true, None, 9).await.unwrap().items, []);
    assert_eq!(assignments.submission(school, first.id).await.unwrap(), None);
    assert_eq!(assignments.submissions(school, id, None, None, 9).await.unwrap().items, []);
    let update = assignments.update(school, id, 1, &essay(None)).await;
    assert!(matches!(update, Err(UpdateAssignmentError::UnknownAssignment)), "{update:?}");
    let returned = assignments.return_submission(school, first.id, 1, &GivenBack::default(), Micros(9)).await;
    assert!(matches!(returned, Err(ReturnSubmissionError::UnknownSubmission)), "{returned:?}");
    for student in [book.student, own.student] {
        let planted = assignments.submit(school, &handed(id, student), Micros(11)).await;
        assert!(matches!(planted, Err(SubmitError::UnknownAssignmentOrStudent)), "{planted:?}");
    }
    let foreign = essay(Some(book.line_item));
    let create = assignments.create(school, own.class, AssignmentId::generate(), &foreign, Micros(5)).await;
    assert!(matches!(create, Err(CreateAssignmentError::UnknownClassOrLineItem)), "{create:?}");
}

#[tokio::test]
async fn once_an_assignment_is_closed_nothing_more_comes_in() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (assignments, book) = (store.assignments(), Book::open(&store, school).await);
    let open = AssignmentContent { attempts: MAX_ATTEMPTS, ..essay(None) };
    let closed = AssignmentContent { state: AssignmentState::Closed, ..open.clone() };
    for _ in 0..20 {
        let id = AssignmentId::generate();
        assignments.create(school, book.class, id, &open, Micros(5)).await.unwrap();
        let all: Vec<_> = (0..4).map(|_| handed(id, book.student)).collect();
        let submits = all.iter().map(|submission| assignments.submit(school, submission, Micros(10)));
        let count = async || assignments.submissions(school, id, None, None, 99).await.unwrap().items.len();
        let close = async {
            assignments.update(school, id, 1, &closed).await.unwrap();
            count().await
        };
        let (_, at_closing) =
            futures_util::future::join(futures_util::future::join_all(submits), close).await;
        assert_eq!(count().await, at_closing);
    }
}
