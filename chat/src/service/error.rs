//! Why something in a chat is not done.

use crate::rules::{modes::SendRefusal, rights::ActRefusal};
use persistence::Unavailable;
use protocol::{ErrorBody, codes::error};
use std::borrow::Cow;
use std::time::Duration;

/// What is wrong with a field of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field.
    pub field: &'static str,
    /// Which one, in a list; counted from 0.
    pub row: Option<u64>,
    /// What to do.
    pub problem: Cow<'static, str>,
}

/// Why something in a chat is not done. One enum for all of it: what is refused is told alike on all ways.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// There is no such conversation or message, or it is another school's, or none of the caller's: one and the same.
    #[error("nothing is here, or it is not yours to see; look at the list again")]
    NotFound,
    /// The caller may see it and not do this.
    #[error("this is not for you; ask who looks after the conversation")]
    NotAllowed,
    /// The school does not let these two begin a conversation.
    #[error("your school does not let you write to this person; ask your teacher")]
    PolicyForbids,
    /// Somebody was faster.
    #[error("it is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// It was read and cannot be taken.
    #[error("mend the fields named in errors")]
    Invalid(FieldError),
    /// Somebody is named who is not in the conversation.
    #[error("you named somebody who is not in this conversation; leave them out")]
    UnknownMention {
        /// Which of the names, counted from 0.
        index: u64,
    },
    /// The thread, or what is quoted, is no message.
    #[error("the message that you answer or quote does not exist; look at the conversation again")]
    UnknownMessage,
    /// The conversation does not take the message.
    #[error(transparent)]
    Send(SendRefusal),
    /// The message does not take the change.
    #[error(transparent)]
    Act(ActRefusal),
    /// A bound is reached.
    #[error("there may be {most} at most; take one away first")]
    TooMany {
        /// Stable name of what there is too much of.
        code: &'static str,
        /// The bound.
        most: usize,
    },
    /// The caller writes faster than anybody reads.
    #[error("you are writing too fast; wait a moment")]
    TooFast {
        /// How long.
        wait: Duration,
    },
    /// More waits to be sent than the node takes.
    #[error("too many are writing now; send it again in a moment")]
    Busy,
    /// The store failed, and the log says how; nothing was acknowledged.
    #[error("the server cannot do this now; try again")]
    Unavailable,
}

impl ChatError {
    /// A field is wrong.
    pub(super) fn invalid(field: &'static str, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(FieldError { field, row: None, problem: problem.into() })
    }

    /// One of a list is wrong.
    pub(super) fn invalid_row(
        field: &'static str,
        row: usize,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        let row = u64::try_from(row).ok();
        Self::Invalid(FieldError { field, row, problem: problem.into() })
    }

    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotAllowed | Self::Act(ActRefusal::NotYours) => "forbidden",
            Self::PolicyForbids => "policy_forbids",
            Self::Conflict { .. } => "conflict",
            Self::Invalid(_) => "invalid",
            Self::UnknownMention { .. } => "unknown_mention",
            Self::UnknownMessage => "unknown_message",
            Self::Send(SendRefusal::ReadOnly) | Self::Act(ActRefusal::ReadOnly) => "read_only",
            Self::Send(SendRefusal::Blocked) | Self::Act(ActRefusal::Blocked) => "blocked",
            Self::Send(SendRefusal::Locked) => "chat_locked",
            Self::Send(SendRefusal::QuestionsOnly) => "questions_only",
            Self::Send(SendRefusal::QuizRunning) => "quiz_running",
            Self::Send(SendRefusal::Slow { .. }) => "slow_mode",
            Self::Send(SendRefusal::NotEveryone) => "everyone_refused",
            Self::Act(ActRefusal::TooLate) => "edit_too_late",
            Self::Act(ActRefusal::Deleted) => "message_deleted",
            Self::TooMany { code, .. } => code,
            Self::TooFast { .. } => "too_many_requests",
            Self::Busy | Self::Unavailable => "unavailable",
        }
    }

    /// The number by which methods say it.
    #[must_use]
    pub fn number(&self) -> u32 {
        match self {
            Self::NotFound | Self::NotAllowed | Self::Act(ActRefusal::NotYours) => {
                error::PERMISSION_DENIED.code
            }
            Self::Conflict { .. } => 1_112,
            Self::PolicyForbids => 1_111,
            Self::Invalid(_) => 1_100,
            Self::UnknownMention { .. } => 1_101,
            Self::UnknownMessage => 1_102,
            Self::Send(SendRefusal::Slow { .. }) => 1_103,
            Self::Send(SendRefusal::Locked) => 1_104,
            Self::Send(SendRefusal::QuestionsOnly) => 1_105,
            Self::Send(SendRefusal::QuizRunning) => 1_114,
            Self::Send(SendRefusal::ReadOnly) | Self::Act(ActRefusal::ReadOnly) => 1_106,
            Self::Send(SendRefusal::NotEveryone) => 1_107,
            Self::Act(ActRefusal::TooLate) => 1_108,
            Self::Act(ActRefusal::Deleted) => 1_109,
            Self::TooMany { .. } => 1_110,
            Self::Send(SendRefusal::Blocked) | Self::Act(ActRefusal::Blocked) => 1_113,
            Self::TooFast { .. } | Self::Busy => error::TOO_MANY_REQUESTS.code,
            Self::Unavailable => error::INTERNAL.code,
        }
    }

    /// After which time the same may be done, if time helps.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Send(SendRefusal::Slow { wait_s }) => Some(Duration::from_secs(u64::from(*wait_s))),
            Self::TooFast { wait } => Some(*wait),
            Self::Busy | Self::Unavailable => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// As methods say it.
    pub(super) fn body(&self) -> ErrorBody {
        let message = match self {
            // What cannot be seen and what may not be done are one.
            Self::NotFound | Self::NotAllowed | Self::Act(ActRefusal::NotYours) => {
                return error::PERMISSION_DENIED;
            }
            Self::Invalid(wrong) => Cow::Owned(format!("{}: {}", wrong.field, wrong.problem)),
            other => Cow::Owned(other.to_string()),
        };
        let temporary = matches!(self, Self::TooFast { .. } | Self::Busy | Self::Unavailable);
        ErrorBody { code: self.number(), message, temporary }
    }
}

impl From<Unavailable> for ChatError {
    fn from(error: Unavailable) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Unavailable
    }
}

impl From<ActRefusal> for ChatError {
    fn from(refusal: ActRefusal) -> Self {
        Self::Act(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_to_be_temporary_and_what_is_hidden_has_one_answer() {
        for (error, code, temporary) in [
            (ChatError::Unavailable, 100, true),
            (ChatError::Busy, 111, true),
            (ChatError::TooFast { wait: Duration::from_secs(1) }, 111, true),
            (ChatError::Send(SendRefusal::Slow { wait_s: 12 }), 1_103, false),
            (ChatError::UnknownMention { index: 3 }, 1_101, false),
        ] {
            let body = error.body();
            assert_eq!((body.code, body.temporary), (code, temporary), "{body}");
        }
        assert!(ChatError::Send(SendRefusal::Slow { wait_s: 12 }).body().message.contains(" 12 s"));
        for hidden in [ChatError::NotFound, ChatError::NotAllowed, ChatError::Act(ActRefusal::NotYours)] {
            assert_eq!(hidden.body(), error::PERMISSION_DENIED);
        }
    }
}
