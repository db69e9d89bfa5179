//! What remains of a finished game.

use super::{AnswerValue, ChoiceOption, Distribution, GameSettings, KindName, Solution};
use crate::ids::{GameId, ParticipantId, PersonId};
use serde::{Deserialize, Serialize};

/// A game as its host looks back on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GameReport {
    /// Which game.
    pub game: GameId,
    /// Title of the quiz.
    pub title: String,
    /// Server time, milliseconds.
    pub opened_at: u64,
    /// Server time, milliseconds; none while it runs.
    pub ended_at: Option<u64>,
    /// How it was played.
    pub settings: GameSettings,
    /// Players, kicked ones not counted.
    pub players: u32,
    /// By question.
    pub questions: Vec<QuestionReport>,
    /// By participant, best first.
    pub participants: Vec<ParticipantReport>,
}

/// One question, looked back on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionReport {
    /// Index from 0.
    pub index: usize,
    /// What was asked.
    pub prompt: String,
    /// The type of question.
    pub kind: KindName,
    /// Whether it was opened and closed.
    pub played: bool,
    /// Answers.
    pub answered: u32,
    /// Right answers.
    pub correct: u32,
    /// Right answers by all answers; none without answers and for polls.
    pub correct_rate: Option<f64>,
    /// Mean time to answer.
    pub mean_elapsed_ms: Option<u64>,
    /// The choices as shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<ChoiceOption>>,
    /// The right answer.
    pub solution: Solution,
    /// What the class answered.
    pub distribution: Distribution,
}

/// One participant, looked back on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParticipantReport {
    /// Who.
    pub participant: ParticipantId,
    /// The person behind, none for guests.
    pub person: Option<PersonId>,
    /// The name shown.
    pub nickname: String,
    /// Final rank.
    pub rank: u32,
    /// Final score.
    pub score: u32,
    /// Right answers.
    pub correct: u32,
    /// Answers.
    pub answered: u32,
    /// Joined after the first question had begun.
    pub late: bool,
    /// Points that a late joiner began with.
    pub late_credit: u32,
    /// Was removed by a host.
    pub kicked: bool,
    /// By question that was played.
    pub answers: Vec<AnswerReport>,
}

/// One answer, looked back on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerReport {
    /// Index of the question.
    pub question: usize,
    /// The answer, none if there was none.
    pub answer: Option<AnswerValue>,
    /// Whether it was right; none for polls and without an answer.
    pub correct: Option<bool>,
    /// Points, streak bonus included.
    pub points: u32,
    /// Of `points`, the bonus for the streak.
    pub streak_bonus: u32,
    /// Server time between opening and answer, latency credit already taken off.
    pub elapsed_ms: Option<u64>,
    /// Time taken off for the way of the answer through the network.
    pub latency_credit_ms: u64,
}
