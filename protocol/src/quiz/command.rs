//! Parameters and results of the `quiz.*` methods.

use super::{AnswerValue, RosterEntry};
use crate::ids::{GameId, ParticipantId, PersonId};
use serde::{Deserialize, Serialize};

/// A command to a game, named by its RPC method `quiz.<verb>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum GameCommand {
    /// Read the state as the caller may see it.
    State,
    /// Answer the open question.
    Answer {
        /// Index of the question.
        question: usize,
        /// Chosen by the client; the same one again gets the same result.
        op: String,
        /// The answer.
        answer: AnswerValue,
    },
    /// Do the next step of the game.
    Next {
        /// The phase that the host looked at (`phase_seq`); refused if the game has moved on.
        #[serde(default)]
        seq: Option<u64>,
    },
    /// Close the question now, or drop the announced one.
    Skip,
    /// Give everybody more time.
    AddTime {
        /// Seconds, 1 to 120.
        seconds: u32,
    },
    /// Stop the clock.
    Pause,
    /// Go on.
    Resume,
    /// Let nobody else in, or do.
    Lock {
        /// Whether joining is locked.
        locked: bool,
    },
    /// Remove a player.
    Kick {
        /// Who.
        participant: ParticipantId,
    },
    /// Change a player's name.
    Rename {
        /// Who.
        participant: ParticipantId,
        /// The new name.
        nickname: String,
    },
    /// Give a player more time for every question.
    Accommodate {
        /// Who.
        participant: ParticipantId,
        /// 1.0 to 3.0.
        time_factor: f64,
    },
    /// Make a person co-host, or no longer.
    Cohost {
        /// Who.
        person: PersonId,
        /// Whether they are co-host.
        on: bool,
    },
    /// End the game.
    End,
    /// Read the list of participants.
    Roster {
        /// Only those who have not answered the open question.
        #[serde(default)]
        missing: bool,
        /// Begin behind this participant.
        #[serde(default)]
        after: Option<ParticipantId>,
        /// At most so many, 1 to 500.
        #[serde(default)]
        limit: Option<u32>,
    },
}

/// The game that a `quiz.*` method is about; the rest of its parameters belong to the verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameRef {
    /// Which game.
    pub game: GameId,
}

/// Result of every `quiz.*` method but `state` and `roster`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Sequence number of the room after the command.
    pub seq: u64,
}

/// Result of `quiz.answer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerAccepted {
    /// Always true; refusals are errors.
    pub accepted: bool,
    /// Sequence number of the log entry that holds the answer.
    pub seq: u64,
}

/// Result of `quiz.roster`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RosterPage {
    /// Participants in the order of joining.
    pub participants: Vec<RosterEntry>,
    /// How many there are in all.
    pub total: u32,
    /// Pass as `after` for the next page.
    pub next: Option<ParticipantId>,
}
