//! Rows of scores, each beside its SQL.

use super::{NewScore, ScoreRecord};
use crate::db::Sql;
use crate::multi_row::MultiRow;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{ClassId, LineItemId, PersonId, ScoreId};
use sqlx::FromRow;
use std::sync::LazyLock;
use uuid::Uuid;

pub(super) const LINE_ITEMS: Sql = Sql::each(
    "SELECT line_item_id FROM line_item WHERE school_id = $1 AND class_id = $2
    AND line_item_id IN (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT line_item_id FROM line_item WHERE school_id = $1 AND class_id = $2
    AND line_item_id IN (SELECT unhex(value) FROM json_each($3))",
);

pub(super) const STUDENTS: Sql = Sql::each(
    "SELECT person_id FROM enrollment WHERE school_id = $1 AND class_id = $2 AND role = 'student'
    AND person_id IN (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT person_id FROM enrollment WHERE school_id = $1 AND class_id = $2 AND role = 'student'
    AND person_id IN (SELECT unhex(value) FROM json_each($3))",
);

#[derive(FromRow)]
pub(super) struct RecordRow {
    score_id: Uuid,
    class_id: Uuid,
    line_item_id: Uuid,
    person_id: Uuid,
    given: Option<f64>,
    excused: bool,
    scored_us: Micros,
    source: String,
    source_event: Option<Uuid>,
    entered_by: Option<Uuid>,
    recorded_us: Micros,
}

impl RecordRow {
    pub(super) fn into_record(self) -> Result<(ClassId, ScoreRecord), Unavailable> {
        let score = NewScore {
            id: ScoreId(self.score_id),
            line_item: LineItemId(self.line_item_id),
            student: PersonId(self.person_id),
            given: self.given,
            excused: self.excused,
            scored_at: self.scored_us,
            source: column_word::read(&self.source)?,
            source_event: self.source_event,
        };
        let entered_by = self.entered_by.map(PersonId);
        Ok((ClassId(self.class_id), ScoreRecord { score, entered_by, recorded_at: self.recorded_us }))
    }
}

pub(super) const ENTRIES: Sql = Sql::each(
    "SELECT score_id, class_id, line_item_id, person_id, given, excused, scored_us, source, source_event, entered_by,
        recorded_us FROM score
    WHERE school_id = $1
        AND score_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))",
    "SELECT score_id, class_id, line_item_id, person_id, given, excused, scored_us, source, source_event, entered_by,
        recorded_us FROM score
    WHERE school_id = $1 AND score_id IN (SELECT unhex(value) FROM json_each($2))",
);

pub(super) const HISTORY: &str = "
    SELECT score_id, class_id, line_item_id, person_id, given, excused, scored_us, source, source_event, entered_by,
        recorded_us FROM score
    WHERE school_id = $1 AND class_id = $2 AND line_item_id = $3 AND person_id = $4
        AND (scored_us, score_id) < ($5, $6)
    ORDER BY scored_us DESC, score_id DESC
    LIMIT $7";

/// Another class may send an entry under the same id at the same moment: then the key fails, and trying again tells why.
pub(super) static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO score (school_id, class_id, entered_by, recorded_us, score_id, line_item_id, person_id,
            given, excused, scored_us, source, source_event) VALUES";
    MultiRow::new(head, 4, 8)
});
