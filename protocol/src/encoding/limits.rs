//! Checks that run over a frame before a decoder may allocate for it: one pass, no recursion.

use super::{DecodeError, MAX_DEPTH};

/// Refuses JSON that is no object or is nested too deeply. Whether it is JSON at all is left to the decoder.
pub(super) fn json(text: &[u8]) -> Result<(), DecodeError> {
    // Serde would take an array for a struct, too.
    if text.trim_ascii_start().first() != Some(&b'{') {
        return Err(DecodeError::Malformed("a message is a map".to_owned()));
    }
    // Whoever opens no more than so many cannot nest deeper. Counting is many times faster than following strings.
    let opened = text.iter().filter(|&&byte| byte == b'{' || byte == b'[').count();
    if opened <= MAX_DEPTH {
        return Ok(());
    }
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for &byte in text {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(DecodeError::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// What a MessagePack token announces.
enum Token {
    /// A value of so many bytes behind the marker.
    Scalar(usize),
    /// A container of so many values, behind so many bytes of length.
    Container(usize, u64),
}

/// Length of the first MessagePack map of `bytes`, its depth and declared lengths checked.
pub(super) fn msgpack_map(bytes: &[u8]) -> Result<usize, DecodeError> {
    if !matches!(bytes.first(), Some(0x80..=0x8f | 0xde | 0xdf)) {
        return Err(DecodeError::Malformed("a message is a map".to_owned()));
    }
    let mut at = 0usize;
    // Values still to come at each level of nesting.
    let mut pending: Vec<u64> = vec![1];
    while let Some(left) = pending.last_mut() {
        if *left == 0 {
            pending.pop();
            continue;
        }
        *left -= 1;
        let marker = *bytes.get(at).ok_or_else(truncated)?;
        at += 1;
        match token(marker, &bytes[at..])? {
            Token::Scalar(length) => {
                at = at.checked_add(length).filter(|&end| end <= bytes.len()).ok_or_else(truncated)?;
            }
            Token::Container(header, values) => {
                at += header;
                // Every value takes a byte at least: a larger count is a lie.
                if values > (bytes.len() - at) as u64 {
                    return Err(truncated());
                }
                if pending.len() > MAX_DEPTH {
                    return Err(DecodeError::TooDeep);
                }
                pending.push(values);
            }
        }
    }
    Ok(at)
}

fn token(marker: u8, rest: &[u8]) -> Result<Token, DecodeError> {
    let length = |bytes: usize| -> Result<usize, DecodeError> {
        let field = rest.get(..bytes).ok_or_else(truncated)?;
        Ok(field.iter().fold(0usize, |sum, &byte| (sum << 8) | usize::from(byte)))
    };
    Ok(match marker {
        0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => Token::Scalar(0),
        0x80..=0x8f => Token::Container(0, u64::from(marker & 0x0f) * 2),
        0x90..=0x9f => Token::Container(0, u64::from(marker & 0x0f)),
        0xa0..=0xbf => Token::Scalar(usize::from(marker & 0x1f)),
        0xc1 => return Err(DecodeError::Malformed("reserved marker 0xc1".to_owned())),
        0xc4 | 0xd9 => Token::Scalar(1 + length(1)?),
        0xc5 | 0xda => Token::Scalar(2 + length(2)?),
        0xc6 | 0xdb => Token::Scalar(4 + length(4)?),
        0xc7 => Token::Scalar(2 + length(1)?),
        0xc8 => Token::Scalar(3 + length(2)?),
        0xc9 => Token::Scalar(5 + length(4)?),
        0xcc | 0xd0 => Token::Scalar(1),
        0xcd | 0xd1 | 0xd4 => Token::Scalar(2),
        0xd5 => Token::Scalar(3),
        0xca | 0xce | 0xd2 => Token::Scalar(4),
        0xd6 => Token::Scalar(5),
        0xcb | 0xcf | 0xd3 => Token::Scalar(8),
        0xd7 => Token::Scalar(9),
        0xd8 => Token::Scalar(17),
        0xdc => Token::Container(2, length(2)? as u64),
        0xdd => Token::Container(4, length(4)? as u64),
        0xde => Token::Container(2, length(2)? as u64 * 2),
        0xdf => Token::Container(4, length(4)? as u64 * 2),
    })
}

fn truncated() -> DecodeError {
    DecodeError::Malformed("the frame ends inside a value".to_owned())
}
