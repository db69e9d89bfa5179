//! Facts that could not be written, and writing them once their cause is mended.

use super::sink::{Poison, Sinks};
use super::writer::refusal;
use super::{Entry, EntryId, Fact, Kind, OpId, Shard};
use crate::db::{Db, Reach, Sql, Tx, Value, Values};
use crate::{Micros, Unavailable};
use protocol::ids::SchoolId;
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

const PARK: Sql = Sql::each(
    "INSERT INTO wb_dead_letter
        (school_id, op_id, stream, shard, entry_id, kind, ordering_key, occurred_us, body, code, cause, parked_us)
    SELECT $1, t.* FROM UNNEST($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bigint[],
        $9::bytea[], $10::text[], $11::text[], $12::bigint[]) AS t
    ON CONFLICT (school_id, op_id) DO UPDATE
    SET stream = excluded.stream, shard = excluded.shard, entry_id = excluded.entry_id, code = excluded.code, cause = excluded.cause, parked_us = excluded.parked_us",
    "INSERT INTO wb_dead_letter
        (school_id, op_id, stream, shard, entry_id, kind, ordering_key, occurred_us, body, code, cause, parked_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (school_id, op_id) DO UPDATE
    SET stream = excluded.stream, shard = excluded.shard, entry_id = excluded.entry_id, code = excluded.code, cause = excluded.cause, parked_us = excluded.parked_us",
);

const SHOW: Sql = Sql::each(
    "INSERT INTO open_dead_letter (school_id, op_id, parked_us)
    SELECT $1, t.* FROM UNNEST($2::uuid[], $3::bigint[]) AS t
    ON CONFLICT (school_id, op_id) DO UPDATE SET parked_us = excluded.parked_us",
    "INSERT INTO open_dead_letter (school_id, op_id, parked_us) VALUES ($1, $2, $3)
    ON CONFLICT (school_id, op_id) DO UPDATE SET parked_us = excluded.parked_us",
);

const SCHOOLS: &str = "
    SELECT school_id, COUNT(*) AS letters FROM open_dead_letter GROUP BY school_id ORDER BY school_id";

const LIST: &str = "
    SELECT op_id, kind, ordering_key, occurred_us, body, shard, entry_id, code, cause, parked_us FROM wb_dead_letter
    WHERE school_id = $1 AND op_id > $2 ORDER BY op_id LIMIT $3";

const GET: &str = "
    SELECT op_id, kind, ordering_key, occurred_us, body, shard, entry_id, code, cause, parked_us FROM wb_dead_letter
    WHERE school_id = $1 AND op_id = $2";

const FIND: &str = "SELECT school_id FROM open_dead_letter WHERE op_id = $1 ORDER BY school_id";

const IS_PARKED: &str = "SELECT op_id FROM wb_dead_letter WHERE school_id = $1 AND op_id = $2";

const ANY: &str = "SELECT op_id FROM wb_dead_letter WHERE school_id = $1 LIMIT 1";

const HIDE: &str = "DELETE FROM open_dead_letter WHERE school_id = $1 AND op_id = $2";

const REMOVE: &str = "DELETE FROM wb_dead_letter WHERE school_id = $1 AND op_id = $2";

/// A fact that could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The fact.
    pub fact: Fact,
    /// The part of the journal that it came from.
    pub shard: Shard,
    /// Its place there.
    pub id: EntryId,
    /// Stable name of the cause.
    pub code: String,
    /// The cause.
    pub cause: String,
    /// When it was parked.
    pub parked_at: Micros,
}

