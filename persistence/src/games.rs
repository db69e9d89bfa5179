//! Games of the live quiz: the open ones, found by PIN, and what remains of the finished ones.

mod finish;
mod posting;
pub mod record;

pub use finish::FinishGameError;

use crate::db::{Db, Reach, Value};
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{ClassId, GameId, PersonId, QuizId, SchoolId};
use protocol::quiz::{GameSettings, Phase};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// A game that is about to open its lobby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGame {
    /// Whose.
    pub school: SchoolId,
    /// Its id.
    pub id: GameId,
    /// Which quiz is played.
    pub quiz: QuizId,
    /// In which version.
    pub version: u32,
    /// Who opened it.
    pub owner: PersonId,
    /// The class that plays it, whose gradebook gets the scores; none for a game without one.
    pub class: Option<ClassId>,
    /// Title, as shown.
    pub title: String,
    /// The number that players type.
    pub pin: String,
    /// How it is played.
    pub settings: GameSettings,
    /// When it was opened.
    pub opened_at: Micros,
}

/// A game, as far as it is kept outside its room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Game {
    /// Whose.
    pub school: SchoolId,
    /// Its id.
    pub id: GameId,
    /// Which quiz is played.
    pub quiz: QuizId,
    /// In which version.
    pub version: u32,
    /// Who opened it.
    pub owner: PersonId,
    /// The class that plays it.
    pub class: Option<ClassId>,
    /// Title, as shown.
    pub title: String,
    /// The number that players type; none once the game has ended.
    pub pin: Option<String>,
    /// Where it stands, as last told by [`Games::set_phase`].
    pub phase: Phase,
    /// How it is played.
    pub settings: GameSettings,
    /// Players that the report counts; 0 before the game is finished, when only its room knows.
    pub players: u32,
    /// When it was opened.
    pub opened_at: Micros,
    /// When it ended.
    pub ended_at: Option<Micros>,
}

/// Why a game was not opened.
#[derive(Debug, thiserror::Error)]
pub enum CreateGameError {
    /// Another open game has the PIN.
    #[error("another open game has this pin; draw a new one")]
    PinTaken,
    /// The school has no such quiz, version or person.
    #[error("the school has no such version of the quiz, or does not know the owner")]
    UnknownQuizOrOwner,
    /// The school has no such class.
    #[error("the school has no such class; look at the list again")]
    UnknownClass,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateGameError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PinTaken => "pin_taken",
            Self::UnknownQuizOrOwner => "unknown_quiz_or_owner",
            Self::UnknownClass => "unknown_class",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const CREATE: &str = "
    INSERT INTO game
        (school_id, game_id, quiz_id, version, owner_id, title, pin, state, settings, opened_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'lobby', $8, $9)";

const GIVE_TO_CLASS: &str = "INSERT INTO class_game (school_id, game_id, class_id) VALUES ($1, $2, $3)";

// What is asked before the school is known goes over the directory of open games. Its rows come and go with the phase of
// their game, in one transaction.

const LIST_OPEN: &str = "
    INSERT INTO open_game (pin, school_id, game_id, opened_us) VALUES ($1, $2, $3, $4)
    ON CONFLICT (pin) DO NOTHING";

const UNLIST_OPEN: &str = "
    DELETE FROM open_game WHERE school_id = $1 AND game_id = $2";

const BY_PIN: &str = "
    SELECT school_id, game_id FROM open_game WHERE pin = $1";

const SET_PHASE: &str = "
    UPDATE game SET state = $3, ended_us = CASE WHEN $3 = 'ended' THEN $4 ELSE ended_us END
    WHERE school_id = $1 AND game_id = $2 AND state <> 'ended'";

const OPEN: &str = "
    SELECT school_id, game_id FROM open_game WHERE opened_us <= $1";

const OPEN_OF_OWNER: &str = "
    SELECT COUNT(*) FROM game WHERE school_id = $1 AND owner_id = $2 AND state <> 'ended'";

#[derive(FromRow)]
struct GameRow {
    game_id: Uuid,
    quiz_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    owner_id: Uuid,
    class_id: Option<Uuid>,
    title: String,
    pin: String,
    state: String,
    settings: Json<GameSettings>,
    #[sqlx(try_from = "i64")]
    players: u32,
    opened_us: Micros,
    ended_us: Option<Micros>,
}

const GET: &str = "
    SELECT game.game_id, quiz_id, version, owner_id, class_id, title, pin, state, settings, players, opened_us, ended_us
    FROM game
    LEFT JOIN class_game ON class_game.school_id = game.school_id AND class_game.game_id = game.game_id
    WHERE game.school_id = $1 AND game.game_id = $2";

const LIST_OF_OWNER: &str = "
    SELECT game.game_id, quiz_id, version, owner_id, class_id, title, pin, state, settings, players, opened_us, ended_us
    FROM game
    LEFT JOIN class_game ON class_game.school_id = game.school_id AND class_game.game_id = game.game_id
    WHERE game.school_id = $1 AND owner_id = $2 AND (opened_us, game.game_id) < ($3, $4)
    ORDER BY opened_us DESC, game.game_id DESC
    LIMIT $5";

impl GameRow {
    fn of(self, school: SchoolId) -> Result<Game, Unavailable> {
        let phase = column_word::read(&self.state)?;
        Ok(Game {
            school,
            id: GameId(self.game_id),
            quiz: QuizId(self.quiz_id),
            version: self.version,
            owner: PersonId(self.owner_id),
            class: self.class_id.map(ClassId),
            title: self.title,
            pin: (phase != Phase::Ended).then_some(self.pin),
            phase,
            settings: self.settings.0,
            players: self.players,
            opened_at: self.opened_us,
            ended_at: self.ended_us,
        })
    }
}

/// The repository of games.
#[derive(Clone, Debug)]
pub struct Games {
    db: Db,
}

impl Games {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// All games, of all schools, that were opened by then and have not ended: what a server compares with its rooms when it
    /// starts.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn open_since_before(&self, latest: Micros) -> Result<Vec<(SchoolId, GameId)>, Unavailable> {
        let rows: Vec<(Uuid, Uuid)> = self.db.fetch_all(Reach::Directory, OPEN, [latest.into()]).await?;
        Ok(rows.into_iter().map(|(school, game)| (SchoolId(school), GameId(game))).collect())
    }

