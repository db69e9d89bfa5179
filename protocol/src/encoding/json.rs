//! JSON: text frames, messages joined by line breaks.

use super::{DecodeError, MAX_COMMANDS, Message, limits};
use crate::command::{Command, CommandFields};
use bytes::Bytes;

pub(super) fn decode(frame: &[u8]) -> Result<Vec<Command>, DecodeError> {
    let mut commands = Vec::new();
    let trimmed = frame.strip_suffix(b"\n").unwrap_or(frame);
    if trimmed.iter().all(u8::is_ascii_whitespace) {
        return Err(DecodeError::Empty);
    }
    for line in trimmed.split(|&byte| byte == b'\n') {
        if commands.len() == MAX_COMMANDS {
            return Err(DecodeError::TooMany);
        }
        limits::json(line)?;
        let fields: CommandFields =
            serde_json::from_slice(line).map_err(|error| DecodeError::Malformed(error.to_string()))?;
        commands.push(fields.try_into()?);
    }
    Ok(commands)
}

pub(super) fn encode(message: &Message) -> Bytes {
    #[expect(clippy::expect_used, reason = "messages hold only checked payloads and plain fields")]
    serde_json::to_vec(message).expect("messages have a json form").into()
}
