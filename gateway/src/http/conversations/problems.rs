//! How the ways in which the chat fails look from outside.

use crate::http::{Problem, problem::FieldProblem, versions};
use axum::http::StatusCode;
use chat::service::ChatError;

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        let (code, text, wait) = (error.code(), error.to_string(), error.wait());
        let status = match &error {
            // One text for all: whoever asks must not learn whether there is such a conversation elsewhere.
            ChatError::NotFound => {
                return Self::not_found("nothing is here, or it is not yours to see; look at the list again");
            }
            ChatError::Conflict { current } => return versions::conflict(*current, text),
            ChatError::Unavailable => return Self::unavailable(),
            ChatError::NotAllowed | ChatError::PolicyForbids => StatusCode::FORBIDDEN,
            ChatError::Invalid(_) | ChatError::UnknownMention { .. } | ChatError::UnknownMessage => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            ChatError::TooFast { .. } => StatusCode::TOO_MANY_REQUESTS,
            ChatError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            ChatError::TooMany { .. } => StatusCode::CONFLICT,
            ChatError::Send(_) | ChatError::Act(_) => match code {
                "slow_mode" => StatusCode::TOO_MANY_REQUESTS,
                "chat_locked" | "questions_only" | "quiz_running" | "edit_too_late" | "message_deleted" => {
                    StatusCode::CONFLICT
                }
                _ => StatusCode::FORBIDDEN,
            },
        };
        let problem = Self::new(status, code, text).with_errors(fields(error));
        match wait {
            Some(wait) => problem.retry_after(wait),
            None => problem,
        }
    }
}

fn fields(error: ChatError) -> Vec<FieldProblem> {
    let of = |row, field: &str, problem: String| FieldProblem { row, field: Some(field.to_owned()), problem };
    match error {
        ChatError::Invalid(wrong) => vec![of(wrong.row, wrong.field, wrong.problem.into_owned())],
        ChatError::UnknownMention { index } => {
            vec![of(Some(index), "mentions", "name people of the conversation".to_owned())]
        }
        _ => Vec::new(),
    }
}
