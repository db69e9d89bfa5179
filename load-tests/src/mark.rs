//! What each message carries: its channel, its number and the moment at which it was due.
//!
//! Written at a fixed width behind a sign that nothing else on the wire holds, so that it is found without parsing.

use memchr::memmem::Finder;
use rustix::time::{ClockId, clock_gettime};
use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

const SIGN: &[u8] = b"@@";
const CHANNEL: usize = 4;
const NUMBER: usize = 8;
const DUE: usize = 16;
const WIDTH: usize = SIGN.len() + CHANNEL + NUMBER + DUE;
const BEFORE: &[u8] = br#"{"m":""#;
const BEHIND: &[u8] = br#""}"#;

/// Shortest payload that has room for a mark, bytes.
pub const SHORTEST: usize = BEFORE.len() + WIDTH + BEHIND.len();

/// One moment by both clocks: the one of this language, which hides its numbers, and the machine's monotonic one, on which
/// several processes agree.
static ZERO: LazyLock<(Instant, Duration)> = LazyLock::new(|| {
    let now = clock_gettime(ClockId::Monotonic);
    let (seconds, nanos) = (u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0));
    (Instant::now(), Duration::new(seconds, nanos))
});

/// Nanoseconds of a moment by the machine's monotonic clock.
pub fn nanos(moment: Instant) -> u64 {
    let (instant, clock) = *ZERO;
    let since = match moment.checked_duration_since(instant) {
        Some(behind) => clock + behind,
        None => clock.saturating_sub(instant - moment),
    };
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The moment that another process means by its [`nanos`].
pub fn moment(nanos: u64) -> Instant {
    let (instant, clock) = *ZERO;
    let since = Duration::from_nanos(nanos);
    if since >= clock { instant + (since - clock) } else { instant - (clock - since) }
}

/// One message's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Index of the channel.
    pub channel: u16,
    /// Number within the channel, from 1.
    pub number: u32,
    /// When it was due, nanoseconds of the machine's monotonic clock.
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
    fn a_moment_is_found_again_by_its_number() {
        let now = Instant::now();
        for moment_of_ours in
            [now, now + Duration::from_secs(3), now.checked_sub(Duration::from_millis(5)).unwrap_or(now)]
        {
            assert_eq!(moment(nanos(moment_of_ours)), moment_of_ours);
        }
        assert!(nanos(now + Duration::from_secs(1)) - nanos(now) == 1_000_000_000);
    }

    #[test]
    fn half_a_mark_is_none() {
        let payload = MARK.payload(128);
        assert_eq!(Scanner::new().scan(&payload[..BEFORE.len() + WIDTH - 1], |_| {}), 0);
        assert_eq!(Scanner::new().scan(b"@@@@@@", |_| {}), 0);
    }
}
