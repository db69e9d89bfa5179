//! Leases: which node of many owns a room, and for how long without a sign of life.

use super::{Fence, RoomKey};
use crate::Unavailable;
use async_trait::async_trait;
use std::time::Duration;

/// What came of claiming a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The node owns it now.
    Held {
        /// The right to write its log; all former owners have lost theirs.
        fence: Fence,
    },
    /// Another node owns it.
    Other {
        /// Which.
        node: String,
        /// Until its lease ends, unless it is renewed; milliseconds.
        left_ms: u64,
    },
}

/// What came of renewing leases. Those that are in neither list are renewed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renewal {
    /// Another has taken these over: stop owning them.
    pub lost: Vec<RoomKey>,
    /// The store did not answer for these. They are held until the time of the last renewal runs out.
    pub unanswered: Vec<RoomKey>,
}

/// Who owns rooms, where several nodes share a log of rooms. Times are those of the store's clock.
#[async_trait]
pub trait RoomLease: Send + Sync {
    /// Takes a room over, making it if it is new, unless another node holds a lease that has not ended. A node that
    /// claims its own room again gets a greater fence.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails; the room may be claimed all the same.
    async fn claim(&self, room: &RoomKey, node: &str, ttl: Duration) -> Result<Claim, Unavailable>;

    /// Prolongs leases from now on. One that ended is prolonged too if nobody has taken the room over.
    async fn renew(&self, rooms: &[(RoomKey, Fence)], node: &str, ttl: Duration) -> Renewal;

    /// Gives a lease back, so that another node need not wait for its end. Of another's lease nothing changes.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    async fn release(&self, room: &RoomKey, node: &str) -> Result<(), Unavailable>;
}
