//! How messages stand in frames.

mod json;
mod limits;
mod msgpack;

use crate::{command::Command, command::InvalidCommand, push::Push, reply::Reply};
use bytes::{Bytes, BytesMut};
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::sync::{Arc, OnceLock};

/// Deepest nesting of a message, payload included.
pub const MAX_DEPTH: usize = 64;
/// Most commands in one frame.
pub const MAX_COMMANDS: usize = 512;

/// An encoding of the client protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Text frames, messages joined by line breaks.
    Json,
    /// Binary frames, messages concatenated.
    MsgPack,
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
    /// More than [`MAX_COMMANDS`].
    #[error("the frame has more than {MAX_COMMANDS} commands")]
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

impl Encoding {
    /// Reads the commands of a frame. Depth and declared lengths are checked before anything is allocated for them.
    ///
    /// # Errors
    /// [`DecodeError`]; the frame is then refused as a whole.
    pub fn decode(self, frame: &[u8]) -> Result<Vec<Command>, DecodeError> {
        match self {
            Self::Json => json::decode(frame),
            Self::MsgPack => msgpack::decode(frame),
        }
    }

    /// Encodes one message.
    #[must_use]
    pub fn encode(self, message: &Message) -> Bytes {
        match self {
            Self::Json => json::encode(message),
            Self::MsgPack => msgpack::encode(message),
        }
    }

    /// Joins messages into the payload of one frame. A single message is shared, not copied.
    #[must_use]
    pub fn join(self, messages: &[Bytes]) -> Bytes {
        if let [only] = messages {
            return only.clone();
        }
        let total = messages.iter().map(|message| message.len() + 1).sum();
        let mut frame = BytesMut::with_capacity(total);
        for (index, message) in messages.iter().enumerate() {
            if index > 0 && self == Self::Json {
                frame.extend_from_slice(b"\n");
            }
            frame.extend_from_slice(message);
        }
        frame.freeze()
    }
}

/// A message for many receivers, encoded at most once per encoding.
#[derive(Clone, Debug)]
pub struct SharedMessage(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    message: Message,
    json: OnceLock<Bytes>,
    msgpack: OnceLock<Bytes>,
}

impl SharedMessage {
    /// Shares a message; nothing is encoded yet.
    #[must_use]
    pub fn new(message: Message) -> Self {
        Self(Arc::new(Inner { message, json: OnceLock::new(), msgpack: OnceLock::new() }))
    }

    /// The message in an encoding.
    #[must_use]
    pub fn encoded(&self, encoding: Encoding) -> Bytes {
        let cell = match encoding {
            Encoding::Json => &self.0.json,
            Encoding::MsgPack => &self.0.msgpack,
        };
        cell.get_or_init(|| encoding.encode(&self.0.message)).clone()
    }

    /// The message itself.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.0.message
    }
}

#[cfg(test)]
mod tests;
