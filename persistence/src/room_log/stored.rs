//! The log of rooms in SQLite.

use super::{AppendError, Fence, Head, Loaded, LogEntry, RoomKey, RoomLog, SnapshotError};
use crate::Unavailable;
use crate::multi_row::MultiRow;
use crate::store::Db;
use async_trait::async_trait;
use protocol::ids::SchoolId;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, FromRow};
use std::sync::LazyLock;
use uuid::Uuid;

const ACQUIRE: &str = "
    INSERT INTO room (school_id, kind, room_id, fence, last_seq, closed) VALUES ($1, $2, $3, 1, 0, FALSE)
    ON CONFLICT (school_id, kind, room_id) DO UPDATE SET fence = room.fence + 1
    RETURNING fence";

const HEAD: &str = "
    SELECT fence, last_seq, closed FROM room WHERE school_id = $1 AND kind = $2 AND room_id = $3";

const ADVANCE: &str = "
    UPDATE room SET last_seq = $4 WHERE school_id = $1 AND kind = $2 AND room_id = $3";

const SNAPSHOT: &str = "
    SELECT seq, body FROM room_snapshot WHERE school_id = $1 AND kind = $2 AND room_id = $3";

const KEEP_SNAPSHOT: &str = "
    INSERT INTO room_snapshot (school_id, kind, room_id, seq, body) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (school_id, kind, room_id) DO UPDATE SET seq = excluded.seq, body = excluded.body
    WHERE room_snapshot.seq <= excluded.seq";

const ENTRIES: &str = "
    SELECT seq, at_ms, body FROM room_entry
    WHERE school_id = $1 AND kind = $2 AND room_id = $3 AND seq > $4
    ORDER BY seq LIMIT $5";

const CLOSE: &str = "
    UPDATE room SET closed = TRUE WHERE school_id = $1 AND kind = $2 AND room_id = $3";

const OPEN_ROOMS: &str = "
    SELECT school_id, room_id FROM room WHERE kind = $1 AND NOT closed ORDER BY school_id, room_id";

static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "INSERT INTO room_entry (school_id, kind, room_id, seq, at_ms, body) VALUES";
    MultiRow::new(head, 3, 3)
});

#[derive(FromRow)]
struct HeadRow {
    fence: i64,
    last_seq: i64,
    closed: bool,
}

impl From<HeadRow> for Head {
    fn from(row: HeadRow) -> Self {
        Self { fence: row.fence.cast_unsigned(), last_seq: row.last_seq.cast_unsigned(), closed: row.closed }
    }
}

#[derive(FromRow)]
struct EntryRow {
    seq: i64,
    at_ms: i64,
    body: Vec<u8>,
}

impl From<EntryRow> for LogEntry {
    fn from(row: EntryRow) -> Self {
        Self { seq: row.seq.cast_unsigned(), at: row.at_ms.cast_unsigned(), body: row.body }
    }
}

/// A [`RoomLog`] in the store's database. What it has acknowledged survives the end of the process.
#[derive(Clone, Debug)]
pub struct SqliteRoomLog {
    db: Db,
}

impl SqliteRoomLog {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}

async fn head(on: &mut SqliteConnection, room: &RoomKey) -> Result<Option<Head>, Unavailable> {
    let row: Option<HeadRow> =
        sqlx::query_as(HEAD).bind(room.school.0).bind(&room.kind).bind(room.id).fetch_optional(on).await?;
    Ok(row.map(Head::from))
}

