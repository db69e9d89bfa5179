//! What a host chooses before a game.

use crate::ids::ClassId;
use serde::{Deserialize, Serialize};

/// How a game is played. Ranges are checked by the rules of the live quiz.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct GameSettings {
    /// What happens to those who come after the first question has begun.
    pub late_join: LateJoin,
    /// How answers become points; recorded, so that an old game can be scored again.
    pub score_rule: ScoreRule,
    /// Milliseconds between the announcement of a question and its opening, 0 to 30,000.
    pub countdown_ms: u32,
    /// Most participants, 1 to 20,000.
    pub max_players: u32,
    /// Rows of the board that everybody sees, 1 to 20.
    pub board_top: u8,
    /// Whether people without an account may join by PIN.
    pub guests: bool,
    /// Whether the game goes on by itself from the reveal and the board.
    pub auto_advance: bool,
    /// The class this game is played with, if any.
    pub class: Option<ClassId>,
}

impl Default for GameSettings {
    fn default() -> Self {
        Self {
            late_join: LateJoin::Zero,
            score_rule: ScoreRule::Classic1,
            countdown_ms: 3_000,
            max_players: 10_000,
            board_top: 5,
            guests: true,
            auto_advance: false,
            class: None,
        }
    }
}

/// The declared policy for late joiners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LateJoin {
    /// Nobody joins after the first question has begun.
    None,
    /// Late players start with no points.
    Zero,
    /// Late players start with the mean score of those who play, rounded down.
    ProRata,
}

/// A version of the scoring rules (`live_quiz::score`). Old versions are never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ScoreRule {
    /// Decay with time, and a bonus for streaks.
    #[serde(rename = "classic-1")]
    Classic1,
    /// Decay with time, no bonus.
    #[serde(rename = "classic-2")]
    Classic2,
    /// Full points for a right answer at any time.
    #[serde(rename = "accuracy-1")]
    Accuracy1,
}
