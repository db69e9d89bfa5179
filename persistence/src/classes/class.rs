//! A class as a record: what it is called, which course it takes, and when.

use super::Classes;
use crate::db::{Sql, Tx};
use crate::rosters::{EnrollmentState, Place, place_first};
use crate::{Cursor, Micros, Page, Unavailable};
use protocol::ids::{ClassId, CourseId, PersonId, SchoolId, SessionId};
use protocol::role::Role;
use sqlx::FromRow;
use uuid::Uuid;

/// What is said of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassContent {
    /// Title, as shown.
    pub title: String,
    /// The course that it takes.
    pub course: Option<CourseId>,
    /// The year or term in which it does.
    pub session: Option<SessionId>,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its id.
    pub id: ClassId,
    /// Counts its changes, from 1; its roster is not part of them.
    pub version: u32,
    /// When it was made; 0 for those of old.
    pub created_at: Micros,
    /// What is said of it.
    pub content: ClassContent,
}

/// Why a class was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateClassError {
    /// There is one under the id.
    #[error("there is a class under this id; change that one or choose another id")]
    Exists,
    /// The school does not exist, or has no such course or session.
    #[error("the school does not exist or has no such course or academic session; make them first")]
    UnknownCourseOrSession,
    /// The school has no such person to teach it.
    #[error("the school has no such person; keep the teacher first")]
    UnknownTeacher,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateClassError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownCourseOrSession => "unknown_course_or_session",
            Self::UnknownTeacher => "unknown_teacher",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a class was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateClassError {
    /// Somebody was faster.
    #[error("the class is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such class.
    #[error("the school has no such class; look at the list again")]
    UnknownClass,
    /// The school has no such course or session.
    #[error("the school has no such course or academic session; make them first")]
    UnknownCourseOrSession,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateClassError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownClass => "unknown_class",
            Self::UnknownCourseOrSession => "unknown_course_or_session",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const CREATE: &str = "
    INSERT INTO class (school_id, class_id, title, course_id, session_id, version, created_us)
    VALUES ($1, $2, $3, $4, $5, 1, $6)
    ON CONFLICT (school_id, class_id) DO NOTHING";

const KNOWN: &str = "SELECT person_id FROM person WHERE school_id = $1 AND person_id = $2";

const UPDATE: &str = "
    UPDATE class SET title = $3, course_id = $4, session_id = $5, version = version + 1
    WHERE school_id = $1 AND class_id = $2 AND version = $6";

#[derive(FromRow)]
struct ClassRow {
    class_id: Uuid,
    title: String,
    course_id: Option<Uuid>,
    session_id: Option<Uuid>,
    #[sqlx(try_from = "i64")]
    version: u32,
    created_us: Micros,
}

impl ClassRow {
    fn into_class(self) -> Class {
        let content = ClassContent {
            title: self.title,
            course: self.course_id.map(CourseId),
            session: self.session_id.map(SessionId),
        };
        Class { id: ClassId(self.class_id), version: self.version, created_at: self.created_us, content }
    }
}

const GET: &str = "
    SELECT class_id, title, course_id, session_id, version, created_us FROM class
    WHERE school_id = $1 AND class_id = $2";

const LIST: &str = "
    SELECT class_id, title, course_id, session_id, version, created_us FROM class
    WHERE school_id = $1 AND ($2 IS NULL OR course_id = $2) AND (created_us, class_id) < ($3, $4)
    ORDER BY created_us DESC, class_id DESC
    LIMIT $5";

/// Lets keys that point to the class be made meanwhile.
const TAKE_TURN: Sql = Sql::each(
    "SELECT class_id FROM class WHERE school_id = $1 AND class_id = $2 FOR NO KEY UPDATE",
    "SELECT class_id FROM class WHERE school_id = $1 AND class_id = $2",
);

/// Makes changes around a class wait for each other until the transaction ends. Returns whether the school has the class.
pub(crate) async fn take_turn(tx: &mut Tx, school: SchoolId, class: ClassId) -> Result<bool, Unavailable> {
    let row: Option<(Uuid,)> = tx.fetch_optional(TAKE_TURN, [school.0.into(), class.0.into()]).await?;
    Ok(row.is_some())
}

async fn insert(
    tx: &mut Tx,
    school: SchoolId,
    id: ClassId,
    content: &ClassContent,
    now: Micros,
) -> Result<(), CreateClassError> {
    let values = [
        school.0.into(),
        id.0.into(),
        (&content.title).into(),
        content.course.map(|course| course.0).into(),
        content.session.map(|session| session.0).into(),
        now.into(),
    ];
    match tx.execute(CREATE, values).await {
        Ok(0) => Err(CreateClassError::Exists),
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
            Err(CreateClassError::UnknownCourseOrSession)
        }
        Err(error) => Err(CreateClassError::Unavailable(error.into())),
    }
}

