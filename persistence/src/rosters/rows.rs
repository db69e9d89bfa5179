//! Rows of rosters, each beside its SQL.

use super::{Enrollment, Place};
use crate::db::Sql;
use crate::multi_row::MultiRow;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::PersonId;
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
        Ok(Enrollment { name: self.name, place, enrolled_at: self.enrolled_us })
    }
}

pub(super) const HELD: Sql = Sql::each(
    "SELECT enrollment.person_id, person.name, enrollment.role, state, time_factor, enrolled_us FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.person_id IN
        (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT enrollment.person_id, person.name, enrollment.role, state, time_factor, enrolled_us FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.person_id IN
        (SELECT unhex(value) FROM json_each($3))",
);

pub(super) const GET: &str = "
    SELECT enrollment.person_id, person.name, enrollment.role, state, time_factor, enrolled_us FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.person_id = $3";

pub(super) const LIST: &str = "
    SELECT enrollment.person_id, person.name, enrollment.role, state, time_factor, enrolled_us FROM enrollment
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
