//! Looking back on a game: its report, and the proof that its log gives the same.

use super::{LiveQuiz, caller, reaches, room_key};
use crate::{
    game::Refusal,
    replay::{self, LogEntry, Replay},
    room::{GameAsk, GameReply},
};
use persistence::Unavailable;
use protocol::{ids::GameId, quiz::GameReport};
use realtime::Identity;
use std::time::Duration;

/// Why there is nothing to look back on.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The game says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log cannot be read as a game.
    #[error("the game's log cannot be read; tell the operator")]
    Unreadable,
    /// The store is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl LiveQuiz {
    /// The report of a game, running or finished, for its hosts.
    ///
    /// # Errors
    /// [`ReportError`]
    pub async fn report(&self, identity: &Identity, game: GameId) -> Result<GameReport, ReportError> {
        reaches(identity, game)?;
        match self.ask(identity.school, game, GameAsk::Report(caller(identity, Duration::ZERO))).await? {
            GameReply::Report(report) => Ok(*report),
            _ => Err(Refusal::GameBusy.into()),
        }
    }

    /// Scores a game again from its log and compares it with what is kept.
    ///
    /// # Errors
    /// [`ReportError`]
    pub async fn replay(&self, identity: &Identity, game: GameId) -> Result<Replay, ReportError> {
        let live = self.report(identity, game).await?;
        // A finished game is compared with what was kept of it, a running one with its room.
        let kept = self.store.games().report(identity.school, game).await?.unwrap_or(live);
        let log = self.log.entries(&room_key(identity.school, game), 0, usize::MAX).await?;
        let unreadable = |error: &dyn std::fmt::Display| {
            tracing::error!(%game, %error, "a game's log cannot be read");
            ReportError::Unreadable
        };
        let decode = |entry: &persistence::room_log::LogEntry| {
            let body = serde_json::from_slice(&entry.body)?;
            Ok(LogEntry { seq: entry.seq, at: entry.at, entry: body })
        };
        let log = log.iter().map(decode).collect::<Result<Vec<_>, serde_json::Error>>();
        replay::check(&log.map_err(|error| unreadable(&error))?, &kept).map_err(|error| unreadable(&error))
    }
}
