//! The log of rooms in memory: for tests and for rooms that need not outlive the process.

use super::{AppendError, Fence, Head, Loaded, LogEntry, RoomKey, RoomLog, SnapshotError};
use crate::Unavailable;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A [`RoomLog`] that ends with the process. It grows without bound.
#[derive(Debug, Default)]
pub struct MemoryRoomLog {
    rooms: Mutex<BTreeMap<RoomKey, Room>>,
}

#[derive(Debug, Default)]
struct Room {
    fence: u64,
    closed: bool,
    entries: Vec<LogEntry>,
    snapshot: Option<(u64, Vec<u8>)>,
}

impl Room {
    fn head(&self) -> Head {
        Head { fence: self.fence, last_seq: self.entries.len() as u64, closed: self.closed }
    }

    fn behind(&self, after_seq: u64) -> &[LogEntry] {
        usize::try_from(after_seq).ok().and_then(|after| self.entries.get(after..)).unwrap_or_default()
    }
}

impl MemoryRoomLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeMap<RoomKey, Room>> {
        // Each method changes a room in one step that cannot panic half-way.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RoomLog for MemoryRoomLog {
    async fn acquire(&self, room: &RoomKey) -> Result<Fence, Unavailable> {
        let mut rooms = self.rooms();
        let room = rooms.entry(room.clone()).or_default();
        room.fence += 1;
        Ok(Fence(room.fence))
    }

    async fn append(&self, room: &RoomKey, fence: Fence, entries: &[LogEntry]) -> Result<(), AppendError> {
        let mut rooms = self.rooms();
        let room = rooms.get_mut(room).ok_or(AppendError::UnknownRoom)?;
        room.head().admit(fence, entries)?;
        room.entries.extend_from_slice(entries);
        Ok(())
    }

    async fn load(&self, room: &RoomKey) -> Result<Option<Loaded>, Unavailable> {
        Ok(self.rooms().get(room).map(|room| {
            let after = room.snapshot.as_ref().map_or(0, |(seq, _)| *seq);
            Loaded { snapshot: room.snapshot.clone(), tail: room.behind(after).to_vec(), closed: room.closed }
        }))
    }

    async fn snapshot(
        &self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        let mut rooms = self.rooms();
        let room = rooms.get_mut(room).ok_or(SnapshotError::UnknownRoom)?;
        room.head().admit_snapshot(fence, seq)?;
        if room.snapshot.as_ref().is_none_or(|(kept, _)| *kept <= seq) {
            room.snapshot = Some((seq, bytes.to_vec()));
        }
        Ok(())
    }

    async fn entries(
        &self,
        room: &RoomKey,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, Unavailable> {
        let rooms = self.rooms();
        let behind = rooms.get(room).map(|room| room.behind(after_seq)).unwrap_or_default();
        Ok(behind.iter().take(limit).cloned().collect())
    }

    async fn close(&self, room: &RoomKey) -> Result<(), Unavailable> {
        if let Some(room) = self.rooms().get_mut(room) {
            room.closed = true;
        }
        Ok(())
    }

    async fn open_rooms(&self, kind: &str) -> Result<Vec<RoomKey>, Unavailable> {
        let rooms = self.rooms();
        let open = rooms.iter().filter(|(key, room)| key.kind == kind && !room.closed);
        Ok(open.map(|(key, _)| key.clone()).collect())
    }
}
