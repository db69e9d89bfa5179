//! Events by month: partitions made ahead, and dropped once they are kept no longer.

use crate::db::{Db, Reach, Value};
use crate::{Micros, Unavailable};
use std::num::NonZeroU32;

/// The tables of events.
pub(crate) const EVENT_TABLES: [&str; 5] =
    ["answer", "attendance_span", "audit_log", "response", "review_log"];

/// For how many whole months after their own one events are kept; for ever without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Answers of live games. What reports say of them stays.
    pub answers: Option<NonZeroU32>,
    /// Who was in live classes.
    pub attendance: Option<NonZeroU32>,
    /// Who changed what.
    pub audit: Option<NonZeroU32>,
    /// Answers outside live games.
    pub responses: Option<NonZeroU32>,
    /// What was learned from, answer by answer.
    pub reviews: Option<NonZeroU32>,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptMonths {
    /// Names of the partitions that were made.
    pub made: Vec<String>,
    /// Names of the partitions that were dropped.
    pub dropped: Vec<String>,
    /// Rows that were deleted, where there are no partitions.
    pub deleted: u64,
}

const KEEP: &str = "SELECT part, made FROM schoolbell_keep_months($1, $2)";

/// On SQLite, in the order of [`EVENT_TABLES`]. The second value is like `-12 months`.
const DELETE: [&str; EVENT_TABLES.len()] = [
    "DELETE FROM answer WHERE occurred_us < unixepoch($1, 'unixepoch', 'start of month', $2) * 1000000",
    "DELETE FROM attendance_span WHERE occurred_us < unixepoch($1, 'unixepoch', 'start of month', $2) * 1000000",
    "DELETE FROM audit_log WHERE occurred_us < unixepoch($1, 'unixepoch', 'start of month', $2) * 1000000",
    "DELETE FROM response WHERE occurred_us < unixepoch($1, 'unixepoch', 'start of month', $2) * 1000000",
    "DELETE FROM review_log WHERE occurred_us < unixepoch($1, 'unixepoch', 'start of month', $2) * 1000000",
];

pub(crate) async fn keep(db: &Db, retention: &Retention, now: Micros) -> Result<KeptMonths, Unavailable> {
    let Retention { answers, attendance, audit, responses, reviews } = retention;
    let mut kept = KeptMonths::default();
    let mut failed = None;
    for (index, months) in [answers, attendance, audit, responses, reviews].into_iter().enumerate() {
        let done = match db {
            Db::Postgres(_) => partitions(db, EVENT_TABLES[index], *months, &mut kept).await,
            Db::Sqlite(_) => delete(db, DELETE[index], *months, now, &mut kept).await,
        };
        // One table must not keep the others waiting.
        failed = failed.or(done.err());
    }
    failed.map_or(Ok(kept), Err)
}

async fn partitions(
    db: &Db,
    table: &'static str,
    months: Option<NonZeroU32>,
    kept: &mut KeptMonths,
) -> Result<(), Unavailable> {
    let mut tx = db.write(Reach::Directory).await?;
    let months = Value::I64(months.map(|months| months.get().into()));
    let parts: Vec<(String, bool)> = tx.fetch_all(KEEP, [table.into(), months]).await?;
    tx.commit().await?;
    for (part, made) in parts {
        if made { kept.made.push(part) } else { kept.dropped.push(part) }
    }
    Ok(())
}

async fn delete(
    db: &Db,
    sql: &'static str,
    months: Option<NonZeroU32>,
    now: Micros,
    kept: &mut KeptMonths,
) -> Result<(), Unavailable> {
    let Some(months) = months else { return Ok(()) };
    let before = format!("-{months} months");
    let values = [(now.0 / 1_000_000).into(), (&before).into()];
    kept.deleted += db.execute(Reach::Directory, sql, values).await?;
    Ok(())
}
