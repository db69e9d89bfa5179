//! From bytes to messages (RFC 6455, section 5), strictly: what breaks the protocol ends the connection.
//!
//! A reader of our own, because the hub writes to the socket past any library's stream, and because an idle connection
//! shall hold no buffer: a message that lies whole in what was read is used where it lies.

use protocol::Disconnect;

/// The frames break the WebSocket protocol.
pub(super) const PROTOCOL_ERROR: Disconnect = Disconnect { code: 1002, reason: "protocol error" };
/// A text message or a close reason is not UTF-8.
pub(super) const NOT_UTF8: Disconnect = Disconnect { code: 1007, reason: "text is not utf-8" };
/// The largest message was exceeded.
pub(super) const TOO_BIG: Disconnect = Disconnect { code: 1009, reason: "message too big" };

/// Longest header of a client's frame: two bytes, a 64-bit length, the mask.
const LONGEST_HEADER: usize = 14;
/// Longest payload of a control frame.
const LONGEST_CONTROL: usize = 125;
/// Most frames of one message. A message of the largest size in pieces of 16 bytes has as many; more is a flood.
const MOST_FRAGMENTS: u32 = 4_096;

/// What a client has sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// A whole text message, valid UTF-8.
    Text(&'a [u8]),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// Asks for a pong with the same payload.
    Ping(&'a [u8]),
    /// Answer to a ping.
    Pong,
    /// The client ends the connection, with a code if it gave one.
    Close(Option<u16>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Kind {
    fn of(opcode: u8) -> Option<Self> {
        Some(match opcode {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A frame whose header is read and whose payload may still be on its way.
#[derive(Debug)]
struct Open {
    kind: Kind,
    last: bool,
    mask: [u8; 4],
    /// Bytes of the payload so far.
    read: usize,
    length: usize,
}

/// The message whose fragments are being gathered.
#[derive(Debug)]
struct Gathering {
    text: bool,
    fragments: u32,
    bytes: Vec<u8>,
    /// How much of a text is known to be UTF-8.
    valid: usize,
}

impl Gathering {
    fn new(text: bool) -> Self {
        Self { text, fragments: 0, bytes: Vec::new(), valid: 0 }
    }

    /// Refuses a text as soon as it cannot become UTF-8 any more; a character may be split anywhere.
    fn check(&mut self, complete: bool) -> Result<(), Disconnect> {
        if !self.text {
            return Ok(());
        }
        match std::str::from_utf8(&self.bytes[self.valid..]) {
            Ok(_) => self.valid = self.bytes.len(),
            Err(error) if error.error_len().is_none() && !complete => self.valid += error.valid_up_to(),
            Err(_) => return Err(NOT_UTF8),
        }
        Ok(())
    }

    fn event(&self) -> Event<'_> {
        if self.text { Event::Text(&self.bytes) } else { Event::Binary(&self.bytes) }
    }
}

/// Reads the frames of one client. Idle, it holds no heap memory.
#[derive(Debug)]
pub(super) struct FrameReader {
    limit: usize,
    /// The beginning of a header, or of a control frame's payload.
    held: Vec<u8>,
    open: Option<Box<Open>>,
    gathering: Option<Box<Gathering>>,
}

impl FrameReader {
    /// A reader of messages of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, held: Vec::new(), open: None, gathering: None }
    }

    /// Takes what was read, in pieces of any size, and gives each event to `take`. Payloads are unmasked in place.
    ///
    /// # Errors
    /// The code to close the connection with, the reader's or `take`'s own. Nothing may be fed afterwards.
    pub(super) fn feed(
        &mut self,
        mut bytes: &mut [u8],
        take: &mut impl FnMut(Event<'_>) -> Result<(), Disconnect>,
    ) -> Result<(), Disconnect> {
        loop {
            let Some(open) = self.open.take() else {
                if bytes.is_empty() {
                    return Ok(());
                }
                match self.header(bytes)? {
                    None => return Ok(()),
                    Some((open, used)) => {
                        bytes = &mut bytes[used..];
                        // A whole frame that stands alone is used where it lies.
                        if bytes.len() >= open.length && open.last && open.kind != Kind::Continuation {
                            let (payload, rest) = bytes.split_at_mut(open.length);
                            unmask(payload, open.mask, 0);
                            self.whole(open.kind, payload, take)?;
                            bytes = rest;
                            continue;
                        }
                        self.open = Some(Box::new(open));
                        continue;
                    }
                }
            };
            let piece = bytes.len().min(open.length - open.read);
            let (payload, rest) = bytes.split_at_mut(piece);
            bytes = rest;
            if !self.payload(open, payload, take)? {
                return Ok(());
            }
        }
    }

    /// Reads a header, over as many pieces as it comes in. None while it is incomplete.
    fn header(&mut self, bytes: &[u8]) -> Result<Option<(Open, usize)>, Disconnect> {
        let before = self.held.len();
        if before == 0 {
            if let Some((open, length)) = self.parse(bytes)? {
                return Ok(Some((open, length)));
            }
            self.held.extend_from_slice(bytes);
            return Ok(None);
        }
        let more = bytes.len().min(LONGEST_HEADER - before);
        let mut header = std::mem::take(&mut self.held);
        header.extend_from_slice(&bytes[..more]);
        match self.parse(&header)? {
            Some((open, length)) => Ok(Some((open, length - before))),
            None => {
                self.held = header;
                Ok(None)
            }
        }
    }

    /// A header at the beginning of `bytes` and its length. Refuses as early as it can.
    fn parse(&self, bytes: &[u8]) -> Result<Option<(Open, usize)>, Disconnect> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        let last = first & 0x80 != 0;
        // No extension was agreed on, so the reserved bits mean nothing.
        let kind = Kind::of(first & 0x0f).filter(|_| first & 0x70 == 0).ok_or(PROTOCOL_ERROR)?;
        let in_message = self.gathering.is_some();
        let in_order = match kind {
            Kind::Continuation => in_message,
            Kind::Text | Kind::Binary => !in_message,
            Kind::Close | Kind::Ping | Kind::Pong => last,
        };
        if !in_order {
            return Err(PROTOCOL_ERROR);
        }
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        if second & 0x80 == 0 {
            // Clients mask (RFC 6455, 5.1).
            return Err(PROTOCOL_ERROR);
        }
        let short = usize::from(second & 0x7f);
        if kind.is_control() && short > LONGEST_CONTROL {
            return Err(PROTOCOL_ERROR);
        }
        let extended = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(field) = bytes.get(2..2 + extended) else { return Ok(None) };
        let long = field.iter().fold(0u64, |sum, &byte| (sum << 8) | u64::from(byte));
        // The shortest form is the only one, and the highest bit stays clear (RFC 6455, 5.2).
        match extended {
            2 if long < 126 => return Err(PROTOCOL_ERROR),
            8 if long <= u64::from(u16::MAX) || long >> 63 != 0 => return Err(PROTOCOL_ERROR),
            _ => {}
        }
        let length = if extended == 0 { short } else { usize::try_from(long).map_err(|_| TOO_BIG)? };
        let gathered = self.gathering.as_ref().map_or(0, |message| message.bytes.len());
        if !kind.is_control() && length > self.limit.saturating_sub(gathered) {
            return Err(TOO_BIG);
        }
        let Some(mask) = bytes.get(2 + extended..6 + extended) else { return Ok(None) };
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        Ok(Some((Open { kind, last, mask, read: 0, length }, 6 + extended)))
    }

    /// Takes a piece of a payload; true when the frame is complete.
    fn payload(
        &mut self,
        mut open: Box<Open>,
        piece: &mut [u8],
        take: &mut impl FnMut(Event<'_>) -> Result<(), Disconnect>,
    ) -> Result<bool, Disconnect> {
        unmask(piece, open.mask, open.read);
        open.read += piece.len();
        let complete = open.read == open.length;
        if open.kind.is_control() {
            self.held.extend_from_slice(piece);
            if complete {
                let payload = std::mem::take(&mut self.held);
                self.whole(open.kind, &payload, take)?;
            }
        } else {
            let message =
                self.gathering.get_or_insert_with(|| Box::new(Gathering::new(open.kind == Kind::Text)));
            message.bytes.extend_from_slice(piece);
            message.check(complete && open.last)?;
            if complete {
                message.fragments += 1;
                if open.last {
                    take(message.event())?;
                    self.gathering = None;
                } else if message.fragments >= MOST_FRAGMENTS {
                    return Err(TOO_BIG);
                }
            }
        }
        if !complete {
            self.open = Some(open);
        }
        Ok(complete)
    }

    /// Takes a frame that is a message or a control frame of its own.
    fn whole(
        &mut self,
        kind: Kind,
        payload: &[u8],
        take: &mut impl FnMut(Event<'_>) -> Result<(), Disconnect>,
    ) -> Result<(), Disconnect> {
        match kind {
            Kind::Text if std::str::from_utf8(payload).is_err() => Err(NOT_UTF8),
            Kind::Text => take(Event::Text(payload)),
            Kind::Binary | Kind::Continuation => take(Event::Binary(payload)),
            Kind::Ping => take(Event::Ping(payload)),
            Kind::Pong => take(Event::Pong),
            Kind::Close => take(Event::Close(close_code(payload)?)),
        }
    }
}

/// The code of a close frame (RFC 6455, 7.4), if it has one.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Disconnect> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() { Ok(None) } else { Err(PROTOCOL_ERROR) };
    };
    let code = u16::from_be_bytes(*code);
    // 1004 to 1006 and 1015 never stand in a frame; others below 3000 are not assigned.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(PROTOCOL_ERROR);
    }
    std::str::from_utf8(reason).map_err(|_| NOT_UTF8)?;
    Ok(Some(code))
}

/// Takes the mask off (RFC 6455, 5.3); `offset` bytes of the payload came before these.
fn unmask(bytes: &mut [u8], mut mask: [u8; 4], offset: usize) {
    mask.rotate_left(offset % 4);
    let word = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for chunk in words {
        *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests;
