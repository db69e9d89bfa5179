//! Why a command is refused. Codes and names are part of the protocol and never change.

use serde::{Deserialize, Serialize};

/// Which setting or argument is wrong, and what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Invalid {
    /// A guest in a game for signed-in players.
    #[error("this game takes no guests; sign in first")]
    NoGuests,
    /// The owner or a co-host wants to play.
    #[error("a host cannot play; join as a guest from another browser")]
    HostAsPlayer,
    /// More time than is given.
    #[error("choose a time factor between 1.0 and 3.0")]
    TimeFactor,
    /// A page of participants that is too long or empty.
    #[error("ask for 1 to 500 participants")]
    RosterPage,
    /// More seconds than may be added at once.
    #[error("add between 1 and 120 seconds")]
    MoreTime,
    /// The owner cannot be made or unmade a host.
    #[error("the owner always is a host; name somebody else")]
    OwnerAsCohost,
    /// A co-host takes the right from themselves.
    #[error("let another host take this from you")]
    OwnCohost,
    /// A player cannot be host.
    #[error("a player cannot be host; name somebody else")]
    PlayerAsCohost,
    /// Too many co-hosts.
    #[error("a game has at most 20 co-hosts")]
    Cohosts,
    /// An op id that is empty or too long.
    #[error("choose an op of 1 to 64 bytes")]
    Op,
    /// An op id of a join that could be guessed.
    #[error("choose an op of 16 to 64 bytes that nobody can guess")]
    JoinOp,
}

/// A refused command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// 1000
    #[error("no such game; check the link or ask for a new pin")]
    GameNotFound,
    /// 1001
    #[error("join the game first")]
    NotInGame,
    /// 1002
    #[error("only a host may do this")]
    HostOnly,
    /// 1003
    #[error("the game is not in a phase that allows this; look at its state again")]
    WrongPhase,
    /// 1004
    #[error("your answer to this question is already counted")]
    AlreadyAnswered,
    /// 1005
    #[error("send an answer that fits the question")]
    InvalidAnswer,
    /// 1006
    #[error("the question is closed for you; wait for the next one")]
    TooLate,
    /// 1007
    #[error("the game is paused; wait until it goes on")]
    GamePaused,
    /// 1008
    #[error("the game is full; ask the host to make room")]
    GameFull,
    /// 1009
    #[error("the host has locked the game; ask them to unlock it")]
    GameLocked,
    /// 1010
    #[error("another player has this name; choose another")]
    NicknameTaken,
    /// 1011
    #[error(transparent)]
    NicknameRefused(#[from] crate::nickname::NicknameError),
    /// 1012
    #[error("the game has begun and takes no late players")]
    LateJoinRefused,
    /// 1013
    #[error("the host has removed you from this game")]
    Kicked,
    /// 1014
    #[error("no such participant in this game; read the roster again")]
    UnknownParticipant,
    /// 1015
    #[error("the game has moved on since; look at its state again")]
    StaleCommand,
    /// 1016; the text says which setting or argument and what it may be.
    #[error(transparent)]
    InvalidSetting(#[from] Invalid),
    /// 1017, temporary.
    #[error("the game has too many commands waiting; try again in a moment")]
    GameBusy,
}

impl Refusal {
    /// The protocol's number.
    #[must_use]
    pub fn code(&self) -> u32 {
        match self {
            Self::GameNotFound => 1000,
            Self::NotInGame => 1001,
            Self::HostOnly => 1002,
            Self::WrongPhase => 1003,
            Self::AlreadyAnswered => 1004,
            Self::InvalidAnswer => 1005,
            Self::TooLate => 1006,
            Self::GamePaused => 1007,
            Self::GameFull => 1008,
            Self::GameLocked => 1009,
            Self::NicknameTaken => 1010,
            Self::NicknameRefused(_) => 1011,
            Self::LateJoinRefused => 1012,
            Self::Kicked => 1013,
            Self::UnknownParticipant => 1014,
            Self::StaleCommand => 1015,
            Self::InvalidSetting(_) => 1016,
            Self::GameBusy => 1017,
        }
    }

    /// The protocol's name, as in `problem+json`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::GameNotFound => "game_not_found",
            Self::NotInGame => "not_in_game",
            Self::HostOnly => "host_only",
            Self::WrongPhase => "wrong_phase",
            Self::AlreadyAnswered => "already_answered",
            Self::InvalidAnswer => "invalid_answer",
            Self::TooLate => "too_late",
            Self::GamePaused => "game_paused",
            Self::GameFull => "game_full",
            Self::GameLocked => "game_locked",
            Self::NicknameTaken => "nickname_taken",
            Self::NicknameRefused(_) => "nickname_refused",
            Self::LateJoinRefused => "late_join_refused",
            Self::Kicked => "kicked",
            Self::UnknownParticipant => "unknown_participant",
            Self::StaleCommand => "stale_command",
            Self::InvalidSetting(_) => "invalid_setting",
            Self::GameBusy => "game_busy",
        }
    }

    /// Whether trying the same again may succeed.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::GameBusy)
    }
}
