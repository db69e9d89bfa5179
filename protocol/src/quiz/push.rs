//! Publications of a game.

use super::{
    Board, CloseReason, EndReason, PauseReason, Phase, PlayerResult, QuestionTeaser, QuestionView, Reveal,
    RosterEntry,
};
use crate::ids::GameId;
use serde::{Deserialize, Serialize};

/// What everybody in a game sees, on `quiz:<game>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GamePush {
    /// The room's sequence number; it only grows.
    pub seq: u64,
    /// Server time, milliseconds.
    pub at: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: GameEventView,
}

/// The kinds of [`GamePush`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GameEventView {
    /// The lobby changed.
    Lobby {
        /// Players.
        players: u32,
        /// Whether joining is locked.
        locked: bool,
    },
    /// A question is announced.
    Countdown {
        /// The announcement.
        question: QuestionTeaser,
        /// When it opens.
        opens_at: u64,
    },
    /// A question is open.
    Open {
        /// The question.
        question: QuestionView,
        /// When it opened.
        opened_at: u64,
        /// When it closes for those without extra time.
        closes_at: u64,
    },
    /// Everybody got more time.
    Time {
        /// The new end for those without extra time.
        closes_at: u64,
    },
    /// The question is closed.
    Closed {
        /// Why.
        reason: CloseReason,
    },
    /// The solution is out.
    Reveal(Reveal),
    /// The board is shown.
    Board(Board),
    /// The winners are shown.
    Podium(Board),
    /// The clock stands.
    Paused {
        /// Why.
        reason: PauseReason,
    },
    /// The clock goes on.
    Resumed {
        /// The phase that goes on.
        phase: Phase,
        /// Shifted by the pause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opens_at: Option<u64>,
        /// Shifted by the pause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened_at: Option<u64>,
        /// Shifted by the pause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closes_at: Option<u64>,
    },
    /// Joining was locked or unlocked.
    Locked {
        /// Whether joining is locked.
        locked: bool,
    },
    /// The game is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// What one player is told, on the personal channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum PlayerPush {
    /// Own result of a question.
    #[serde(rename = "quiz.result")]
    Result {
        /// Which game.
        game: GameId,
        /// The room's sequence number.
        seq: u64,
        /// The result.
        #[serde(flatten)]
        result: PlayerResult,
    },
    /// A host changed the name.
    #[serde(rename = "quiz.renamed")]
    Renamed {
        /// Which game.
        game: GameId,
        /// The new name.
        nickname: String,
    },
    /// A host changed the time factor.
    #[serde(rename = "quiz.time_factor")]
    TimeFactor {
        /// Which game.
        game: GameId,
        /// The new factor.
        time_factor: f64,
        /// When the open question closes for this player.
        closes_at: Option<u64>,
    },
    /// A host removed the player.
    #[serde(rename = "quiz.kicked")]
    Kicked {
        /// Which game.
        game: GameId,
    },
}

/// What hosts are told, on `quiz-host:<game>`; only the latest of each kind matters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HostPush {
    /// Answers so far.
    Answers {
        /// Index of the question.
        question: usize,
        /// Answers so far.
        answered: u32,
        /// Answers that may still come, and those that came.
        expected: u32,
    },
    /// Who is there.
    Roster {
        /// Players.
        players: u32,
        /// Of these, connected.
        connected: u32,
        /// The newest, newest first, at most 100.
        recent: Vec<RosterEntry>,
        /// Whether `recent` is everybody.
        complete: bool,
    },
}
