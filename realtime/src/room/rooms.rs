//! Finds a room's owner, or makes one.

use super::{
    Place, Placement, Room, RoomKey, Surroundings,
    errand::{Answer, Errand},
    owner::{Ask, Owner},
    placement::Alone,
};
use crate::{clock::Clock, nodes};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use persistence::room_log::RoomLog;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::{Instant, sleep, timeout_at},
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

/// For how long a room is looked for that has lost its node, or is on its way to another.
const PATIENCE: Duration = Duration::from_secs(4);
/// For how long one node is waited for.
const PATIENCE_WITH_ONE: Duration = Duration::from_secs(2);
/// Between two looks for a room.
const AGAIN: Duration = Duration::from_millis(50);

/// Why an owner, or a node that might be one, gave no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Error(RoomError),
    /// The room belongs to this node.
    Elsewhere(String),
    /// The room is between two owners.
    Moving,
}

/// How the task of an owner is started.
pub type Start = Box<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>;

/// The rooms of a kind, on this node and, through [`Placement`], on others.
pub struct Rooms<R: Room> {
    pub(super) log: Arc<dyn RoomLog>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) surroundings: Arc<dyn Surroundings<R>>,
    pub(super) placement: Arc<dyn Placement>,
    /// In order: what goes through all of them does so in the same way in each replay of a simulation.
    owned: Mutex<BTreeMap<RoomKey, mpsc::Sender<Ask<R>>>>,
    start: Start,
    tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

impl<R: Room> Rooms<R> {
    /// Rooms of a node on its own; none yet. Owners stop when `stop` is cancelled; [`Self::stopped`] waits for them.
    #[must_use]
    pub fn new(
        log: Arc<dyn RoomLog>,
        clock: Arc<dyn Clock>,
        surroundings: Arc<dyn Surroundings<R>>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Self::placed(log, clock, surroundings, Arc::new(Alone::default()), stop)
    }

    /// The same among other nodes. [`Self::keep_places`] has to run.
    #[must_use]
    pub fn placed(
        log: Arc<dyn RoomLog>,
        clock: Arc<dyn Clock>,
        surroundings: Arc<dyn Surroundings<R>>,
        placement: Arc<dyn Placement>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        // The one place of this crate that spawns.
        let start: Start = Box::new(|owner| drop(tokio::spawn(owner)));
        Self::started(log, clock, surroundings, placement, start, stop)
    }

