//! What a gradebook is made of.

use super::{Fixture, person};
use persistence::assignments::{AssignmentContent, AssignmentState};
use persistence::gradebook::{
    Category, CategoryContent, CreateCategoryError, CreateLineItemError, DeleteCategoryError,
    DeleteLineItemError, GradingPolicy, LineItem, LineItemContent, LoadGradebookError, NewScore, ScoreSource,
    SetPolicyError, UpdateCategoryError, UpdateLineItemError,
};
use persistence::people::Person;
use persistence::rosters::EnrollmentState;
use persistence::sessions::{SessionContent, SessionKind};
use persistence::{Micros, Store};
use protocol::ids::{AssignmentId, CategoryId, ClassId, LineItemId, PersonId, SchoolId, ScoreId, SessionId};
use protocol::role::Role;
use serde_json::{Value, json};

/// A class with a category, a line item and a student.
pub(crate) struct Book {
    pub(crate) class: ClassId,
    pub(crate) category: CategoryId,
    pub(crate) line_item: LineItemId,
    pub(crate) student: PersonId,
}

impl Book {
    pub(crate) async fn open(store: &Store, school: SchoolId) -> Self {
        let (class, category, line_item) =
            (ClassId::generate(), CategoryId::generate(), LineItemId::generate());
        let ada = person(school, Role::Student, "Ada", "");
        let (student, books) = (ada.id, store.gradebooks());
        store.people().upsert(&ada).await.unwrap();
        store.classes().ensure(school, class, "5a").await.unwrap();
        store.classes().enroll(school, class, student, Role::Student, 1.0).await.unwrap();
        books.create_category(school, class, category, &tests(None)).await.unwrap();
        books.create_line_item(school, class, line_item, &column(category)).await.unwrap();
        Self { class, category, line_item, student }
    }

    pub(crate) fn score(&self, given: Option<f64>, at: i64) -> NewScore {
        NewScore {
            id: ScoreId::generate(),
            line_item: self.line_item,
            student: self.student,
            given,
            excused: false,
            scored_at: Micros(at),
            source: ScoreSource::Teacher,
            source_event: None,
        }
    }
}

/// The rules as the grade engine writes them.
fn rules() -> Value {
    json!({ "drop_lowest": 1, "drop_highest": 0, "keep_highest": 0, "aggregation": "extra_credit_mean",
        "only_graded": true, "extra_credit": false, "max_points": 100.0 / 3.0 })
}

pub(crate) fn tests(parent: Option<CategoryId>) -> CategoryContent {
    CategoryContent {
        title: "Tests".to_owned(),
        parent,
        position: 1,
        weight_ppm: Some(333_333),
        rules: rules(),
    }
}

pub(crate) fn column(category: CategoryId) -> LineItemContent {
    LineItemContent {
        title: "Test 1".to_owned(),
        category,
        period: None,
        position: 1,
        points_possible: 0.1 + 0.2,
        due_at: Some(Micros(77)),
        weight_ppm: None,
        extra_credit: true,
        omit_from_final: false,
        never_drop: true,
        hidden: false,
    }
}

async fn period(store: &Store, school: SchoolId) -> SessionId {
    let id = SessionId::generate();
    let (starts_at, ends_at) = (Micros(0), Micros(100));
    let title = "First half".to_owned();
    let content =
        SessionContent { kind: SessionKind::GradingPeriod, title, parent: None, starts_at, ends_at };
    store.sessions().create(school, id, &content).await.unwrap();
    id
}

#[tokio::test]
async fn a_policy_has_versions() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    assert_eq!(books.policy(school, book.class, None).await.unwrap(), None);
    let policies =
        [json!({ "rules": { "engine": "moodle" } }), json!({ "letters": [{ "from_percent": 89.5 }] })];
    for (version, policy) in (0..).zip(&policies) {
        let set = books.set_policy(school, book.class, version, policy, Micros(5)).await.unwrap();
        assert_eq!(set, version + 1);
    }
    let late = books.set_policy(school, book.class, 1, &policies[0], Micros(6)).await;
    assert!(matches!(late, Err(SetPolicyError::Conflict { current: 2 })), "{late:?}");
    let kept = |version: u32| {
        let policy = policies[version as usize - 1].clone();
        Some(GradingPolicy { version, policy, made_at: Micros(5) })
    };
    assert_eq!(books.policy(school, book.class, None).await.unwrap(), kept(2));
    assert_eq!(books.policy(school, book.class, Some(1)).await.unwrap(), kept(1));
    assert_eq!(books.policy(school, book.class, Some(3)).await.unwrap(), None);
    let unknown = books.set_policy(school, ClassId::generate(), 0, &policies[0], Micros(6)).await;
    assert!(matches!(unknown, Err(SetPolicyError::UnknownClass)), "{unknown:?}");
}

