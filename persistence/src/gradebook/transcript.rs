//! Which classes a student's transcript is made of.

use super::Gradebooks;
use crate::rosters::EnrollmentState;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{ClassId, CourseId, PersonId, SchoolId, SessionId};
use sqlx::FromRow;
use uuid::Uuid;

/// A class in which a person is or was a student.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassOfStudent {
    /// Which.
    pub class: ClassId,
    /// Its title.
    pub title: String,
    /// Whether the student is in it by now.
    pub state: EnrollmentState,
    /// The course that it takes.
    pub course: Option<CourseTitle>,
    /// When it does.
    pub session: Option<SessionTitle>,
}

/// A course by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseTitle {
    /// Which.
    pub id: CourseId,
    /// Its title.
    pub title: String,
}

/// An academic session by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTitle {
    /// Which.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// When it starts.
    pub starts_at: Micros,
    /// When it ends.
    pub ends_at: Micros,
}

#[derive(FromRow)]
struct ClassRow {
    class_id: Uuid,
    title: String,
    state: String,
    course_id: Option<Uuid>,
    course_title: Option<String>,
    session_id: Option<Uuid>,
    session_title: Option<String>,
    starts_us: Option<i64>,
    ends_us: Option<i64>,
}

/// In the order in which they were: those without a session come last, as they have no end.
const CLASSES: &str = "
    SELECT class.class_id, class.title, enrollment.state, course.course_id, course.title AS course_title,
        academic_session.session_id, academic_session.title AS session_title, starts_us, ends_us
    FROM enrollment
    JOIN class ON class.school_id = enrollment.school_id AND class.class_id = enrollment.class_id
    LEFT JOIN course ON course.school_id = class.school_id AND course.course_id = class.course_id
    LEFT JOIN academic_session ON academic_session.school_id = class.school_id
        AND academic_session.session_id = class.session_id
    WHERE enrollment.school_id = $1 AND enrollment.person_id = $2 AND enrollment.role = 'student'
    ORDER BY CASE WHEN starts_us IS NULL THEN 1 ELSE 0 END, starts_us, class.title, class.class_id";

impl ClassRow {
    fn into_class(self) -> Result<ClassOfStudent, Unavailable> {
        let course = self.course_id.zip(self.course_title);
        let times = self.starts_us.zip(self.ends_us);
        let session = self.session_id.zip(self.session_title).zip(times);
        Ok(ClassOfStudent {
            class: ClassId(self.class_id),
            title: self.title,
            state: column_word::read(&self.state)?,
            course: course.map(|(id, title)| CourseTitle { id: CourseId(id), title }),
            session: session.map(|((id, title), (starts, ends))| SessionTitle {
                id: SessionId(id),
                title,
                starts_at: Micros(starts),
                ends_at: Micros(ends),
            }),
        })
    }
}

impl Gradebooks {
    /// The classes in which a person is or was a student, by the start of their sessions; empty for whom the school does
    /// not have.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn classes_of_student(
        &self,
        school: SchoolId,
        person: PersonId,
    ) -> Result<Vec<ClassOfStudent>, Unavailable> {
        let rows: Vec<ClassRow> =
            self.db.fetch_all(school, CLASSES, [school.0.into(), person.0.into()]).await?;
        rows.into_iter().map(ClassRow::into_class).collect()
    }
}
