//! Many nodes as one: who is there, what is told to all of them, and what one asks another.
//!
//! ```text
//! heartbeat ─→ registry ─→ alive() ─→ owner_of(): whose a room is
//! tell_all() ─→ log and channel of all nodes ─→ each node's handler: disconnect, unsubscribe, refresh, subscribe
//! ask() ─→ channel of one node ─→ its handler ─→ channel of the asker, before the deadline or not at all
//! ```
//! [`Alone`] is a node without others; [`RedisPeers`] meets them over Redis.

mod alone;
mod control;
mod duties;
mod redis;
mod rendezvous;
pub mod survey;

pub use alone::Alone;
pub use control::ControlMessage;
pub use duties::{Answer, Duties};
pub use redis::RedisPeers;
pub use rendezvous::owner_of;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Largest body of a question or an answer between nodes, bytes.
pub const MAX_BODY: usize = 8 << 20;

/// Name of a node among the nodes, another one at each start.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// The text, as it stands in keys.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NodeId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({})", self.0)
    }
}

/// How much a node has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Load {
    /// Connections.
    pub connections: usize,
    /// Subscriptions, counted every few seconds.
    pub subscriptions: usize,
    /// Rooms that it owns.
    pub rooms: usize,
    /// The scarcest of what it has: time of its processors, or places for connections. 1000 is all of it.
    pub load_permille: u16,
}

/// A node, as the others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// Its name.
    pub id: NodeId,
    /// When it started by its own clock, milliseconds since the epoch. To be shown, never to be reckoned with.
    #[serde(default, rename = "started")]
    pub started_at: u64,
    /// Version of the program.
    #[serde(default)]
    pub version: String,
    /// It is going down: it finishes what it has, and takes nothing new.
    #[serde(default)]
    pub draining: bool,
    /// What it had to do half a second ago.
    #[serde(flatten)]
    pub load: Load,
}

/// What a node does for others, and what it tells them of itself.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// What it has to do now. Called twice a second, and must not wait.
    fn load(&self) -> Load;

    /// Does what all nodes are told. Must not wait. The same message is given once, as long as it is among the latest
    /// few thousand.
    fn obey(&self, message: &ControlMessage);

    /// Answers what another node asks; none when it does not know the topic, or cannot answer now. Dropped at the asker's
    /// deadline.
    async fn answer(&self, topic: &str, body: Bytes) -> Option<Bytes>;
}

/// Why a node gave no answer. Whatever was asked may have been done all the same, so that only what does no harm twice may
/// be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The node is not among the living, or left while it was asked.
    #[error("the node has left; ask whoever does its work now")]
    Gone,
    /// No answer came in time.
    #[error("the node did not answer in time; try again")]
    Deadline,
    /// The way to the node is broken, it has too much to do, or does not know the topic.
    #[error("the node cannot be asked right now; try again")]
    Unavailable,
}

/// Why not every node was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TellError {
    /// This node did it, the others may not have heard of it.
    #[error("the other nodes could not be told; try again: {0}")]
    Unavailable(String),
}

/// The nodes, seen from one of them.
#[async_trait]
pub trait Peers: Send + Sync + 'static {
    /// This node's name.
    fn own_id(&self) -> &NodeId;

    /// The living nodes, this one included, in the order of their names. While the nodes cannot see each other it stays as
    /// it was.
    fn alive(&self) -> Arc<[NodeInfo]>;

    /// The living nodes, marked as changed when one joins, leaves or begins to go down, and not when only its load
    /// changes.
    fn changes(&self) -> watch::Receiver<Arc<[NodeInfo]>>;

    /// Whether a node is among the living.
    fn is_alive(&self, node: &str) -> bool {
        self.alive().binary_search_by(|info| info.id.as_str().cmp(node)).is_ok()
    }

    /// Whether the others may take this node for gone: for 1.5 s it could not tell them that it is there.
    fn is_isolated(&self) -> bool;

    /// Grows each time that this node is back after the others may have taken it for gone, and have taken over or
    /// forgotten what was its own.
    fn returns(&self) -> watch::Receiver<u64>;

    /// Waits until this node is among the nodes, and all others have had the time to see it.
    async fn joined(&self);

    /// From now on the others know that this node is going down. It stays among them until [`Self::run`] is stopped.
    fn begin_drain(&self);

    /// Tells all nodes. This one has done it when the call returns, whatever the result; every other one that is not cut
    /// off does it within a second; one that is cut off for less than ten minutes, as soon as it is back.
    ///
    /// # Errors
    /// [`TellError`]
    async fn tell_all(&self, message: &ControlMessage) -> Result<(), TellError>;

    /// Asks a node, which may be this one. `body` has at most [`MAX_BODY`] bytes. `deadline` counts from now; the work on
    /// an answer ends with it, too.
    ///
    /// # Errors
    /// [`AskError`], at once when it is known, and no later than `deadline`.
    async fn ask(
        &self,
        node: &NodeId,
        topic: &str,
        body: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, AskError>;

    /// Asks all living nodes, this one included, at the same time.
    async fn ask_all(
        &self,
        topic: &str,
        body: Bytes,
        deadline: Duration,
    ) -> Vec<(NodeId, Result<Bytes, AskError>)> {
        let nodes = self.alive();
        let asked = nodes.iter().map(|node| {
            let body = body.clone();
            async move { (node.id.clone(), self.ask(&node.id, topic, body, deadline).await) }
        });
        join_all(asked).await
    }

    /// Keeps this node among the nodes until stopped, and then takes it from them.
    async fn run(self: Arc<Self>, stop: CancellationToken);
}

/// Lets this node's own handler answer.
async fn ask_oneself(
    handler: &dyn Handler,
    topic: &str,
    body: Bytes,
    deadline: Duration,
) -> Result<Bytes, AskError> {
    let answer = tokio::time::timeout(deadline, handler.answer(topic, body)).await;
    answer.map_err(|_| AskError::Deadline)?.ok_or(AskError::Unavailable)
}
