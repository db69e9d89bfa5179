//! Quizzes as files: JSON, which carries everything, and CSV for spreadsheets.

mod csv;
mod json;

pub use self::csv::{from_csv, safe_cell, to_csv};
pub use json::{from_json, to_json};

use crate::question::{FieldError, MAX_QUESTIONS, validate};
use protocol::quiz::QuizContent;
use serde::Serialize;

/// Largest file that is read.
pub const MAX_BYTES: usize = 1024 * 1024;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportProblem {
    /// Line of the table, counted from 1 with the header, as spreadsheets show it; none for the whole file and for JSON.
    pub row: Option<u64>,
    /// Column or field, if it is about one.
    pub field: Option<String>,
    /// What to do.
    pub problem: String,
}

/// A file that cannot be imported, with all that is wrong with it (at most 100 problems).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mend the file and import it again: {}", .0.first().map_or("", |p| p.problem.as_str()))]
pub struct ImportError(pub Vec<ImportProblem>);

impl ImportError {
    fn whole(problem: impl Into<String>) -> Self {
        Self(vec![ImportProblem { row: None, field: None, problem: problem.into() }])
    }
}

/// The limits of [`validate`] for a file; `place` tells where a field stands in it.
fn checked(
    content: QuizContent,
    place: impl Fn(&str) -> (Option<u64>, String),
) -> Result<QuizContent, ImportError> {
    let problems: Vec<ImportProblem> = validate(&content)
        .into_iter()
        .map(|FieldError { field, problem }| {
            let (row, field) = place(&field);
            ImportProblem { row, field: Some(field), problem }
        })
        .collect();
    if problems.is_empty() { Ok(content) } else { Err(ImportError(problems)) }
}

/// Text of a file: not too large, UTF-8, without a byte order mark.
fn text(bytes: &[u8]) -> Result<&str, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::whole("choose a file of at most 1 MiB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::whole("save the file as UTF-8"))?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

fn too_many() -> ImportError {
    ImportError::whole(format!("split the quiz: at most {MAX_QUESTIONS} questions"))
}

#[cfg(test)]
mod tests;
