//! The end of a game: its report, its participants and their answers.

use super::Games;
use crate::multi_row::MultiRow;
use crate::{Micros, Unavailable};
use protocol::ids::{GameId, SchoolId};
use protocol::quiz::{AnswerReport, AnswerValue, GameReport, ParticipantReport};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;
use sqlx::types::Json;
use std::sync::LazyLock;

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

const END: &str = "
    UPDATE game SET state = 'ended', ended_us = $3, players = $4 WHERE school_id = $1 AND game_id = $2";

const KEEP_REPORT: &str = "
    INSERT INTO game_report (school_id, game_id, report) VALUES ($1, $2, $3)
    ON CONFLICT (school_id, game_id) DO UPDATE SET report = excluded.report";

const REPORT: &str = "
    SELECT report FROM game_report WHERE school_id = $1 AND game_id = $2";

const FORGET_ANSWERS: &str = "DELETE FROM answer WHERE school_id = $1 AND game_id = $2";

const FORGET_PARTICIPANTS: &str = "DELETE FROM participant WHERE school_id = $1 AND game_id = $2";

static INSERT_PARTICIPANTS: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO participant (school_id, game_id, participant_id, person_id, nickname, final_rank,
            final_score, correct, answered, late, late_credit, kicked) VALUES";
    MultiRow::new(head, 2, 10)
});

static INSERT_ANSWERS: LazyLock<MultiRow> = LazyLock::new(|| {
    let head = "
        INSERT INTO answer (school_id, game_id, participant_id, question, value, correct, points,
            streak_bonus, elapsed_ms, latency_credit_ms) VALUES";
    MultiRow::new(head, 2, 8)
});

impl Games {
    /// Ends a game and keeps its report, its participants and their answers, all or nothing. Doing it again leaves what
    /// the last report says, so an owner that died in between can simply repeat it.
    ///
    /// # Errors
    /// [`FinishGameError`]; nothing was changed then.
    pub async fn finish(&self, school: SchoolId, report: &GameReport) -> Result<(), FinishGameError> {
        let ended_at = report.ended_at.ok_or(FinishGameError::StillRunning)?;
        let mut tx = self.db.begin().await?;
        let ended = sqlx::query(END)
            .bind(school.0)
            .bind(report.game.0)
            .bind(Micros::from_millis(ended_at))
            .bind(report.players)
            .execute(&mut *tx)
            .await
            .map_err(Unavailable::from)?;
        if ended.rows_affected() == 0 {
            return Err(FinishGameError::UnknownGame);
        }
        keep(&mut tx, school, report).await?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(())
    }

    /// The report of a finished game, as it was kept.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn report(&self, school: SchoolId, game: GameId) -> Result<Option<GameReport>, Unavailable> {
        let report: Option<Json<GameReport>> =
            sqlx::query_scalar(REPORT).bind(school.0).bind(game.0).fetch_optional(self.db.reader()).await?;
        Ok(report.map(|report| report.0))
    }
}

async fn keep(on: &mut SqliteConnection, school: SchoolId, report: &GameReport) -> Result<(), Unavailable> {
    let game = report.game;
    sqlx::query(KEEP_REPORT).bind(school.0).bind(game.0).bind(Json(report)).execute(&mut *on).await?;
    for forget in [FORGET_ANSWERS, FORGET_PARTICIPANTS] {
        sqlx::query(forget).bind(school.0).bind(game.0).execute(&mut *on).await?;
    }
    // In the order of the key, for which the database need not search the place of each row.
    let mut participants: Vec<&ParticipantReport> = report.participants.iter().collect();
    participants.sort_unstable_by_key(|participant| participant.participant);
    for (sql, batch) in INSERT_PARTICIPANTS.batches(&participants) {
        let mut insert = sqlx::query(AssertSqlSafe(sql)).bind(school.0).bind(game.0);
        for participant in batch {
            insert = insert
                .bind(participant.participant.0)
                .bind(participant.person.map(|person| person.0))
                .bind(&participant.nickname)
                .bind(participant.rank)
                .bind(participant.score)
                .bind(participant.correct)
                .bind(participant.answered)
                .bind(participant.late)
                .bind(participant.late_credit)
                .bind(participant.kicked);
        }
        insert.execute(&mut *on).await?;
    }
    let answers: Vec<GivenRow<'_>> = participants.into_iter().flat_map(given).collect();
    for (sql, batch) in INSERT_ANSWERS.batches(&answers) {
        let mut insert = sqlx::query(AssertSqlSafe(sql)).bind(school.0).bind(game.0);
        for (participant, answer, value) in batch {
            insert = insert
                .bind(participant.participant.0)
                .bind(i64::try_from(answer.question).unwrap_or(i64::MAX))
                .bind(Json(*value))
                .bind(answer.correct)
                .bind(answer.points)
                .bind(answer.streak_bonus)
                .bind(answer.elapsed_ms.map(u64::cast_signed))
                .bind(answer.latency_credit_ms.cast_signed());
        }
        insert.execute(&mut *on).await?;
    }
    Ok(())
}

type GivenRow<'a> = (&'a ParticipantReport, &'a AnswerReport, &'a AnswerValue);

/// The questions that a participant did answer.
fn given(participant: &ParticipantReport) -> impl Iterator<Item = GivenRow<'_>> {
    let answers = participant.answers.iter();
    answers.filter_map(move |answer| Some((participant, answer, answer.answer.as_ref()?)))
}

#[cfg(test)]
mod tests;
