//! What each message carries: its channel, its number and the moment at which it was due.
//!
//! Written at a fixed width behind a sign that nothing else on the wire holds, so that it is found without parsing.

use memchr::memmem::Finder;
use std::{sync::LazyLock, time::Instant};

const SIGN: &[u8] = b"@@";
const CHANNEL: usize = 4;
const NUMBER: usize = 8;
const DUE: usize = 16;
const WIDTH: usize = SIGN.len() + CHANNEL + NUMBER + DUE;
const BEFORE: &[u8] = br#"{"m":""#;
const BEHIND: &[u8] = br#""}"#;

/// Shortest payload that has room for a mark, bytes.
pub const SHORTEST: usize = BEFORE.len() + WIDTH + BEHIND.len();

/// The zero of all marks: one for the process, so that threads agree.
static ZERO: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds of a moment since the process's own zero.
pub fn nanos(moment: Instant) -> u64 {
    u64::try_from(moment.saturating_duration_since(*ZERO).as_nanos()).unwrap_or(u64::MAX)
}

/// One message's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Index of the channel.
    pub channel: u16,
    /// Number within the channel, from 1.
    pub number: u32,
    /// When it was due, nanoseconds since the process's zero.
    pub due: u64,
}

impl Mark {
    /// The mark as a JSON payload of `bytes` bytes (at least [`SHORTEST`]).
    pub fn payload(self, bytes: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.max(SHORTEST));
        out.extend_from_slice(BEFORE);
        out.extend_from_slice(
            format!("@@{:04x}{:08x}{:016x}", self.channel, self.number, self.due).as_bytes(),
        );
        out.resize(bytes.max(SHORTEST) - BEHIND.len(), b'.');
        out.extend_from_slice(BEHIND);
        out
    }
}

/// Finds marks.
pub struct Scanner(Finder<'static>);

impl Scanner {
    /// A scanner.
    pub fn new() -> Self {
        Self(Finder::new(SIGN))
    }

    /// Calls `each` for every mark in `text` and gives their count. What follows a sign and is no mark is skipped.
    pub fn scan(&self, text: &[u8], mut each: impl FnMut(Mark)) -> usize {
        let (mut at, mut found) = (0, 0);
        while let Some(offset) = self.0.find(&text[at..]) {
            let from = at + offset + SIGN.len();
            at = from;
            if let Some(mark) = text.get(from..from + WIDTH - SIGN.len()).and_then(read) {
                at += WIDTH - SIGN.len();
                found += 1;
                each(mark);
            }
        }
        found
    }
}

fn read(digits: &[u8]) -> Option<Mark> {
    let (channel, rest) = digits.split_at(CHANNEL);
    let (number, due) = rest.split_at(NUMBER);
    Some(Mark {
        channel: u16::try_from(hex(channel)?).ok()?,
        number: u32::try_from(hex(number)?).ok()?,
        due: hex(due)?,
    })
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | u64::from(char::from(*digit).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { channel: 499, number: 70_000, due: 1 << 40 };

    #[test]
    fn a_payload_has_the_length_that_was_asked_for_and_is_json() {
        for bytes in [SHORTEST, 128, 4096] {
            let payload = MARK.payload(bytes);
            assert_eq!(payload.len(), bytes);
            assert!(serde_json::from_slice::<serde_json::Value>(&payload).is_ok());
        }
        assert_eq!(MARK.payload(0).len(), SHORTEST);
    }

    #[test]
    fn all_marks_of_a_frame_are_found_in_order() {
        let second = Mark { number: 70_001, ..MARK };
        let mut text = br#"{"push":{"channel":"a@@b","pub":{"data":"#.to_vec();
        text.extend(MARK.payload(128));
        text.extend_from_slice(b"}}}\n");
        text.extend(second.payload(64));
        let mut found = Vec::new();
        assert_eq!(Scanner::new().scan(&text, |mark| found.push(mark)), 2);
        assert_eq!(found, [MARK, second]);
    }

    #[test]
    fn half_a_mark_is_none() {
        let payload = MARK.payload(128);
        assert_eq!(Scanner::new().scan(&payload[..BEFORE.len() + WIDTH - 1], |_| {}), 0);
        assert_eq!(Scanner::new().scan(b"@@@@@@", |_| {}), 0);
    }
}
