//! What the routes of a school's records share: how the ways in which a service fails look from outside.

use super::{Problem, problem::FieldProblem, versions};
use axum::http::StatusCode;
use learning::service::RecordError;

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        let (code, text) = (error.code(), error.to_string());
        match error {
            // One text for all: whoever asks must not learn whether there is such a record elsewhere.
            RecordError::NotFound => {
                Self::not_found("nothing is here, or it is not yours to see; look at the list again")
            }
            RecordError::NotAllowed => Self::new(StatusCode::FORBIDDEN, code, text),
            RecordError::Conflict { current } => versions::conflict(current, text),
            RecordError::Refused { .. } => Self::new(StatusCode::CONFLICT, code, text),
            RecordError::Invalid(fields) => {
                let shown = fields.into_iter().map(|field| FieldProblem {
                    row: field.row,
                    field: Some(field.field),
                    problem: field.problem,
                });
                Self::invalid(text).with_errors(shown.collect())
            }
            RecordError::Unavailable(error) => error.into(),
        }
    }
}
