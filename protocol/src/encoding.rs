//! How messages stand in frames.

mod json;
mod limits;
mod msgpack;
mod protobuf;

use crate::{
    command::{Command, CommandFields, InvalidCommand, Request},
    emulation::EmulationRequest,
    filter::FilterNode,
    frame::{Frame, Opcode},
    push::Push,
    reply::Reply,
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::sync::{Arc, OnceLock};

/// Deepest nesting of a message, payload included.
pub const MAX_DEPTH: usize = 64;
/// Most commands in one frame.
pub const MAX_COMMANDS: usize = 512;
/// Most nodes and values, counted together, in the tags filters of one frame.
pub const MAX_FILTER_PARTS_IN_FRAME: usize = 4096;

/// An encoding of the client protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Text frames, messages joined by line breaks.
    Json,
    /// Binary frames, messages concatenated.
    MsgPack,
    /// Binary frames, each message behind its length.
    Protobuf,
}

/// Why a frame cannot be read. The connection is closed with 3501.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not in this encoding.
    #[error("the frame is not valid: {0}")]
    Malformed(String),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the frame is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// More than [`MAX_COMMANDS`], more than one `connect`, or more than [`MAX_FILTER_PARTS_IN_FRAME`].
    #[error(
        "the frame has more than {MAX_COMMANDS} commands, one connect or {MAX_FILTER_PARTS_IN_FRAME} filter parts"
    )]
    TooMany,
    /// No command at all.
    #[error("the frame is empty")]
    Empty,
    /// Readable, but no command.
    #[error(transparent)]
    Invalid(#[from] InvalidCommand),
}

/// A message of the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Answer to a command.
    Reply(Reply),
    /// Sent unasked.
    Push(Push),
    /// Asks for a pong.
    Ping,
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Reply(reply) => reply.serialize(serializer),
            Self::Push(push) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("push", push)?;
                map.end()
            }
            Self::Ping => serializer.serialize_map(Some(0))?.end(),
        }
    }
}

/// The commands of a frame while it is read.
#[derive(Default)]
struct Commands {
    commands: Vec<Command>,
    connects: bool,
    filter_parts: usize,
}

impl Commands {
    /// Whether another command may come.
    fn room(&self) -> Result<(), DecodeError> {
        if self.commands.len() == MAX_COMMANDS { Err(DecodeError::TooMany) } else { Ok(()) }
    }

    /// Takes a command. Few large ones are allowed or many small ones, so that a frame never takes more than 2 MiB
    /// of memory beside its texts and payloads.
    fn push(&mut self, fields: CommandFields) -> Result<(), DecodeError> {
        let command = Command::try_from(fields)?;
        match &command.request {
            // A second one would close the connection anyway.
            Request::Connect(_) if std::mem::replace(&mut self.connects, true) => {
                return Err(DecodeError::TooMany);
            }
            Request::Subscribe(request) => {
                self.filter_parts += request.tf.as_ref().map_or(0, parts);
                if self.filter_parts > MAX_FILTER_PARTS_IN_FRAME {
                    return Err(DecodeError::TooMany);
                }
            }
            _ => {}
        }
        self.commands.push(command);
        Ok(())
    }

    fn finish(self) -> Result<Vec<Command>, DecodeError> {
        if self.commands.is_empty() { Err(DecodeError::Empty) } else { Ok(self.commands) }
    }
}

/// Nodes and values of a filter.
fn parts(filter: &FilterNode) -> usize {
    1 + filter.vals.len() + filter.nodes.iter().map(parts).sum::<usize>()
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 3] = [Self::Json, Self::MsgPack, Self::Protobuf];

    /// Reads the commands of a frame. Depth and declared lengths are checked before anything is allocated for them, and
    /// what is held afterwards is bounded by [`MAX_COMMANDS`] and its siblings.
    ///
    /// # Errors
    /// [`DecodeError`]; the frame is then refused as a whole.
    pub fn decode(self, frame: &[u8]) -> Result<Vec<Command>, DecodeError> {
        match self {
            Self::Json => json::decode(frame),
            Self::MsgPack => msgpack::decode(frame),
            Self::Protobuf => protobuf::decode(frame),
        }
    }

    /// Encodes one message into a frame.
    #[must_use]
    pub fn encode(self, message: &Message) -> Frame {
        Frame::build(self.opcode(), |buffer| match self {
            Self::Json => json::encode(message, buffer),
            Self::MsgPack => msgpack::encode(message, buffer),
            Self::Protobuf => protobuf::encode(message, buffer),
        })
    }

    /// Encodes commands into the payload of one frame, as clients do.
    #[must_use]
    pub fn encode_commands(self, commands: &[Command]) -> Vec<u8> {
        let mut buffer = Vec::new();
        for command in commands {
            match self {
                Self::Json => json::encode_command(command, &mut buffer),
                Self::MsgPack => msgpack::encode_command(command, &mut buffer),
                Self::Protobuf => protobuf::encode_command(command, &mut buffer),
            }
        }
        buffer
    }

    /// The kind of WebSocket message that carries this encoding.
    #[must_use]
    pub fn opcode(self) -> Opcode {
        match self {
            Self::Json => Opcode::Text,
            Self::MsgPack | Self::Protobuf => Opcode::Binary,
        }
    }
}

pub(crate) fn decode_emulation(encoding: Encoding, body: &[u8]) -> Result<EmulationRequest, DecodeError> {
    match encoding {
        Encoding::Json => json::decode_emulation(body),
        Encoding::Protobuf => protobuf::decode_emulation(body),
        Encoding::MsgPack => Err(DecodeError::Malformed("emulation has no msgpack form".to_owned())),
    }
}

pub(crate) fn encode_emulation(encoding: Encoding, request: &EmulationRequest) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Json => json::encode_emulation(request),
        Encoding::Protobuf => Some(protobuf::encode_emulation(request)),
        Encoding::MsgPack => None,
    }
}

/// A message for many receivers, encoded at most once per encoding.
#[derive(Clone, Debug)]
pub struct SharedMessage(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    message: Message,
    /// By encoding.
    frames: [OnceLock<Frame>; Encoding::ALL.len()],
}

impl SharedMessage {
    /// Shares a message; nothing is encoded yet.
    #[must_use]
    pub fn new(message: Message) -> Self {
        Self(Arc::new(Inner { message, frames: Default::default() }))
    }

    /// The message in an encoding, framed.
    #[must_use]
    pub fn frame(&self, encoding: Encoding) -> &Frame {
        self.0.frames[encoding as usize].get_or_init(|| encoding.encode(&self.0.message))
    }

    /// The message itself.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.0.message
    }
}

#[cfg(test)]
mod tests;
