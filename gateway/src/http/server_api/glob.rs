//! Patterns of channel names.

use std::ops::RangeInclusive;

/// Longest pattern, bytes: as long as the longest name.
const MAX_LENGTH: usize = protocol::channel::MAX_LENGTH;

/// A pattern over bytes: names are ASCII.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// `*`
    Any,
    /// `?`
    One,
    /// `[a-z]`, or with `!` none of these.
    Of { ranges: Vec<RangeInclusive<u8>>, inside: bool },
    /// A character as it is.
    Is(u8),
}

/// A text that is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidPattern {
    /// Longer than any name.
    #[error("a pattern may have {MAX_LENGTH} bytes")]
    TooLong,
    /// `[` without characters and `]`, or `\` without a character.
    #[error("the pattern ends too early; close its brackets and let a character follow its last backslash")]
    Unfinished,
    /// Other servers know them.
    #[error("alternatives in braces are not served; ask for each of them, or write \\{{ for the character")]
    Braces,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidPattern> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidPattern::TooLong);
        }
        let mut bytes = text.bytes().peekable();
        let mut pieces = Vec::new();
        while let Some(byte) = bytes.next() {
            let piece = match byte {
                b'*' if pieces.last() == Some(&Piece::Any) => continue,
                b'*' => Piece::Any,
                b'?' => Piece::One,
                b'{' => return Err(InvalidPattern::Braces),
                b'\\' => Piece::Is(bytes.next().ok_or(InvalidPattern::Unfinished)?),
                b'[' => {
                    let inside = bytes.next_if(|&byte| byte == b'!' || byte == b'^').is_none();
                    Piece::Of { ranges: ranges(&mut bytes)?, inside }
                }
                byte => Piece::Is(byte),
            };
            pieces.push(piece);
        }
        Ok(Self(pieces))
    }

    /// Whether a whole name fits. Takes at most the product of both lengths in steps: only the last `*` is ever
    /// stretched, since what the ones before it took can stay as short as it was.
    pub(super) fn matches(&self, name: &str) -> bool {
        let (pieces, name) = (&self.0, name.as_bytes());
        let (mut piece, mut at) = (0, 0);
        let mut last_any: Option<(usize, usize)> = None;
        while at < name.len() {
            match pieces.get(piece) {
                Some(Piece::Any) => {
                    last_any = Some((piece + 1, at));
                    piece += 1;
                }
                Some(one) if one.takes(name[at]) => {
                    piece += 1;
                    at += 1;
                }
                _ => {
                    let Some((behind, from)) = last_any else {
                        return false;
                    };
                    last_any = Some((behind, from + 1));
                    (piece, at) = (behind, from + 1);
                }
            }
        }
        pieces[piece..].iter().all(|piece| *piece == Piece::Any)
    }
}

/// The characters between brackets. A `]` right behind the opening one stands for itself.
fn ranges(bytes: &mut impl Iterator<Item = u8>) -> Result<Vec<RangeInclusive<u8>>, InvalidPattern> {
    let mut ranges: Vec<RangeInclusive<u8>> = Vec::new();
    let mut open: Option<u8> = None;
    loop {
        let mut byte = bytes.next().ok_or(InvalidPattern::Unfinished)?;
        match byte {
            b']' if !ranges.is_empty() => {
                // A dash before the end stands for itself.
                ranges.extend(open.map(|_| b'-'..=b'-'));
                return Ok(ranges);
            }
            b'-' if open.is_none() && !ranges.is_empty() => {
                open = ranges.last().map(|range| *range.start());
                continue;
            }
            b'\\' => byte = bytes.next().ok_or(InvalidPattern::Unfinished)?,
            _ => {}
        }
        match open.take() {
            Some(start) => {
                ranges.pop();
                ranges.push(start..=byte);
            }
            None => ranges.push(byte..=byte),
        }
    }
}

impl Piece {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Of { ranges, inside } => ranges.iter().any(|range| range.contains(&byte)) == *inside,
            Self::Is(own) => *own == byte,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, fits, does_not) in [
            ("chat:*", vec!["chat:", "chat:a", "chat:a:b"], vec!["chat", "xchat:a", "Chat:a"]),
            ("*", vec!["a", "a:b"], vec![]),
            ("a?c", vec!["abc", "a:c"], vec!["ac", "abbc"]),
            ("*a*b", vec!["ab", "aab", "xaxb", "abab"], vec!["ba", "abx", "b"]),
            ("a**b", vec!["ab", "axb"], vec!["a", "b"]),
            ("[a-cx]1", vec!["a1", "b1", "c1", "x1"], vec!["d1", "-1", "a"]),
            ("[!a-c]1", vec!["d1", "-1"], vec!["a1", "1"]),
            ("[^a]", vec!["b"], vec!["a"]),
            ("[]]", vec!["]"], vec!["["]),
            ("[-a]", vec!["-", "a"], vec!["b"]),
            ("[a-]", vec!["-", "a"], vec!["b"]),
            (r"\*\[\{", vec!["*[{"], vec!["x[{", r"\*\[\{"]),
            (r"[\]]", vec!["]"], vec![r"\"]),
            ("", vec![""], vec!["a"]),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            for name in fits {
                assert!(parsed.matches(name), "{pattern} fits {name}");
            }
            for name in does_not {
                assert!(!parsed.matches(name), "{pattern} does not fit {name}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (text, expected) in [
            ("[", InvalidPattern::Unfinished),
            ("[]", InvalidPattern::Unfinished),
            ("[a-", InvalidPattern::Unfinished),
            ("\\", InvalidPattern::Unfinished),
            ("{a,b}", InvalidPattern::Braces),
            (&*"*".repeat(256), InvalidPattern::TooLong),
        ] {
            assert_eq!(Pattern::parse(text), Err(expected), "{text:.9}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_one() {
        // Would take longer than the universe has, if each star were stretched.
        let pattern = Pattern::parse(&"*a".repeat(120)).unwrap();
        assert!(!pattern.matches(&format!("{}b", "a".repeat(250))));
        assert!(pattern.matches(&"a".repeat(250)));
    }
}