#[tokio::test]
async fn categories_make_a_tree() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let other = Book::open(&store, school).await;
    let (class, root, child) = (book.class, book.category, CategoryId::generate());
    let inner = CategoryContent { position: 0, ..tests(Some(root)) };
    books.create_category(school, class, child, &inner).await.unwrap();
    let again = books.create_category(school, class, child, &inner).await;
    assert!(matches!(again, Err(CreateCategoryError::Exists)), "{again:?}");
    for parent in [CategoryId::generate(), other.category] {
        let lost = books.create_category(school, class, CategoryId::generate(), &tests(Some(parent))).await;
        assert!(matches!(lost, Err(CreateCategoryError::UnknownParent)), "{lost:?}");
        let lost = books.update_category(school, class, child, 1, &tests(Some(parent))).await;
        assert!(matches!(lost, Err(UpdateCategoryError::UnknownParent)), "{lost:?}");
    }
    for parent in [child, root] {
        let cycle = books.update_category(school, class, root, 1, &tests(Some(parent))).await;
        assert!(matches!(cycle, Err(UpdateCategoryError::Cycle)), "{cycle:?}");
    }
    let heavy = CategoryContent { weight_ppm: Some(1_000_000_001), ..inner.clone() };
    let create = books.create_category(school, class, CategoryId::generate(), &heavy).await;
    assert!(matches!(create, Err(CreateCategoryError::InvalidWeight)), "{create:?}");
    let changed = CategoryContent { title: "Exams".to_owned(), weight_ppm: None, ..tests(None) };
    assert_eq!(books.update_category(school, class, root, 1, &changed).await.unwrap(), 2);
    let late = books.update_category(school, class, root, 1, &changed).await;
    assert!(matches!(late, Err(UpdateCategoryError::Conflict { current: 2 })), "{late:?}");
    let elsewhere = books.update_category(school, other.class, root, 2, &changed).await;
    assert!(matches!(elsewhere, Err(UpdateCategoryError::UnknownCategory)), "{elsewhere:?}");
    let nowhere = books.create_category(school, ClassId::generate(), CategoryId::generate(), &changed).await;
    assert!(matches!(nowhere, Err(CreateCategoryError::UnknownClass)), "{nowhere:?}");
    let loaded = books.load(school, class).await.unwrap().categories;
    let wanted = [
        Category { id: child, version: 1, content: inner },
        Category { id: root, version: 2, content: changed },
    ];
    assert_eq!(loaded, wanted);
}

#[tokio::test]
async fn a_line_item_comes_back_as_it_was_written_and_changed() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let (class, id) = (book.class, book.line_item);
    let written = LineItem { id, version: 1, content: column(book.category) };
    assert_eq!(books.line_item(school, class, id).await.unwrap(), Some(written));
    let changed = LineItemContent {
        period: Some(period(&store, school).await),
        points_possible: 1e-7,
        due_at: None,
        weight_ppm: Some(1),
        extra_credit: false,
        omit_from_final: true,
        never_drop: false,
        hidden: true,
        position: 9,
        ..column(book.category)
    };
    assert_eq!(books.update_line_item(school, class, id, 1, &changed).await.unwrap(), 2);
    let kept = books.line_item(school, class, id).await.unwrap();
    assert_eq!(kept, Some(LineItem { id, version: 2, content: changed.clone() }));
    let late = books.update_line_item(school, class, id, 1, &changed).await;
    assert!(matches!(late, Err(UpdateLineItemError::Conflict { current: 2 })), "{late:?}");
    let again = books.create_line_item(school, class, id, &changed).await;
    assert!(matches!(again, Err(CreateLineItemError::Exists)), "{again:?}");
    let unknown = books.update_line_item(school, class, LineItemId::generate(), 1, &changed).await;
    assert!(matches!(unknown, Err(UpdateLineItemError::UnknownLineItem)), "{unknown:?}");
}

