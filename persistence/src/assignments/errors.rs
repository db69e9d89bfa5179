//! Why assignments are not made or changed, and why nothing is handed in.

use super::{MAX_ATTEMPTS, Submission};
use crate::Unavailable;
use crate::gradebook::AppendScoresError;

/// Why an assignment was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateAssignmentError {
    /// There is one under the id.
    #[error("there is an assignment under this id; change that one or choose another id")]
    Exists,
    /// The school has no such class, or the class no such line item.
    #[error("the school has no such class, or the class no such line item; make them first")]
    UnknownClassOrLineItem,
    /// Out of range.
    #[error("the attempts must lie between 1 and {MAX_ATTEMPTS}")]
    InvalidAttempts,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CreateAssignmentError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::UnknownClassOrLineItem => "unknown_class_or_line_item",
            Self::InvalidAttempts => "invalid_attempts",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why an assignment was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateAssignmentError {
    /// Somebody was faster.
    #[error("the assignment is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such assignment.
    #[error("the school has no such assignment; look at the class again")]
    UnknownAssignment,
    /// The class has no such line item.
    #[error("the class has no such line item; make it first")]
    UnknownLineItem,
    /// Out of range.
    #[error("the attempts must lie between 1 and {MAX_ATTEMPTS}")]
    InvalidAttempts,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpdateAssignmentError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownAssignment => "unknown_assignment",
            Self::UnknownLineItem => "unknown_line_item",
            Self::InvalidAttempts => "invalid_attempts",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why nothing was handed in.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The student handed it in before.
    #[error("this submission was handed in before; look at it, or choose another id for another one")]
    Exists {
        /// The one that is there.
        kept: Box<Submission>,
    },
    /// Another student's submission, or one for another assignment, has the id.
    #[error("the id is taken; choose another one")]
    IdTaken,
    /// The school has no such assignment, or the person is not an active student of its class.
    #[error("the school has no such assignment for this student; look at the class again")]
    UnknownAssignmentOrStudent,
    /// A draft, or closed.
    #[error("the assignment takes no submissions now; ask the teacher to open it")]
    NotOpen,
    /// As often as allowed.
    #[error("all {most} attempts were handed in; ask the teacher for another one")]
    NoAttemptLeft {
        /// How many that is.
        most: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl SubmitError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "exists",
            Self::IdTaken => "id_taken",
            Self::UnknownAssignmentOrStudent => "unknown_assignment_or_student",
            Self::NotOpen => "not_open",
            Self::NoAttemptLeft { .. } => "no_attempt_left",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a submission was not given back.
#[derive(Debug, thiserror::Error)]
pub enum ReturnSubmissionError {
    /// Somebody was faster.
    #[error("the submission is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The school has no such submission.
    #[error("the school has no such submission; look at the assignment again")]
    UnknownSubmission,
    /// Its score cannot be taken.
    #[error("the score cannot be taken: {0}")]
    Score(#[source] AppendScoresError),
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ReturnSubmissionError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownSubmission => "unknown_submission",
            Self::Score(error) => error.code(),
            Self::Unavailable(error) => error.code(),
        }
    }
}
