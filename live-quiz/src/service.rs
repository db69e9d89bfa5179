//! The live quiz with its surroundings: opens games, lets players in, and carries commands to rooms and pushes from
//! them. The only part of this crate that waits for anything.

mod audience;
mod join;
mod live;
mod open;
mod outside;
mod report;

#[cfg(test)]
mod tests;

pub use join::{Found, JoinError, JoinedGame, Wish};
pub use open::{OpenError, OpenedGame};
pub use report::ReportError;

use crate::{
    game::{Caller, Refusal},
    guess::GuessBudget,
    room::{GameAsk, GameReply, GameRoom},
};
use audience::Unsure;
use outside::Outside;
use persistence::{RoomLog, Store, journal::Journal};
use protocol::{
    Channel,
    codes::ErrorBody,
    ids::{GameId, ParticipantId, SchoolId},
};
use realtime::{
    Identity, Node,
    room::{Room, RoomError, RoomKey, Rooms, placement::topic},
};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Makes tokens for guests, who have no account. The gateway holds the key.
pub trait GuestTokens: Send + Sync {
    /// A token that speaks for a participant, reaches its game and nothing else.
    fn guest_token(
        &self,
        school: SchoolId,
        game: GameId,
        participant: ParticipantId,
        nickname: &str,
    ) -> String;
}

/// Live quizzes of all schools on this node.
pub struct LiveQuiz {
    store: Store,
    node: Arc<Node>,
    log: Arc<dyn RoomLog>,
    journal: Arc<dyn Journal>,
    rooms: Arc<Rooms<GameRoom>>,
    guests: Arc<dyn GuestTokens>,
    guesses: Mutex<GuessBudget>,
    unsure: Arc<Unsure>,
    finished: watch::Sender<u64>,
    /// When this service began, milliseconds since the epoch.
    began_ms: u64,
    /// Openings under way, which go on when whoever asked has left.
    openings: TaskTracker,
}

impl LiveQuiz {
    /// No games yet; [`Self::run`] wakes those that were running. Rooms stop when `stop` is cancelled. `log` and `journal`
    /// are those that all nodes share; whoever writes the journal has the sinks of [`persistence::games::record`].
    #[must_use]
    pub fn new(
        store: Store,
        (log, journal): (Arc<dyn RoomLog>, Arc<dyn Journal>),
        node: Arc<Node>,
        guests: Arc<dyn GuestTokens>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let began_ms = node.clock.now_ms();
        let unsure = Arc::new(Unsure::default());
        let finished = watch::Sender::new(0);
        let outside = Arc::new(Outside::new(
            Arc::clone(&node),
            Arc::clone(&journal),
            Arc::clone(&unsure),
            finished.clone(),
            stop.clone(),
        ));
        let clock = Arc::clone(&node.clock);
        let rooms = Rooms::placed(Arc::clone(&log), clock, outside, Arc::clone(&node.placement), stop);
        node.duties.add(topic(GameRoom::KIND), rooms.errands());
        node.duties.count_rooms({
            let rooms = Arc::downgrade(&rooms);
            move || rooms.upgrade().map_or(0, |rooms| rooms.owned())
        });
        audience::answer(&node);
        Arc::new(Self {
            store,
            node,
            log,
            journal,
            rooms,
            unsure,
            finished,
            began_ms,
            guests,
            guesses: Mutex::default(),
            openings: TaskTracker::new(),
        })
    }

    /// Goes on with the games that were running when the process ended, timers kept.
    ///
    /// # Errors
    /// [`OpenError`] when the store cannot be read.
    pub async fn resume(&self) -> Result<usize, OpenError> {
        self.end_orphans().await?;
        Ok(self.rooms.resume().await?)
    }

