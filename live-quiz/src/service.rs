//! The live quiz with its surroundings: opens games, lets players in, and carries commands to rooms and pushes from
//! them. The only part of this crate that waits for anything.

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
use outside::Outside;
use persistence::{RoomLog, Store};
use protocol::{
    Channel,
    codes::ErrorBody,
    ids::{GameId, ParticipantId, SchoolId},
};
use realtime::{
    Identity, Node,
    room::{Room, RoomError, RoomKey, Rooms},
};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
    time::Duration,
};
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
    rooms: Arc<Rooms<GameRoom>>,
    guests: Arc<dyn GuestTokens>,
    guesses: Mutex<GuessBudget>,
    /// Openings under way, which go on when whoever asked has left.
    openings: TaskTracker,
}

impl LiveQuiz {
    /// No games yet; [`Self::resume`] wakes those that were running. Rooms stop when `stop` is cancelled.
    #[must_use]
    pub fn new(
        store: Store,
        node: Arc<Node>,
        guests: Arc<dyn GuestTokens>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let log: Arc<dyn RoomLog> = Arc::new(store.room_log());
        let outside = Arc::new(Outside::new(Arc::clone(&node), store.games()));
        let rooms = Rooms::new(Arc::clone(&log), Arc::clone(&node.clock), outside, stop);
        Arc::new(Self {
            store,
            node,
            log,
            rooms,
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

    /// Waits until every game has written its snapshot. Cancel the token given to [`Self::new`] first.
    pub async fn stopped(&self) {
        self.openings.close();
        self.openings.wait().await;
        self.rooms.stopped().await;
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
