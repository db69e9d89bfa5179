//! What a node sees of the store: every call goes over the network.

use super::{faults::Defect, machine::Machine, store::Store};
use async_trait::async_trait;
use persistence::{
    Unavailable,
    room_log::{
        AppendError, Claim, Fence, Loaded, LogEntry, Renewal, RoomKey, RoomLease, RoomLog, SnapshotError,
    },
};
use std::{sync::Arc, time::Duration};

pub struct Connection(pub Arc<Machine>);

impl Connection {
    pub fn name(&self) -> &str {
        &self.0.name
    }

    async fn call<T: Send + 'static>(
        &self,
        what: &'static str,
        step: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        self.0.world.call(&self.0, what, step).await
    }
}

#[async_trait]
impl RoomLog for Connection {
    async fn acquire(&self, room: &RoomKey) -> Result<Fence, Unavailable> {
        let room = room.clone();
        self.call("acquire", move |store| store.acquire(&room)).await
    }

    async fn append(&self, room: &RoomKey, fence: Fence, entries: &[LogEntry]) -> Result<(), AppendError> {
        let (room, entries) = (room.clone(), entries.to_vec());
        self.call("append", move |store| store.append(&room, fence, entries)).await?
    }

    async fn load(&self, room: &RoomKey) -> Result<Option<Loaded>, Unavailable> {
        let room = room.clone();
        self.call("load", move |store| store.load(&room)).await
    }

    async fn snapshot(
        &self,
        room: &RoomKey,
        fence: Fence,
        seq: u64,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        let (room, bytes) = (room.clone(), bytes.to_vec());
        self.call("snapshot", move |store| store.snapshot(&room, fence, seq, bytes)).await?
    }

    async fn entries(
        &self,
        room: &RoomKey,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, Unavailable> {
        let room = room.clone();
        self.call("entries", move |store| store.entries(&room, after_seq, limit)).await
    }

    async fn close(&self, room: &RoomKey) -> Result<(), Unavailable> {
        let room = room.clone();
        self.call("close", move |store| store.close(&room)).await
    }

    async fn open_rooms(&self, kind: &str) -> Result<Vec<RoomKey>, Unavailable> {
        let kind = kind.to_owned();
        self.call("open_rooms", move |store| store.open_rooms(&kind)).await
    }
}

#[async_trait]
impl RoomLease for Connection {
    async fn claim(&self, room: &RoomKey, node: &str, ttl: Duration) -> Result<Claim, Unavailable> {
        let (room, node) = (room.clone(), node.to_owned());
        self.call("claim", move |store| store.claim(&room, &node, ttl)).await
    }

    async fn renew(&self, rooms: &[(RoomKey, Fence)], node: &str, ttl: Duration) -> Renewal {
        let (asked, node) = (rooms.to_vec(), node.to_owned());
        let renewed = self.call("renew", move |store| store.renew(asked, &node, ttl)).await;
        let unanswered = || rooms.iter().map(|(room, _)| room.clone()).collect();
        renewed.unwrap_or_else(|_| Renewal { lost: Vec::new(), unanswered: unanswered() })
    }

    async fn release(&self, room: &RoomKey, node: &str) -> Result<(), Unavailable> {
        if self.0.world.defect == Some(Defect::NeverReleases) {
            return Ok(());
        }
        let (room, node) = (room.clone(), node.to_owned());
        self.call("release", move |store| store.release(&room, &node)).await
    }
}

/// The simulated log is a log: it passes what all others do.
mod log {
    use super::*;
    use crate::world::World;

    async fn fresh() -> (Connection, ()) {
        let world = World::new(0, None, false);
        (Connection(Machine::new(&world, "one".to_owned(), 0)), ())
    }

    persistence::room_log_contract!(fresh);
}
