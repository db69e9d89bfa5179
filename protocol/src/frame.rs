//! WebSocket frames of the server (RFC 6455, section 5.2): header and payload in one buffer, ready for the socket.

use bytes::Bytes;

/// Room for the longest header of an unmasked frame: two bytes and a 64-bit length.
const LONGEST_HEADER: usize = 10;
/// Longest payload of a control frame.
const LONGEST_CONTROL: usize = 125;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// Text in UTF-8.
    Text = 0x1,
    /// Bytes.
    Binary = 0x2,
    /// The end of the connection.
    Close = 0x8,
    /// Asks for a pong.
    Ping = 0x9,
    /// Answer to a ping.
    Pong = 0xa,
}

/// A frame that is ready to be written. Cloning shares the bytes: a publication is framed once for all its receivers.
///
/// Transports other than WebSocket use [`Self::payload`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    bytes: Bytes,
    header: u8,
}

impl Frame {
    /// A frame around what `write` appends to a buffer.
    pub fn build(opcode: Opcode, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut buffer = Vec::with_capacity(256);
        buffer.resize(LONGEST_HEADER, 0);
        write(&mut buffer);
        let length = buffer.len() - LONGEST_HEADER;
        let mut header = [0; LONGEST_HEADER];
        // The whole message is in this frame: FIN is set. Frames of a server are not masked.
        header[0] = 0x80 | opcode as u8;
        let used = match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ 0..=125), _) => {
                header[1] = short;
                2
            }
            (_, Ok(medium)) => {
                header[1] = 126;
                header[2..4].copy_from_slice(&medium.to_be_bytes());
                4
            }
            _ => {
                header[1] = 127;
                header[2..10].copy_from_slice(&(length as u64).to_be_bytes());
                10
            }
        };
        let start = LONGEST_HEADER - used;
        buffer[start..LONGEST_HEADER].copy_from_slice(&header[..used]);
        #[expect(clippy::cast_possible_truncation, reason = "2, 4 or 10")]
        Self { bytes: Bytes::from(buffer).slice(start..), header: used as u8 }
    }

    /// An answer to a ping, with the ping's payload of at most 125 bytes.
    #[must_use]
    pub fn pong(payload: &[u8]) -> Self {
        let payload = &payload[..payload.len().min(LONGEST_CONTROL)];
        Self::build(Opcode::Pong, |buffer| buffer.extend_from_slice(payload))
    }

    /// An empty ping.
    #[must_use]
    pub fn ping() -> Self {
        Self::build(Opcode::Ping, |_| ())
    }

    /// A close frame. Reasons are plain text of at most 123 bytes; a longer one is cut.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Self {
        let end = (0..=reason.len().min(LONGEST_CONTROL - 2)).rev().find(|&end| reason.is_char_boundary(end));
        let reason = &reason[..end.unwrap_or(0)];
        Self::build(Opcode::Close, |buffer| {
            buffer.extend_from_slice(&code.to_be_bytes());
            buffer.extend_from_slice(reason.as_bytes());
        })
    }

    /// Header and payload.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The payload alone, sharing the frame's memory.
    #[must_use]
    pub fn payload(&self) -> Bytes {
        self.bytes.slice(usize::from(self.header)..)
    }

    /// Bytes on the wire.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Never: a frame has a header at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_of(length: usize) -> Vec<u8> {
        let frame = Frame::build(Opcode::Text, |buffer| buffer.resize(buffer.len() + length, b'x'));
        assert_eq!(frame.payload().len(), length);
        assert_eq!(frame.len(), usize::from(frame.header) + length);
        frame.bytes()[..usize::from(frame.header)].to_vec()
    }

    #[test]
    fn the_length_takes_as_few_bytes_as_it_can() {
        assert_eq!(header_of(0), [0x81, 0]);
        assert_eq!(header_of(125), [0x81, 125]);
        assert_eq!(header_of(126), [0x81, 126, 0, 126]);
        assert_eq!(header_of(65_535), [0x81, 126, 0xff, 0xff]);
        assert_eq!(header_of(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn control_frames_never_exceed_their_125_bytes() {
        assert_eq!(Frame::pong(&[7; 300]).payload().len(), 125);
        let close = Frame::close(3501, &"ü".repeat(100)).payload();
        assert_eq!(close[..2], 3501u16.to_be_bytes());
        assert_eq!(close.len(), 2 + 122, "cut between characters");
        assert_eq!(Frame::ping().bytes().as_ref(), [0x89, 0]);
    }
}
