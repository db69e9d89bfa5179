//! Courses, rosters, progress and grades of a school, and what another one tries with their ids.

use crate::suite::gradebook::{Book, column, tests};
use persistence::assignments::{AssignmentContent, AssignmentState, GivenBack, NewSubmission};
use persistence::classes::ClassContent;
use persistence::gradebook::NewScore;
use persistence::lessons::LessonView;
use persistence::progress::{Fraction, OpVerdict, ProgressOp, ProgressPut, ProgressState};
use persistence::rosters::{EnrollmentState, OnBadRow, Place, RosterFilter, RowVerdict};
use persistence::sessions::{SessionContent, SessionKind};
use persistence::{Micros, Store};
use protocol::ids::{AssignmentId, CourseId, LessonId, PersonId, SchoolId, SessionId, SubmissionId};
use protocol::role::Role;
use serde_json::json;
use uuid::Uuid;

pub struct Records {
    session: SessionId,
    course: CourseId,
    lesson: LessonId,
    book: Book,
    score: NewScore,
    assignment: AssignmentId,
    submission: NewSubmission,
}

fn session() -> SessionContent {
    let (kind, title) = (SessionKind::Term, "Autumn".to_owned());
    SessionContent { kind, title, parent: None, starts_at: Micros(1), ends_at: Micros(9) }
}

fn essay() -> AssignmentContent {
    AssignmentContent {
        title: "Essay".to_owned(),
        line_item: None,
        state: AssignmentState::Open,
        content: json!({}),
        policy: json!({}),
        attempts: 3,
        due_at: None,
    }
}

fn begun(lesson: LessonId) -> ProgressPut {
    ProgressPut { lesson, expected: 0, state: ProgressState::InProgress, fraction: Fraction::default() }
}

impl Records {
    /// A row in every table of them.
    pub async fn in_store(store: &Store, school: SchoolId, teacher: PersonId) -> Self {
        let book = Book::open(store, school).await;
        let (session_id, course, lesson) =
            (SessionId::generate(), CourseId::generate(), LessonId::generate());
        store.sessions().create(school, session_id, &session()).await.unwrap();
        store.courses().create(school, course, "Geography", Micros(5)).await.unwrap();
        store.lessons().create(school, course, lesson, "Rivers", &json!({}), Micros(5)).await.unwrap();
        store.lessons().publish(school, lesson, Some(1)).await.unwrap();
        store.progress().put(school, book.student, &begun(lesson), Micros(5)).await.unwrap();
        let content =
            ClassContent { title: "5a".to_owned(), course: Some(course), session: Some(session_id) };
        store.classes().update(school, book.class, 1, &content).await.unwrap();
        store.gradebooks().set_policy(school, book.class, 0, &json!({}), Micros(5)).await.unwrap();
        let score = book.score(Some(5.0), 5);
        let append = store.gradebooks();
        append.append_scores(school, book.class, Some(teacher), &[score], Micros(5)).await.unwrap();
        let assignment = AssignmentId::generate();
        store.assignments().create(school, book.class, assignment, &essay(), Micros(5)).await.unwrap();
        let (id, student) = (SubmissionId::generate(), book.student);
        let submission = NewSubmission { id, assignment, student, content: json!({}) };
        store.assignments().submit(school, &submission, Micros(6)).await.unwrap();
        Self { session: session_id, course, lesson, book, score, assignment, submission }
    }

    /// Everything that a store does with them, for another school that has records of its own.
    pub async fn meddle(&self, store: &Store, school: SchoolId, own: &Self) {
        self.meddle_with_courses(store, school, own).await;
        self.meddle_with_grades(store, school, own).await;
        self.meddle_with_assignments(store, school, own).await;
        self.make_twins(store, school).await;
    }

