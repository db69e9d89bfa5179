//! Which node owns a room.
//!
//! Every node can say where a room belongs ([`Placement::place`]); who really owns it is decided by a lease, and what an
//! owner writes by the fence of its log. So nodes that disagree for a moment cost a detour and never a second truth.

mod leased;

pub use leased::{Leased, topic};

use super::RoomKey;
use async_trait::async_trait;
use persistence::{Unavailable, room_log::Fence};
use std::time::Duration;
use tokio::sync::watch;

/// Where a room belongs, as far as this node knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this node.
    Here,
    /// On the node of this name.
    There(String),
}

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The room is this node's, until the lease runs out or is given back: by the fence that came with the lease; without
    /// one, whoever claims acquires the room in its log.
    Held(Option<Fence>),
    /// The node of this name has it.
    Other(String),
}

/// Why another node gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    /// The node is gone. It may have carried the command out.
    #[error("the node is gone")]
    Gone,
    /// No answer in time. The node may have carried the command out.
    #[error("the node did not answer in time")]
    Late,
}

/// What a node knows of the places of rooms, and how it reaches them.
#[async_trait]
pub trait Placement: Send + Sync {
    /// Where a room belongs.
    fn place(&self, room: &RoomKey) -> Place;

    /// Takes the lease of a room, or says who has it.
    ///
    /// # Errors
    /// [`Unavailable`] when leases cannot be had now.
    async fn claim(&self, room: &RoomKey) -> Result<Claim, Unavailable>;

    /// Whether the lease of a claimed room was renewed so lately that nobody else can have it. An owner that cannot say
    /// so tells nobody anything.
    fn holds(&self, room: &RoomKey) -> bool;

    /// Gives a lease back.
    async fn release(&self, room: &RoomKey);

    /// Asks the rooms of a node. `request` is for [`super::Rooms::answer`] there.
    ///
    /// # Errors
    /// [`ForwardError`]
    async fn forward(
        &self,
        node: &str,
        kind: &str,
        request: Vec<u8>,
        patience: Duration,
    ) -> Result<Vec<u8>, ForwardError>;

    /// Changes whenever places may have.
    fn changes(&self) -> watch::Receiver<u64>;

    /// Whether other nodes may take rooms over.
    fn is_shared(&self) -> bool {
        true
    }
}

/// A node on its own, which owns every room.
#[derive(Debug)]
pub struct Alone(watch::Sender<u64>);

impl Default for Alone {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

#[async_trait]
impl Placement for Alone {
    fn place(&self, _: &RoomKey) -> Place {
        Place::Here
    }

    async fn claim(&self, _: &RoomKey) -> Result<Claim, Unavailable> {
        Ok(Claim::Held(None))
    }

    fn holds(&self, _: &RoomKey) -> bool {
        true
    }

    async fn release(&self, _: &RoomKey) {}

    async fn forward(&self, _: &str, _: &str, _: Vec<u8>, _: Duration) -> Result<Vec<u8>, ForwardError> {
        Err(ForwardError::Gone)
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    fn is_shared(&self) -> bool {
        false
    }
}
