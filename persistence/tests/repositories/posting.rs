//! A finished game of a class goes to its gradebook once.

use super::finish::report;
use super::gradebook::{Book, column, tests};
use super::{Fixture, person};
use persistence::games::{CreateGameError, NewGame};
use persistence::gradebook::{GamePost, GamePosted, NewScore, PostGameError, ScoreSource};
use persistence::rosters::{EnrollmentState, OnBadRow, Place};
use persistence::{Micros, Store};
use protocol::ids::{CategoryId, ClassId, GameId, LineItemId, PersonId, SchoolId, ScoreId};
use protocol::role::Role;

/// A post of a game in which one person has a point.
pub(crate) fn post(game: GameId, person: PersonId) -> GamePost {
    let line_item = LineItemId(game.0);
    let score = NewScore {
        id: ScoreId(person.0),
        line_item,
        student: person,
        given: Some(1.0),
        excused: false,
        scored_at: Micros(9),
        source: ScoreSource::Game,
        source_event: Some(game.0),
    };
    let category = CategoryId(game.0);
    GamePost { game, line_item, content: column(category), category: tests(None), scores: vec![score] }
}

/// A game of a class that has ended.
async fn ended(fixture: &Fixture, class: ClassId) -> GameId {
    let game = NewGame { class: Some(class), ..fixture.game("111111", 1) };
    fixture.store.games().create(&game).await.unwrap();
    fixture.store.games().finish(fixture.school, &report(game.id, 2)).await.unwrap();
    game.id
}

async fn unposted(store: &Store) -> Vec<(SchoolId, GameId)> {
    store.games().unposted(10).await.unwrap()
}

#[tokio::test]
async fn a_game_of_a_class_waits_until_it_is_posted() {
    let fixture = Fixture::new().await;
    let (store, school) = (&fixture.store, fixture.school);
    let book = Book::open(store, school).await;
    let (alone, lost) = (fixture.game("222222", 1), ClassId::generate());
    store.games().create(&alone).await.unwrap();
    store.games().finish(school, &report(alone.id, 2)).await.unwrap();
    let nowhere = store.games().create(&NewGame { class: Some(lost), ..fixture.game("333333", 1) }).await;
    assert!(matches!(nowhere, Err(CreateGameError::UnknownClass)), "{nowhere:?}");
    assert_eq!(unposted(store).await, [], "a game without a class goes nowhere");
    let game = ended(&fixture, book.class).await;
    assert_eq!(store.games().get(school, game).await.unwrap().unwrap().class, Some(book.class));
    assert_eq!(unposted(store).await, [(school, game)]);

    let done = store.gradebooks().post_game(school, &post(game, book.student), Micros(20)).await.unwrap();
    assert_eq!(done, GamePosted::Now { students: vec![book.student] });
    assert_eq!(unposted(store).await, []);
    let loaded = store.gradebooks().load(school, book.class).await.unwrap();
    let item = loaded.line_items.iter().find(|item| item.id.0 == game.0).unwrap();
    assert_eq!((item.content.category, item.content.position), (book.category, 2), "behind the others");
    assert_eq!(loaded.scores.len(), 1);

    // Whatever comes after changes nothing: another end, another post, one that says something else.
    store.games().finish(school, &report(game, 5)).await.unwrap();
    assert_eq!(unposted(store).await, []);
    let mut other = post(game, book.student);
    other.scores[0].given = Some(0.0);
    for post in [post(game, book.student), other] {
        let again = store.gradebooks().post_game(school, &post, Micros(21)).await.unwrap();
        assert_eq!(again, GamePosted::Before);
    }
    assert_eq!(store.gradebooks().load(school, book.class).await.unwrap(), loaded);
    let unknown = store.gradebooks().post_game(school, &post(alone.id, book.student), Micros(21)).await;
    assert!(matches!(unknown, Err(PostGameError::UnknownGame)), "{unknown:?}");
}

#[tokio::test]
async fn of_many_that_post_at_once_one_does() {
    let fixture = Fixture::new().await;
    let (store, school) = (&fixture.store, fixture.school);
    let class = ClassId::generate();
    let ada = person(school, Role::Student, "Ada", "");
    store.people().upsert(&ada).await.unwrap();
    store.classes().ensure(school, class, "5a").await.unwrap();
    store.classes().enroll(school, class, ada.id, Role::Student, 1.0).await.unwrap();
    let game = ended(&fixture, class).await;
    let (books, post) = (store.gradebooks(), post(game, ada.id));
    let posts = (0..6).map(|_| books.post_game(school, &post, Micros(20)));
    let done: Vec<_> = futures_util::future::join_all(posts).await.into_iter().map(Result::unwrap).collect();
    let now = done.iter().filter(|done| matches!(done, GamePosted::Now { .. })).count();
    let before = done.iter().filter(|done| **done == GamePosted::Before).count();
    assert_eq!((now, before), (1, 5), "{done:?}");
    let loaded = books.load(school, class).await.unwrap();
    assert_eq!((loaded.categories.len(), loaded.line_items.len(), loaded.scores.len()), (1, 1, 1));
}

#[tokio::test]
async fn only_students_of_the_class_as_it_is_by_then_get_scores() {
    let fixture = Fixture::new().await;
    let (store, school) = (&fixture.store, fixture.school);
    let book = Book::open(store, school).await;
    let mut people = Vec::new();
    for name in ["withdrawn", "completed", "elsewhere"] {
        let person = person(school, Role::Student, name, "");
        store.people().upsert(&person).await.unwrap();
        people.push(person.id);
    }
    let place = |person, role, state| Place { person, role, state, time_factor: 1.0 };
    let game = ended(&fixture, book.class).await;
    let places = [
        place(people[0], Role::Student, EnrollmentState::Withdrawn),
        place(people[1], Role::Student, EnrollmentState::Completed),
        place(fixture.teacher, Role::Teacher, EnrollmentState::Active),
    ];
    let rosters = store.rosters();
    rosters.enroll_many(school, book.class, &places, OnBadRow::TakeNone, Micros(9)).await.unwrap();
    let everybody = people.iter().chain([&fixture.teacher, &book.student]);
    let scores = everybody.flat_map(|person| post(game, *person).scores).collect();
    let post = GamePost { scores, ..post(game, book.student) };
    let done = store.gradebooks().post_game(school, &post, Micros(20)).await.unwrap();
    assert_eq!(done, GamePosted::Now { students: vec![people[1], book.student] });
}

#[tokio::test]
async fn a_game_that_nobody_of_the_class_played_leaves_no_column() {
    let fixture = Fixture::new().await;
    let (store, school) = (&fixture.store, fixture.school);
    let book = Book::open(store, school).await;
    let before = store.gradebooks().load(school, book.class).await.unwrap();
    let game = ended(&fixture, book.class).await;
    let done = store.gradebooks().post_game(school, &post(game, fixture.teacher), Micros(20)).await.unwrap();
    assert_eq!((done, unposted(store).await), (GamePosted::Nothing, vec![]));
    assert_eq!(store.gradebooks().load(school, book.class).await.unwrap(), before);
}