    async fn meddle_with_courses(&self, store: &Store, school: SchoolId, own: &Self) {
        let (sessions, courses, lessons) = (store.sessions(), store.courses(), store.lessons());
        assert_eq!(sessions.get(school, self.session).await.unwrap(), None);
        assert!(sessions.update(school, self.session, 1, &session()).await.is_err());
        let listed = sessions.list(school, None, 10).await.unwrap().items;
        assert!(listed.iter().all(|listed| listed.id == own.session), "{listed:?}");
        assert_eq!(courses.get(school, self.course).await.unwrap(), None);
        assert!(courses.update(school, self.course, 1, "Stolen", true, Micros(9)).await.is_err());
        let listed = courses.list(school, false, None, None, 10).await.unwrap().items;
        assert!(listed.iter().all(|listed| listed.id == own.course), "{listed:?}");
        assert_eq!(lessons.get(school, self.lesson, LessonView::Newest).await.unwrap(), None);
        assert_eq!(lessons.get_version(school, self.lesson, 1).await.unwrap(), None);
        assert_eq!(lessons.of_course(school, self.course, LessonView::Newest).await.unwrap(), []);
        assert!(lessons.update(school, self.lesson, 1, "Stolen", &json!(1), Micros(9)).await.is_err());
        assert!(lessons.publish(school, self.lesson, None).await.is_err());
        assert!(lessons.reorder(school, self.course, &[self.lesson]).await.is_err());
        let (planted, content) = (LessonId::generate(), json!(1));
        assert!(lessons.create(school, self.course, planted, "?", &content, Micros(9)).await.is_err());

        let (classes, content) = (store.classes(), ClassContent::default());
        assert_eq!(classes.get(school, self.book.class).await.unwrap(), None);
        assert_eq!(classes.list(school, Some(self.course), None, 10).await.unwrap().items, []);
        assert!(classes.update(school, self.book.class, 2, &content).await.is_err());
        let planted = ClassContent { course: Some(self.course), ..content.clone() };
        assert!(classes.update(school, own.book.class, 2, &planted).await.is_err());
        let planted = ClassContent { session: Some(self.session), ..content };
        assert!(classes.update(school, own.book.class, 2, &planted).await.is_err());

        let (rosters, filter) = (store.rosters(), RosterFilter::default());
        let places = [Place {
            person: self.book.student,
            role: Role::Student,
            state: EnrollmentState::Withdrawn,
            time_factor: 3.0,
        }];
        assert_eq!(rosters.get(school, self.book.class, self.book.student).await.unwrap(), None);
        assert_eq!(rosters.list(school, self.book.class, filter, None, 10).await.unwrap().items, []);
        let enroll = |class| rosters.enroll_many(school, class, &places, OnBadRow::TakeOthers, Micros(9));
        assert!(enroll(self.book.class).await.is_err());
        assert!(matches!(enroll(own.book.class).await.unwrap().rows[..], [RowVerdict::Refused(_)]));

        let (progress, lesson) = (store.progress(), self.lesson);
        let op = ProgressOp {
            id: Uuid::now_v7(),
            lesson,
            state: ProgressState::Completed,
            fraction: Fraction::WHOLE,
            occurred_at: Micros(9),
        };
        assert_eq!(progress.of_class(school, self.book.class).await.unwrap(), []);
        assert_eq!(progress.of_person(school, self.book.student, None, 10).await.unwrap().items, []);
        for student in [self.book.student, own.book.student] {
            assert_eq!(progress.get(school, student, lesson).await.unwrap(), None);
            assert_eq!(progress.of_course(school, student, self.course).await.unwrap(), []);
            assert!(progress.put(school, student, &begun(lesson), Micros(9)).await.is_err());
        }
        assert!(progress.merge(school, self.book.student, &[op], Micros(9)).await.is_err());
        let merged = progress.merge(school, own.book.student, &[op], Micros(9)).await.unwrap();
        assert_eq!(merged, [OpVerdict::UnknownLesson]);
    }

