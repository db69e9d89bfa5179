//! How messages stand in the body of a stream.

use bytes::{BufMut as _, Bytes, BytesMut};
use protocol::{Disconnect, Encoding, Frame, Message, Push, PushBody};

/// The form of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One JSON message a line.
    Lines,
    /// Protobuf, each message behind its length.
    Protobuf,
    /// Server-sent events, one JSON message each.
    Events,
}

impl Format {
    /// How its messages are encoded.
    pub(super) fn encoding(self) -> Encoding {
        match self {
            Self::Lines | Self::Events => Encoding::Json,
            Self::Protobuf => Encoding::Protobuf,
        }
    }

    /// The content type of its body.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Lines => "application/json",
            Self::Protobuf => "application/octet-stream",
            Self::Events => "text/event-stream; charset=utf-8",
        }
    }

    /// What the body begins with: an empty line makes browsers and proxies pass the stream on at once.
    pub(super) fn opening(self) -> Option<Bytes> {
        (self == Self::Events).then_some(Bytes::from_static(b"\r\n"))
    }

    /// Before and behind each message.
    fn marks(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Lines => (b"", b"\n"),
            // The length is part of the payload.
            Self::Protobuf => (b"", b""),
            Self::Events => (b"data: ", b"\n\n"),
        }
    }

    /// Messages as one piece of the body.
    pub(super) fn chunk(self, frames: &[Frame]) -> Bytes {
        let (before, behind) = self.marks();
        // A frame's header is longer than the marks, except for the shortest messages.
        let size = frames.iter().map(|frame| frame.len() + before.len() + behind.len()).sum();
        let mut chunk = BytesMut::with_capacity(size);
        for frame in frames {
            chunk.put(before);
            chunk.put(frame.payload());
            chunk.put(behind);
        }
        chunk.freeze()
    }

    /// The last message: why the stream ends.
    pub(super) fn goodbye(self, disconnect: Disconnect) -> Bytes {
        let push = Push { channel: None, body: PushBody::Disconnect(disconnect) };
        self.chunk(&[self.encoding().encode(&Message::Push(push))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_marks_its_messages() {
        for (format, expected) in [
            (Format::Lines, &b"{}\n{}\n"[..]),
            (Format::Events, b"data: {}\n\ndata: {}\n\n"),
            // An empty reply has the length 0.
            (Format::Protobuf, &[0, 0]),
        ] {
            let ping = format.encoding().encode(&Message::Ping);
            assert_eq!(format.chunk(&[ping.clone(), ping]), expected, "{format:?}");
        }
    }

    #[test]
    fn the_last_message_says_why() {
        let expected = r#"{"push":{"disconnect":{"code":3001,"reason":"shutdown"}}}"#;
        assert_eq!(Format::Lines.goodbye(Disconnect::SHUTDOWN), format!("{expected}\n"));
        assert_eq!(Format::Events.goodbye(Disconnect::SHUTDOWN), format!("data: {expected}\n\n"));
        // Reply.push (4), Push.disconnect (11), Disconnect.code (1) = 3001 and reason (2), each behind its length.
        let head = [17, 0x22, 15, 0x5a, 13, 0x08, 0xb9, 0x17, 0x12, 8];
        assert_eq!(Format::Protobuf.goodbye(Disconnect::SHUTDOWN), [&head, &b"shutdown"[..]].concat());
    }
}