    /// The same with owners that are started otherwise. A simulation stops and kills them with their node.
    #[must_use]
    pub fn started(
        log: Arc<dyn RoomLog>,
        clock: Arc<dyn Clock>,
        surroundings: Arc<dyn Surroundings<R>>,
        placement: Arc<dyn Placement>,
        start: Start,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let (owned, tasks) = (Mutex::default(), TaskTracker::new());
        Arc::new(Self { log, clock, surroundings, placement, owned, start, tasks, stop })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RoomKey, mpsc::Sender<Ask<R>>>> {
        // Only whole inserts and removes happen under the lock, so a panic elsewhere does not spoil it.
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a room belongs here. Who makes up the id of a new room draws until it does.
    #[must_use]
    pub fn belongs_here(&self, key: &RoomKey) -> bool {
        self.placement.place(key) == Place::Here
    }

    /// Opens a room on this node with its first entry.
    ///
    /// # Errors
    /// [`RoomError::Unavailable`] when the log did not take it.
    pub async fn open(self: &Arc<Self>, key: RoomKey, first: R::Entry) -> Result<(), RoomError> {
        let (done, opened) = oneshot::channel();
        self.send(key, Ask::Open(first, done))?;
        opened.await.map_err(|_| RoomError::Unavailable)?
    }

    /// Asks a room, wherever it is, and waits for its reply, which comes after everything that follows from the command is
    /// in the log. A command whose answer was lost with a node is asked again.
    ///
    /// # Errors
    /// [`RoomError`]
    pub async fn ask(self: &Arc<Self>, key: RoomKey, command: R::Command) -> Result<R::Reply, RoomError> {
        let until = Instant::now() + PATIENCE;
        let (mut place, mut redirected) = (self.place(&key), false);
        loop {
            let asked = match &place {
                Place::Here => match timeout_at(until, self.ask_here(&key, command.clone())).await {
                    Ok(answered) => answered,
                    // The owner is about something that its store does not let it finish.
                    Err(_) => Err(Refused::Error(RoomError::Unavailable)),
                },
                Place::There(node) => self.ask_there(node, &key, &command).await,
            };
            place = match asked {
                Ok(reply) => return Ok(reply),
                Err(Refused::Error(error)) => return Err(error),
                Err(_) if Instant::now() >= until || self.stop.is_cancelled() => {
                    return Err(RoomError::Unavailable);
                }
                // Two nodes that each take the other for the owner must not be asked in circles without a pause.
                Err(Refused::Elsewhere(node)) if !redirected => {
                    redirected = true;
                    Place::There(node)
                }
                Err(Refused::Elsewhere(_) | Refused::Moving) => {
                    sleep(AGAIN).await;
                    redirected = false;
                    self.place(&key)
                }
            };
        }
    }

    fn place(&self, key: &RoomKey) -> Place {
        if self.lock().contains_key(key) { Place::Here } else { self.placement.place(key) }
    }

    async fn ask_here(self: &Arc<Self>, key: &RoomKey, command: R::Command) -> Result<R::Reply, Refused> {
        let (done, reply) = oneshot::channel();
        self.send(key.clone(), Ask::Command(command, done)).map_err(Refused::Error)?;
        // A reply that is dropped: the owner could not write, or is none any more.
        reply.await.unwrap_or_else(|_| {
            let moved = self.placement.is_shared();
            Err(if moved { Refused::Moving } else { Refused::Error(RoomError::Unavailable) })
        })
    }

    async fn ask_there(&self, node: &str, key: &RoomKey, command: &R::Command) -> Result<R::Reply, Refused> {
        let errand = Errand::write(key, Some(command));
        let answer = self.placement.forward(node, R::KIND, errand, PATIENCE_WITH_ONE).await;
        // Gone or late: whoever owns the room next is asked the same.
        let answer = answer.map_err(|_| Refused::Moving)?;
        Answer::read(&answer).map_or(Err(Refused::Error(RoomError::Unavailable)), Answer::into_reply)
    }

    /// What other nodes reach these rooms by, under [`super::placement::topic`].
    #[must_use]
    pub fn errands(self: &Arc<Self>) -> Arc<dyn nodes::Answer> {
        Arc::new(Errands(Arc::clone(self)))
    }

    /// Answers what [`Placement::forward`] brings from another node; none if it cannot be read.
    pub async fn answer(self: &Arc<Self>, errand: &[u8]) -> Option<Vec<u8>> {
        let errand: Errand<R::Command> = Errand::read(errand)?;
        let key = errand.room::<R>();
        let answer: Answer<R::Reply> = match (self.place(&key), errand.command) {
            (Place::There(node), _) => Answer::Elsewhere(node),
            (Place::Here, Some(command)) => self.ask_here(&key, command).await.into(),
            (Place::Here, None) => match self.send(key, Ask::Wake) {
                Ok(()) => Answer::Awake,
                Err(error) => Err(Refused::Error(error)).into(),
            },
        };
        Some(answer.write())
    }

    /// Has a room go on that this node has given up, so that its timers go on: on the node where it belongs now.
    pub(super) async fn wake(self: &Arc<Self>, key: &RoomKey) {
        match self.placement.place(key) {
            Place::There(node) => {
                let errand = Errand::<R::Command>::write(key, None);
                // If it does not hear this, it finds the room among the open ones.
                let _heard = self.placement.forward(&node, R::KIND, errand, PATIENCE_WITH_ONE).await;
            }
            // It was lost to another that has given it up as well, or gives it back now: whoever does so wakes the room, but
            // may have woken the owner that has just found out. With a pause, as always when a room is looked for.
            Place::Here => {
                sleep(AGAIN).await;
                // Refused only when the node goes down.
                let _sent = self.send(key.clone(), Ask::Wake);
            }
        }
    }

    /// Gives rooms to the nodes where they belong, and takes those that belong here and have lost theirs; until stopped.
    pub async fn keep_places(self: Arc<Self>) {
        let mut changes = self.placement.changes();
        while let Some(Ok(())) = self.stop.run_until_cancelled(changes.changed()).await {
            changes.borrow_and_update();
            let owned: Vec<_> =
                self.lock().iter().map(|(key, mailbox)| (key.clone(), mailbox.clone())).collect();
            for (key, mailbox) in owned {
                if self.placement.place(&key) != Place::Here {
                    // A full mailbox hears it the next time.
                    let _sent = mailbox.try_send(Ask::HandOver);
                }
            }
            // Complained about where it happens; the next change tries again.
            let _woken = self.resume().await;
        }
    }

    /// Wakes every open room that belongs here, so that its timers go on. Gives how many they are.
    ///
    /// # Errors
    /// [`RoomError::Unavailable`] when the log cannot be read.
    pub async fn resume(self: &Arc<Self>) -> Result<usize, RoomError> {
        let open = self.log.open_rooms(R::KIND).await.map_err(|error| {
            tracing::error!(%error, "open rooms cannot be listed");
            RoomError::Unavailable
        })?;
        let mut here = 0;
        for key in open.into_iter().filter(|key| self.belongs_here(key)) {
            here += 1;
            if !self.lock().contains_key(&key) {
                self.send(key, Ask::Wake)?;
            }
        }
        Ok(here)
    }

    /// Rooms that this node owns now.
    #[must_use]
    pub fn owned(&self) -> usize {
        self.lock().len()
    }

    /// Which they are.
    #[must_use]
    pub fn owned_keys(&self) -> Vec<RoomKey> {
        self.lock().keys().cloned().collect()
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
        let owner = Owner::new(Arc::clone(self), key.clone(), asks).run();
        (self.start)(Box::pin(self.tasks.track_future(owner)));
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

struct Errands<R: Room>(Arc<Rooms<R>>);

#[async_trait]
impl<R: Room> nodes::Answer for Errands<R> {
    async fn answer(&self, errand: Bytes) -> Option<Bytes> {
        self.0.answer(&errand).await.map(Bytes::from)
    }
}
