//! The log of rooms in the store's database.

use super::{AppendError, Fence, Head, Loaded, LogEntry, RoomKey, RoomLog, SnapshotError};
use crate::Unavailable;
use crate::db::{Db, Reach, Sql, Tx, Value};
use crate::multi_row::MultiRow;
use async_trait::async_trait;
use protocol::ids::SchoolId;
use sqlx::FromRow;
use std::sync::LazyLock;
use uuid::Uuid;

const ACQUIRE: &str = "
    INSERT INTO room (school_id, kind, room_id, fence, last_seq, closed) VALUES ($1, $2, $3, 1, 0, FALSE)
    ON CONFLICT (school_id, kind, room_id) DO UPDATE SET fence = room.fence + 1
    RETURNING fence, closed";

const HEAD: &str = "
    SELECT fence, last_seq, closed FROM room WHERE school_id = $1 AND kind = $2 AND room_id = $3";

/// The head for a decision that is written on it.
const HEAD_TO_WRITE: Sql = Sql::each(
    "SELECT fence, last_seq, closed FROM room WHERE school_id = $1 AND kind = $2 AND room_id = $3 FOR UPDATE",
    HEAD,
);

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

// A server that starts asks for the open rooms of all schools: of their directory, in which a room is from its first owner
// until it is closed.

const LIST_OPEN: &str = "
    INSERT INTO open_room (kind, school_id, room_id) VALUES ($2, $1, $3) ON CONFLICT DO NOTHING";

const UNLIST_OPEN: &str = "
    DELETE FROM open_room WHERE school_id = $1 AND kind = $2 AND room_id = $3";

const OPEN_ROOMS: &str = "
    SELECT school_id, room_id FROM open_room WHERE kind = $1 ORDER BY school_id, room_id";

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
pub struct StoredRoomLog {
    db: Db,
}

impl StoredRoomLog {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}

/// What every statement about a room begins with.
fn key(room: &RoomKey) -> [Value<'_>; 3] {
    [room.school.0.into(), (&room.kind).into(), room.id.into()]
}

/// The key and more.
fn of<'v>(room: &'v RoomKey, more: impl IntoIterator<Item = Value<'v>>) -> impl Iterator<Item = Value<'v>> {
    key(room).into_iter().chain(more)
}

async fn head(tx: &mut Tx, sql: impl Into<Sql>, room: &RoomKey) -> Result<Option<Head>, Unavailable> {
    let row: Option<HeadRow> = tx.fetch_optional(sql, key(room)).await?;
    Ok(row.map(Head::from))
}

async fn insert(tx: &mut Tx, room: &RoomKey, entries: &[LogEntry]) -> Result<(), Unavailable> {
    for (sql, batch) in INSERT.batches(entries) {
        let mut values = Vec::from(key(room));
        for entry in batch {
            let (seq, at) = (entry.seq.cast_signed(), entry.at.cast_signed());
            values.extend::<[Value<'_>; 3]>([seq.into(), at.into(), entry.body.as_slice().into()]);
        }
        tx.execute(sql, values).await?;
    }
    Ok(())
}

/// Bounds of what is read of a log: behind an entry, and so many.
fn page(after_seq: u64, limit: i64) -> [Value<'static>; 2] {
    [i64::try_from(after_seq).unwrap_or(i64::MAX).into(), limit.into()]
}

#[async_trait]
impl RoomLog for StoredRoomLog {
    async fn acquire(&self, room: &RoomKey) -> Result<Fence, Unavailable> {
        let mut tx = self.db.write(room.school).await?;
        let (fence, closed): (i64, bool) = tx.fetch_one(ACQUIRE, key(room)).await?;
        if !closed {
            tx.execute(LIST_OPEN, key(room)).await?;
        }
        tx.commit().await?;
        Ok(Fence(fence.cast_unsigned()))
    }

    async fn append(&self, room: &RoomKey, fence: Fence, entries: &[LogEntry]) -> Result<(), AppendError> {
        let mut tx = self.db.write(room.school).await.map_err(Unavailable::from)?;
        let head = head(&mut tx, HEAD_TO_WRITE, room).await?.ok_or(AppendError::UnknownRoom)?;
        let last = head.admit(fence, entries)?;
        if entries.is_empty() {
            return Ok(());
        }
        insert(&mut tx, room, entries).await?;
        let advance = tx.execute(ADVANCE, of(room, [last.cast_signed().into()]));
        advance.await.map_err(Unavailable::from)?;
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    async fn load(&self, room: &RoomKey) -> Result<Option<Loaded>, Unavailable> {
        // One view: a snapshot taken in between would leave a hole before the tail.
        let mut tx = self.db.read(room.school).await?;
        let Some(Head { closed, .. }) = head(&mut tx, HEAD, room).await? else { return Ok(None) };
        let snapshot: Option<(i64, Vec<u8>)> = tx.fetch_optional(SNAPSHOT, key(room)).await?;
        let snapshot = snapshot.map(|(seq, bytes)| (seq.cast_unsigned(), bytes));
        let after = snapshot.as_ref().map_or(0, |(seq, _)| *seq);
        let rows: Vec<EntryRow> = tx.fetch_all(ENTRIES, of(room, page(after, i64::MAX))).await?;
        tx.commit().await?;
        let tail = rows.into_iter().map(LogEntry::from).collect();
        Ok(Some(Loaded { snapshot, tail, closed }))
    }

    async fn snapshot(
        &self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        let mut tx = self.db.write(room.school).await.map_err(Unavailable::from)?;
        let head = head(&mut tx, HEAD_TO_WRITE, room).await?.ok_or(SnapshotError::UnknownRoom)?;
        head.admit_snapshot(fence, seq)?;
        let values = key(room).into_iter().chain([seq.cast_signed().into(), bytes.into()]);
        tx.execute(KEEP_SNAPSHOT, values).await.map_err(Unavailable::from)?;
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    async fn entries(
        &self,
        room: &RoomKey,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, Unavailable> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<EntryRow> =
            self.db.fetch_all(room.school, ENTRIES, of(room, page(after_seq, limit))).await?;
        Ok(rows.into_iter().map(LogEntry::from).collect())
    }

    async fn close(&self, room: &RoomKey) -> Result<(), Unavailable> {
        let mut tx = self.db.write(room.school).await?;
        tx.execute(CLOSE, key(room)).await?;
        tx.execute(UNLIST_OPEN, key(room)).await?;
        Ok(tx.commit().await?)
    }

    async fn open_rooms(&self, kind: &str) -> Result<Vec<RoomKey>, Unavailable> {
        let rows: Vec<(Uuid, Uuid)> = self.db.fetch_all(Reach::Directory, OPEN_ROOMS, [kind.into()]).await?;
        let keys = rows.into_iter().map(|(school, id)| RoomKey {
            school: SchoolId(school),
            kind: kind.to_owned(),
            id,
        });
        Ok(keys.collect())
    }
}