    async fn meddle_with_grades(&self, store: &Store, school: SchoolId, own: &Self) {
        let (books, theirs, ours) = (store.gradebooks(), &self.book, &own.book);
        assert!(books.load(school, theirs.class).await.is_err());
        assert_eq!(books.policy(school, theirs.class, None).await.unwrap(), None);
        assert_eq!(books.line_item(school, theirs.class, theirs.line_item).await.unwrap(), None);
        assert!(books.set_policy(school, theirs.class, 1, &json!(1), Micros(9)).await.is_err());
        assert!(books.load_student(school, theirs.class, theirs.student).await.is_err());
        assert_eq!(books.line_items(school, theirs.class).await.unwrap(), []);
        assert_eq!(books.categories(school, theirs.class).await.unwrap(), []);
        assert_eq!(books.category(school, theirs.class, theirs.category).await.unwrap(), None);
        assert_eq!(books.fingerprint(school, theirs.class, Micros(99)).await.unwrap(), None);
        assert_eq!(books.classes_of_student(school, theirs.student).await.unwrap(), []);
        let cell = (theirs.line_item, theirs.student);
        for class in [theirs.class, ours.class] {
            let (category, item) = (tests(None), column(theirs.category));
            assert!(books.update_category(school, class, theirs.category, 1, &category).await.is_err());
            assert!(books.update_line_item(school, class, theirs.line_item, 1, &item).await.is_err());
            assert!(books.append_scores(school, class, None, &[self.score], Micros(9)).await.is_err());
            assert!(books.delete_category(school, class, theirs.category, 1).await.is_err());
            assert!(books.delete_line_item(school, class, theirs.line_item, 1).await.is_err());
            assert!(books.entries(school, class, &[self.score.id]).await.unwrap().is_empty());
            assert_eq!(books.score_history(school, class, cell, None, 10).await.unwrap().items, []);
        }
        let planted = tests(Some(theirs.category));
        assert!(books.update_category(school, ours.class, ours.category, 1, &planted).await.is_err());
        let planted = column(theirs.category);
        assert!(books.update_line_item(school, ours.class, ours.line_item, 1, &planted).await.is_err());
    }

    async fn meddle_with_assignments(&self, store: &Store, school: SchoolId, own: &Self) {
        let (assignments, handed) = (store.assignments(), &self.submission);
        assert_eq!(assignments.get(school, self.assignment).await.unwrap(), None);
        assert_eq!(assignments.of_class(school, self.book.class, true, None, 10).await.unwrap().items, []);
        assert!(assignments.update(school, self.assignment, 1, &essay()).await.is_err());
        let planted = AssignmentContent { line_item: Some(self.book.line_item), ..essay() };
        assert!(assignments.update(school, own.assignment, 1, &planted).await.is_err());
        assert_eq!(assignments.submission(school, handed.id).await.unwrap(), None);
        assert_eq!(assignments.submissions(school, self.assignment, None, None, 10).await.unwrap().items, []);
        assert!(
            assignments
                .return_submission(school, handed.id, 1, &GivenBack::default(), Micros(9))
                .await
                .is_err()
        );
        for student in [handed.student, own.book.student] {
            let planted = NewSubmission { student, ..handed.clone() };
            assert!(assignments.submit(school, &planted, Micros(9)).await.is_err());
        }
    }

    /// Equal ids in two schools are two things: these make the other ones.
    async fn make_twins(&self, store: &Store, school: SchoolId) {
        store.sessions().create(school, self.session, &session()).await.unwrap();
        store.courses().create(school, self.course, "Twin", Micros(9)).await.unwrap();
        store.lessons().create(school, self.course, self.lesson, "Twin", &json!(1), Micros(9)).await.unwrap();
        let (class, content) = (self.book.class, ClassContent::default());
        store.classes().create(school, class, &content, Micros(9)).await.unwrap();
        let books = store.gradebooks();
        books.create_category(school, class, self.book.category, &tests(None)).await.unwrap();
        books
            .create_line_item(school, class, self.book.line_item, &column(self.book.category))
            .await
            .unwrap();
        store.assignments().create(school, class, self.assignment, &essay(), Micros(9)).await.unwrap();
    }
}
