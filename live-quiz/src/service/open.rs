//! Opening a game: a teacher turns a quiz into a lobby with a PIN.

use super::{LiveQuiz, room_key};
use crate::{
    game::{Entry, Opened},
    pin,
    settings::{self, SettingsError},
};
use persistence::{
    Micros, Unavailable,
    games::{CreateGameError, NewGame},
};
use protocol::{
    ids::{GameId, PersonId, QuizId, SchoolId},
    quiz::GameSettings,
};
use realtime::room::RoomError;

/// PINs drawn before giving up: with a tenth of all PINs in use, 20 misses in a row have a chance of 10^-20.
const DRAWS: usize = 20;

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
    /// A setting is out of range.
    #[error(transparent)]
    InvalidSetting(#[from] SettingsError),
    /// No PIN is free.
    #[error("too many games are open; try again in a moment")]
    NoPin,
    /// The room's log is away.
    #[error("the game could not be opened; try again in a moment")]
    Room(#[from] RoomError),
    /// The store is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl LiveQuiz {
    /// Opens a lobby for the newest version of a quiz.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open(
        &self,
        school: SchoolId,
        owner: PersonId,
        quiz: QuizId,
        settings: GameSettings,
    ) -> Result<OpenedGame, OpenError> {
        settings::check(&settings)?;
        let found = self.store.quizzes().get(school, quiz).await?;
        let quiz = found.filter(|quiz| !quiz.archived).ok_or(OpenError::UnknownQuiz)?;
        let game = GameId::generate();
        let new = NewGame {
            school,
            id: game,
            quiz: quiz.id,
            version: quiz.version,
            owner,
            title: quiz.content.title.clone(),
            pin: String::new(),
            settings: settings.clone(),
            opened_at: Micros::from_millis(self.node.clock.now_ms()),
        };
        let pin = self.claim_pin(new).await?;
        let opened = Opened {
            game,
            title: quiz.content.title.clone(),
            content: quiz.content,
            quiz: quiz.id,
            version: quiz.version,
            settings,
            owner,
            pin: pin.clone(),
        };
        self.rooms.open(room_key(school, game), Entry::Opened(Box::new(opened))).await?;
        metrics::counter!("schoolbell_quiz_games_opened_total").increment(1);
        tracing::info!(%game, %school, "game opened");
        Ok(OpenedGame { game, pin })
    }

    /// Draws PINs until one is free among all open games.
    async fn claim_pin(&self, mut game: NewGame) -> Result<String, OpenError> {
        for _ in 0..DRAWS {
            game.pin = pin::draw(&mut rand::rng());
            match self.store.games().create(&game).await {
                Ok(()) => return Ok(game.pin),
                Err(CreateGameError::PinTaken) => {}
                Err(CreateGameError::UnknownQuizOrOwner) => return Err(OpenError::UnknownQuiz),
                Err(CreateGameError::Unavailable(error)) => return Err(error.into()),
            }
        }
        Err(OpenError::NoPin)
    }
}
