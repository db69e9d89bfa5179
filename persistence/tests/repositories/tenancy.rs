//! Rows of one school are never read or changed from another, even when their ids are known.

use super::{Fixture, content, finish::report};
use persistence::Micros;
use persistence::classes::EnrollError;
use persistence::games::{CreateGameError, FinishGameError, NewGame};
use persistence::quizzes::{CreateQuizError, QuizFilter, UpdateQuizError};
use protocol::ids::ClassId;
use protocol::quiz::Phase;
use protocol::role::Role;

async fn two_schools() -> (Fixture, Fixture) {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    (here, there)
}

#[tokio::test]
async fn people_are_of_their_school_only() {
    let (here, there) = two_schools().await;
    let people = here.store.people();
    assert_eq!(people.get(there.school, here.teacher).await.unwrap(), None);
    let by_email = |school| people.by_email(school, "tess@example.org");
    assert_eq!(by_email(here.school).await.unwrap().unwrap().id, here.teacher);
    assert_eq!(by_email(there.school).await.unwrap().unwrap().id, there.teacher);
}

#[tokio::test]
async fn classes_take_members_of_their_school_only() {
    let (here, there) = two_schools().await;
    let (classes, class) = (here.store.classes(), ClassId::generate());
    classes.ensure(here.school, class, "5a").await.unwrap();
    classes.enroll(here.school, class, here.teacher, Role::Teacher, 1.0).await.unwrap();
    for (school, person) in [(here.school, there.teacher), (there.school, there.teacher)] {
        let enroll = classes.enroll(school, class, person, Role::Student, 1.0).await;
        assert!(matches!(enroll, Err(EnrollError::UnknownMember)), "{enroll:?}");
    }
    assert_eq!(classes.of_teacher(there.school, here.teacher).await.unwrap(), []);
    assert_eq!(classes.time_factor(there.school, class, here.teacher).await.unwrap(), None);
}

#[tokio::test]
async fn quizzes_are_read_and_changed_in_their_school_only() {
    let (here, there) = two_schools().await;
    let quizzes = here.store.quizzes();
    assert_eq!(quizzes.get(there.school, here.quiz).await.unwrap(), None);
    assert_eq!(quizzes.get_version(there.school, here.quiz, 1).await.unwrap(), None);
    assert_eq!(quizzes.versions(there.school, here.quiz).await.unwrap(), []);
    assert!(!quizzes.set_archived(there.school, here.quiz, true).await.unwrap());
    let update = quizzes.update(there.school, here.quiz, 1, &content("Stolen"), Micros(9)).await;
    assert!(matches!(update, Err(UpdateQuizError::UnknownQuiz)), "{update:?}");
    let create = quizzes.create(there.school, here.teacher, &content("Planted"), Micros(9)).await;
    assert!(matches!(create, Err(CreateQuizError::UnknownOwner)), "{create:?}");
    let foreign_owner = QuizFilter { owner: Some(here.teacher), ..QuizFilter::default() };
    assert_eq!(quizzes.list(there.school, &foreign_owner, None, 10).await.unwrap().items, []);
    let listed = quizzes.list(there.school, &QuizFilter::default(), None, 10).await.unwrap();
    assert_eq!(listed.items.iter().map(|quiz| quiz.id).collect::<Vec<_>>(), [there.quiz]);
    let untouched = quizzes.get(here.school, here.quiz).await.unwrap().unwrap();
    assert_eq!((untouched.version, untouched.archived), (1, false));
}

#[tokio::test]
async fn equal_quiz_ids_in_two_schools_are_two_quizzes() {
    let (here, there) = two_schools().await;
    let quizzes = here.store.quizzes();
    let made = quizzes.ensure(there.school, here.quiz, there.teacher, &content("Twin"), Micros(9)).await;
    assert!(made.unwrap());
    quizzes.update(there.school, here.quiz, 1, &content("Twin, changed"), Micros(10)).await.unwrap();
    assert_eq!(quizzes.get(here.school, here.quiz).await.unwrap().unwrap().content, content("Rivers"));
}

#[tokio::test]
async fn games_are_read_and_changed_in_their_school_only() {
    let (here, there) = two_schools().await;
    let games = here.store.games();
    let game = here.game("111111", 1);
    games.create(&game).await.unwrap();
    assert_eq!(games.get(there.school, game.id).await.unwrap(), None);
    assert_eq!(games.list_of_owner(there.school, here.teacher, None, 10).await.unwrap().items, []);
    assert!(!games.set_phase(there.school, game.id, Phase::Ended, Micros(2)).await.unwrap());
    let finish = games.finish(there.school, &report(game.id, 1)).await;
    assert!(matches!(finish, Err(FinishGameError::UnknownGame)), "{finish:?}");
    let foreign_quiz = NewGame { quiz: here.quiz, ..there.game("222222", 1) };
    let create = games.create(&foreign_quiz).await;
    assert!(matches!(create, Err(CreateGameError::UnknownQuizOrOwner)), "{create:?}");
    games.finish(here.school, &report(game.id, 1)).await.unwrap();
    assert_eq!(games.report(there.school, game.id).await.unwrap(), None);
}
