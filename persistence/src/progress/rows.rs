//! Rows of progress, each beside its SQL.

use super::merge::Kept;
use super::{Fraction, Progress};
use crate::db::Sql;
use crate::multi_row::MultiRow;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{CourseId, LessonId, PersonId};
use sqlx::FromRow;
use std::sync::LazyLock;
use uuid::Uuid;

/// Lets keys that point to the person be made meanwhile.
pub(super) const TAKE_TURN: Sql = Sql::each(
    "SELECT person_id FROM person WHERE school_id = $1 AND person_id = $2 FOR NO KEY UPDATE",
    "SELECT person_id FROM person WHERE school_id = $1 AND person_id = $2",
);

/// A lesson, and the progress that a person has in it or not.
#[derive(FromRow)]
pub(super) struct LessonRow {
    lesson_id: Uuid,
    course_id: Uuid,
    state: Option<String>,
    fraction_ppm: Option<i64>,
    version: Option<i64>,
    op_id: Option<Uuid>,
    reset_us: Option<i64>,
}

pub(super) const LOOK_UP: Sql = Sql::each(
    "SELECT lesson.lesson_id, lesson.course_id, state, fraction_ppm, progress.version, op_id, reset_us FROM lesson
    LEFT JOIN progress ON progress.school_id = lesson.school_id AND progress.person_id = $2
        AND progress.lesson_id = lesson.lesson_id
    WHERE lesson.school_id = $1 AND lesson.lesson_id IN
        (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT lesson.lesson_id, lesson.course_id, state, fraction_ppm, progress.version, op_id, reset_us FROM lesson
    LEFT JOIN progress ON progress.school_id = lesson.school_id AND progress.person_id = $2
        AND progress.lesson_id = lesson.lesson_id
    WHERE lesson.school_id = $1 AND lesson.lesson_id IN (SELECT unhex(value) FROM json_each($3))",
);

impl LessonRow {
    pub(super) fn into_kept(self) -> Result<(LessonId, (CourseId, Option<Kept>)), Unavailable> {
        let kept = match (self.state, self.fraction_ppm, self.version) {
            (Some(state), Some(ppm), Some(version)) => Some(Kept {
                state: column_word::read(&state)?,
                fraction: fraction(ppm)?,
                version: u32::try_from(version).map_err(unreadable)?,
                op: self.op_id,
                reset_at: self.reset_us.map(Micros),
            }),
            _ => None,
        };
        Ok((LessonId(self.lesson_id), (CourseId(self.course_id), kept)))
    }
}

#[derive(FromRow)]
pub(super) struct ProgressRow {
    lesson_id: Uuid,
    course_id: Uuid,
    state: String,
    fraction_ppm: i64,
    #[sqlx(try_from = "i64")]
    version: u32,
    updated_us: Micros,
}

pub(super) const GET: &str = "
    SELECT lesson_id, course_id, state, fraction_ppm, version, updated_us FROM progress
    WHERE school_id = $1 AND person_id = $2 AND lesson_id = $3";

pub(super) const OF_COURSE: &str = "
    SELECT progress.lesson_id, progress.course_id, state, fraction_ppm, progress.version, updated_us FROM progress
    JOIN lesson ON lesson.school_id = progress.school_id AND lesson.lesson_id = progress.lesson_id
    WHERE progress.school_id = $1 AND progress.person_id = $2 AND progress.course_id = $3
    ORDER BY lesson.position, lesson.lesson_id";

/// Of these lessons, the published ones of the courses of a person's classes.
pub(super) const VISIBLE: Sql = Sql::each(
    "SELECT DISTINCT lesson.lesson_id FROM enrollment
    JOIN class ON class.school_id = enrollment.school_id AND class.class_id = enrollment.class_id
    JOIN lesson ON lesson.school_id = class.school_id AND lesson.course_id = class.course_id
    WHERE enrollment.school_id = $1 AND enrollment.person_id = $2 AND lesson.published_version IS NOT NULL
        AND lesson.lesson_id IN (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT DISTINCT lesson.lesson_id FROM enrollment
    JOIN class ON class.school_id = enrollment.school_id AND class.class_id = enrollment.class_id
    JOIN lesson ON lesson.school_id = class.school_id AND lesson.course_id = class.course_id
    WHERE enrollment.school_id = $1 AND enrollment.person_id = $2 AND lesson.published_version IS NOT NULL
        AND lesson.lesson_id IN (SELECT unhex(value) FROM json_each($3))",
);

pub(super) const OF_PERSON: &str = "
    SELECT lesson_id, course_id, state, fraction_ppm, version, updated_us FROM progress
    WHERE school_id = $1 AND person_id = $2 AND (updated_us, lesson_id) < ($3, $4)
    ORDER BY updated_us DESC, lesson_id DESC
    LIMIT $5";

#[derive(FromRow)]
pub(super) struct ClassProgressRow {
    person_id: Uuid,
    lesson_id: Uuid,
    course_id: Uuid,
    state: String,
    fraction_ppm: i64,
    #[sqlx(try_from = "i64")]
    version: u32,
    updated_us: Micros,
}

/// In the course that a class takes.
pub(super) const OF_CLASS: &str = "
    SELECT progress.person_id, progress.lesson_id, progress.course_id, progress.state, fraction_ppm, progress.version,
        updated_us
    FROM class
    JOIN enrollment ON enrollment.school_id = class.school_id AND enrollment.class_id = class.class_id
        AND enrollment.role = 'student'
    JOIN progress ON progress.school_id = class.school_id AND progress.course_id = class.course_id
        AND progress.person_id = enrollment.person_id
    WHERE class.school_id = $1 AND class.class_id = $2
    ORDER BY progress.person_id, progress.lesson_id";

impl ClassProgressRow {
    pub(super) fn into_progress(self) -> Result<(PersonId, Progress), Unavailable> {
        let row = ProgressRow {
            lesson_id: self.lesson_id,
            course_id: self.course_id,
            state: self.state,
            fraction_ppm: self.fraction_ppm,
            version: self.version,
            updated_us: self.updated_us,
        };
        Ok((PersonId(self.person_id), row.into_progress()?))
    }
}

impl ProgressRow {
    pub(super) fn into_progress(self) -> Result<Progress, Unavailable> {
        Ok(Progress {
            lesson: LessonId(self.lesson_id),
            course: CourseId(self.course_id),
            state: column_word::read(&self.state)?,
            fraction: fraction(self.fraction_ppm)?,
            version: self.version,
            updated_at: self.updated_us,
        })
    }
}

fn fraction(ppm: i64) -> Result<Fraction, Unavailable> {
    let ppm = u32::try_from(ppm).map_err(unreadable)?;
    Fraction::from_ppm(ppm).ok_or_else(|| unreadable("a fraction above the whole"))
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Unavailable {
    sqlx::Error::Decode(error.into()).into()
}

pub(super) static UPSERT: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO progress (school_id, person_id, updated_us, lesson_id, course_id, state, fraction_ppm,
            version, op_id, reset_us) VALUES";
    MultiRow::new(head, 3, 7).ending(
        "ON CONFLICT (school_id, person_id, lesson_id) DO UPDATE
        SET state = excluded.state, fraction_ppm = excluded.fraction_ppm, version = excluded.version,
            op_id = excluded.op_id, reset_us = excluded.reset_us, updated_us = excluded.updated_us",
    )
});
