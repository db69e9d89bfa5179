//! The log of rooms: what a live state machine decided, in order, so that its state can be built again.
//!
//! A room has one owner at a time. [`RoomLog::acquire`] hands the ownership over by a [`Fence`] that only grows; whoever
//! holds an older one can no longer write. Entries are numbered from 1 without holes and are never changed.

mod archived;
#[cfg(feature = "contract")]
pub mod contract;
mod lease;
mod memory;
mod redis;
mod stored;

pub use archived::ArchivedRoomLog;
pub use lease::{Claim, Renewal, RoomLease};
pub use memory::MemoryRoomLog;
pub use redis::RedisRoomLog;
pub use stored::StoredRoomLog;

use crate::Unavailable;
use async_trait::async_trait;
use protocol::ids::SchoolId;
use uuid::Uuid;

/// Which room. Equal ids in two schools, or of two kinds, are two rooms.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomKey {
    /// Whose.
    pub school: SchoolId,
    /// The feature that the room belongs to, such as `quiz`.
    pub kind: String,
    /// Its id within the feature.
    pub id: Uuid,
}

/// One decision of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Number from 1, without holes.
    pub seq: u64,
    /// Server time, milliseconds since the epoch.
    pub at: u64,
    /// In the feature's own encoding.
    pub body: Vec<u8>,
}

/// The right to write a room's log; the greatest one ever handed out is the valid one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub u64);

/// What a new owner needs to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The newest snapshot: the number of the last entry in it, and its bytes.
    pub snapshot: Option<(u64, Vec<u8>)>,
    /// The entries behind the snapshot, oldest first.
    pub tail: Vec<LogEntry>,
    /// Whether the room is done: what remains of it is kept already.
    pub closed: bool,
}

/// Why entries were not appended. None of them was.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The room has a newer owner.
    #[error("another owner has taken the room over (fence {current}); stop owning it")]
    Fenced {
        /// The valid fence.
        current: u64,
    },
    /// The numbers do not follow the log.
    #[error("the next entry must have number {expected}, not {got}; load the room again")]
    Gap {
        /// The number that must come next.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// The room was closed.
    #[error("the room is closed and its log is complete; stop owning it")]
    Closed,
    /// Nobody ever acquired the room.
    #[error("the room does not exist; acquire it first")]
    UnknownRoom,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AppendError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fenced { .. } => "fenced",
            Self::Gap { .. } => "gap",
            Self::Closed => "room_closed",
            Self::UnknownRoom => "unknown_room",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a snapshot was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The room has a newer owner.
    #[error("another owner has taken the room over (fence {current}); stop owning it")]
    Fenced {
        /// The valid fence.
        current: u64,
    },
    /// The snapshot claims entries that the log does not have.
    #[error("the log ends at number {last}; append first, then take the snapshot")]
    Ahead {
        /// Number of the log's last entry.
        last: u64,
    },
    /// Nobody ever acquired the room.
    #[error("the room does not exist; acquire it first")]
    UnknownRoom,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl SnapshotError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fenced { .. } => "fenced",
            Self::Ahead { .. } => "snapshot_ahead",
            Self::UnknownRoom => "unknown_room",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Where rooms keep their logs.
#[async_trait]
pub trait RoomLog: Send + Sync {
    /// Takes a room over, making it if it is new. Every call returns a greater fence and ends the power of all before.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn acquire(&self, room: &RoomKey) -> Result<Fence, Unavailable>;

    /// Appends entries: all of them or none. No entries is a check of the fence.
    ///
    /// # Errors
    /// [`AppendError`]; nothing was appended then, unless the store failed in the very moment of committing.
    async fn append(&self, room: &RoomKey, fence: Fence, entries: &[LogEntry]) -> Result<(), AppendError>;

    /// Reads the newest snapshot and what came after it; `None` for a room that nobody ever acquired.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn load(&self, room: &RoomKey) -> Result<Option<Loaded>, Unavailable>;

    /// Keeps a snapshot of the state after entry `seq`. The entries stay, since replay needs them. A snapshot that is
    /// older than the one kept is ignored.
    ///
    /// # Errors
    /// [`SnapshotError`]; the former snapshot stays then.
    async fn snapshot(
        &self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: &[u8],
    ) -> Result<(), SnapshotError>;

    /// Reads up to `limit` entries behind `after_seq` (0 for all), oldest first; none for an unknown room.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn entries(
        &self,
        room: &RoomKey,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, Unavailable>;

    /// Marks a room as done: nothing can be appended any more, and it is no longer open. Closing twice is as closing
    /// once; closing an unknown room does nothing.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn close(&self, room: &RoomKey) -> Result<(), Unavailable>;

    /// The rooms of a kind that were acquired and not closed, of all schools, in the order of their keys: what a server
    /// has to revive when it starts.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn open_rooms(&self, kind: &str) -> Result<Vec<RoomKey>, Unavailable>;
}

/// Where a room's log stands.
#[derive(Clone, Copy, Debug)]
struct Head {
    fence: u64,
    last_seq: u64,
    closed: bool,
}

impl Head {
    /// Decides whether entries may be appended, and returns the number of the last entry after that.
    fn admit(self, fence: Fence, entries: &[LogEntry]) -> Result<u64, AppendError> {
        if fence.0 != self.fence {
            return Err(AppendError::Fenced { current: self.fence });
        }
        if self.closed {
            return Err(AppendError::Closed);
        }
        let mut last = self.last_seq;
        for entry in entries {
            if entry.seq != last + 1 {
                return Err(AppendError::Gap { expected: last + 1, got: entry.seq });
            }
            last = entry.seq;
        }
        Ok(last)
    }

    /// Decides whether a snapshot may be kept.
    fn admit_snapshot(self, fence: Fence, seq: u64) -> Result<(), SnapshotError> {
        if fence.0 != self.fence {
            return Err(SnapshotError::Fenced { current: self.fence });
        }
        if seq > self.last_seq {
            return Err(SnapshotError::Ahead { last: self.last_seq });
        }
        Ok(())
    }
}