/// Why a dead letter was not written. It stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is none of that operation: it was written or removed, or never parked.
    #[error("the operation is not parked; list what is")]
    Unknown,
    /// It can still not be written.
    #[error("the fact is still refused ({0}); mend that first")]
    Refused(#[source] Poison),
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ReplayError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "not_parked",
            Self::Refused(_) => "still_refused",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// The parked facts. They are written by the sinks themselves and not by the journal, which still remembers their
/// operations.
#[derive(Clone)]
pub struct DeadLetters {
    db: Db,
    sinks: Sinks,
}

#[derive(FromRow)]
struct SchoolRow {
    school_id: Uuid,
    #[sqlx(try_from = "i64")]
    letters: u64,
}

#[derive(FromRow)]
struct LetterRow {
    op_id: Uuid,
    kind: String,
    ordering_key: String,
    occurred_us: Micros,
    body: Vec<u8>,
    #[sqlx(try_from = "i64")]
    shard: u16,
    entry_id: i64,
    code: String,
    cause: String,
    parked_us: Micros,
}

impl LetterRow {
    fn of(self, school: SchoolId) -> DeadLetter {
        let fact = Fact {
            op: OpId(self.op_id),
            school,
            kind: Kind::kept(self.kind),
            key: self.ordering_key,
            occurred_at: self.occurred_us,
            body: self.body.into(),
        };
        DeadLetter {
            fact,
            shard: Shard(self.shard),
            id: EntryId(self.entry_id.cast_unsigned()),
            code: self.code,
            cause: self.cause,
            parked_at: self.parked_us,
        }
    }
}

fn key(school: SchoolId, op: OpId) -> [Value<'static>; 2] {
    [school.0.into(), op.0.into()]
}

/// Parks facts of a school, each with why; the transaction is about that school.
pub(super) async fn park(
    tx: &mut Tx,
    (stream, shard): (&str, Shard),
    school: SchoolId,
    letters: &[(&Entry, &Poison)],
    now: Micros,
) -> Result<(), sqlx::Error> {
    // In the order of their operations, as any upsert; one operation that came twice is one letter.
    let letters: BTreeMap<OpId, (&Entry, &Poison)> =
        letters.iter().map(|(entry, poison)| (entry.fact.op, (*entry, *poison))).collect();
    let cause = |poison: &Poison| poison.reason.replace('\0', "\u{fffd}");
    let causes: Vec<String> = letters.values().map(|(_, poison)| cause(poison)).collect();
    let facts = || letters.values().map(|(entry, _)| &entry.fact);
    let numbers = |number: i64| Values::I64(vec![Some(number); letters.len()]);
    let columns = [
        Values::Uuid(letters.keys().map(|op| Some(op.0)).collect()),
        Values::Text(vec![Some(stream); letters.len()]),
        numbers(i64::from(shard.0)),
        Values::I64(letters.values().map(|(entry, _)| Some(entry.id.0.cast_signed())).collect()),
        Values::Text(facts().map(|fact| Some(fact.kind.as_str())).collect()),
        Values::Text(facts().map(|fact| Some(fact.key.as_str())).collect()),
        Values::I64(facts().map(|fact| Some(fact.occurred_at.0)).collect()),
        Values::Bytes(facts().map(|fact| Some(fact.body.as_ref())).collect()),
        Values::Text(letters.values().map(|(_, poison)| Some(poison.code)).collect()),
        Values::Text(causes.iter().map(|cause| Some(cause.as_str())).collect()),
        numbers(now.0),
    ];
    tx.write_rows(PARK, school, &columns, letters.len()).await?;
    let [ops, ..] = columns;
    tx.write_rows(SHOW, school, &[ops, numbers(now.0)], letters.len()).await
}

/// Which of these operations of a school is parked, if any is.
pub(super) async fn parked_among(
    db: &Db,
    school: SchoolId,
    ops: impl Iterator<Item = OpId>,
) -> Result<Option<OpId>, sqlx::Error> {
    let any: Option<(Uuid,)> = db.fetch_optional(school, ANY, [school.0.into()]).await?;
    if any.is_none() {
        return Ok(None);
    }
    for op in ops {
        let parked: Option<(Uuid,)> = db.fetch_optional(school, IS_PARKED, key(school, op)).await?;
        if parked.is_some() {
            return Ok(Some(op));
        }
    }
    Ok(None)
}

impl DeadLetters {
    pub(crate) fn new(db: Db, sinks: Sinks) -> Self {
        Self { db, sinks }
    }

    /// The schools that have any, and how many.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn schools(&self) -> Result<Vec<(SchoolId, u64)>, Unavailable> {
        let rows: Vec<SchoolRow> = self.db.fetch_all(Reach::Directory, SCHOOLS, []).await?;
        Ok(rows.into_iter().map(|row| (SchoolId(row.school_id), row.letters)).collect())
    }

    /// The schools in which an operation is parked: one, or none.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn find(&self, op: OpId) -> Result<Vec<SchoolId>, Unavailable> {
        let rows: Vec<(Uuid,)> = self.db.fetch_all(Reach::Directory, FIND, [op.0.into()]).await?;
        Ok(rows.into_iter().map(|(school,)| SchoolId(school)).collect())
    }

    /// Those of a school by their operations, behind one of them.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        after: Option<OpId>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Unavailable> {
        let after = after.map_or(Uuid::nil(), |op| op.0);
        let values = [school.0.into(), after.into(), limit.into()];
        let rows: Vec<LetterRow> = self.db.fetch_all(school, LIST, values).await?;
        Ok(rows.into_iter().map(|row| row.of(school)).collect())
    }

    /// Writes one and takes it from the list, in one transaction.
    ///
    /// # Errors
    /// [`ReplayError`]
    pub async fn replay(&self, school: SchoolId, op: OpId) -> Result<(), ReplayError> {
        let failed = |error: sqlx::Error| match refusal(&error) {
            Some(poison) => ReplayError::Refused(poison),
            None => ReplayError::Unavailable(error.into()),
        };
        let mut tx = self.db.write(school).await.map_err(failed)?;
        let row: Option<LetterRow> = tx.fetch_optional(GET, key(school, op)).await.map_err(failed)?;
        let fact = row.ok_or(ReplayError::Unknown)?.of(school).fact;
        tx.execute(HIDE, key(school, op)).await.map_err(failed)?;
        // Of two that replay it at once, the second finds nothing to remove.
        if tx.execute(REMOVE, key(school, op)).await.map_err(failed)? == 0 {
            return Err(ReplayError::Unknown);
        }
        self.sinks.write_one(&mut tx, &fact).await.map_err(ReplayError::Refused)?.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    /// Removes one for good. Whether it was there.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn discard(&self, school: SchoolId, op: OpId) -> Result<bool, Unavailable> {
        let mut tx = self.db.write(school).await?;
        tx.execute(HIDE, key(school, op)).await?;
        let removed = tx.execute(REMOVE, key(school, op)).await?;
        tx.commit().await?;
        Ok(removed > 0)
    }
}
