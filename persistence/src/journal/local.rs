//! The journal in a file of SQLite: one shard.

use super::fact::check;
use super::{
    Accepted, Budget, Depth, Entry, EntryId, Fact, Journal, JournalError, Kind, Life, OpId, Place, Portion,
    ReadLimit, Shard, ShardClaim, Tenure, TenureError, Watermark, count_appended,
};
use crate::db::{Db, Reach, Tx, Value};
use crate::{Micros, Unavailable};
use async_trait::async_trait;
use protocol::ids::SchoolId;
use sqlx::FromRow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;
use uuid::Uuid;

const HEAD: &str =
    "SELECT life, last_id, mark_id, bytes, entries, fence, node, until_us FROM journal_head WHERE shard = 0";

const KNOWN: &str = "SELECT entry_id FROM journal_op WHERE school_id = $1 AND op_id = $2";

const REMEMBER: &str = "INSERT INTO journal_op (school_id, op_id, entry_id) VALUES ($1, $2, $3)";

const APPEND: &str = "
    INSERT INTO journal_entry (id, op_id, school_id, kind, ordering_key, occurred_us, body, size)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const ADVANCE: &str =
    "UPDATE journal_head SET last_id = $1, bytes = bytes + $2, entries = entries + $3 WHERE shard = 0";

const TAKE: &str = "UPDATE journal_head SET fence = $1, node = $2, until_us = $3 WHERE shard = 0";

const RENEW: &str = "UPDATE journal_head SET node = $2, until_us = $3 WHERE shard = 0 AND fence = $1";

const RELEASE: &str = "UPDATE journal_head SET node = NULL WHERE shard = 0 AND fence = $1";

const READ: &str = "
    SELECT id, op_id, school_id, kind, ordering_key, occurred_us, body FROM journal_entry
    WHERE id > $1 ORDER BY id LIMIT $2";

const COMMITTED: &str =
    "SELECT COALESCE(SUM(size), 0) AS bytes, COUNT(*) AS entries FROM journal_entry WHERE id <= $1";

const OLDEST: &str = "SELECT id FROM journal_entry ORDER BY id LIMIT 1";

const TRIM: &str = "DELETE FROM journal_entry WHERE id <= $1";

const MARK: &str =
    "UPDATE journal_head SET mark_id = $1, bytes = bytes - $2, entries = entries - $3 WHERE shard = 0";

/// What is committed and old, or more than is remembered.
const FORGET: &str = "
    DELETE FROM journal_op WHERE entry_id <= $1 AND (entry_id < $2 OR entry_id <=
        (SELECT entry_id FROM journal_op ORDER BY entry_id DESC LIMIT 1 OFFSET $3))";

/// No lease is as long as this.
const LONGEST_LEASE: Duration = Duration::from_secs(600);

/// The whole of it.
const ONLY: Shard = Shard(0);

/// A [`Journal`] in the file of a store on SQLite, for one process. What it has accepted survives the end of the process.
#[derive(Clone, Debug)]
pub struct LocalJournal {
    db: Db,
    budget: Budget,
    appended: Arc<Notify>,
}

#[derive(FromRow)]
struct HeadRow {
    life: Uuid,
    last_id: i64,
    mark_id: i64,
    bytes: i64,
    entries: i64,
    fence: i64,
    node: Option<String>,
    until_us: i64,
}

impl HeadRow {
    fn depth(&self) -> Depth {
        Depth { bytes: self.bytes.cast_unsigned(), entries: self.entries.cast_unsigned() }
    }
}

#[derive(FromRow)]
struct EntryRow {
    id: i64,
    op_id: Uuid,
    school_id: Uuid,
    kind: String,
    ordering_key: String,
    occurred_us: i64,
    body: Vec<u8>,
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        let fact = Fact {
            op: OpId(row.op_id),
            school: SchoolId(row.school_id),
            kind: Kind::kept(row.kind),
            key: row.ordering_key,
            occurred_at: Micros(row.occurred_us),
            body: row.body.into(),
        };
        Self { id: EntryId(row.id.cast_unsigned()), fact }
    }
}

impl LocalJournal {
    /// In a database of SQLite; nothing in one of Postgres, which a journal must not depend on.
    pub(crate) fn new(db: Db, budget: Budget) -> Option<Self> {
        match db {
            Db::Sqlite(_) => Some(Self { db: db.of_journal(), budget, appended: Arc::default() }),
            Db::Postgres(_) => None,
        }
    }

    async fn write(&self) -> Result<(Tx, HeadRow), Unavailable> {
        let mut tx = self.db.write(Reach::Directory).await?;
        let head = tx.fetch_one(HEAD, []).await?;
        Ok((tx, head))
    }

    async fn head(&self) -> Result<HeadRow, Unavailable> {
        Ok(self.db.fetch_one(Reach::Directory, HEAD, []).await?)
    }

