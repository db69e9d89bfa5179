//! Why something about a record is not done.

use persistence::Unavailable;
use std::borrow::Cow;

/// What is wrong with one field or row of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Row of a table or place in a list, where there are many; counted from 1 with a table's header, else from 0.
    pub row: Option<u64>,
    /// Path of the field.
    pub field: String,
    /// What to do.
    pub problem: String,
}

impl FieldError {
    /// About a field of the only record.
    #[must_use]
    pub fn of(field: &str, problem: impl Into<String>) -> Self {
        Self { row: None, field: field.to_owned(), problem: problem.into() }
    }

    /// About a field of one of many.
    #[must_use]
    pub fn in_row(row: u64, field: &str, problem: impl Into<String>) -> Self {
        Self { row: Some(row), field: field.to_owned(), problem: problem.into() }
    }
}

/// Why something about a record is not done. One enum for all of them: they share their ways to fail, and the edge turns
/// each into the same answer whatever the record is.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such record, or it is another school's, or the caller may not know of it: one and the same.
    #[error("nothing is here, or it is not yours to see; look at the list again")]
    NotFound,
    /// The caller may see the record and not do this with it.
    #[error("this is not for you; ask a teacher of the class or an admin of the school")]
    NotAllowed,
    /// Somebody was faster.
    #[error("it is at version {current} by now; look at it and change that one")]
    Conflict {
        /// Number of the newest version.
        current: u32,
    },
    /// The state of the record does not allow it.
    #[error("{reason}")]
    Refused {
        /// Stable name.
        code: &'static str,
        /// What to do.
        reason: Cow<'static, str>,
    },
    /// It was read and cannot be taken.
    #[error("mend the fields named in errors")]
    Invalid(Vec<FieldError>),
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl RecordError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotAllowed => "forbidden",
            Self::Conflict { .. } => "conflict",
            Self::Refused { code, .. } => code,
            Self::Invalid(_) => "invalid",
            Self::Unavailable(error) => error.code(),
        }
    }

    /// One field is wrong.
    #[must_use]
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::of(field, problem)])
    }

    /// The record's state does not allow it.
    #[must_use]
    pub fn refused(code: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused { code, reason: reason.into() }
    }
}
