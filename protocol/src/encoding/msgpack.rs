//! MessagePack: binary frames, messages concatenated, field names as in JSON.

use super::{DecodeError, MAX_COMMANDS, MAX_DEPTH, Message, limits};
use crate::command::{Command, CommandFields};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub(super) fn decode(frame: &[u8]) -> Result<Vec<Command>, DecodeError> {
    if frame.is_empty() {
        return Err(DecodeError::Empty);
    }
    let mut commands = Vec::new();
    let mut rest = frame;
    while !rest.is_empty() {
        if commands.len() == MAX_COMMANDS {
            return Err(DecodeError::TooMany);
        }
        let (value, behind) = rest.split_at(limits::msgpack_map(rest)?);
        rest = behind;
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(value);
        deserializer.set_max_depth(MAX_DEPTH + 8);
        let fields = CommandFields::deserialize(&mut deserializer)
            .map_err(|error| DecodeError::Malformed(error.to_string()))?;
        commands.push(fields.try_into()?);
    }
    Ok(commands)
}

pub(super) fn encode(message: &Message) -> Bytes {
    let mut out = Vec::with_capacity(128);
    #[expect(clippy::expect_used, reason = "messages hold only checked payloads and plain fields")]
    message
        .serialize(&mut rmp_serde::Serializer::new(&mut out).with_struct_map())
        .expect("messages have a msgpack form");
    out.into()
}
