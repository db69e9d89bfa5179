//! The end of a game: its report, its participants and their answers.

use super::Games;
use super::record::{self, Part};
use crate::Unavailable;
use crate::db::{Sql, Value};
use crate::journal::{Poison, Sinks};
use protocol::ids::{GameId, SchoolId};
use protocol::quiz::GameReport;
use sqlx::types::Json;
use uuid::Uuid;

/// Why a game was not finished.
#[derive(Debug, thiserror::Error)]
pub enum FinishGameError {
    /// The school has no such game.
    #[error("the school has no such game; nothing can be kept of it")]
    UnknownGame,
    /// The report is of a running game.
    #[error("the report has no end; finish the game first")]
    StillRunning,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl FinishGameError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownGame => "unknown_game",
            Self::StillRunning => "still_running",
            Self::Unavailable(error) => error.code(),
        }
    }
}

const IS_KNOWN: Sql = Sql::each(
    "SELECT game_id FROM game WHERE school_id = $1 AND game_id = $2 FOR UPDATE",
    "SELECT game_id FROM game WHERE school_id = $1 AND game_id = $2",
);

const REPORT: &str = "
    SELECT report FROM game_report WHERE school_id = $1 AND game_id = $2";

const PARTS: &str = "
    SELECT body FROM game_report_part WHERE school_id = $1 AND game_id = $2 ORDER BY part";

/// What an earlier report may have left, in an order that keys allow.
const FORGET: [&str; 3] = [
    "DELETE FROM answer WHERE school_id = $1 AND game_id = $2",
    "DELETE FROM participant WHERE school_id = $1 AND game_id = $2",
    "DELETE FROM game_report_part WHERE school_id = $1 AND game_id = $2",
];

impl Games {
    /// Ends a game and keeps its report, its participants and their answers, all or nothing, without the journal: by what
    /// its facts become. Doing it again leaves what the last report says.
    ///
    /// # Errors
    /// [`FinishGameError`]; nothing was changed then.
    pub async fn finish(&self, school: SchoolId, report: &GameReport) -> Result<(), FinishGameError> {
        let facts = record::finished(school, report.clone())?;
        let unwritable = |poison: Poison| FinishGameError::Unavailable(Unavailable::because(poison));
        let sinks = Sinks::new(record::sinks()).map_err(Unavailable::because)?;
        let key: [Value<'_>; 2] = [school.0.into(), report.game.0.into()];
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let known: Option<(Uuid,)> =
            tx.fetch_optional(IS_KNOWN, key.clone()).await.map_err(Unavailable::from)?;
        known.ok_or(FinishGameError::UnknownGame)?;
        for forget in FORGET {
            tx.execute(forget, key.clone()).await.map_err(Unavailable::from)?;
        }
        for fact in facts {
            sinks.write_one(&mut tx, &fact).await.map_err(unwritable)?.map_err(Unavailable::from)?;
        }
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// The report of a finished game, as it was kept.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn report(&self, school: SchoolId, game: GameId) -> Result<Option<GameReport>, Unavailable> {
        let key: [Value<'_>; 2] = [school.0.into(), game.0.into()];
        let mut tx = self.db.read(school).await?;
        let row: Option<(Json<GameReport>,)> = tx.fetch_optional(REPORT, key.clone()).await?;
        let Some((Json(mut report),)) = row else { return Ok(None) };
        let parts: Vec<(Json<Part>,)> = tx.fetch_all(PARTS, key).await?;
        tx.commit().await?;
        record::put_together(&mut report, parts.into_iter().map(|(Json(part),)| part));
        Ok(Some(report))
    }
}

#[cfg(test)]
mod tests;
