//! What players and hosts see of a game.

use super::{AnswerValue, ChoiceOption, GameSettings, Image, KindName};
use crate::ids::{GameId, ParticipantId, PersonId};
use serde::{Deserialize, Serialize};

/// Where a game stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Players gather.
    Lobby,
    /// The next question is announced.
    Countdown,
    /// Answers are taken.
    Open,
    /// Answers are in, the solution is not out.
    Closed,
    /// The solution is shown.
    Reveal,
    /// The board is shown.
    Board,
    /// The winners are shown.
    Podium,
    /// Over.
    Ended,
}

/// Why a game is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// A host asked for it.
    Host,
    /// No host was connected for a while.
    HostGone,
}

/// Why a game ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// All questions were played and the podium was shown.
    Finished,
    /// A host ended it.
    Host,
    /// Everybody was gone, or no host came back in time.
    Abandoned,
}

/// Why a question closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The time was over.
    Time,
    /// Everybody who is connected had answered.
    AllAnswered,
    /// A host skipped it.
    Skipped,
    /// A host closed it.
    Host,
}

/// The announcement of a question: what may be read before the options are out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionTeaser {
    /// Index from 0.
    pub index: usize,
    /// Number of questions of the game.
    pub of: usize,
    /// The type of question.
    pub kind: KindName,
    /// What is asked.
    pub prompt: String,
    /// A picture shown with the prompt.
    pub image: Option<Image>,
    /// Points factor: 0, 1 or 2.
    pub points: u8,
}

/// An open question as players see it. It has no place for a solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionView {
    /// The announcement's fields.
    #[serde(flatten)]
    pub teaser: QuestionTeaser,
    /// Time to answer, milliseconds.
    pub time_limit_ms: u64,
    /// Choices, or the shuffled items of an ordering question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<ChoiceOption>>,
    /// Unit behind a numeric input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// The right answer, sent at the reveal and never before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Solution {
    /// Right choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<usize>>,
    /// Accepted texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Vec<String>>,
    /// The right number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// Distance from `number` that still counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// Indices of the shown items in the right order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Vec<usize>>,
}

/// What the class answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Distribution {
    /// Participants who answered.
    pub answered: u32,
    /// Of these, answers that are right.
    pub correct: u32,
    /// Answers per option, for choices and polls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Vec<u32>>,
    /// The most frequent answers, for typed and numeric questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<Vec<TextCount>>,
}

/// How often a text was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TextCount {
    /// The text, folded as the question compares it.
    pub text: String,
    /// How many gave it.
    pub count: u32,
    /// Whether it is right.
    pub correct: bool,
}

/// What a reveal shows to everybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reveal {
    /// The right answer.
    pub solution: Solution,
    /// What the class answered.
    pub distribution: Distribution,
    /// The author's explanation.
    pub explanation: Option<String>,
}

/// A row of the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardRow {
    /// Who.
    pub participant: ParticipantId,
    /// The name shown.
    pub nickname: String,
    /// Points so far.
    pub score: u32,
    /// Rank from 1; equal scores share a rank, the next rank is skipped (1, 1, 3).
    pub rank: u32,
    /// Rank on the board before, none for the first board or a new player.
    pub previous_rank: Option<u32>,
    /// Right answers in a row.
    pub streak: u32,
}

/// The top of the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// The first rows.
    pub top: Vec<BoardRow>,
    /// Players on the whole board.
    pub players: u32,
}

/// Somebody next to a player on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// The name shown.
    pub nickname: String,
    /// Distance in points.
    pub gap: u32,
}

/// A player's own result of a question, and where it leaves the player.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlayerResult {
    /// Index of the question.
    pub question: usize,
    /// Whether an answer was counted.
    pub answered: bool,
    /// Whether it was right; none for polls.
    pub correct: Option<bool>,
    /// Points for the answer, streak bonus included.
    pub points: u32,
    /// Of `points`, the bonus for the streak.
    pub streak_bonus: u32,
    /// Right answers in a row now.
    pub streak: u32,
    /// Points so far.
    pub score: u32,
    /// Rank now.
    pub rank: u32,
    /// Players ranked.
    pub of: u32,
    /// Who is just ahead.
    pub ahead: Option<Neighbour>,
    /// Who is just behind.
    pub behind: Option<Neighbour>,
}

/// An answer that is counted, as its owner sees it before the reveal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenAnswer {
    /// Index of the question.
    pub question: usize,
    /// The client's operation id.
    pub op: String,
    /// The answer.
    pub answer: AnswerValue,
}

/// The caller's own part of a game's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one per reply, mostly the large one")]
pub enum You {
    /// A player.
    Player {
        /// Who.
        participant: ParticipantId,
        /// The name shown.
        nickname: String,
        /// More time for this player: 1.0 is the standard.
        time_factor: f64,
        /// Points so far, as of the last reveal.
        score: u32,
        /// Rank as of the last reveal.
        rank: u32,
        /// Right answers in a row, as of the last reveal.
        streak: u32,
        /// Joined after the first question had begun.
        late: bool,
        /// The answer to the current question, if given.
        answer: Option<GivenAnswer>,
        /// The result of the current question, from the reveal on.
        result: Option<PlayerResult>,
    },
    /// A host.
    Host {
        /// Whether the caller made the game (others are co-hosts).
        owner: bool,
        /// Who may lead the game besides its owner.
        cohosts: Vec<PersonId>,
    },
}

/// Counts for hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCounts {
    /// Answers to the current question.
    pub answered: u32,
    /// Players connected, or answered, for the current question.
    pub expected: u32,
    /// Players connected.
    pub connected: u32,
}

/// The question of a state: announced or open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CurrentQuestion {
    /// From its opening on.
    Full(QuestionView),
    /// During the countdown.
    Announced(QuestionTeaser),
}

/// A game as one caller may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GameState {
    /// Which game.
    pub game: GameId,
    /// The room's sequence number that this state reflects.
    pub seq: u64,
    /// The sequence number at which the phase last changed.
    pub phase_seq: u64,
    /// Server time, milliseconds.
    pub now: u64,
    /// Where the game stands.
    pub phase: Phase,
    /// Why it is paused, if it is.
    pub pause: Option<PauseReason>,
    /// Title of the quiz.
    pub title: String,
    /// PIN, none once ended.
    pub pin: Option<String>,
    /// Whether joining is locked.
    pub locked: bool,
    /// Players, kicked ones not counted.
    pub players: u32,
    /// Settings.
    pub settings: GameSettings,
    /// Number of questions.
    pub questions: usize,
    /// The current question.
    pub question: Option<CurrentQuestion>,
    /// When the announced question opens.
    pub opens_at: Option<u64>,
    /// When the current question opened, shifted by pauses.
    pub opened_at: Option<u64>,
    /// When the current question closes for this caller.
    pub closes_at: Option<u64>,
    /// From the reveal on.
    pub reveal: Option<Reveal>,
    /// In board, podium, ended.
    pub board: Option<Board>,
    /// Why it ended.
    pub ended: Option<EndReason>,
    /// The caller's own part.
    pub you: You,
    /// For hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostCounts>,
}

/// One participant as hosts see them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Who.
    pub participant: ParticipantId,
    /// The name shown.
    pub nickname: String,
    /// Has a live connection.
    pub connected: bool,
    /// Has answered the current question.
    pub answered: bool,
    /// Points so far.
    pub score: u32,
    /// More time for this player.
    pub time_factor: f64,
    /// Has no account.
    pub guest: bool,
}
