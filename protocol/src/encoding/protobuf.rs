//! Protobuf: binary frames, each message behind its length as a varint.

mod command;
mod limits;
mod message;
mod wire;

use super::{Commands, DecodeError, Message};
use crate::{command::Command, emulation::EmulationRequest};
use prost::Message as _;

pub(super) fn decode(frame: &[u8]) -> Result<Vec<Command>, DecodeError> {
    let mut commands = Commands::default();
    let mut rest = frame;
    while !rest.is_empty() {
        commands.room()?;
        let message = limits::delimited(&mut rest)?;
        limits::command(message)?;
        commands.push(wire::Command::decode(message).map_err(malformed)?.into())?;
    }
    commands.finish()
}

pub(super) fn encode(message: &Message, buffer: &mut Vec<u8>) {
    #[expect(clippy::expect_used, reason = "a Vec grows to what is written")]
    wire::Reply::from(message).encode_length_delimited(buffer).expect("a buffer has room");
}

pub(super) fn encode_command(command: &Command, buffer: &mut Vec<u8>) {
    #[expect(clippy::expect_used, reason = "a Vec grows to what is written")]
    wire::Command::from(command).encode_length_delimited(buffer).expect("a buffer has room");
}

/// Reads the body of an emulation request, which has no length before it.
pub(super) fn decode_emulation(body: &[u8]) -> Result<EmulationRequest, DecodeError> {
    let wire::EmulationRequest { node, session, data } =
        wire::EmulationRequest::decode(body).map_err(malformed)?;
    Ok(EmulationRequest { session, node, data })
}

pub(super) fn encode_emulation(request: &EmulationRequest) -> Vec<u8> {
    let EmulationRequest { session, node, data } = request.clone();
    wire::EmulationRequest { node, session, data }.encode_to_vec()
}

#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
fn malformed(error: prost::DecodeError) -> DecodeError {
    DecodeError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests;