async fn entries_behind(
    on: &mut SqliteConnection,
    room: &RoomKey,
    after_seq: u64,
    limit: i64,
) -> Result<Vec<LogEntry>, Unavailable> {
    let rows: Vec<EntryRow> = sqlx::query_as(ENTRIES)
        .bind(room.school.0)
        .bind(&room.kind)
        .bind(room.id)
        .bind(i64::try_from(after_seq).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(on)
        .await?;
    Ok(rows.into_iter().map(LogEntry::from).collect())
}

async fn insert(on: &mut SqliteConnection, room: &RoomKey, entries: &[LogEntry]) -> Result<(), Unavailable> {
    for (sql, batch) in INSERT.batches(entries) {
        let mut insert = sqlx::query(AssertSqlSafe(sql)).bind(room.school.0).bind(&room.kind).bind(room.id);
        for entry in batch {
            insert = insert.bind(entry.seq.cast_signed()).bind(entry.at.cast_signed()).bind(&entry.body[..]);
        }
        insert.execute(&mut *on).await?;
    }
    Ok(())
}

#[async_trait]
impl RoomLog for SqliteRoomLog {
    async fn acquire(&self, room: &RoomKey) -> Result<Fence, Unavailable> {
        let fence: i64 = sqlx::query_scalar(ACQUIRE)
            .bind(room.school.0)
            .bind(&room.kind)
            .bind(room.id)
            .fetch_one(self.db.writer())
            .await?;
        Ok(Fence(fence.cast_unsigned()))
    }

    async fn append(&self, room: &RoomKey, fence: Fence, entries: &[LogEntry]) -> Result<(), AppendError> {
        let mut tx = self.db.begin().await?;
        let head = head(&mut tx, room).await?.ok_or(AppendError::UnknownRoom)?;
        let last = head.admit(fence, entries)?;
        if entries.is_empty() {
            return Ok(());
        }
        insert(&mut tx, room, entries).await?;
        sqlx::query(ADVANCE)
            .bind(room.school.0)
            .bind(&room.kind)
            .bind(room.id)
            .bind(last.cast_signed())
            .execute(&mut *tx)
            .await
            .map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(())
    }

    async fn load(&self, room: &RoomKey) -> Result<Option<Loaded>, Unavailable> {
        // One read transaction: a snapshot taken in between would leave a hole before the tail.
        let mut tx = self.db.reader().begin().await?;
        let Some(Head { closed, .. }) = head(&mut tx, room).await? else { return Ok(None) };
        let snapshot: Option<(i64, Vec<u8>)> = sqlx::query_as(SNAPSHOT)
            .bind(room.school.0)
            .bind(&room.kind)
            .bind(room.id)
            .fetch_optional(&mut *tx)
            .await?;
        let snapshot = snapshot.map(|(seq, bytes)| (seq.cast_unsigned(), bytes));
        let after = snapshot.as_ref().map_or(0, |(seq, _)| *seq);
        let tail = entries_behind(&mut tx, room, after, i64::MAX).await?;
        Ok(Some(Loaded { snapshot, tail, closed }))
    }

    async fn snapshot(
        &self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        let mut tx = self.db.begin().await?;
        let head = head(&mut tx, room).await?.ok_or(SnapshotError::UnknownRoom)?;
        head.admit_snapshot(fence, seq)?;
        sqlx::query(KEEP_SNAPSHOT)
            .bind(room.school.0)
            .bind(&room.kind)
            .bind(room.id)
            .bind(seq.cast_signed())
            .bind(bytes)
            .execute(&mut *tx)
            .await
            .map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(())
    }

    async fn entries(
        &self,
        room: &RoomKey,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, Unavailable> {
        let mut connection = self.db.reader().acquire().await?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        entries_behind(&mut connection, room, after_seq, limit).await
    }

    async fn close(&self, room: &RoomKey) -> Result<(), Unavailable> {
        sqlx::query(CLOSE)
            .bind(room.school.0)
            .bind(&room.kind)
            .bind(room.id)
            .execute(self.db.writer())
            .await?;
        Ok(())
    }

    async fn open_rooms(&self, kind: &str) -> Result<Vec<RoomKey>, Unavailable> {
        let rows: Vec<(Uuid, Uuid)> =
            sqlx::query_as(OPEN_ROOMS).bind(kind).fetch_all(self.db.reader()).await?;
        let keys = rows.into_iter().map(|(school, id)| RoomKey {
            school: SchoolId(school),
            kind: kind.to_owned(),
            id,
        });
        Ok(keys.collect())
    }
}
