//! Rows of rosters, each beside its SQL.

use super::{Attendance, Enrollment, Place};
use crate::db::Sql;
use crate::multi_row::MultiRow;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{ClassId, CourseId, PersonId, SessionId};
use sqlx::FromRow;
use std::sync::LazyLock;
use uuid::Uuid;

pub(super) const KNOWN: Sql = Sql::each(
    "SELECT person_id FROM person WHERE school_id = $1
    AND person_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))",
    "SELECT person_id FROM person WHERE school_id = $1
    AND person_id IN (SELECT unhex(value) FROM json_each($2))",
);

#[derive(FromRow)]
pub(super) struct EnrollmentRow {
    person_id: Uuid,
    name: String,
    email: String,
    role: String,
    state: String,
    time_factor: f64,
    enrolled_us: Micros,
}

impl EnrollmentRow {
    pub(super) fn into_enrollment(self) -> Result<Enrollment, Unavailable> {
        let place = Place {
            person: PersonId(self.person_id),
            role: column_word::read(&self.role)?,
            state: column_word::read(&self.state)?,
            time_factor: self.time_factor,
        };
        Ok(Enrollment { name: self.name, email: self.email, place, enrolled_at: self.enrolled_us })
    }
}

pub(super) const HELD: Sql = Sql::each(
    "SELECT enrollment.person_id, person.name, person.email, enrollment.role, state,
        time_factor, enrolled_us FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.person_id IN
        (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT enrollment.person_id, person.name, person.email, enrollment.role, state,
        time_factor, enrolled_us FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.person_id IN
        (SELECT unhex(value) FROM json_each($3))",
);

pub(super) const GET: &str = "
    SELECT enrollment.person_id, person.name, person.email, enrollment.role, state,
        time_factor, enrolled_us FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.person_id = $3";

pub(super) const LIST: &str = "
    SELECT enrollment.person_id, person.name, person.email, enrollment.role, state,
        time_factor, enrolled_us FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2
        AND ($3 IS NULL OR enrollment.role = $3) AND ($4 IS NULL OR state = $4)
        AND (enrolled_us, enrollment.person_id) < ($5, $6)
    ORDER BY enrolled_us DESC, enrollment.person_id DESC
    LIMIT $7";

/// When a person came first stays.
pub(super) static UPSERT: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO enrollment (school_id, class_id, enrolled_us, person_id, role, state, time_factor) VALUES";
    MultiRow::new(head, 3, 4).ending(
        "ON CONFLICT (school_id, class_id, person_id) DO UPDATE
        SET role = excluded.role, state = excluded.state, time_factor = excluded.time_factor",
    )
});

/// Who is known already, by id or by address, stays as they are.
pub(super) static NEWCOMERS: LazyLock<MultiRow> = LazyLock::new(|| {
    MultiRow::new("INSERT INTO person (school_id, person_id, role, name, email) VALUES", 1, 4)
        .ending("ON CONFLICT DO NOTHING")
});

#[derive(FromRow)]
pub(super) struct AttendanceRow {
    class_id: Uuid,
    title: String,
    course_id: Option<Uuid>,
    session_id: Option<Uuid>,
    role: String,
    state: String,
}

pub(super) const OF_PERSON: &str = "
    SELECT class.class_id, class.title, class.course_id, class.session_id, enrollment.role, enrollment.state
    FROM enrollment
    JOIN class ON class.school_id = enrollment.school_id AND class.class_id = enrollment.class_id
    WHERE enrollment.school_id = $1 AND enrollment.person_id = $2
    ORDER BY class.title, class.class_id LIMIT 1000";

impl AttendanceRow {
    pub(super) fn into_attendance(self) -> Result<Attendance, Unavailable> {
        Ok(Attendance {
            class: ClassId(self.class_id),
            title: self.title,
            course: self.course_id.map(CourseId),
            session: self.session_id.map(SessionId),
            role: column_word::read(&self.role)?,
            state: column_word::read(&self.state)?,
        })
    }
}