    /// Wakes the games that were running as soon as this node is among the nodes, and keeps every game where it belongs,
    /// until stopped.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let work = async {
            self.node.peers.joined().await;
            match self.resume().await {
                Ok(0) => {}
                Ok(running) => tracing::info!(games = running, "going on with the games that were running"),
                Err(error) => {
                    tracing::error!(%error, "running games cannot be listed; they wait until asked for");
                }
            }
            tokio::join!(Arc::clone(&self.rooms).keep_places(), self.recall_audiences());
        };
        stop.run_until_cancelled(work).await;
    }

    /// Brings who watches up to date whenever nodes come and go, or this one was cut off: the connections of a node that died
    /// are gone, those of one that is back are there.
    async fn recall_audiences(&self) {
        let mut nodes = self.node.peers.changes();
        let mut returns = self.node.peers.returns();
        loop {
            let some = tokio::select! {
                Ok(()) = nodes.changed() => None,
                Ok(()) = returns.changed() => None,
                unsure = self.unsure.some() => Some(unsure),
                else => return,
            };
            let owned = self.rooms.owned_keys().into_iter();
            let concerned = owned.filter(|key| some.as_ref().is_none_or(|some| some.contains(key)));
            for games in concerned.collect::<Vec<_>>().chunks(GAMES_AT_ONCE) {
                self.recall(games).await;
            }
        }
    }

    async fn recall(&self, games: &[RoomKey]) {
        let alive: Vec<_> = self.node.peers.alive().iter().map(|node| node.id.to_string()).collect();
        let audiences = audience::of_games(&self.node, games).await;
        if !audiences.whole {
            self.unsure.add(games.iter().cloned());
        }
        for (game, watchers) in games.iter().zip(audiences.watchers) {
            let asks = [GameAsk::Nodes(alive.clone())].into_iter();
            for ask in asks.chain(watchers.into_iter().map(GameAsk::There)) {
                if self.rooms.ask(game.clone(), ask).await.is_err() {
                    self.unsure.add([game.clone()]);
                    break;
                }
            }
        }
    }

    /// Waits until no game is left here, for at most `patience`: with other nodes there, [`Node::begin_drain`] has them
    /// take all. Gives how many stay.
    pub async fn handed_over(&self, patience: Duration) -> usize {
        let until = tokio::time::Instant::now() + patience;
        while self.rooms.owned() > 0 && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.rooms.owned()
    }

    /// Waits until every game has written its snapshot. Cancel the token given to [`Self::new`] first.
    pub async fn stopped(&self) {
        self.openings.close();
        self.openings.wait().await;
        self.rooms.stopped().await;
    }

    /// Changes whenever a game of this node is finished and recorded: there is something to look at soon, and it does not say
    /// what.
    #[must_use]
    pub fn finished(&self) -> watch::Receiver<u64> {
        self.finished.subscribe()
    }

    /// Games that are in this node's memory.
    #[must_use]
    pub fn owned(&self) -> usize {
        self.rooms.owned()
    }

    async fn ask(&self, school: SchoolId, game: GameId, ask: GameAsk) -> Result<GameReply, Refusal> {
        match self.rooms.ask(room_key(school, game), ask).await {
            Ok(reply) => reply,
            Err(RoomError::NotFound) => Err(Refusal::GameNotFound),
            Err(RoomError::Busy | RoomError::Unavailable) => Err(Refusal::GameBusy),
        }
    }
}

fn room_key(school: SchoolId, game: GameId) -> RoomKey {
    RoomKey { school, kind: GameRoom::KIND.to_owned(), id: game.0 }
}

/// Games about whose audience one question asks: with a class in each, their answer is far below what one may be long.
const GAMES_AT_ONCE: usize = 100;

/// Namespace of a game's public channel.
pub const GAME_NAMESPACE: &str = "quiz";
/// Namespace of a game's channel for hosts.
pub const HOST_NAMESPACE: &str = "quiz-host";

fn game_channel(namespace: &str, game: GameId) -> Channel {
    #[expect(clippy::expect_used, reason = "a short namespace and a uuid are printable ascii")]
    Channel::parse(&format!("{namespace}:{game}")).expect("a game's channel has a valid name")
}

fn caller(identity: &Identity, one_way: Duration) -> Caller {
    Caller {
        user: identity.user.clone(),
        person: identity.person,
        staff: identity.role.is_staff(),
        latency_ms: u64::try_from(one_way.as_millis()).unwrap_or(u64::MAX),
    }
}

/// Whether a token reaches a game at all: a guest's reaches its own only.
fn reaches(identity: &Identity, game: GameId) -> Result<(), Refusal> {
    match identity.game {
        Some(own) if own != game => Err(Refusal::NotInGame),
        _ => Ok(()),
    }
}

/// A refusal as the protocol's error.
fn error_body(refusal: &Refusal) -> ErrorBody {
    ErrorBody {
        code: refusal.code(),
        message: Cow::Owned(refusal.to_string()),
        temporary: refusal.is_temporary(),
    }
}