    /// How many games of an owner have not ended.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn open_of_owner(&self, school: SchoolId, owner: PersonId) -> Result<u64, Unavailable> {
        let (count,): (i64,) =
            self.db.fetch_one(school, OPEN_OF_OWNER, [school.0.into(), owner.0.into()]).await?;
        Ok(count.cast_unsigned())
    }

    /// Keeps a game that opens its lobby.
    ///
    /// # Errors
    /// [`CreateGameError`]; nothing was kept then.
    pub async fn create(&self, game: &NewGame) -> Result<(), CreateGameError> {
        let mut tx = self.db.write(game.school).await.map_err(Unavailable::from)?;
        let values = [
            game.school.0.into(),
            game.id.0.into(),
            game.quiz.0.into(),
            game.version.into(),
            game.owner.0.into(),
            (&game.title).into(),
            (&game.pin).into(),
            Value::json(&game.settings)?,
            game.opened_at.into(),
        ];
        match tx.execute(CREATE, values).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Err(CreateGameError::UnknownQuizOrOwner);
            }
            Err(error) => return Err(CreateGameError::Unavailable(error.into())),
        }
        if let Some(class) = game.class {
            match tx.execute(GIVE_TO_CLASS, [game.school.0.into(), game.id.0.into(), class.0.into()]).await {
                Ok(_) => {}
                Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                    return Err(CreateGameError::UnknownClass);
                }
                Err(error) => return Err(CreateGameError::Unavailable(error.into())),
            }
        }
        let values = [(&game.pin).into(), game.school.0.into(), game.id.0.into(), game.opened_at.into()];
        if tx.execute(LIST_OPEN, values).await.map_err(Unavailable::from)? == 0 {
            return Err(CreateGameError::PinTaken);
        }
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// The open game of a PIN. This is the one question that is asked before the school is known.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn by_pin(&self, pin: &str) -> Result<Option<(SchoolId, GameId)>, Unavailable> {
        let found: Option<(Uuid, Uuid)> =
            self.db.fetch_optional(Reach::Directory, BY_PIN, [pin.into()]).await?;
        Ok(found.map(|(school, game)| (SchoolId(school), GameId(game))))
    }

    /// Looks a game up.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId, game: GameId) -> Result<Option<Game>, Unavailable> {
        let row: Option<GameRow> =
            self.db.fetch_optional(school, GET, [school.0.into(), game.0.into()]).await?;
        row.map(|row| row.of(school)).transpose()
    }

    /// Lists the games that a person opened, the newest first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list_of_owner(
        &self,
        school: SchoolId,
        owner: PersonId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Game>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            owner.0.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<GameRow> = self.db.fetch_all(school, LIST_OF_OWNER, values).await?;
        let items = rows.into_iter().map(|row| row.of(school)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, |game: &Game| Cursor { at: game.opened_at, id: game.id.0 }))
    }

    /// Notes where a game stands. [`Phase::Ended`] frees its PIN, notes `now` as its end, and is final: a game that has
    /// ended stays so. Returns whether anything was noted.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn set_phase(
        &self,
        school: SchoolId,
        game: GameId,
        phase: Phase,
        now: Micros,
    ) -> Result<bool, Unavailable> {
        let values = [school.0.into(), game.0.into(), column_word::write(phase)?.into(), now.into()];
        if phase != Phase::Ended {
            return Ok(self.db.execute(school, SET_PHASE, values).await? > 0);
        }
        let mut tx = self.db.write(school).await?;
        let ended = tx.execute(SET_PHASE, values).await? > 0;
        if ended {
            tx.execute(UNLIST_OPEN, [school.0.into(), game.0.into()]).await?;
            tx.commit().await?;
        }
        Ok(ended)
    }
}
