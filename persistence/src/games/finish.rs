//! The end of a game: its report, its participants and their answers.

use super::{Games, UNLIST_OPEN};
use crate::db::{Tx, Value};
use crate::multi_row::MultiRow;
use crate::{Micros, Unavailable};
use protocol::ids::{GameId, SchoolId};
use protocol::quiz::{AnswerReport, AnswerValue, GameReport, ParticipantReport};
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

/// Once it is posted, another end of it changes nothing in the gradebook.
const LIST_UNPOSTED: &str = "
    INSERT INTO open_posting (school_id, game_id, ended_us)
    SELECT school_id, game_id, $3 FROM class_game WHERE school_id = $1 AND game_id = $2 AND posted_us IS NULL
    ON CONFLICT (school_id, game_id) DO NOTHING";

const KEEP_REPORT: &str = "
    INSERT INTO game_report (school_id, game_id, report) VALUES ($1, $2, $3)
    ON CONFLICT (school_id, game_id) DO UPDATE SET report = excluded.report";

const REPORT: &str = "
    SELECT report FROM game_report WHERE school_id = $1 AND game_id = $2";

/// A report that is kept again is learned from again: what is known of it already counts once.
const LIST_LEARNING: &str = "
    INSERT INTO open_learning (school_id, game_id, ended_us) VALUES ($1, $2, $3)
    ON CONFLICT (school_id, game_id) DO NOTHING";

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
    /// Ends a game and keeps its report, its participants and their answers, all or nothing; if it was a class's, it is
    /// [unposted](Self::unposted) then. Doing it again leaves what the last report says, so an owner that died in between
    /// can simply repeat it.
    ///
    /// # Errors
    /// [`FinishGameError`]; nothing was changed then.
    pub async fn finish(&self, school: SchoolId, report: &GameReport) -> Result<(), FinishGameError> {
        let ended_at = report.ended_at.ok_or(FinishGameError::StillRunning)?;
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let values = [
            school.0.into(),
            report.game.0.into(),
            Micros::from_millis(ended_at).into(),
            report.players.into(),
        ];
        if tx.execute(END, values).await.map_err(Unavailable::from)? == 0 {
            return Err(FinishGameError::UnknownGame);
        }
        keep(&mut tx, school, report).await?;
        let values = [school.0.into(), report.game.0.into(), Micros::from_millis(ended_at).into()];
        tx.execute(LIST_UNPOSTED, values).await.map_err(Unavailable::from)?;
        Ok(tx.commit().await.map_err(Unavailable::from)?)
    }

    /// The report of a finished game, as it was kept.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn report(&self, school: SchoolId, game: GameId) -> Result<Option<GameReport>, Unavailable> {
        let row: Option<(Json<GameReport>,)> =
            self.db.fetch_optional(school, REPORT, [school.0.into(), game.0.into()]).await?;
        Ok(row.map(|(Json(report),)| report))
    }
}

async fn keep(tx: &mut Tx, school: SchoolId, report: &GameReport) -> Result<(), Unavailable> {
    let game = report.game;
    tx.execute(KEEP_REPORT, [school.0.into(), game.0.into(), Value::json(report)?]).await?;
    let ended_at = report.ended_at.map_or(Micros::default(), Micros::from_millis);
    tx.execute(LIST_LEARNING, [school.0.into(), game.0.into(), ended_at.into()]).await?;
    for forget in [UNLIST_OPEN, FORGET_ANSWERS, FORGET_PARTICIPANTS] {
        tx.execute(forget, [school.0.into(), game.0.into()]).await?;
    }
    // In the order of the key, for which the database need not search the place of each row.
    let mut participants: Vec<&ParticipantReport> = report.participants.iter().collect();
    participants.sort_unstable_by_key(|participant| participant.participant);
    for (sql, batch) in INSERT_PARTICIPANTS.batches(&participants) {
        let mut values = vec![school.0.into(), game.0.into()];
        for participant in batch {
            values.extend::<[Value<'_>; 10]>([
                participant.participant.0.into(),
                participant.person.map(|person| person.0).into(),
                (&participant.nickname).into(),
                participant.rank.into(),
                participant.score.into(),
                participant.correct.into(),
                participant.answered.into(),
                participant.late.into(),
                participant.late_credit.into(),
                participant.kicked.into(),
            ]);
        }
        tx.execute(sql, values).await?;
    }
    let answers: Vec<GivenRow<'_>> = participants.into_iter().flat_map(given).collect();
    for (sql, batch) in INSERT_ANSWERS.batches(&answers) {
        let mut values = vec![school.0.into(), game.0.into()];
        for (participant, answer, value) in batch {
            values.extend::<[Value<'_>; 8]>([
                participant.participant.0.into(),
                i64::try_from(answer.question).unwrap_or(i64::MAX).into(),
                Value::json(value)?,
                answer.correct.into(),
                answer.points.into(),
                answer.streak_bonus.into(),
                answer.elapsed_ms.map(u64::cast_signed).into(),
                answer.latency_credit_ms.cast_signed().into(),
            ]);
        }
        tx.execute(sql, values).await?;
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
