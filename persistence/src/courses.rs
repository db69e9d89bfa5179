//! Courses: what is taught, over all classes that take it.

use crate::db::Db;
use crate::{Cursor, Micros, Page, Unavailable};
use protocol::ids::{CourseId, PersonId, SchoolId};
use sqlx::FromRow;
use uuid::Uuid;

/// A course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// Its id.
    pub id: CourseId,
    /// Title, as shown.
    pub title: String,
    /// Whether it was put away.
    pub archived: bool,
    /// Counts its changes, from 1; those of its lessons are counted there.
    pub version: u32,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
}

/// Why a course was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateCourseError {
    /// There is one under the id.
    #[error("there is a course under this id; change that one or choose another id")]
    Exists,
    /// The school does not exist.
    #[error("the school does not exist; make it first")]
    UnknownSchool,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateCourseError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownSchool => "unknown_school",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a course was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateCourseError {
    /// Somebody was faster.
    #[error("the course is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such course.
    #[error("the school has no such course; look at the list again")]
    UnknownCourse,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateCourseError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownCourse => "unknown_course",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const CREATE: &str = "
    INSERT INTO course (school_id, course_id, title, version, created_us, updated_us)
    VALUES ($1, $2, $3, 1, $4, $4)
    ON CONFLICT (school_id, course_id) DO NOTHING";

const UPDATE: &str = "
    UPDATE course SET title = $3, archived = $4, updated_us = $5, version = version + 1
    WHERE school_id = $1 AND course_id = $2 AND version = $6";

#[derive(FromRow)]
struct CourseRow {
    course_id: Uuid,
    title: String,
    archived: bool,
    #[sqlx(try_from = "i64")]
    version: u32,
    created_us: Micros,
    updated_us: Micros,
}

impl CourseRow {
    fn into_course(self) -> Course {
        Course {
            id: CourseId(self.course_id),
            title: self.title,
            archived: self.archived,
            version: self.version,
            created_at: self.created_us,
            updated_at: self.updated_us,
        }
    }
}

const GET: &str = "
    SELECT course_id, title, archived, version, created_us, updated_us FROM course
    WHERE school_id = $1 AND course_id = $2";

const LIST: &str = "
    SELECT course_id, title, archived, version, created_us, updated_us FROM course
    WHERE school_id = $1 AND archived = $2 AND (created_us, course_id) < ($3, $4)
        AND ($6 IS NULL OR course_id IN (
            SELECT class.course_id FROM enrollment
            JOIN class ON class.school_id = enrollment.school_id AND class.class_id = enrollment.class_id
            WHERE enrollment.school_id = $1 AND enrollment.person_id = $6))
    ORDER BY created_us DESC, course_id DESC
    LIMIT $5";

const TAKES: &str = "
    SELECT class.class_id FROM enrollment
    JOIN class ON class.school_id = enrollment.school_id AND class.class_id = enrollment.class_id
    WHERE enrollment.school_id = $1 AND enrollment.person_id = $2 AND class.course_id = $3
    LIMIT 1";

/// The repository of courses.
#[derive(Clone, Debug)]
pub struct Courses {
    db: Db,
}

impl Courses {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps a new course as version 1.
    ///
    /// # Errors
    /// [`CreateCourseError`]; nothing was kept then.
    pub async fn create(
        &self,
        school: SchoolId,
        id: CourseId,
        title: &str,
        now: Micros,
    ) -> Result<(), CreateCourseError> {
        let values = [school.0.into(), id.0.into(), title.into(), now.into()];
        match self.db.execute(school, CREATE, values).await {
            Ok(0) => Err(CreateCourseError::Exists),
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(CreateCourseError::UnknownSchool)
            }
            Err(error) => Err(CreateCourseError::Unavailable(error.into())),
        }
    }

    /// Changes a course's title, puts it away or takes it back, if `expected` is still its version. Returns the new
    /// version.
    ///
    /// # Errors
    /// [`UpdateCourseError`]; nothing was changed then.
    pub async fn update(
        &self,
        school: SchoolId,
        id: CourseId,
        expected: u32,
        title: &str,
        archived: bool,
        now: Micros,
    ) -> Result<u32, UpdateCourseError> {
        let values =
            [school.0.into(), id.0.into(), title.into(), archived.into(), now.into(), expected.into()];
        if self.db.execute(school, UPDATE, values).await.map_err(Unavailable::from)? > 0 {
            return Ok(expected + 1);
        }
        match self.get(school, id).await? {
            Some(course) => Err(UpdateCourseError::Conflict { current: course.version }),
            None => Err(UpdateCourseError::UnknownCourse),
        }
    }

    /// A course, put away or not.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId, id: CourseId) -> Result<Option<Course>, Unavailable> {
        let row: Option<CourseRow> =
            self.db.fetch_optional(school, GET, [school.0.into(), id.0.into()]).await?;
        Ok(row.map(CourseRow::into_course))
    }

    /// Whether a person is or was in a class that takes a course.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn takes(
        &self,
        school: SchoolId,
        person: PersonId,
        course: CourseId,
    ) -> Result<bool, Unavailable> {
        let values = [school.0.into(), person.0.into(), course.0.into()];
        let row: Option<(Uuid,)> = self.db.fetch_optional(school, TAKES, values).await?;
        Ok(row.is_some())
    }

    /// Lists the courses that were put away, or the others; the newest first, `limit` of them behind `after`. With
    /// `taken_by`, only those of classes in which that person is or was.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        archived: bool,
        taken_by: Option<PersonId>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Course>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            archived.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
            taken_by.map(|person| person.0).into(),
        ];
        let rows: Vec<CourseRow> = self.db.fetch_all(school, LIST, values).await?;
        let items = rows.into_iter().map(CourseRow::into_course).collect();
        Ok(Page::cut(items, limit, |course: &Course| Cursor { at: course.created_at, id: course.id.0 }))
    }
}
