//! Deltas in the Fossil format: how a target is made from a source that the receiver already has.
//!
//! ```text
//! delta   = size "\n" segment* checksum ";"
//! segment = count "@" offset ","      copy `count` bytes of the source from `offset`
//!         | count ":" bytes           insert `count` bytes that follow
//! ```
//! Numbers have 32 bits and are written in base 64, most significant digit first, with the digits `0-9A-Z_a-z~`.
//! The checksum is the sum, modulo 2^32, of the target's big-endian 32-bit words, the last one padded with zeros.
//! Source of the format: "Fossil Delta Format" in the documentation of Fossil.
//!
//! Pure: no clock, no randomness, no I/O. [`create`] runs in near linear time on any input; [`apply`] trusts nothing.

mod create;

#[cfg(test)]
mod tests;

pub use create::create;

/// Largest target, bytes, that [`apply`] makes: sixteen times the largest body that the server takes by default.
pub const MAX_TARGET: usize = 16 << 20;

const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";

/// Why a delta cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeltaError {
    /// Not of the format: a number or a sign is missing, wrong, out of range or behind the end.
    #[error("the delta is not of the Fossil format; send the full data")]
    Malformed,
    /// The delta declares a target above [`MAX_TARGET`].
    #[error("the delta declares a target that is too large; send the full data")]
    TooLarge,
    /// A copy reaches beyond the source.
    #[error("the delta copies from beyond its source; apply it to the data that it was made from")]
    OutsideSource,
    /// The segments make more or fewer bytes than declared.
    #[error("the delta makes another size than it declares; send the full data")]
    WrongSize,
    /// The target's checksum is another.
    #[error("the checksum does not match; apply the delta to the data that it was made from")]
    WrongChecksum,
}

/// The target that `delta` makes from `source`.
///
/// Allocates once, the declared size, which is at most [`MAX_TARGET`]. Stricter than other decoders where these
/// disagree: numbers have at least one digit, a copy has at least one byte (the format's text takes 0 for "to the end
/// of the source", decoders take it for nothing), and nothing follows the checksum.
///
/// # Errors
/// [`DeltaError`], whatever the bytes are; never a panic.
pub fn apply(source: &[u8], delta: &[u8]) -> Result<Vec<u8>, DeltaError> {
    let mut reader = Reader { rest: delta };
    let size = reader.length()?;
    reader.expect(b'\n')?;
    if size > MAX_TARGET {
        return Err(DeltaError::TooLarge);
    }
    let mut target = Vec::with_capacity(size);
    loop {
        let number = reader.number()?;
        let part = match reader.byte()? {
            b'@' => {
                let offset = reader.length()?;
                reader.expect(b',')?;
                copied(source, offset, length(number)?)?
            }
            b':' => reader.bytes(length(number)?)?,
            b';' if !reader.rest.is_empty() => return Err(DeltaError::Malformed),
            b';' if target.len() != size => return Err(DeltaError::WrongSize),
            b';' if number != checksum(&target) => return Err(DeltaError::WrongChecksum),
            b';' => return Ok(target),
            _ => return Err(DeltaError::Malformed),
        };
        if part.len() > size - target.len() {
            return Err(DeltaError::WrongSize);
        }
        target.extend_from_slice(part);
    }
}

/// The bytes of a copy segment.
fn copied(source: &[u8], offset: usize, count: usize) -> Result<&[u8], DeltaError> {
    if count == 0 {
        return Err(DeltaError::Malformed);
    }
    let end = offset.checked_add(count).ok_or(DeltaError::OutsideSource)?;
    source.get(offset..end).ok_or(DeltaError::OutsideSource)
}

/// What is still unread of a delta.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, DeltaError> {
        let (&byte, rest) = self.rest.split_first().ok_or(DeltaError::Malformed)?;
        self.rest = rest;
        Ok(byte)
    }

    fn expect(&mut self, byte: u8) -> Result<(), DeltaError> {
        if self.byte()? == byte { Ok(()) } else { Err(DeltaError::Malformed) }
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8], DeltaError> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(DeltaError::Malformed)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, DeltaError> {
        let mut number = None;
        while let Some((&byte, rest)) = self.rest.split_first()
            && let Some(digit) = value(byte)
        {
            let higher = number.unwrap_or(0u32).checked_mul(64).ok_or(DeltaError::Malformed)?;
            number = Some(higher | digit);
            self.rest = rest;
        }
        number.ok_or(DeltaError::Malformed)
    }

    fn length(&mut self) -> Result<usize, DeltaError> {
        length(self.number()?)
    }
}

fn length(number: u32) -> Result<usize, DeltaError> {
    usize::try_from(number).map_err(|_| DeltaError::Malformed)
}

/// What a digit is worth.
fn value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'0'..=b'9' => digit - b'0',
        b'A'..=b'Z' => digit - b'A' + 10,
        b'_' => 36,
        b'a'..=b'z' => digit - b'a' + 37,
        b'~' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// How many digits a number has.
fn digits(mut number: usize) -> usize {
    let mut count = 1;
    while number >= 64 {
        number >>= 6;
        count += 1;
    }
    count
}

fn push_number(delta: &mut Vec<u8>, number: usize) {
    for place in (0..digits(number)).rev() {
        delta.push(DIGITS[(number >> (6 * place)) & 63]);
    }
}

fn checksum(target: &[u8]) -> u32 {
    target.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}
