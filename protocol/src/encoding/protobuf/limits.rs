//! Checks that run over a message before it is decoded: lengths, nesting and the number of repeated parts. They follow
//! the fields as the decoder does, without allocating.

use super::super::{DecodeError, MAX_DEPTH};
use crate::command::{MAX_FILTER_PARTS, MAX_HEADERS, MAX_SUBS};

/// Deepest nesting of a filter: what JSON reaches within `MAX_DEPTH`, where a node takes two levels and the command
/// around it two more. The decoder itself stops at 100 messages within each other.
const MAX_FILTER_DEPTH: usize = (MAX_DEPTH - 2) / 2;

/// Field numbers of the messages on the way to what is counted.
mod field {
    pub(super) const COMMAND_CONNECT: u64 = 4;
    pub(super) const COMMAND_SUBSCRIBE: u64 = 5;
    pub(super) const CONNECT_SUBS: u64 = 3;
    pub(super) const CONNECT_HEADERS: u64 = 6;
    pub(super) const SUBSCRIBE_TF: u64 = 13;
    pub(super) const FILTER_VALS: u64 = 5;
    pub(super) const FILTER_NODES: u64 = 6;
}

/// What a command may still hold.
struct Left {
    subs: usize,
    headers: usize,
    filter_parts: usize,
}

/// Takes the next varint.
fn varint(rest: &mut &[u8]) -> Result<u64, DecodeError> {
    let mut value = 0;
    for index in 0..10 {
        let (&byte, behind) = rest.split_first().ok_or_else(truncated)?;
        *rest = behind;
        // The tenth byte has room for one bit.
        if index == 9 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(DecodeError::Malformed("a varint has more than 64 bits".to_owned()))
}

fn skip<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], DecodeError> {
    let length = usize::try_from(length).map_err(|_| truncated())?;
    let (taken, behind) = rest.split_at_checked(length).ok_or_else(truncated)?;
    *rest = behind;
    Ok(taken)
}

/// Takes the next message with its length before it.
pub(super) fn delimited<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], DecodeError> {
    let length = varint(rest)?;
    skip(rest, length)
}

/// Calls `visit` with number and content of each length-delimited field.
fn fields(
    message: &[u8],
    mut visit: impl FnMut(u64, &[u8]) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut rest = message;
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        match key & 7 {
            0 => {
                varint(&mut rest)?;
            }
            1 => {
                skip(&mut rest, 8)?;
            }
            2 => visit(key >> 3, delimited(&mut rest)?)?,
            5 => {
                skip(&mut rest, 4)?;
            }
            // Groups went out of use before this protocol was made, and they nest without a length.
            _ => return Err(DecodeError::Malformed("unknown wire type".to_owned())),
        }
    }
    Ok(())
}

/// Checks a command.
pub(super) fn command(message: &[u8]) -> Result<(), DecodeError> {
    // A field that comes again adds to what came before, so the counts are the command's.
    let mut left = Left { subs: MAX_SUBS, headers: MAX_HEADERS, filter_parts: MAX_FILTER_PARTS };
    fields(message, |number, content| match number {
        field::COMMAND_CONNECT => connect(content, &mut left),
        field::COMMAND_SUBSCRIBE => subscribe(content, &mut left),
        _ => Ok(()),
    })
}

fn connect(message: &[u8], left: &mut Left) -> Result<(), DecodeError> {
    fields(message, |number, _| match number {
        field::CONNECT_SUBS => take(&mut left.subs),
        field::CONNECT_HEADERS => take(&mut left.headers),
        _ => Ok(()),
    })
}

fn subscribe(message: &[u8], left: &mut Left) -> Result<(), DecodeError> {
    fields(message, |number, content| match number {
        field::SUBSCRIBE_TF => node(content, 1, left),
        _ => Ok(()),
    })
}

fn node(message: &[u8], depth: usize, left: &mut Left) -> Result<(), DecodeError> {
    if depth > MAX_FILTER_DEPTH {
        return Err(DecodeError::TooDeep);
    }
    take(&mut left.filter_parts)?;
    fields(message, |number, content| match number {
        field::FILTER_VALS => take(&mut left.filter_parts),
        field::FILTER_NODES => node(content, depth + 1, left),
        _ => Ok(()),
    })
}

fn take(left: &mut usize) -> Result<(), DecodeError> {
    *left = left
        .checked_sub(1)
        .ok_or_else(|| DecodeError::Malformed("too many entries in a command".to_owned()))?;
    Ok(())
}

fn truncated() -> DecodeError {
    DecodeError::Malformed("the frame ends inside a value".to_owned())
}
