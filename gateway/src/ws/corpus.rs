//! What must hold whatever comes in at a socket. The fuzzer (`fuzz/fuzz_targets/websocket_read.rs`, which includes this
//! file and the reader) looks for bytes that break it; the tests replay what it found.

use super::frames::{Event, FrameReader};
use protocol::Disconnect;

/// Largest message of these readers.
const LIMIT: usize = 1_000;
/// As in the reader: most frames of one message.
const MOST_FRAGMENTS: usize = 4_096;

/// An opcode and what came with it: of a close frame its code, of a pong nothing.
type Said = (u8, Vec<u8>);

/// What came of a stream: what was said, and the code to close with, if it came to that.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    said: Vec<Said>,
    closed: Option<u16>,
}

/// The first byte says in which pieces the others come.
pub(super) fn websocket_read(bytes: &[u8]) {
    let Some((&first, stream)) = bytes.split_first() else { return };
    let heard = read(stream, stream.len());
    for piece in [1, usize::from(first)] {
        assert_eq!(read(stream, piece), heard, "in pieces of {piece}");
    }
    let (expected, is_cut) = model(stream);
    assert_eq!(heard.said, expected.said);
    // The model waits for the end of a frame that the reader may refuse by its beginning.
    assert!(
        heard.closed == expected.closed || (is_cut && expected.closed.is_none()),
        "{heard:?} {expected:?}"
    );
    let size: usize = heard.said.iter().map(|(_, payload)| payload.len()).sum();
    assert!(size <= stream.len() && heard.said.iter().all(|(_, payload)| payload.len() <= LIMIT));

    // What was understood can be said in the plainest way and is understood as before.
    let plain: Vec<u8> = heard.said.iter().flat_map(frame).collect();
    assert_eq!(read(&plain, plain.len()).said, heard.said);
}

/// What the reader makes of a stream that comes in pieces of so many bytes.
fn read(stream: &[u8], piece: usize) -> Heard {
    let mut reader = FrameReader::new(LIMIT);
    let mut said = Vec::new();
    let mut closed = None;
    for chunk in stream.chunks(piece.max(1)) {
        let fed = reader.feed(&mut chunk.to_vec(), &mut |event| {
            said.push(match event {
                Event::Text(bytes) => (0x1, bytes.to_vec()),
                Event::Binary(bytes) => (0x2, bytes.to_vec()),
                Event::Close(code) => (0x8, code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec())),
                Event::Ping(bytes) => (0x9, bytes.to_vec()),
                Event::Pong => (0xa, Vec::new()),
            });
            match event {
                Event::Close(code) => Err(Disconnect { code: code.unwrap_or(1000), reason: "" }),
                _ => Ok(()),
            }
        });
        if let Err(disconnect) = fed {
            closed = Some(disconnect.code);
            break;
        }
    }
    Heard { said, closed }
}

/// The shortest frame of a client, under a mask of zeros.
fn frame((opcode, payload): &Said) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    let mut bytes = vec![0x80 | opcode];
    match u8::try_from(length) {
        Ok(short @ 0..=125) => bytes.push(0x80 | short),
        _ => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

/// By the letter of RFC 6455 and without regard to speed: one whole frame after the other. Also whether the last one has
/// not come whole.
fn model(mut stream: &[u8]) -> (Heard, bool) {
    let mut heard = Heard::default();
    // What has come of a message in fragments, and in how many.
    let mut open: Option<(Said, usize)> = None;
    while let Some((first, payload, rest)) = next_frame(stream) {
        stream = rest;
        let outcome = payload.and_then(|payload| understand(first, payload, &mut open));
        match outcome {
            Ok(None) => {}
            Ok(Some((0x8, payload))) => {
                heard.closed = Some(payload.first_chunk().map_or(1000, |code| u16::from_be_bytes(*code)));
                heard.said.push((0x8, payload));
                break;
            }
            Ok(Some(said)) => heard.said.push(said),
            Err(code) => {
                heard.closed = Some(code);
                break;
            }
        }
    }
    (heard, !stream.is_empty())
}

/// The first byte and the payload of the next frame, if it has come whole, and what follows. Or why it has no payload.
type NextFrame<'a> = (u8, Result<Vec<u8>, u16>, &'a [u8]);

fn next_frame(stream: &[u8]) -> Option<NextFrame<'_>> {
    let (&[first, second], rest) = stream.split_first_chunk()?;
    let wrong = Some((first, Err(1002), rest));
    if second & 0x80 == 0 || (first & 0x08 != 0 && second & 0x7f > 125) {
        return wrong;
    }
    let (length, rest) = match second & 0x7f {
        126 => rest.split_first_chunk().map(|(field, rest)| (u64::from(u16::from_be_bytes(*field)), rest))?,
        127 => rest.split_first_chunk().map(|(field, rest)| (u64::from_be_bytes(*field), rest))?,
        short => (u64::from(short), rest),
    };
    let least = match second & 0x7f {
        126 => 126,
        127 => 65_536,
        _ => 0,
    };
    if length < least || length >> 63 != 0 {
        return wrong;
    }
    let (mask, rest) = rest.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let unmasked = payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
    Some((first, Ok(unmasked), rest))
}

/// What a frame says, if it ends something; or the code to close with.
fn understand(first: u8, payload: Vec<u8>, open: &mut Option<(Said, usize)>) -> Result<Option<Said>, u16> {
    let (last, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
    if reserved != 0 {
        return Err(1002);
    }
    let (said, fragments) = match (opcode, open.take()) {
        (0x0, Some(((kind, before), fragments))) => ((kind, [before, payload].concat()), fragments + 1),
        (0x1 | 0x2, None) => ((opcode, payload), 1),
        (0x8..=0xa, before) if last => {
            *open = before;
            return control(opcode, payload).map(Some);
        }
        _ => return Err(1002),
    };
    if said.1.len() > LIMIT {
        return Err(1009);
    }
    if said.0 == 0x1
        && let Err(error) = std::str::from_utf8(&said.1)
        && (last || error.error_len().is_some())
    {
        return Err(1007);
    }
    if last {
        return Ok(Some(said));
    }
    if fragments >= MOST_FRAGMENTS {
        return Err(1009);
    }
    *open = Some((said, fragments));
    Ok(None)
}

fn control(opcode: u8, payload: Vec<u8>) -> Result<Said, u16> {
    if opcode != 0x8 {
        return Ok((opcode, if opcode == 0x9 { payload } else { Vec::new() }));
    }
    match payload.split_first_chunk::<2>() {
        None if payload.is_empty() => Ok((0x8, payload)),
        None => Err(1002),
        Some((code, reason)) => match u16::from_be_bytes(*code) {
            1000..=1003 | 1007..=1014 | 3000..=4999 if std::str::from_utf8(reason).is_ok() => {
                Ok((0x8, code.to_vec()))
            }
            1000..=1003 | 1007..=1014 | 3000..=4999 => Err(1007),
            _ => Err(1002),
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]
mod tests {
    use super::websocket_read;
    use std::{fs, path::Path};

    #[test]
    fn frames_are_read_as_the_letter_of_the_standard_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/websocket_read");
        let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 5, "{} is no corpus", folder.display());
        for file in files {
            // Shown when the check fails.
            println!("{}", file.display());
            websocket_read(&fs::read(&file).unwrap());
        }
    }
}
