//! Opening a game: a teacher turns a quiz into a lobby with a PIN.

use super::{LiveQuiz, room_key};
use crate::{
    game::{Entry, Opened},
    pin,
    room::GameRoom,
    settings::{self, SettingsError},
};
use persistence::{
    Micros, Unavailable,
    games::{CreateGameError, NewGame, record},
    journal::JournalError,
};
use protocol::{
    ids::{GameId, PersonId, QuizId, SchoolId},
    quiz::{GameSettings, Phase},
};
use realtime::room::{Room, RoomError};
use std::{collections::HashSet, sync::Arc};

/// PINs drawn before giving up: with a tenth of all PINs in use, 20 misses in a row have a chance of 10^-20. Ids of games, too:
/// there a miss costs one move to another node.
const DRAWS: usize = 20;
/// Games that one teacher may have open, so that no account can use up the PINs of all schools.
pub const MAX_OPEN: u64 = 50;

/// Longest time from a game's row to its room, milliseconds.
const OPENING_MS: u64 = 60_000;

/// A game in its lobby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedGame {
    /// Its id.
    pub game: GameId,
    /// What players type.
    pub pin: String,
}

/// Why a game was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No such quiz, or it is archived.
    #[error("the school has no such quiz; look at the library again")]
    UnknownQuiz,
    /// No such class.
    #[error("the school has no such class; look at the list again")]
    UnknownClass,
    /// A setting is out of range.
    #[error(transparent)]
    InvalidSetting(#[from] SettingsError),
    /// The teacher has [`MAX_OPEN`] games open.
    #[error("you have {MAX_OPEN} games open; end one of them first")]
    TooManyOpen,
    /// No PIN is free.
    #[error("too many games are open; try again in a moment")]
    NoPin,
    /// What comes of the game could not be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The room's log is away.
    #[error("the game could not be opened; try again in a moment")]
    Room(#[from] RoomError),
    /// The store is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl LiveQuiz {
    /// Opens a lobby for the newest version of a quiz. Whether the owner may play it with the class that the settings name is
    /// for the caller to know.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open(
        self: &Arc<Self>,
        school: SchoolId,
        owner: PersonId,
        quiz: QuizId,
        settings: GameSettings,
    ) -> Result<OpenedGame, OpenError> {
        settings::check(&settings)?;
        let found = self.store.quizzes().get(school, quiz).await?;
        let quiz = found.filter(|quiz| !quiz.archived).ok_or(OpenError::UnknownQuiz)?;
        if self.store.games().open_of_owner(school, owner).await? >= MAX_OPEN {
            return Err(OpenError::TooManyOpen);
        }
        let game = self.fresh_id(school);
        let row = NewGame {
            school,
            id: game,
            quiz: quiz.id,
            version: quiz.version,
            owner,
            class: settings.class,
            title: quiz.content.title.clone(),
            pin: String::new(),
            settings: settings.clone(),
            opened_at: Micros::from_millis(self.node.clock.now_ms()),
        };
        let opened = Opened {
            game,
            title: quiz.content.title.clone(),
            content: quiz.content,
            quiz: quiz.id,
            version: quiz.version,
            settings,
            owner,
            pin: String::new(),
        };
        // A task of its own: a client that hangs up must not leave a PIN without a game.
        let opening = Arc::clone(self).claim(row, opened);
        self.openings.spawn(opening).await.map_err(|_| RoomError::Unavailable)?
    }

    /// An id whose room belongs to this node, so that a game begins where its teacher is connected.
    fn fresh_id(&self, school: SchoolId) -> GameId {
        let drawn = (0..DRAWS).map(|_| GameId::generate());
        let here = drawn.into_iter().find(|game| self.rooms.belongs_here(&room_key(school, *game)));
        // On a node that is going down no room belongs here; the game is handed over at once.
        here.unwrap_or_else(GameId::generate)
    }

    /// Takes a PIN and opens the room under it.
    async fn claim(self: Arc<Self>, row: NewGame, mut opened: Opened) -> Result<OpenedGame, OpenError> {
        let (school, game) = (row.school, row.id);
        // Its lobby, the first thing to record. A journal that does not take that has no room for the game's end.
        self.journal.append(&[record::phase_noted(school, game, Phase::Lobby, row.opened_at)?]).await?;
        let pin = self.claim_pin(row).await?;
        opened.pin.clone_from(&pin);
        let first = Entry::Opened(Box::new(opened));
        if let Err(error) = self.rooms.open(room_key(school, game), first).await {
            self.end_row(school, game).await?;
            self.log.close(&room_key(school, game)).await?;
            return Err(error.into());
        }
        metrics::counter!("schoolbell_quiz_games_opened_total").increment(1);
        tracing::info!(%game, %school, "game opened");
        Ok(OpenedGame { game, pin })
    }

    /// Ends the games in the table that have no room: their opening was cut off by a crash.
    pub(super) async fn end_orphans(&self) -> Result<(), OpenError> {
        let rooms = self.log.open_rooms(GameRoom::KIND).await?;
        let rooms: HashSet<_> = rooms.into_iter().map(|room| (room.school, GameId(room.id))).collect();
        // This node may be opening one by now, and others all the while.
        let grace_ms = if self.node.placement.is_shared() { OPENING_MS } else { 1 };
        let before = Micros::from_millis(self.began_ms.saturating_sub(grace_ms));
        for (school, game) in self.store.games().open_since_before(before).await? {
            if !rooms.contains(&(school, game)) {
                tracing::warn!(%game, "a game without a room is ended");
                self.end_row(school, game).await?;
            }
        }
        Ok(())
    }

    async fn end_row(&self, school: SchoolId, game: GameId) -> Result<(), OpenError> {
        let now = Micros::from_millis(self.node.clock.now_ms());
        self.store.games().set_phase(school, game, Phase::Ended, now).await?;
        Ok(())
    }

    /// Draws PINs until one is free among all open games.
    async fn claim_pin(&self, mut game: NewGame) -> Result<String, OpenError> {
        for _ in 0..DRAWS {
            game.pin = pin::draw(&mut rand::rng());
            match self.store.games().create(&game).await {
                Ok(()) => return Ok(game.pin),
                Err(CreateGameError::PinTaken) => {}
                Err(CreateGameError::UnknownQuizOrOwner) => return Err(OpenError::UnknownQuiz),
                Err(CreateGameError::UnknownClass) => return Err(OpenError::UnknownClass),
                Err(CreateGameError::Unavailable(error)) => return Err(error.into()),
            }
        }
        Err(OpenError::NoPin)
    }
}
