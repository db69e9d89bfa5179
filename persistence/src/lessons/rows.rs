//! Rows of lessons, each beside its SQL.

use super::{Lesson, LessonSummary, LessonVersion};
use crate::Micros;
use crate::db::Sql;
use protocol::ids::{CourseId, LessonId};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

pub(super) const TAKE_TURN: Sql = Sql::each(
    "SELECT course_id FROM course WHERE school_id = $1 AND course_id = $2 FOR NO KEY UPDATE",
    "SELECT course_id FROM course WHERE school_id = $1 AND course_id = $2",
);

#[derive(FromRow)]
pub(super) struct CountRow {
    #[sqlx(try_from = "i64")]
    pub(super) lessons: u32,
    pub(super) next: i64,
}

pub(super) const COUNT: &str = "
    SELECT COUNT(*) AS lessons, COALESCE(MAX(position) + 1, 0) AS next FROM lesson
    WHERE school_id = $1 AND course_id = $2";

pub(super) const INSERT: &str = "
    INSERT INTO lesson (school_id, lesson_id, course_id, position, version) VALUES ($1, $2, $3, $4, 1)
    ON CONFLICT (school_id, lesson_id) DO NOTHING";

pub(super) const INSERT_VERSION: &str = "
    INSERT INTO lesson_version (school_id, lesson_id, version, title, content, made_us)
    VALUES ($1, $2, $3, $4, $5, $6)";

#[derive(FromRow)]
pub(super) struct CurrentRow {
    #[sqlx(try_from = "i64")]
    pub(super) version: u32,
}

pub(super) const CURRENT: Sql = Sql::each(
    "SELECT version FROM lesson WHERE school_id = $1 AND lesson_id = $2 FOR NO KEY UPDATE",
    "SELECT version FROM lesson WHERE school_id = $1 AND lesson_id = $2",
);

pub(super) const ADVANCE: &str = "
    UPDATE lesson SET version = $3 WHERE school_id = $1 AND lesson_id = $2";

pub(super) const PUBLISH: &str = "
    UPDATE lesson SET published_version = $3
    WHERE school_id = $1 AND lesson_id = $2 AND ($3 IS NULL OR $3 BETWEEN 1 AND version)";

pub(super) const IDS: &str = "SELECT lesson_id FROM lesson WHERE school_id = $1 AND course_id = $2";

pub(super) const REORDER: Sql = Sql::each(
    "UPDATE lesson SET position = listed.place - 1
    FROM jsonb_array_elements_text($3) WITH ORDINALITY AS listed (value, place)
    WHERE lesson.school_id = $1 AND lesson.course_id = $2 AND lesson.lesson_id = listed.value::uuid",
    "UPDATE lesson SET position = listed.key FROM json_each($3) AS listed
    WHERE lesson.school_id = $1 AND lesson.course_id = $2 AND lesson.lesson_id = unhex(listed.value)",
);

#[derive(FromRow)]
pub(super) struct LessonRow {
    lesson_id: Uuid,
    course_id: Uuid,
    #[sqlx(try_from = "i64")]
    position: u32,
    published_version: Option<i64>,
    #[sqlx(try_from = "i64")]
    version: u32,
    title: String,
    content: Json<serde_json::Value>,
    made_us: Micros,
}

pub(super) const GET: &str = "
    SELECT lesson.lesson_id, lesson.course_id, lesson.position, lesson.published_version, made.version, made.title,
        made.content, made.made_us
    FROM lesson
    JOIN lesson_version AS made ON made.school_id = lesson.school_id AND made.lesson_id = lesson.lesson_id
        AND made.version = CASE WHEN $3 THEN lesson.published_version ELSE lesson.version END
    WHERE lesson.school_id = $1 AND lesson.lesson_id = $2";

pub(super) const GET_VERSION: &str = "
    SELECT lesson.lesson_id, lesson.course_id, lesson.position, lesson.published_version, made.version, made.title,
        made.content, made.made_us
    FROM lesson
    JOIN lesson_version AS made ON made.school_id = lesson.school_id AND made.lesson_id = lesson.lesson_id
    WHERE lesson.school_id = $1 AND lesson.lesson_id = $2 AND made.version = $3";

impl LessonRow {
    pub(super) fn into_lesson(self) -> Lesson {
        Lesson {
            id: LessonId(self.lesson_id),
            course: CourseId(self.course_id),
            position: self.position,
            version: self.version,
            published: published(self.published_version),
            title: self.title,
            content: self.content.0,
            made_at: self.made_us,
        }
    }
}

#[derive(FromRow)]
pub(super) struct SummaryRow {
    lesson_id: Uuid,
    #[sqlx(try_from = "i64")]
    position: u32,
    published_version: Option<i64>,
    #[sqlx(try_from = "i64")]
    version: u32,
    title: String,
    made_us: Micros,
}

pub(super) const OF_COURSE: &str = "
    SELECT lesson.lesson_id, lesson.position, lesson.published_version, made.version, made.title, made.made_us
    FROM lesson
    JOIN lesson_version AS made ON made.school_id = lesson.school_id AND made.lesson_id = lesson.lesson_id
        AND made.version = CASE WHEN $3 THEN lesson.published_version ELSE lesson.version END
    WHERE lesson.school_id = $1 AND lesson.course_id = $2
    ORDER BY lesson.position, lesson.lesson_id";

impl SummaryRow {
    pub(super) fn into_summary(self) -> LessonSummary {
        LessonSummary {
            id: LessonId(self.lesson_id),
            position: self.position,
            version: self.version,
            published: published(self.published_version),
            title: self.title,
            made_at: self.made_us,
        }
    }
}

#[derive(FromRow)]
pub(super) struct VersionRow {
    #[sqlx(try_from = "i64")]
    version: u32,
    title: String,
    made_us: Micros,
}

pub(super) const VERSIONS: &str = "
    SELECT version, title, made_us FROM lesson_version WHERE school_id = $1 AND lesson_id = $2
    ORDER BY version DESC LIMIT $3";

impl VersionRow {
    pub(super) fn into_version(self) -> LessonVersion {
        LessonVersion { version: self.version, title: self.title, made_at: self.made_us }
    }
}

fn published(version: Option<i64>) -> Option<u32> {
    version.and_then(|version| u32::try_from(version).ok())
}
