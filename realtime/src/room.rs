//! Rooms: state machines with one owner, a log and snapshots. A game or a class is one.
//!
//! ```text
//! command ─┐
//! deadline ┴→ owner: decide (pure) → apply → append to the log (one commit for all that waited)
//!                                              └→ effects, replies
//! ```
//! Nothing leaves a room before its entries are in the log: no reply, no push. A room whose log cannot be written
//! forgets what it decided and is loaded again.
//!
//! Over several nodes a command travels to the node that owns the room ([`placement`]). When that node dies or goes down,
//! another one loads the log and goes on.

mod errand;
mod owner;
pub mod placement;
mod rooms;

#[cfg(test)]
mod tests;

pub use persistence::room_log::RoomKey;
pub use placement::{Place, Placement};
pub use rooms::{RoomError, Rooms, Start};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};

/// The rules of a room. Everything that the log holds is a pure function of the log; what is not in the log (who is
/// connected, what was last told to hosts) lives beside it in the same value and is rebuilt after a takeover.
pub trait Room: Sized + Send + 'static {
    /// Names the kind of room in the log, such as `quiz`.
    const KIND: &'static str;
    /// What the log holds.
    type Entry: Serialize + DeserializeOwned + Send + Sync;
    /// What may be asked. A command whose answer was lost on the way is asked again, so it carries what lets its second
    /// time be told from its first.
    type Command: Clone + Serialize + DeserializeOwned + Send + Sync;
    /// The answer to a command, refusals included.
    type Reply: Serialize + DeserializeOwned + Send;
    /// What follows from an entry outside the room.
    type Effect: Send;
    /// What remains when the room is over.
    type Outcome: Send + Sync;

    /// The room that a log's first entry opens; none if the entry is not one that opens.
    fn begin(now: u64, seq: u64, at: u64, first: Self::Entry) -> Option<Self>;

    /// The room of a snapshot; none if the snapshot is of another version, in which case the log is replayed.
    fn restore(now: u64, snapshot: &[u8]) -> Option<Self>;

    /// The part of the room that the log holds.
    fn snapshot(&self) -> Vec<u8>;

    /// Moves the room over an entry.
    fn apply(&mut self, seq: u64, at: u64, entry: &Self::Entry);

    /// Decides a command.
    fn decide(&mut self, now: u64, command: Self::Command) -> Step<Self>;

    /// What time demands.
    fn due(&mut self, now: u64) -> Vec<Self::Entry>;

    /// When [`Self::due`] or [`Self::flush`] has something to do next, server milliseconds.
    fn deadline(&self) -> Option<u64>;

    /// What follows from an entry that was just applied. Not called when a log is replayed.
    fn effects(&mut self, seq: u64, at: u64, entry: &Self::Entry) -> Vec<Self::Effect>;

    /// What is told now and then, when it is time: counts and lists of which only the latest matters.
    fn flush(&mut self, now: u64) -> Vec<Self::Effect>;

    /// What remains, once the room is over.
    fn outcome(&self) -> Option<Self::Outcome>;
}

/// What a command leads to.
pub struct Step<R: Room> {
    /// Entries for the log, in order.
    pub entries: Vec<R::Entry>,
    /// Makes the reply from the number of the last entry.
    pub reply: Box<dyn FnOnce(u64) -> R::Reply + Send>,
}

impl<R: Room> Step<R> {
    /// A reply that changes nothing.
    pub fn reply(reply: R::Reply) -> Self
    where
        R::Reply: 'static,
    {
        Self { entries: Vec::new(), reply: Box::new(|_| reply) }
    }
}

/// What a room's owner needs from outside: where effects go.
#[async_trait]
pub trait Surroundings<R: Room>: Send + Sync + 'static {
    /// Carries out what follows from the entry `seq` (or, without one, what is told now and then). May be called
    /// again for the same entry; whoever receives it must not count it twice. Returns whether all of it is out: if not, the
    /// owner begins anew from the log, and tells what follows from an entry again. Must not wait for long: the room stands still.
    async fn carry_out(&self, room: &RoomKey, seq: Option<u64>, effects: Vec<R::Effect>) -> bool;

    /// Keeps what remains of a room that is over. Called until it succeeds, and again after a crash in between. The room goes
    /// on meanwhile.
    ///
    /// # Errors
    /// A text for the operator's log.
    async fn keep(&self, room: &RoomKey, outcome: &R::Outcome) -> Result<(), String>;

    /// Who is there, as commands: given to a room that was just loaded.
    async fn recall(&self, room: &RoomKey) -> Vec<R::Command>;
}