#[tokio::test]
async fn a_line_item_needs_a_category_of_its_class_and_points() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let other = Book::open(&store, school).await;
    let (class, id) = (book.class, book.line_item);
    let period = LineItemContent { period: Some(SessionId::generate()), ..column(book.category) };
    for bad in [column(other.category), column(CategoryId::generate()), period] {
        let create = books.create_line_item(school, class, LineItemId::generate(), &bad).await;
        assert!(matches!(create, Err(CreateLineItemError::UnknownCategoryOrPeriod)), "{create:?}");
        let update = books.update_line_item(school, class, id, 1, &bad).await;
        assert!(matches!(update, Err(UpdateLineItemError::UnknownCategoryOrPeriod)), "{update:?}");
    }
    for points_possible in [-0.1, 1_000_000.5, f64::NAN, f64::INFINITY] {
        let bad = LineItemContent { points_possible, ..column(book.category) };
        let create = books.create_line_item(school, class, LineItemId::generate(), &bad).await;
        assert!(matches!(create, Err(CreateLineItemError::InvalidPoints)), "{create:?}");
        let update = books.update_line_item(school, class, id, 1, &bad).await;
        assert!(matches!(update, Err(UpdateLineItemError::InvalidPoints)), "{update:?}");
    }
    let light = LineItemContent { weight_ppm: Some(-1), ..column(book.category) };
    let create = books.create_line_item(school, class, LineItemId::generate(), &light).await;
    assert!(matches!(create, Err(CreateLineItemError::InvalidWeight)), "{create:?}");
    let nowhere = books
        .create_line_item(school, ClassId::generate(), LineItemId::generate(), &column(book.category))
        .await;
    assert!(matches!(nowhere, Err(CreateLineItemError::UnknownClass)), "{nowhere:?}");
}

