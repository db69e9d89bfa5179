//! What the repositories promise on any database. Whoever includes this says at one place which: `crate::fresh`, a migrated
//! store without rows.

mod assignments;
mod attendance;
mod audit;
pub(crate) mod chat;
mod classes;
mod courses;
pub(crate) mod finish;
mod games;
pub(crate) mod gradebook;
mod idempotency;
mod lessons;
pub(crate) mod mastery;
mod people;
pub(crate) mod posting;
mod progress;
mod quizzes;
pub(crate) mod responses;
mod rosters;
mod schools;
mod scores;
mod sessions;
mod skills;
mod tenancy;

use persistence::games::NewGame;
use persistence::people::Person;
use persistence::{Micros, Store};
use protocol::ids::{GameId, PersonId, QuizId, SchoolId};
use protocol::quiz::{GameSettings, Image, Question, QuestionKind, QuizContent};
use protocol::role::Role;

/// A migrated store with one school, one teacher and one quiz.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) school: SchoolId,
    pub(crate) teacher: PersonId,
    pub(crate) quiz: QuizId,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::in_store(crate::fresh().await).await
    }

    /// Another school in the same store.
    pub(crate) async fn in_store(store: Store) -> Self {
        let school = SchoolId::generate();
        store.schools().ensure(school, "Hillside").await.unwrap();
        let teacher = person(school, Role::Teacher, "Tess", "tess@example.org");
        store.people().upsert(&teacher).await.unwrap();
        let quizzes = store.quizzes();
        let quiz = quizzes.create(school, teacher.id, &content("Rivers"), Micros(1_000)).await.unwrap();
        Self { store, school, teacher: teacher.id, quiz }
    }

    pub(crate) fn game(&self, pin: &str, opened_at: i64) -> NewGame {
        NewGame {
            school: self.school,
            id: GameId::generate(),
            quiz: self.quiz,
            version: 1,
            owner: self.teacher,
            class: None,
            title: "Rivers".to_owned(),
            pin: pin.to_owned(),
            settings: GameSettings { max_players: 40, ..GameSettings::default() },
            opened_at: Micros(opened_at),
        }
    }
}

pub(crate) fn person(school: SchoolId, role: Role, name: &str, email: &str) -> Person {
    Person { school, id: PersonId::generate(), role, name: name.to_owned(), email: email.to_owned() }
}

pub(crate) fn content(title: &str) -> QuizContent {
    let question = |image, kind| Question {
        prompt: "Which one?".to_owned(),
        image,
        time_limit_s: 20,
        points: 1,
        explanation: None,
        skills: Vec::new(),
        kind,
    };
    let image = Image { url: "/images/nile.svg".to_owned(), alt: "A river".to_owned() };
    QuizContent {
        title: title.to_owned(),
        description: "Für die 5. Klasse".to_owned(),
        questions: vec![
            question(None, QuestionKind::TrueFalse { correct: true }),
            question(
                Some(image),
                QuestionKind::Numeric { value: 0.1, tolerance: 1e-3, unit: "km".to_owned() },
            ),
        ],
    }
}
