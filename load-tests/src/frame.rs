//! WebSocket frames (RFC 6455, 5.2), as little of them as a load generator needs.

/// Operation codes that are looked at.
pub const TEXT: u8 = 1;
/// The peer closes.
pub const CLOSE: u8 = 8;
/// The peer asks for a sign of life.
pub const PING: u8 = 9;
/// The answer to it.
pub const PONG: u8 = 10;

/// A frame found in a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What kind of frame.
    pub opcode: u8,
    /// The payload, unmasked unless the peer is a client with a key other than zero.
    pub payload: &'a [u8],
    /// Masking key of a client's frame.
    pub mask: Option<[u8; 4]>,
    /// Bytes that the frame takes in the buffer.
    pub length: usize,
}

/// The first frame of `buffer`, if all of it is there.
pub fn first(buffer: &[u8]) -> Option<Frame<'_>> {
    let (&[head, second], rest) = buffer.split_first_chunk::<2>()?;
    let (length, rest) = match second & 0x7f {
        126 => {
            let (bytes, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*bytes)), rest)
        }
        127 => {
            let (bytes, rest) = rest.split_first_chunk::<8>()?;
            (usize::try_from(u64::from_be_bytes(*bytes)).ok()?, rest)
        }
        short => (usize::from(short), rest),
    };
    let (mask, rest) = if second & 0x80 == 0 {
        (None, rest)
    } else {
        let (key, rest) = rest.split_first_chunk::<4>()?;
        (Some(*key), rest)
    };
    let payload = rest.get(..length)?;
    Some(Frame { opcode: head & 0x0f, payload, mask, length: buffer.len() - rest.len() + length })
}

/// Takes whole frames off the front of `buffer` and gives the bytes that they took.
pub fn scan<'a>(buffer: &'a [u8], mut each: impl FnMut(Frame<'a>)) -> usize {
    let mut at = 0;
    while let Some(frame) = first(&buffer[at..]) {
        at += frame.length;
        each(frame);
    }
    at
}

/// Appends a frame of a client. The masking key is zero: the bytes need no pass, and a server cannot tell.
pub fn write_client(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    write_head(out, opcode, payload.len(), 0x80);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

/// Appends a frame of a server.
pub fn write_server(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    write_head(out, opcode, payload.len(), 0);
    out.extend_from_slice(payload);
}

fn write_head(out: &mut Vec<u8>, opcode: u8, length: usize, masked: u8) {
    out.push(0x80 | opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => out.push(masked | short),
        (_, Ok(medium)) => {
            out.push(masked | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_found_again() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
            let payload = vec![b'x'; length];
            for write in [write_client, write_server] {
                let mut bytes = Vec::new();
                write(&mut bytes, TEXT, &payload);
                let frame = first(&bytes).unwrap();
                assert_eq!((frame.opcode, frame.payload.len(), frame.length), (TEXT, length, bytes.len()));
            }
        }
    }

    #[test]
    fn a_frame_is_not_found_before_its_last_byte() {
        for length in [0, 3, 126, 70_000] {
            let mut bytes = Vec::new();
            write_client(&mut bytes, TEXT, &vec![b'x'; length]);
            for cut in [0, 1, 2, 3, 5, bytes.len() - 1] {
                assert_eq!(first(&bytes[..cut.min(bytes.len() - 1)]), None, "{cut} bytes of {length}");
            }
        }
    }

    #[test]
    fn the_scan_gives_all_whole_frames_and_leaves_the_rest() {
        let mut bytes = Vec::new();
        write_server(&mut bytes, TEXT, b"one");
        write_server(&mut bytes, PING, b"");
        let whole = bytes.len();
        write_server(&mut bytes, TEXT, b"cut");
        bytes.pop();
        let mut seen = Vec::new();
        assert_eq!(scan(&bytes, |frame| seen.push((frame.opcode, frame.payload))), whole);
        assert_eq!(seen, [(TEXT, b"one".as_slice()), (PING, b"".as_slice())]);
    }
}
