//! The entries of a game's log. What was written once must stay readable: add variants and defaulted fields only.

use protocol::ids::{GameId, ParticipantId, PersonId, QuizId, UserId};
use protocol::quiz::{AnswerValue, CloseReason, EndReason, GameSettings, PauseReason, QuizContent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a game began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The game.
    pub game: GameId,
    /// The quiz that is played.
    pub quiz: QuizId,
    /// Its version.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// Its content at that version; checked by [`crate::question::validate`].
    pub content: QuizContent,
    /// How it is played; checked by [`crate::settings::check`].
    pub settings: GameSettings,
    /// Who opened it.
    pub owner: PersonId,
    /// Six digits.
    pub pin: String,
}

/// One step of a game.
///
/// Stored as JSON: the tag is `t`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Entry {
    /// First of every log.
    Opened(Box<Opened>),
    /// Somebody came in.
    Joined {
        /// Who.
        participant: ParticipantId,
        /// The subject of their token.
        user: UserId,
        /// None for guests.
        person: Option<PersonId>,
        /// As shown.
        nickname: String,
        /// More time for this player: 1.0 to 3.0.
        time_factor: f64,
        /// Came after the first announcement.
        late: bool,
        /// Points that a late joiner begins with.
        late_credit: u32,
    },
    /// A host changed a name.
    Renamed {
        /// Whose.
        participant: ParticipantId,
        /// The new one.
        nickname: String,
    },
    /// A host removed somebody.
    Kicked {
        /// Whom.
        participant: ParticipantId,
    },
    /// A host locked or unlocked joining.
    Locked {
        /// Which.
        locked: bool,
    },
    /// A person became co-host, or no longer is.
    Cohost {
        /// Who.
        person: PersonId,
        /// Which.
        on: bool,
    },
    /// A host gave a player more time.
    TimeFactor {
        /// Whom.
        participant: ParticipantId,
        /// 1.0 to 3.0.
        time_factor: f64,
    },
    /// A question was announced.
    CountdownStarted {
        /// Which.
        question: usize,
        /// When it opens, server milliseconds.
        opens_at: u64,
    },
    /// The announced question will not be played.
    QuestionDropped {
        /// Which.
        question: usize,
    },
    /// Answers are taken.
    QuestionOpened {
        /// Which.
        question: usize,
        /// Server milliseconds.
        opened_at: u64,
        /// For those without more time, server milliseconds.
        closes_at: u64,
        /// `permutation[shown] = item` of an ordering question, else empty.
        permutation: Vec<usize>,
    },
    /// An answer was counted.
    Answered {
        /// Whose.
        participant: ParticipantId,
        /// To which question.
        question: usize,
        /// The client's operation id.
        op: String,
        /// What.
        answer: AnswerValue,
        /// Since the opening, pauses and credit taken off.
        elapsed_ms: u64,
        /// Taken off for the way through the network.
        credit_ms: u64,
    },
    /// A host gave everybody more time.
    TimeAdded {
        /// For which question.
        question: usize,
        /// How much.
        added_ms: u64,
    },
    /// A host's order is carried out by the entries that follow, and not again when it comes again.
    Ordered {
        /// The order's id.
        op: Uuid,
    },
    /// The clock stands.
    Paused {
        /// Why.
        reason: PauseReason,
    },
    /// The clock goes on; all deadlines move by `paused_ms`.
    Resumed {
        /// How long it stood.
        paused_ms: u64,
    },
    /// No more answers.
    QuestionClosed {
        /// Which.
        question: usize,
        /// Why.
        reason: CloseReason,
    },
    /// The solution is out and points are given.
    Revealed {
        /// Which.
        question: usize,
    },
    /// The board is shown.
    BoardShown,
    /// The winners are shown.
    PodiumShown,
    /// Over, for good.
    Ended {
        /// Why.
        reason: EndReason,
    },
}
