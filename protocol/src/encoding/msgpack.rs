//! MessagePack: binary frames, messages concatenated, field names as in JSON.

use super::{Commands, DecodeError, MAX_DEPTH, Message, limits};
use crate::command::{Command, CommandFields};
use serde::{Deserialize, Serialize};

pub(super) fn decode(frame: &[u8]) -> Result<Vec<Command>, DecodeError> {
    let mut commands = Commands::default();
    let mut rest = frame;
    while !rest.is_empty() {
        commands.room()?;
        let (value, behind) = rest.split_at(limits::msgpack_map(rest)?);
        rest = behind;
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(value);
        deserializer.set_max_depth(MAX_DEPTH + 8);
        let fields = CommandFields::deserialize(&mut deserializer)
            .map_err(|error| DecodeError::Malformed(error.to_string()))?;
        commands.push(fields)?;
    }
    commands.finish()
}

pub(super) fn encode(message: &Message, buffer: &mut Vec<u8>) {
    #[expect(clippy::expect_used, reason = "messages hold only checked payloads and plain fields")]
    message
        .serialize(&mut rmp_serde::Serializer::new(buffer).with_struct_map())
        .expect("messages have a msgpack form");
}

pub(super) fn encode_command(command: &Command, buffer: &mut Vec<u8>) {
    #[expect(clippy::expect_used, reason = "commands hold only checked payloads and plain fields")]
    command
        .serialize(&mut rmp_serde::Serializer::new(buffer).with_struct_map())
        .expect("commands have a msgpack form");
}
