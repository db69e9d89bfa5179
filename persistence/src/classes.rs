//! Classes, who is in them, and the extra time that students get there.

mod class;

pub(crate) use class::take_turn;
pub use class::{Class, ClassContent, CreateClassError, UpdateClassError};

use crate::db::Db;
use crate::{Unavailable, column_word};
use protocol::ids::{ClassId, CourseId, PersonId, SchoolId, SessionId};
use protocol::role::Role;
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A class with its students, as its teacher sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassRoster {
    /// Its id.
    pub id: ClassId,
    /// Its title, as shown.
    pub title: String,
    /// The course that it takes.
    pub course: Option<CourseId>,
    /// The year or term in which it does.
    pub session: Option<SessionId>,
    /// Counts the changes of these, from 1.
    pub version: u32,
    /// Its students by name.
    pub students: Vec<EnrolledStudent>,
}

/// A student in a class.
#[derive(Clone, Debug, PartialEq)]
pub struct EnrolledStudent {
    /// Who.
    pub id: PersonId,
    /// Name, as shown.
    pub name: String,
    /// Factor of the time to answer, 1.0 to 3.0.
    pub time_factor: f64,
}

/// Why a class was not made.
#[derive(Debug, thiserror::Error)]
pub enum EnsureClassError {
    /// The school does not exist.
    #[error("the school does not exist; make it first")]
    UnknownSchool,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl EnsureClassError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownSchool => "unknown_school",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a person was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The school has no such class or no such person.
    #[error("the school has no such class or no such person; make both first")]
    UnknownMember,
    /// Out of range.
    #[error("the time factor must lie between 1.0 and 3.0")]
    InvalidTimeFactor,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl EnrollError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownMember => "unknown_member",
            Self::InvalidTimeFactor => "invalid_time_factor",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const ENSURE: &str = "
    INSERT INTO class (school_id, class_id, title) VALUES ($1, $2, $3)
    ON CONFLICT (school_id, class_id) DO NOTHING";

const ENROLL: &str = "
    INSERT INTO enrollment (school_id, class_id, person_id, role, time_factor) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (school_id, class_id, person_id)
    DO UPDATE SET role = excluded.role, time_factor = excluded.time_factor, state = 'active'";

#[derive(FromRow)]
struct RosterRow {
    class_id: Uuid,
    title: String,
    course_id: Option<Uuid>,
    session_id: Option<Uuid>,
    #[sqlx(try_from = "i64")]
    version: u32,
    person_id: Option<Uuid>,
    name: Option<String>,
    time_factor: Option<f64>,
}

const OF_TEACHER: &str = "
    SELECT class.class_id, class.title, class.course_id, class.session_id, class.version,
        person.person_id, person.name, student.time_factor
    FROM enrollment AS teacher
    JOIN class ON class.school_id = teacher.school_id AND class.class_id = teacher.class_id
    LEFT JOIN enrollment AS student ON student.school_id = class.school_id
        AND student.class_id = class.class_id AND student.role = 'student' AND student.state = 'active'
    LEFT JOIN person ON person.school_id = student.school_id AND person.person_id = student.person_id
    WHERE teacher.school_id = $1 AND teacher.person_id = $2 AND teacher.role <> 'student'
        AND teacher.state = 'active'
    ORDER BY class.title, class.class_id, person.name, person.person_id";

const TIME_FACTOR: &str = "
    SELECT time_factor FROM enrollment
    WHERE school_id = $1 AND class_id = $2 AND person_id = $3 AND state = 'active'";

/// The repository of classes.
#[derive(Clone, Debug)]
pub struct Classes {
    db: Db,
}

impl Classes {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Makes a class if it does not exist; one that exists keeps its title.
    ///
    /// # Errors
    /// [`EnsureClassError`]; nothing was changed then.
    pub async fn ensure(
        &self,
        school: SchoolId,
        class: ClassId,
        title: &str,
    ) -> Result<(), EnsureClassError> {
        let values = [school.0.into(), class.0.into(), title.into()];
        match self.db.execute(school, ENSURE, values).await {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(EnsureClassError::UnknownSchool)
            }
            Err(error) => Err(EnsureClassError::Unavailable(error.into())),
        }
    }

    /// Puts a person into a class, or changes the role or the time factor (1.0 to 3.0) there.
    ///
    /// # Errors
    /// [`EnrollError`]; nothing was changed then.
    pub async fn enroll(
        &self,
        school: SchoolId,
        class: ClassId,
        person: PersonId,
        role: Role,
        time_factor: f64,
    ) -> Result<(), EnrollError> {
        if !(1.0..=3.0).contains(&time_factor) {
            return Err(EnrollError::InvalidTimeFactor);
        }
        let values = [
            school.0.into(),
            class.0.into(),
            person.0.into(),
            column_word::write(role)?.into(),
            time_factor.into(),
        ];
        match self.db.execute(school, ENROLL, values).await {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(EnrollError::UnknownMember)
            }
            Err(error) => Err(EnrollError::Unavailable(error.into())),
        }
    }

    /// The classes that a person teaches, by title, with their students, by name.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_teacher(
        &self,
        school: SchoolId,
        teacher: PersonId,
    ) -> Result<Vec<ClassRoster>, Unavailable> {
        let rows: Vec<RosterRow> =
            self.db.fetch_all(school, OF_TEACHER, [school.0.into(), teacher.0.into()]).await?;
        Ok(rosters(rows))
    }

    /// The time factor of a person in a class; none for those who are not in it.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn time_factor(
        &self,
        school: SchoolId,
        class: ClassId,
        person: PersonId,
    ) -> Result<Option<f64>, Unavailable> {
        let values = [school.0.into(), class.0.into(), person.0.into()];
        let row: Option<(f64,)> = self.db.fetch_optional(school, TIME_FACTOR, values).await?;
        Ok(row.map(|(factor,)| factor))
    }
}

/// Gathers rows that are ordered by class.
fn rosters(rows: Vec<RosterRow>) -> Vec<ClassRoster> {
    let mut places = BTreeMap::new();
    let mut classes: Vec<ClassRoster> = Vec::new();
    for row in rows {
        let place = *places.entry(row.class_id).or_insert_with(|| {
            classes.push(ClassRoster {
                id: ClassId(row.class_id),
                title: row.title,
                course: row.course_id.map(CourseId),
                session: row.session_id.map(SessionId),
                version: row.version,
                students: Vec::new(),
            });
            classes.len() - 1
        });
        if let (Some(id), Some(name), Some(time_factor)) = (row.person_id, row.name, row.time_factor) {
            classes[place].students.push(EnrolledStudent { id: PersonId(id), name, time_factor });
        }
    }
    classes
}
