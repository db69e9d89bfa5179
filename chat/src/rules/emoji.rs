//! What is a reaction: one emoji.

use unicode_properties::UnicodeEmoji as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Longest emoji, bytes of UTF-8: a kiss of two with skin tones has 35, families and flags of regions less.
pub const MOST_BYTES: usize = 40;
/// Most different emoji on a message.
pub const MOST_KINDS: usize = 20;

/// It is no emoji, or more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("choose one emoji")]
pub struct NotAnEmoji;

const JOINER: char = '\u{200D}';
const AS_EMOJI: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// Passes one emoji: one grapheme cluster of pictographs and what modifies them, a flag, or a keycap.
///
/// # Errors
/// [`NotAnEmoji`]
pub fn emoji(sent: &str) -> Result<&str, NotAnEmoji> {
    let one = sent.len() <= MOST_BYTES && sent.graphemes(true).count() == 1;
    if one && (is_flag(sent) || is_keycap(sent) || is_pictograph(sent)) { Ok(sent) } else { Err(NotAnEmoji) }
}

fn is_regional(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

fn is_flag(sent: &str) -> bool {
    sent.chars().count() == 2 && sent.chars().all(is_regional)
}

fn is_keycap(sent: &str) -> bool {
    let mut rest = sent.chars();
    let key = rest.next().is_some_and(|c| c.is_ascii_digit() || matches!(c, '#' | '*'));
    let rest = rest.as_str();
    key && rest.strip_prefix(AS_EMOJI).unwrap_or(rest).chars().eq([KEYCAP])
}

/// A pictograph, or some that are joined; behind each a skin tone, the sign to show it as an emoji, or the tags of a flag.
fn is_pictograph(sent: &str) -> bool {
    sent.split(JOINER).all(|part| {
        let mut rest = part.chars();
        let first = rest.next().is_some_and(|c| c.is_emoji_char() && !c.is_ascii() && !is_regional(c));
        first && rest.all(|c| matches!(c, AS_EMOJI | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_of_all_kinds_are_taken() {
        for sent in [
            "👍",
            "👍🏽",
            "❤",
            "❤️",
            "🎉",
            "1️⃣",
            "#️⃣",
            "🇨🇦",
            "👩‍🔬",
            "👩🏽‍🔬",
            "🏳️‍🌈",
            "👨‍👩‍👧‍👦",
            "👩🏽‍❤️‍💋‍👨🏿",
            "🫶",
            "☕",
            "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
        ] {
            assert_eq!(emoji(sent), Ok(sent), "{sent}");
        }
    }

    #[test]
    fn texts_and_more_than_one_are_refused() {
        let long = "👨‍👩‍👧‍👦‍👨‍👩‍👧‍👦";
        for sent in [
            "",
            " ",
            "a",
            "1",
            "#",
            "ok",
            "👍👍",
            "👍a",
            "a👍",
            "🇨",
            "🇨🇦🇫🇷",
            "\u{FE0F}",
            "\u{200D}",
            "é",
            "你",
            "👍\u{200D}",
            ":)",
            "<b>",
            "👍\u{301}",
            long,
        ] {
            assert_eq!(emoji(sent), Err(NotAnEmoji), "{sent:?}");
        }
    }
}
