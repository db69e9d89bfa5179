//! A live log that forgets rooms once they are over, and an archive that keeps them.

use super::{AppendError, Fence, Loaded, LogEntry, RoomKey, RoomLog, SnapshotError};
use crate::Unavailable;
use async_trait::async_trait;
use std::sync::Arc;

/// Entries that are copied at a time.
const PAGE: usize = 1_000;

/// Rooms that are open live in one log; closing one copies it into another, from which it is read when the first has
/// forgotten it. So what several nodes share in memory is bounded by the rooms that are open, and a game can be scored again
/// from its log for as long as its report is kept.
#[derive(Clone)]
pub struct ArchivedRoomLog {
    live: Arc<dyn RoomLog>,
    archive: Arc<dyn RoomLog>,
}

impl ArchivedRoomLog {
    /// Open rooms are in `live`, closed ones come to be in `archive`.
    #[must_use]
    pub fn new(live: Arc<dyn RoomLog>, archive: Arc<dyn RoomLog>) -> Self {
        Self { live, archive }
    }

    /// Copies a room as it is now. One that was copied in part is completed.
    async fn copy(&self, room: &RoomKey, loaded: &Loaded) -> Result<(), CopyError> {
        let fence = self.archive.acquire(room).await?;
        let (closed, mut last) = match self.archive.load(room).await? {
            Some(kept) => (kept.closed, last_of(&kept)),
            None => (false, 0),
        };
        if closed {
            return Ok(());
        }
        loop {
            let page = self.live.entries(room, last, PAGE).await?;
            let Some(newest) = page.last() else { break };
            last = newest.seq;
            self.archive.append(room, fence, &page).await?;
        }
        if let Some((seq, bytes)) = &loaded.snapshot {
            self.archive.snapshot(room, fence, *seq, bytes).await?;
        }
        Ok(self.archive.close(room).await?)
    }

    /// What the archive has of a room, if it has all of it.
    async fn archived(&self, room: &RoomKey) -> Result<Option<Loaded>, Unavailable> {
        Ok(self.archive.load(room).await?.filter(|loaded| loaded.closed))
    }
}

fn last_of(loaded: &Loaded) -> u64 {
    let in_snapshot = loaded.snapshot.as_ref().map_or(0, |(seq, _)| *seq);
    loaded.tail.last().map_or(in_snapshot, |entry| entry.seq)
}

/// Why a room is not in the archive.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// Another node copies the same room at this moment.
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

#[async_trait]
impl RoomLog for ArchivedRoomLog {
    async fn acquire(&self, room: &RoomKey) -> Result<Fence, Unavailable> {
        self.live.acquire(room).await
    }

    async fn append(&self, room: &RoomKey, fence: Fence, entries: &[LogEntry]) -> Result<(), AppendError> {
        self.live.append(room, fence, entries).await
    }

    async fn load(&self, room: &RoomKey) -> Result<Option<Loaded>, Unavailable> {
        match self.live.load(room).await? {
            None => self.archived(room).await,
            found => Ok(found),
        }
    }

    async fn snapshot(
        &self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        self.live.snapshot(room, fence, seq, bytes).await
    }

    async fn entries(
        &self,
        room: &RoomKey,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, Unavailable> {
        // Whether the live log has the room at all decides, not whether it has entries behind that number.
        let archived = match self.live.load(room).await? {
            None => self.archived(room).await?.is_some(),
            Some(_) => false,
        };
        let log = if archived { &self.archive } else { &self.live };
        log.entries(room, after_seq, limit).await
    }

    async fn close(&self, room: &RoomKey) -> Result<(), Unavailable> {
        let Some(loaded) = self.live.load(room).await? else {
            return Ok(());
        };
        self.copy(room, &loaded).await.map_err(|error| match error {
            CopyError::Unavailable(error) => error,
            error => Unavailable::because(error),
        })?;
        self.live.close(room).await
    }

    async fn open_rooms(&self, kind: &str) -> Result<Vec<RoomKey>, Unavailable> {
        self.live.open_rooms(kind).await
    }
}
