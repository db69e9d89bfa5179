//! What people answer outside live games: attempts at a quiz at an own pace, and single responses.

mod attempts;
mod rows;

pub use attempts::{Attempt, AttemptSource, NewAttempt, OpenAttemptError};

use crate::db::{Db, Tx, Value};
use crate::id_list::id_list;
use crate::{Cursor, Micros, Page, Unavailable};
use protocol::ids::{AttemptId, ItemId, PersonId, SchoolId};
use protocol::quiz::AnswerValue;
use rows::{INSERT, OpRow, ResponseRow};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Most responses of one batch.
pub const MAX_RESPONSES: usize = 1_000;

/// What a person answered.
#[derive(Clone, Debug, PartialEq)]
pub struct NewResponse {
    /// Made by the client; the same response may be sent again under it.
    pub op: Uuid,
    /// In which of the person's attempts, if in one.
    pub attempt: Option<AttemptId>,
    /// To which question.
    pub item: ItemId,
    /// The answer.
    pub value: AnswerValue,
    /// Whether it was right; none for polls.
    pub correct: Option<bool>,
    /// How long it took.
    pub elapsed_ms: Option<u64>,
    /// When, by the server's clock as the client knows it.
    pub occurred_at: Micros,
}

/// A response as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Whose.
    pub person: PersonId,
    /// What was answered.
    pub response: NewResponse,
    /// When it came here.
    pub recorded_at: Micros,
}

/// What a response came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseVerdict {
    /// It is kept now.
    Recorded,
    /// Its operation was kept before, or stands in the batch already.
    Duplicate,
    /// Its operation is one of another person.
    OtherPerson,
    /// The person has no such attempt.
    UnknownAttempt,
}

impl ResponseVerdict {
    /// Stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Duplicate => "duplicate",
            Self::OtherPerson => "other_person",
            Self::UnknownAttempt => "unknown_attempt",
        }
    }
}

/// Why a batch was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum RecordResponsesError {
    /// The school has no such person.
    #[error("the school has no such person; keep the person first")]
    UnknownPerson,
    /// Too many at once.
    #[error("{most} responses are taken at once; send the others afterwards")]
    TooMany {
        /// How many are taken.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl RecordResponsesError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// The repository of attempts and responses.
#[derive(Clone, Debug)]
pub struct Responses {
    db: Db,
}

impl Responses {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps what a person answered, at most [`MAX_RESPONSES`], and says of each what it came to; the client forgets
    /// them all. The order does not matter, and a batch may be sent again.
    ///
    /// # Errors
    /// [`RecordResponsesError`]; nothing was kept then.
    pub async fn record(
        &self,
        school: SchoolId,
        person: PersonId,
        responses: &[NewResponse],
        now: Micros,
    ) -> Result<Vec<ResponseVerdict>, RecordResponsesError> {
        if responses.len() > MAX_RESPONSES {
            return Err(RecordResponsesError::TooMany { most: MAX_RESPONSES });
        }
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        // Of two that send the same at once, the second one finds it.
        let turn: Option<(Uuid,)> = tx
            .fetch_optional(rows::TAKE_TURN, [school.0.into(), person.0.into()])
            .await
            .map_err(Unavailable::from)?;
        turn.ok_or(RecordResponsesError::UnknownPerson)?;
        let verdicts = judge(&mut tx, school, person, responses).await?;
        let new =
            responses.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == ResponseVerdict::Recorded);
        insert(&mut tx, school, person, new.map(|(response, _)| response).collect(), now).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(verdicts)
    }

    /// Lists what a person answered, the newest first, `limit` responses behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_person(
        &self,
        school: SchoolId,
        person: PersonId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Response>, Unavailable> {
        self.list(school, rows::OF_PERSON, person.0, after, limit).await
    }

    /// Lists what was answered in an attempt, the newest first, `limit` responses behind `after`; none for an unknown one.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_attempt(
        &self,
        school: SchoolId,
        attempt: AttemptId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Response>, Unavailable> {
        self.list(school, rows::OF_ATTEMPT, attempt.0, after, limit).await
    }

    async fn list(
        &self,
        school: SchoolId,
        sql: &'static str,
        whose: Uuid,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Response>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values =
            [school.0.into(), whose.into(), after.at.into(), after.id.into(), (i64::from(limit) + 1).into()];
        let rows: Vec<ResponseRow> = self.db.fetch_all(school, sql, values).await?;
        let items = rows.into_iter().map(Response::from).collect();
        Ok(Page::cut(items, limit, |row: &Response| Cursor {
            at: row.response.occurred_at,
            id: row.response.op,
        }))
    }
}

async fn judge(
    tx: &mut Tx,
    school: SchoolId,
    person: PersonId,
    responses: &[NewResponse],
) -> Result<Vec<ResponseVerdict>, Unavailable> {
    // By the operation alone: a client may have another idea of the time when it sends again.
    let ops = id_list(responses.iter().map(|response| response.op))?;
    let kept: Vec<OpRow> = tx.fetch_all(rows::KEPT, [school.0.into(), ops]).await?;
    let mut kept: HashMap<Uuid, PersonId> =
        kept.into_iter().map(|row| (row.op_id, PersonId(row.person_id))).collect();
    let named: HashSet<Uuid> = responses.iter().filter_map(|response| Some(response.attempt?.0)).collect();
    let attempts: Vec<(Uuid,)> =
        tx.fetch_all(rows::ATTEMPTS, [school.0.into(), person.0.into(), id_list(named)?]).await?;
    let attempts: HashSet<Uuid> = attempts.into_iter().map(|(id,)| id).collect();
    let verdict = |response: &NewResponse| match kept.get(&response.op) {
        Some(owner) if *owner == person => ResponseVerdict::Duplicate,
        Some(_) => ResponseVerdict::OtherPerson,
        None if response.attempt.is_some_and(|attempt| !attempts.contains(&attempt.0)) => {
            ResponseVerdict::UnknownAttempt
        }
        None => {
            kept.insert(response.op, person);
            ResponseVerdict::Recorded
        }
    };
    Ok(responses.iter().map(verdict).collect())
}

/// Two people may send one operation at the same moment: then the key fails, and trying again tells why.
async fn insert(
    tx: &mut Tx,
    school: SchoolId,
    person: PersonId,
    mut responses: Vec<&NewResponse>,
    now: Micros,
) -> Result<(), Unavailable> {
    // In the order of the key, for which the database need not search the place of each row.
    responses.sort_unstable_by_key(|response| response.op);
    for (sql, batch) in INSERT.batches(&responses) {
        let mut values = vec![school.0.into(), person.0.into(), now.into()];
        for response in batch {
            values.extend::<[Value<'_>; 7]>([
                response.op.into(),
                response.occurred_at.into(),
                response.attempt.map(|attempt| attempt.0).into(),
                response.item.0.into(),
                Value::json(&response.value)?,
                response.correct.into(),
                response.elapsed_ms.map(u64::cast_signed).into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}