#[tokio::test]
async fn what_is_empty_is_deleted_and_what_holds_something_stays() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let (class, category, line_item) = (book.class, book.category, book.line_item);
    let used = books.delete_category(school, class, category, 1).await;
    assert!(matches!(used, Err(DeleteCategoryError::InUse)), "{used:?}");
    books.append_scores(school, class, None, &[book.score(None, 5)], Micros(7)).await.unwrap();
    let scored = books.delete_line_item(school, class, line_item, 1).await;
    assert!(matches!(scored, Err(DeleteLineItemError::HasScores)), "{scored:?}");

    let (inner, empty) = (CategoryId::generate(), LineItemId::generate());
    books.create_category(school, class, inner, &tests(Some(category))).await.unwrap();
    books.create_line_item(school, class, empty, &column(inner)).await.unwrap();
    let late = books.delete_line_item(school, class, empty, 2).await;
    assert!(matches!(late, Err(DeleteLineItemError::Conflict { current: 1 })), "{late:?}");
    let essay = AssignmentContent {
        title: "Essay".to_owned(),
        line_item: Some(empty),
        state: AssignmentState::Draft,
        content: json!({}),
        policy: json!({}),
        attempts: 1,
        due_at: None,
    };
    let (assignments, id) = (store.assignments(), AssignmentId::generate());
    assignments.create(school, class, id, &essay, Micros(8)).await.unwrap();
    let named = books.delete_line_item(school, class, empty, 1).await;
    assert!(matches!(named, Err(DeleteLineItemError::HasAssignment)), "{named:?}");
    assignments.update(school, id, 1, &AssignmentContent { line_item: None, ..essay }).await.unwrap();
    books.delete_line_item(school, class, empty, 1).await.unwrap();
    let gone = books.delete_line_item(school, class, empty, 1).await;
    assert!(matches!(gone, Err(DeleteLineItemError::UnknownLineItem)), "{gone:?}");
    let late = books.delete_category(school, class, inner, 2).await;
    assert!(matches!(late, Err(DeleteCategoryError::Conflict { current: 1 })), "{late:?}");
    books.delete_category(school, class, inner, 1).await.unwrap();
    assert_eq!(books.category(school, class, inner).await.unwrap(), None);
    assert_eq!(books.categories(school, class).await.unwrap().len(), 1);
    assert_eq!(books.line_items(school, class).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_a_class_without_categories_gets_a_first_one() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let (first, class) = (CategoryId::generate(), ClassId::generate());
    assert!(!books.ensure_category(school, book.class, first, &tests(None)).await.unwrap());
    store.classes().ensure(school, class, "6b").await.unwrap();
    assert!(books.ensure_category(school, class, first, &tests(None)).await.unwrap());
    assert!(!books.ensure_category(school, class, first, &tests(None)).await.unwrap());
    assert_eq!(books.categories(school, class).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_fingerprint_changes_with_everything_in_a_gradebook_and_with_time() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let class = book.class;
    let at = async |as_of| books.fingerprint(school, class, Micros(as_of)).await.unwrap().unwrap();
    let mut seen = vec![at(50).await];
    assert_eq!(at(50).await, seen[0], "nothing happened");
    let mut changed = async |what: &str| {
        let now = at(50).await;
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    books.set_policy(school, class, 0, &json!({}), Micros(5)).await.unwrap();
    changed("policy").await;
    books.update_category(school, class, book.category, 1, &tests(None)).await.unwrap();
    changed("category").await;
    books.update_line_item(school, class, book.line_item, 1, &column(book.category)).await.unwrap();
    changed("line item").await;
    books.append_scores(school, class, None, &[book.score(Some(1.0), 40)], Micros(41)).await.unwrap();
    changed("score").await;
    books.append_scores(school, class, None, &[book.score(Some(1.0), 60)], Micros(41)).await.unwrap();
    changed("score of later").await;
    assert_ne!(at(60).await, at(50).await, "the later score counts by then");
    let bob = person(school, Role::Student, "Bob", "");
    store.people().upsert(&bob).await.unwrap();
    store.classes().enroll(school, class, bob.id, Role::Student, 1.0).await.unwrap();
    changed("student").await;
    store.people().upsert(&Person { name: "Rob".to_owned(), ..bob }).await.unwrap();
    changed("name").await;
    assert_eq!(books.fingerprint(school, ClassId::generate(), Micros(50)).await.unwrap(), None);
}

#[tokio::test]
async fn of_one_student_the_same_is_loaded_without_the_others() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let bob = person(school, Role::Student, "Bob", "");
    store.people().upsert(&bob).await.unwrap();
    store.classes().enroll(school, book.class, bob.id, Role::Student, 1.0).await.unwrap();
    let other = NewScore { student: bob.id, ..book.score(Some(2.0), 5) };
    let own = book.score(Some(1.0), 5);
    books.append_scores(school, book.class, None, &[own, other], Micros(7)).await.unwrap();
    let whole = books.load(school, book.class).await.unwrap();
    let part = books.load_student(school, book.class, book.student).await.unwrap();
    assert_eq!((&part.categories, &part.line_items), (&whole.categories, &whole.line_items));
    assert_eq!(part.students.iter().map(|student| student.id).collect::<Vec<_>>(), [book.student]);
    assert_eq!(part.scores.iter().map(|score| score.id).collect::<Vec<_>>(), [own.id]);
    let classes = books.classes_of_student(school, bob.id).await.unwrap();
    assert_eq!(classes.iter().map(|class| class.class).collect::<Vec<_>>(), [book.class]);
    assert_eq!(books.entries(school, book.class, &[other.id]).await.unwrap()[&other.id], other);
}

#[tokio::test]
async fn a_gradebook_is_loaded_whole_with_those_who_left() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    let class = book.class;
    store.classes().enroll(school, class, teacher, Role::Teacher, 1.0).await.unwrap();
    let aaron = person(school, Role::Student, "Aaron", "");
    store.people().upsert(&aaron).await.unwrap();
    store.classes().enroll(school, class, aaron.id, Role::Student, 1.0).await.unwrap();
    let place = store.rosters().get(school, class, aaron.id).await.unwrap().unwrap().place;
    let left = persistence::rosters::Place { state: EnrollmentState::Withdrawn, ..place };
    let none = persistence::rosters::OnBadRow::TakeNone;
    store.rosters().enroll_many(school, class, &[left], none, Micros(5)).await.unwrap();
    books.set_policy(school, class, 0, &json!({}), Micros(5)).await.unwrap();
    books.set_policy(school, class, 1, &json!({ "version": 2 }), Micros(6)).await.unwrap();
    let first = book.score(Some(100.0 / 3.0), 5);
    let second = NewScore { excused: true, student: aaron.id, ..book.score(None, -6) };
    books.append_scores(school, class, Some(teacher), &[first, second], Micros(7)).await.unwrap();
    let loaded = books.load(school, class).await.unwrap();
    assert_eq!(loaded.policy.unwrap().version, 2);
    let ids = |loaded: &[Category]| loaded.iter().map(|category| category.id).collect::<Vec<_>>();
    assert_eq!(ids(&loaded.categories), [book.category]);
    assert_eq!(loaded.categories[0].content, tests(None));
    assert_eq!(
        loaded.line_items,
        [LineItem { id: book.line_item, version: 1, content: column(book.category) }]
    );
    let students: Vec<_> = loaded.students.iter().map(|student| (student.id, student.state)).collect();
    let wanted = [(aaron.id, EnrollmentState::Withdrawn), (book.student, EnrollmentState::Active)];
    assert_eq!(students, wanted);
    let mut scores = loaded.scores;
    scores.sort_by_key(|score| score.id);
    let told: Vec<_> = scores
        .iter()
        .map(|score| (score.id, score.line_item, score.student, score.given, score.excused, score.scored_at))
        .collect();
    let wanted = [first, second]
        .map(|score| (score.id, score.line_item, score.student, score.given, score.excused, score.scored_at));
    assert_eq!(told, wanted);
    let unknown = books.load(school, ClassId::generate()).await;
    assert!(matches!(unknown, Err(LoadGradebookError::UnknownClass)), "{unknown:?}");
}

