//! Finds a room's owner, or makes one.

use super::{
    Room, RoomKey, Surroundings,
    owner::{Ask, Owner},
};
use crate::clock::Clock;
use persistence::room_log::RoomLog;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Commands that a room holds before it refuses more. One command of each of 8,000 players.
const MAILBOX: usize = 8_192;

/// Why a room gave no answer. All but [`RoomError::NotFound`] are temporary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// No such room.
    #[error("no such room")]
    NotFound,
    /// More commands wait than the room takes.
    #[error("the room has too many commands waiting; try again")]
    Busy,
    /// The room's log cannot be written or read now, or the node is going down. The command may have been lost:
    /// repeat it with its op id.
    #[error("the room is not available right now; try again")]
    Unavailable,
}

/// The rooms of a kind that this node owns.
pub struct Rooms<R: Room> {
    pub(super) log: Arc<dyn RoomLog>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) surroundings: Arc<dyn Surroundings<R>>,
    owned: Mutex<HashMap<RoomKey, mpsc::Sender<Ask<R>>>>,
    tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

impl<R: Room> Rooms<R> {
    /// No rooms yet. Owners stop when `stop` is cancelled; [`Self::stopped`] waits for them.
    #[must_use]
    pub fn new(
        log: Arc<dyn RoomLog>,
        clock: Arc<dyn Clock>,
        surroundings: Arc<dyn Surroundings<R>>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self { log, clock, surroundings, owned: Mutex::default(), tasks: TaskTracker::new(), stop })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomKey, mpsc::Sender<Ask<R>>>> {
        // Only whole inserts and removes happen under the lock, so a panic elsewhere does not spoil it.
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a room with its first entry.
    ///
    /// # Errors
    /// [`RoomError::Unavailable`] when the log did not take it.
    pub async fn open(self: &Arc<Self>, key: RoomKey, first: R::Entry) -> Result<(), RoomError> {
        let (done, opened) = oneshot::channel();
        self.send(key, Ask::Open(first, done))?;
        opened.await.map_err(|_| RoomError::Unavailable)?
    }

    /// Asks a room and waits for its reply, which comes after everything that follows from the command is in the log.
    ///
    /// # Errors
    /// [`RoomError`]
    pub async fn ask(self: &Arc<Self>, key: RoomKey, command: R::Command) -> Result<R::Reply, RoomError> {
        let (done, reply) = oneshot::channel();
        self.send(key, Ask::Command(command, done))?;
        reply.await.map_err(|_| RoomError::Unavailable)?
    }

    /// Wakes every room that was open when its last owner stopped, so that its timers go on.
    ///
    /// # Errors
    /// [`RoomError::Unavailable`] when the log cannot be read.
    pub async fn resume(self: &Arc<Self>) -> Result<usize, RoomError> {
        let open = self.log.open_rooms(R::KIND).await.map_err(|error| {
            tracing::error!(%error, "open rooms cannot be listed");
            RoomError::Unavailable
        })?;
        for key in &open {
            self.send(key.clone(), Ask::Wake)?;
        }
        Ok(open.len())
    }

    /// Rooms that this node owns now.
    #[must_use]
    pub fn owned(&self) -> usize {
        self.lock().len()
    }

    /// Waits until every owner has stopped. Cancel the token first.
    pub async fn stopped(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub(super) fn send(self: &Arc<Self>, key: RoomKey, ask: Ask<R>) -> Result<(), RoomError> {
        if self.stop.is_cancelled() {
            return Err(RoomError::Unavailable);
        }
        let mut owned = self.lock();
        // Under the lock: an owner that retires takes itself off the list under it and then finds all that was sent.
        let ask = match owned.get(&key) {
            None => ask,
            Some(mailbox) => match mailbox.try_send(ask) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => return Err(RoomError::Busy),
                // Its owner is gone without a farewell: it makes room for another.
                Err(TrySendError::Closed(ask)) => ask,
            },
        };
        let (mailbox, asks) = mpsc::channel(MAILBOX);
        // The one place of this crate that spawns.
        self.tasks.spawn(Owner::new(Arc::clone(self), key.clone(), asks).run());
        mailbox.try_send(ask).map_err(|_| RoomError::Unavailable)?;
        owned.insert(key, mailbox);
        Ok(())
    }

    /// Takes an owner off the list if nothing waits for it.
    pub(super) fn retire(&self, key: &RoomKey, asks: &mpsc::Receiver<Ask<R>>) -> bool {
        let mut owned = self.lock();
        let idle = asks.is_empty();
        if idle {
            owned.remove(key);
        }
        idle
    }

    /// Takes an owner off the list, whatever waits for it.
    pub(super) fn dismiss(&self, key: &RoomKey) {
        self.lock().remove(key);
    }
}
