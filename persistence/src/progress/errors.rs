//! Why progress is not kept.

use crate::Unavailable;

/// Why progress was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutProgressError {
    /// Somebody was faster, such as the person on another device.
    #[error("the progress is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version; 0 if there is no progress.
        current: u32,
    },
    /// The school has no such person or lesson.
    #[error("the school has no such person or no such lesson; look at the course again")]
    UnknownPersonOrLesson,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl PutProgressError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownPersonOrLesson => "unknown_person_or_lesson",
            Self::Unavailable(error) => error.code(),
        }
    }
}

/// Why a batch was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum MergeProgressError {
    /// The school has no such person.
    #[error("the school has no such person; keep the person first")]
    UnknownPerson,
    /// Too many operations.
    #[error("a batch takes {most} operations; send the others in another one")]
    TooMany {
        /// How many it takes.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl MergeProgressError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::TooMany { .. } => "too_many",
            Self::Unavailable(error) => error.code(),
        }
    }
}
