//! Rows of attempts and responses, each beside its SQL.

use super::{Attempt, NewAttempt, NewResponse, Response};
use crate::db::Sql;
use crate::multi_row::MultiRow;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{AttemptId, ItemId, PersonId, QuizId};
use protocol::quiz::AnswerValue;
use sqlx::FromRow;
use sqlx::types::Json;
use std::sync::LazyLock;
use uuid::Uuid;

/// Lets keys that point to the person be made meanwhile.
pub(super) const TAKE_TURN: Sql = Sql::each(
    "SELECT person_id FROM person WHERE school_id = $1 AND person_id = $2 FOR NO KEY UPDATE",
    "SELECT person_id FROM person WHERE school_id = $1 AND person_id = $2",
);

#[derive(FromRow)]
pub(super) struct OpRow {
    pub(super) op_id: Uuid,
    pub(super) person_id: Uuid,
}

pub(super) const KEPT: Sql = Sql::each(
    "SELECT op_id, person_id FROM response
    WHERE school_id = $1 AND op_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2) AS listed (value))",
    "SELECT op_id, person_id FROM response
    WHERE school_id = $1 AND op_id IN (SELECT unhex(value) FROM json_each($2))",
);

pub(super) const ATTEMPTS: Sql = Sql::each(
    "SELECT attempt_id FROM attempt WHERE school_id = $1 AND person_id = $2
    AND attempt_id IN (SELECT value::uuid FROM jsonb_array_elements_text($3) AS listed (value))",
    "SELECT attempt_id FROM attempt WHERE school_id = $1 AND person_id = $2
    AND attempt_id IN (SELECT unhex(value) FROM json_each($3))",
);

pub(super) static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO response (school_id, person_id, recorded_us, op_id, occurred_us, attempt_id, item_id, value,
            correct, elapsed_ms) VALUES";
    MultiRow::new(head, 3, 7)
});

#[derive(FromRow)]
pub(super) struct ResponseRow {
    op_id: Uuid,
    occurred_us: Micros,
    person_id: Uuid,
    attempt_id: Option<Uuid>,
    item_id: Uuid,
    value: Json<AnswerValue>,
    correct: Option<bool>,
    elapsed_ms: Option<i64>,
    recorded_us: Micros,
}

pub(super) const OF_PERSON: &str = "
    SELECT op_id, occurred_us, person_id, attempt_id, item_id, value, correct, elapsed_ms, recorded_us FROM response
    WHERE school_id = $1 AND person_id = $2 AND (occurred_us, op_id) < ($3, $4)
    ORDER BY occurred_us DESC, op_id DESC
    LIMIT $5";

pub(super) const OF_ATTEMPT: &str = "
    SELECT op_id, occurred_us, person_id, attempt_id, item_id, value, correct, elapsed_ms, recorded_us FROM response
    WHERE school_id = $1 AND attempt_id = $2 AND (occurred_us, op_id) < ($3, $4)
    ORDER BY occurred_us DESC, op_id DESC
    LIMIT $5";

impl From<ResponseRow> for Response {
    fn from(row: ResponseRow) -> Self {
        let response = NewResponse {
            op: row.op_id,
            attempt: row.attempt_id.map(AttemptId),
            item: ItemId(row.item_id),
            value: row.value.0,
            correct: row.correct,
            elapsed_ms: row.elapsed_ms.map(i64::cast_unsigned),
            occurred_at: row.occurred_us,
        };
        Self { person: PersonId(row.person_id), response, recorded_at: row.recorded_us }
    }
}

pub(super) const OPEN: &str = "
    INSERT INTO attempt (school_id, attempt_id, person_id, quiz_id, version, source, started_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (school_id, attempt_id) DO NOTHING";

pub(super) const END: &str = "
    UPDATE attempt SET ended_us = $4
    WHERE school_id = $1 AND person_id = $2 AND attempt_id = $3 AND ended_us IS NULL";

#[derive(FromRow)]
pub(super) struct AttemptRow {
    attempt_id: Uuid,
    person_id: Uuid,
    quiz_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    source: String,
    started_us: Micros,
    ended_us: Option<Micros>,
}

pub(super) const GET: &str = "
    SELECT attempt_id, person_id, quiz_id, version, source, started_us, ended_us FROM attempt
    WHERE school_id = $1 AND attempt_id = $2";

pub(super) const ATTEMPTS_OF_PERSON: &str = "
    SELECT attempt_id, person_id, quiz_id, version, source, started_us, ended_us FROM attempt
    WHERE school_id = $1 AND person_id = $2 AND (started_us, attempt_id) < ($3, $4)
    ORDER BY started_us DESC, attempt_id DESC
    LIMIT $5";

impl AttemptRow {
    pub(super) fn into_attempt(self) -> Result<Attempt, Unavailable> {
        let opened = NewAttempt {
            id: AttemptId(self.attempt_id),
            person: PersonId(self.person_id),
            quiz: QuizId(self.quiz_id),
            version: self.version,
            source: column_word::read(&self.source)?,
            started_at: self.started_us,
        };
        Ok(Attempt { opened, ended_at: self.ended_us })
    }
}
