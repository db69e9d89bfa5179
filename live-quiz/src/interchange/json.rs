//! Quizzes as JSON: `QuizContent` as the HTTP API shows it.

use super::{ImportError, MAX_QUESTIONS, checked, text, too_many};
use protocol::quiz::QuizContent;

/// The quiz as indented JSON.
///
/// # Errors
/// Only for numbers that JSON cannot write, which [`crate::question::validate`] refuses.
pub fn to_json(content: &QuizContent) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(content)
}

/// A quiz from JSON, checked.
///
/// # Errors
/// Too large, not UTF-8, not a quiz, or a quiz outside the limits.
pub fn from_json(bytes: &[u8]) -> Result<QuizContent, ImportError> {
    let content: QuizContent = serde_json::from_str(text(bytes)?)
        .map_err(|error| ImportError::whole(format!("write a quiz as the export does: {error}")))?;
    if content.questions.len() > MAX_QUESTIONS {
        return Err(too_many());
    }
    checked(content, |field| (None, field.to_owned()))
}
