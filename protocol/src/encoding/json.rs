//! JSON: text frames, messages joined by line breaks.

use super::{Commands, DecodeError, Message, limits};
use crate::{
    command::{Command, Request},
    emulation::{EmulationRequest, TextRequest},
};
use serde::de::DeserializeOwned;

pub(super) fn decode(frame: &[u8]) -> Result<Vec<Command>, DecodeError> {
    let trimmed = frame.strip_suffix(b"\n").unwrap_or(frame);
    // What most frames of an idle connection are.
    if trimmed == b"{}" {
        return Ok(vec![Command { id: 0, request: Request::Pong }]);
    }
    if trimmed.iter().all(u8::is_ascii_whitespace) {
        return Err(DecodeError::Empty);
    }
    let mut commands = Commands::default();
    for line in trimmed.split(|&byte| byte == b'\n') {
        commands.room()?;
        commands.push(read(line)?)?;
    }
    commands.finish()
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, DecodeError> {
    limits::json(text)?;
    serde_json::from_slice(text).map_err(|error| DecodeError::Malformed(error.to_string()))
}

pub(super) fn encode(message: &Message, buffer: &mut Vec<u8>) {
    #[expect(clippy::expect_used, reason = "messages hold only checked payloads and plain fields")]
    serde_json::to_writer(buffer, message).expect("messages have a json form");
}

pub(super) fn encode_command(command: &Command, buffer: &mut Vec<u8>) {
    if !buffer.is_empty() {
        buffer.push(b'\n');
    }
    #[expect(clippy::expect_used, reason = "commands hold only checked payloads and plain fields")]
    serde_json::to_writer(buffer, command).expect("commands have a json form");
}

pub(super) fn decode_emulation(body: &[u8]) -> Result<EmulationRequest, DecodeError> {
    let TextRequest { session, node, data } = read(body)?;
    Ok(EmulationRequest { session, node, data: data.into() })
}

pub(super) fn encode_emulation(request: &EmulationRequest) -> Option<Vec<u8>> {
    let EmulationRequest { session, node, data } = request.clone();
    serde_json::to_vec(&TextRequest { session, node, data: String::from_utf8(data.into()).ok()? }).ok()
}
