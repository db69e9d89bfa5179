//! The demo: a school with a teacher, a class and quizzes, open to everybody who knows the password on its start page.

mod practice;
mod records;

use crate::{auth::Subject, config::Config, http::server_info::DemoAccount};
use learning::service::practice::Schedule;
use live_quiz::guess::{GuessBudget, Turn};
use persistence::{Micros, Store, people::Person};
use protocol::{
    ids::{ClassId, PersonId, QuizId, SchoolId},
    quiz::QuizContent,
    role::Role,
};
use serde::Deserialize;
use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// Password of all demo accounts.
pub const PASSWORD: &str = "schoolbell";

const SCHOOL: &str = include_str!("../demo/school.json");
const QUIZZES: [&str; 4] = [
    include_str!("../demo/geography.json"),
    include_str!("../demo/arithmetic.json"),
    include_str!("../demo/science.json"),
    include_str!("../demo/computing.json"),
];

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A demo has a password that everybody knows: it must not share stores with a real school.
    #[error("--demo does not start beside database_url or redis_url; remove them or leave --demo away")]
    SharedStore,
    /// The content does not fit.
    #[error("the demo school cannot be read: {0}; this is a fault of this build")]
    Content(#[from] serde_json::Error),
    /// The store failed.
    #[error("the demo school cannot be kept: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Refuses a demo beside stores that others may use.
///
/// # Errors
/// [`DemoError::SharedStore`]
pub fn refuse_shared_stores(config: &Config) -> Result<(), DemoError> {
    if config.database_url.is_some() || config.redis_url.is_some() {
        return Err(DemoError::SharedStore);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Content {
    school: NamedSchool,
    teacher: Member,
    co_teacher: Member,
    class: TitledClass,
    students: Vec<Member>,
}

#[derive(Deserialize)]
struct NamedSchool {
    name: String,
}

#[derive(Deserialize)]
struct TitledClass {
    title: String,
}

#[derive(Deserialize)]
struct Member {
    name: String,
    email: String,
    #[serde(default = "standard_time")]
    time_factor: f64,
}

fn standard_time() -> f64 {
    1.0
}

/// The demo school's people, and how often somebody guessed at their password.
pub struct Demo {
    people: Vec<Person>,
    guesses: Mutex<GuessBudget>,
}

/// Ids of the demo never change, so that seeding again finds what is there: `kind` and a number in a UUID of version 8,
/// which is free for such use.
fn fixed(kind: u8, number: usize) -> Uuid {
    const BASE: u128 = 0x5c80_01be_11de_8000_8000_0000_0000_0000;
    Uuid::from_u128(BASE | u128::from(kind) << 32 | number as u128)
}

impl Demo {
    /// Makes the school, or completes it. What was changed since the last start stays.
    ///
    /// # Errors
    /// [`DemoError`]
    pub async fn seed(store: &Store, now: Micros, schedule: Schedule) -> Result<Self, DemoError> {
        let content: Content = serde_json::from_str(SCHOOL)?;
        let school = SchoolId(fixed(0, 0));
        let class = ClassId(fixed(2, 0));
        let people = people(school, &content);
        store.schools().ensure(school, &content.school.name).await.map_err(failed)?;
        store.classes().ensure(school, class, &content.class.title).await.map_err(failed)?;
        let factors =
            [1.0, 1.0].into_iter().chain(content.students.iter().map(|student| student.time_factor));
        for (person, time_factor) in people.iter().zip(factors) {
            store.people().upsert(person).await.map_err(failed)?;
            let classes = store.classes();
            classes.enroll(school, class, person.id, person.role, time_factor).await.map_err(failed)?;
        }
        practice::skills(store, school, now).await?;
        for (number, text) in QUIZZES.iter().enumerate() {
            let mut quiz: QuizContent = serde_json::from_str(text)?;
            practice::mark(number, &mut quiz)?;
            let id = QuizId(fixed(3, number));
            // The last one seeded is the first one listed.
            let made_at = Micros(now.0 - i64::try_from(number).unwrap_or(0));
            store.quizzes().ensure(school, id, people[0].id, &quiz, made_at).await.map_err(failed)?;
        }
        let students = people.iter().filter(|person| person.role == Role::Student).map(|person| person.id);
        let students: Vec<_> = students.collect();
        let of = records::Of { school, class, teacher: people[0].id, students: &students };
        records::seed(store, &of, now).await?;
        practice::answers(store, school, &students, now, schedule).await?;
        Ok(Self { people, guesses: Mutex::default() })
    }

    /// Who may sign in, teachers first.
    #[must_use]
    pub fn accounts(&self) -> Vec<DemoAccount> {
        let account = |person: &Person| DemoAccount {
            login: person.email.clone(),
            name: person.name.clone(),
            role: person.role,
        };
        self.people.iter().map(account).collect()
    }

    /// When somebody at this address may try a password.
    pub fn admit(&self, from: IpAddr, now_ms: u64) -> Turn {
        self.guesses().admit(from, now_ms)
    }

    /// The password was right.
    pub fn hit(&self, from: IpAddr, turn: Turn, now_ms: u64) {
        self.guesses().hit(from, turn, now_ms);
    }

    /// Whose login and password these are.
    #[must_use]
    pub fn check(&self, login: &str, password: &str) -> Option<Subject> {
        let login = login.trim().to_lowercase();
        let person = self.people.iter().find(|person| person.email == login)?;
        (password == PASSWORD).then(|| Subject {
            person: person.id,
            school: person.school,
            role: person.role,
            name: Some(person.name.clone()),
            email: Some(person.email.clone()),
        })
    }

    fn guesses(&self) -> MutexGuard<'_, GuessBudget> {
        // Whole decisions happen under the lock, so a panic elsewhere does not spoil it.
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Teachers first: seeding relies on it.
fn people(school: SchoolId, content: &Content) -> Vec<Person> {
    let teachers = [&content.teacher, &content.co_teacher].into_iter().map(|member| (member, Role::Teacher));
    let students = content.students.iter().map(|member| (member, Role::Student));
    let numbered = teachers.chain(students).enumerate();
    numbered
        .map(|(number, (member, role))| Person {
            school,
            id: PersonId(fixed(1, number)),
            role,
            name: member.name.clone(),
            email: member.email.to_lowercase(),
        })
        .collect()
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> DemoError {
    DemoError::Store(Box::new(error))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use live_quiz::question;
    use persistence::{DatabaseLocation, quizzes::QuizFilter};

    #[test]
    fn every_demo_quiz_can_be_played() {
        for text in QUIZZES {
            let quiz: QuizContent = serde_json::from_str(text).unwrap();
            assert_eq!(question::validate(&quiz), [], "{}", quiz.title);
            assert!(quiz.questions.len() >= 12, "{}", quiz.title);
        }
    }

    #[tokio::test]
    async fn seeding_twice_is_as_seeding_once_and_keeps_edits() {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        let demo = Demo::seed(&store, Micros(1_000), Schedule::default()).await.unwrap();
        let teacher = demo.people[0].clone();
        let quiz = QuizId(fixed(3, 0));
        let mut content = store.quizzes().get(teacher.school, quiz).await.unwrap().unwrap().content;
        content.title = "Changed".to_owned();
        store.quizzes().update(teacher.school, quiz, 1, &content, Micros(2_000)).await.unwrap();

        let again = Demo::seed(&store, Micros(3_000), Schedule::default()).await.unwrap();
        assert_eq!(again.people, demo.people);
        let kept = store.quizzes().get(teacher.school, quiz).await.unwrap().unwrap();
        assert_eq!((kept.version, kept.content.title.as_str()), (2, "Changed"));
        let all = store.quizzes().list(teacher.school, &QuizFilter::default(), None, 50).await.unwrap();
        assert_eq!(all.items.len(), QUIZZES.len());
        let classes = store.classes().of_teacher(teacher.school, teacher.id).await.unwrap();
        assert_eq!(classes[0].students.len(), demo.people.len() - 2);
        assert!(classes[0].students.iter().any(|student| student.time_factor > 1.0));
    }

    #[tokio::test]
    async fn seeding_again_keeps_what_was_graded_and_deleted() {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        let now = Micros(1_790_000_000_000_000);
        let demo = Demo::seed(&store, now, Schedule::default()).await.unwrap();
        let (school, class) = (demo.people[0].school, ClassId(fixed(2, 0)));
        let books = store.gradebooks();
        let before = books.load(school, class).await.unwrap();
        assert!(before.scores.len() > 100, "{} scores", before.scores.len());
        let ungraded = before.line_items.last().unwrap();
        books.delete_line_item(school, class, ungraded.id, ungraded.version).await.unwrap_err();
        let column = before.line_items.iter().rev().nth(1).unwrap();
        books.delete_line_item(school, class, column.id, column.version).await.unwrap();
        let score = persistence::gradebook::NewScore {
            id: protocol::ids::ScoreId(Uuid::from_u128(1)),
            line_item: before.line_items[0].id,
            student: demo.people[2].id,
            given: Some(1.0),
            excused: false,
            scored_at: now,
            source: persistence::gradebook::ScoreSource::Teacher,
            source_event: None,
        };
        books.append_scores(school, class, None, &[score], now).await.unwrap();

        Demo::seed(&store, Micros(now.0 + 1), Schedule::default()).await.unwrap();
        let after = books.load(school, class).await.unwrap();
        assert_eq!(after.scores.len(), before.scores.len() + 1);
        assert_eq!(after.line_items.len(), before.line_items.len() - 1);
    }

    #[tokio::test]
    async fn the_class_has_something_mastered_and_something_to_review_and_seeding_again_adds_nothing() {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        let now = Micros(1_790_000_000_000_000);
        let demo = Demo::seed(&store, now, Schedule::default()).await.unwrap();
        let (school, class) = (demo.people[0].school, ClassId(fixed(2, 0)));
        let mastery = store.mastery();
        let before = mastery.of_class(school, class).await.unwrap();
        let all = || before.iter().flat_map(|row| &row.skills);
        assert!(all().any(|skill| skill.mastery.mastered_at.is_some()));
        assert!(all().any(|skill| skill.mastery.mastered_at.is_none()));
        let due = mastery.due_cards(school, demo.people[2].id, now, None, 50).await.unwrap();
        assert!(!due.items.is_empty());

        Demo::seed(&store, Micros(now.0 + 1), Schedule::default()).await.unwrap();
        assert_eq!(mastery.of_class(school, class).await.unwrap(), before);
    }

    #[tokio::test]
    async fn only_the_right_password_opens_an_account() {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        let demo = Demo::seed(&store, Micros(1_000), Schedule::default()).await.unwrap();
        let login = demo.accounts()[0].login.clone();
        assert_eq!(demo.check(&login.to_uppercase(), PASSWORD).unwrap().role, Role::Teacher);
        for (login, password) in
            [(login.as_str(), ""), (&login, "Schoolbell"), ("nobody@demo.school", PASSWORD)]
        {
            assert!(demo.check(login, password).is_none(), "{login} {password}");
        }
    }

    #[test]
    fn a_demo_beside_a_shared_store_is_refused() {
        for key in ["database_url", "redis_url"] {
            let config: Config = toml::from_str(&format!("{key} = \"x://y\"")).unwrap();
            assert!(matches!(refuse_shared_stores(&config), Err(DemoError::SharedStore)), "{key}");
        }
        assert!(refuse_shared_stores(&Config::default()).is_ok());
    }
}