    async fn append_all(&self, facts: &[Fact]) -> Result<Accepted, JournalError> {
        check(facts)?;
        let mut accepted = Accepted { places: Vec::with_capacity(facts.len()) };
        if facts.is_empty() {
            return Ok(accepted);
        }
        let (mut tx, head) = self.write().await?;
        let (mut id, mut added) = (head.last_id.max(now() - 1), Depth::default());
        for fact in facts {
            let place = |id: i64| Place {
                school: fact.school,
                op: fact.op,
                shard: ONLY,
                life: Life(head.life),
                id: EntryId(id.cast_unsigned()),
            };
            let op: [Value<'_>; 2] = [fact.school.0.into(), fact.op.0.into()];
            let known: Option<(i64,)> =
                tx.fetch_optional(KNOWN, op.clone()).await.map_err(Unavailable::from)?;
            if let Some((known,)) = known {
                accepted.places.push(place(known));
                continue;
            }
            id += 1;
            added.bytes += fact.size();
            added.entries += 1;
            accepted.places.push(place(id));
            insert(&mut tx, id, fact, op).await?;
        }
        if added.entries == 0 {
            return Ok(accepted);
        }
        let usable = self.budget.usable();
        let depth = head.depth();
        // Dropping the transaction leaves nothing of it.
        if depth.bytes + added.bytes > usable.bytes || depth.entries + added.entries > usable.entries {
            return Err(JournalError::Full { shard: ONLY });
        }
        let values = [id, added.bytes.cast_signed(), added.entries.cast_signed()].map(Value::from);
        tx.execute(ADVANCE, values).await.map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(accepted)
    }
}

async fn insert(tx: &mut Tx, id: i64, fact: &Fact, [school, op]: [Value<'_>; 2]) -> Result<(), Unavailable> {
    tx.execute(REMEMBER, [school.clone(), op.clone(), id.into()]).await?;
    let values = [
        id.into(),
        op,
        school,
        fact.kind.as_str().into(),
        (&fact.key).into(),
        fact.occurred_at.into(),
        fact.body.as_ref().into(),
        fact.size().cast_signed().into(),
    ];
    tx.execute(APPEND, values).await?;
    Ok(())
}

/// Microseconds since the epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[async_trait]
impl Journal for LocalJournal {
    fn stream(&self) -> &'static str {
        "local"
    }

    fn shards(&self) -> u16 {
        1
    }

    async fn append(&self, facts: &[Fact]) -> Result<Accepted, JournalError> {
        let accepted = self.append_all(facts).await;
        self.appended.notify_one();
        count_appended(&accepted);
        accepted
    }

    async fn oldest(&self, _shard: Shard) -> Result<Option<EntryId>, Unavailable> {
        let oldest: Option<(i64,)> = self.db.fetch_optional(Reach::Directory, OLDEST, []).await?;
        Ok(oldest.map(|(id,)| EntryId(id.cast_unsigned())))
    }

    async fn appended(&self, _shard: Shard) {
        self.appended.notified().await;
    }

    async fn watermark(&self, _shard: Shard) -> Result<Watermark, Unavailable> {
        let head = self.head().await?;
        Ok(Watermark { life: Some(Life(head.life)), id: EntryId(head.mark_id.cast_unsigned()) })
    }

    async fn depth(&self, _shard: Shard) -> Result<Depth, Unavailable> {
        Ok(self.head().await?.depth())
    }

    async fn claim(
        &self,
        _shard: Shard,
        node: &str,
        lease: Duration,
        above: u64,
    ) -> Result<ShardClaim, Unavailable> {
        let (mut tx, head) = self.write().await?;
        let now = now();
        let left = head.until_us.saturating_sub(now);
        // A longer one was given before the clock was set back.
        let holds = left > 0 && left <= micros(LONGEST_LEASE);
        if head.node.is_some_and(|other| other != node) && holds {
            return Ok(ShardClaim::Other { left: Duration::from_micros(left.cast_unsigned()) });
        }
        let fence = head.fence.max(above.cast_signed()) + 1;
        let until = now.saturating_add(micros(lease));
        tx.execute(TAKE, [fence.into(), node.into(), until.into()]).await?;
        tx.commit().await?;
        Ok(ShardClaim::Held { life: Life(head.life), fence: fence.cast_unsigned() })
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), Unavailable> {
        self.db.execute(Reach::Directory, RELEASE, [tenure.fence.cast_signed().into()]).await?;
        Ok(())
    }

    async fn read(&self, tenure: &Tenure, after: EntryId, limit: ReadLimit) -> Result<Portion, TenureError> {
        let until = now().saturating_add(micros(tenure.lease));
        let values = [tenure.fence.cast_signed().into(), tenure.node.as_str().into(), until.into()];
        let renewed = self.db.execute(Reach::Directory, RENEW, values).await.map_err(Unavailable::from)?;
        if renewed == 0 {
            return Err(TenureError::Lost);
        }
        let count = i64::try_from(limit.entries).unwrap_or(i64::MAX);
        let values = [after.0.cast_signed().into(), count.into()];
        let rows: Vec<EntryRow> =
            self.db.fetch_all(Reach::Directory, READ, values).await.map_err(Unavailable::from)?;
        let mut bytes = 0;
        let within = |entry: &Entry| {
            let fits = bytes < limit.bytes;
            bytes += entry.fact.size();
            fits
        };
        let entries = rows.into_iter().map(Entry::from).take_while(within).collect();
        let head = self.head().await?;
        Ok(Portion { entries, mark: EntryId(head.mark_id.cast_unsigned()), depth: head.depth() })
    }

    async fn mark(&self, tenure: &Tenure, up_to: EntryId) -> Result<(), TenureError> {
        let (mut tx, head) = self.write().await?;
        if head.fence != tenure.fence.cast_signed() {
            return Err(TenureError::Lost);
        }
        let up_to = up_to.0.cast_signed();
        if up_to < head.mark_id {
            return Ok(());
        }
        let moved = async {
            let (bytes, entries): (i64, i64) = tx.fetch_one(COMMITTED, [up_to.into()]).await?;
            tx.execute(TRIM, [up_to.into()]).await?;
            tx.execute(MARK, [up_to, bytes, entries].map(Value::from)).await?;
            let old = now().saturating_sub(micros(self.budget.remembered));
            let kept = i64::try_from(self.budget.remembered_ops).unwrap_or(i64::MAX);
            tx.execute(FORGET, [up_to, old, kept].map(Value::from)).await?;
            tx.commit().await
        };
        Ok(moved.await.map_err(Unavailable::from)?)
    }
}