#[tokio::test]
async fn every_score_of_a_gradebook_has_a_student_and_a_line_item_in_it() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (books, book) = (store.gradebooks(), Book::open(&store, school).await);
    books.append_scores(school, book.class, None, &[book.score(Some(1.0), 5)], Micros(7)).await.unwrap();
    store.classes().enroll(school, book.class, book.student, Role::Teacher, 1.0).await.unwrap();
    let loaded = books.load(school, book.class).await.unwrap();
    assert_eq!((loaded.students, loaded.scores), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn gradebooks_are_of_their_school_only() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    let (books, school) = (here.store.gradebooks(), there.school);
    let book = Book::open(&here.store, here.school).await;
    let own = Book::open(&here.store, school).await;
    books.set_policy(here.school, book.class, 0, &json!({}), Micros(5)).await.unwrap();
    let before = books.load(here.school, book.class).await.unwrap();
    assert!(books.load(school, book.class).await.is_err());
    assert_eq!(books.policy(school, book.class, None).await.unwrap(), None);
    assert_eq!(books.line_item(school, book.class, book.line_item).await.unwrap(), None);
    assert!(books.set_policy(school, book.class, 1, &json!({}), Micros(6)).await.is_err());
    assert!(books.update_category(school, book.class, book.category, 1, &tests(None)).await.is_err());
    assert!(books.update_category(school, own.class, book.category, 1, &tests(None)).await.is_err());
    let (child, item) = (CategoryId::generate(), LineItemId::generate());
    assert!(books.create_category(school, own.class, child, &tests(Some(book.category))).await.is_err());
    assert!(books.create_line_item(school, own.class, item, &column(book.category)).await.is_err());
    let foreign_period = Some(period(&here.store, here.school).await);
    let stolen = LineItemContent { period: foreign_period, ..column(own.category) };
    assert!(books.create_line_item(school, own.class, item, &stolen).await.is_err());
    let update = books.update_line_item(school, own.class, book.line_item, 1, &column(own.category)).await;
    assert!(matches!(update, Err(UpdateLineItemError::UnknownLineItem)), "{update:?}");
    assert_eq!(books.load(here.school, book.class).await.unwrap(), before);
}