impl Classes {
    /// Keeps a new class as version 1.
    ///
    /// # Errors
    /// [`CreateClassError`]; nothing was kept then.
    pub async fn create(
        &self,
        school: SchoolId,
        id: ClassId,
        content: &ClassContent,
        now: Micros,
    ) -> Result<(), CreateClassError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        insert(&mut tx, school, id, content, now).await?;
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// As [`Self::create`], with its teacher in it: nobody could find a class without one.
    ///
    /// # Errors
    /// [`CreateClassError`]; nothing was kept then.
    pub async fn create_taught(
        &self,
        school: SchoolId,
        id: ClassId,
        content: &ClassContent,
        teacher: PersonId,
        now: Micros,
    ) -> Result<(), CreateClassError> {
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        insert(&mut tx, school, id, content, now).await?;
        let known: Option<(Uuid,)> =
            tx.fetch_optional(KNOWN, [school.0.into(), teacher.0.into()]).await.map_err(Unavailable::from)?;
        if known.is_none() {
            return Err(CreateClassError::UnknownTeacher);
        }
        let place =
            Place { person: teacher, role: Role::Teacher, state: EnrollmentState::Active, time_factor: 1.0 };
        place_first(&mut tx, school, id, place, now).await?;
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// Changes a class, if `expected` is still its version. Returns the new version.
    ///
    /// # Errors
    /// [`UpdateClassError`]; nothing was changed then.
    pub async fn update(
        &self,
        school: SchoolId,
        id: ClassId,
        expected: u32,
        content: &ClassContent,
    ) -> Result<u32, UpdateClassError> {
        let values = [
            school.0.into(),
            id.0.into(),
            (&content.title).into(),
            content.course.map(|course| course.0).into(),
            content.session.map(|session| session.0).into(),
            expected.into(),
        ];
        match self.db.execute(school, UPDATE, values).await {
            Ok(0) => match self.get(school, id).await? {
                Some(class) => Err(UpdateClassError::Conflict { current: class.version }),
                None => Err(UpdateClassError::UnknownClass),
            },
            Ok(_) => Ok(expected + 1),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(UpdateClassError::UnknownCourseOrSession)
            }
            Err(error) => Err(UpdateClassError::Unavailable(error.into())),
        }
    }

    /// Looks a class up.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId, id: ClassId) -> Result<Option<Class>, Unavailable> {
        let row: Option<ClassRow> =
            self.db.fetch_optional(school, GET, [school.0.into(), id.0.into()]).await?;
        Ok(row.map(ClassRow::into_class))
    }

    /// Lists the classes of a school, or those that take one course; the newest first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        course: Option<CourseId>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Class>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            course.map(|course| course.0).into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<ClassRow> = self.db.fetch_all(school, LIST, values).await?;
        let items = rows.into_iter().map(ClassRow::into_class).collect();
        Ok(Page::cut(items, limit, |class: &Class| Cursor { at: class.created_at, id: class.id.0 }))
    }
}
