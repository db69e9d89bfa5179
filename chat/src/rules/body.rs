//! What a message, and a conversation's title, may hold. HTML is text: whoever shows it escapes it.

use unicode_normalization::UnicodeNormalization as _;

/// Most characters of a message, counted as Unicode scalar values.
pub const MOST_CHARS: usize = 4_000;
/// Most characters of a title.
pub const MOST_TITLE_CHARS: usize = 100;
/// NFC makes at most three characters of one, so that what is longer than this need not be looked at.
const MOST_BYTES: usize = MOST_CHARS * 4 * 3;

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing in it can be seen.
    #[error("write something; nothing of this can be seen")]
    Empty,
    /// Longer than it may be.
    #[error("write at most {most} characters; these are {chars}")]
    TooLong {
        /// Characters of it.
        chars: usize,
        /// Most there may be.
        most: usize,
    },
    /// A character that is none.
    #[error("take out the control character at {at}; only line breaks and tabs may stay")]
    Control {
        /// Where, counted in characters from 0.
        at: usize,
    },
}

impl BadText {
    /// Stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty_text",
            Self::TooLong { .. } => "text_too_long",
            Self::Control { .. } => "control_character",
        }
    }
}

/// A message's text as it is kept: composed (NFC), without white space at its end.
///
/// # Errors
/// [`BadText`]
pub fn body(sent: &str) -> Result<String, BadText> {
    checked(sent.trim_end(), MOST_CHARS, |c| c.is_control() && !matches!(c, '\n' | '\t'))
}

/// A conversation's title as it is kept: one line, composed, without white space around it.
///
/// # Errors
/// [`BadText`]
pub fn title(sent: &str) -> Result<String, BadText> {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    checked(sent.trim(), MOST_TITLE_CHARS, breaks)
}

fn checked(text: &str, most: usize, control: impl Fn(char) -> bool) -> Result<String, BadText> {
    if text.len() > MOST_BYTES {
        return Err(BadText::TooLong { chars: text.chars().count(), most });
    }
    if let Some(at) = text.chars().position(control) {
        return Err(BadText::Control { at });
    }
    let kept: String = text.nfc().collect();
    if kept.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Err(BadText::Empty);
    }
    let chars = kept.chars().count();
    if chars > most { Err(BadText::TooLong { chars, most }) } else { Ok(kept) }
}

/// Characters that show nothing where they stand alone.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_stays_as_it_was_written_but_for_its_end() {
        for (sent, kept) in [
            ("Hello", "Hello"),
            ("  two\n\tlines \n\n", "  two\n\tlines"),
            ("<b>bold</b> & \"quoted\"", "<b>bold</b> & \"quoted\""),
            ("e\u{301}", "é"),
            ("👩🏽‍🔬", "👩🏽‍🔬"),
        ] {
            assert_eq!(body(sent).unwrap(), kept);
        }
    }

    #[test]
    fn nothing_that_can_be_seen_is_no_message() {
        for sent in ["", " ", "\n\t ", "\u{200B}", "\u{2800}\u{FEFF}", "\u{3164} \u{00AD}"] {
            assert_eq!(body(sent), Err(BadText::Empty), "{sent:?}");
        }
    }

    #[test]
    fn control_characters_are_named_by_their_place() {
        for (sent, at) in [("a\0", 1), ("é\r\n.", 1), ("\u{1b}[31m", 0), ("ab\u{9f}c", 2)] {
            assert_eq!(body(sent), Err(BadText::Control { at }), "{sent:?}");
        }
        assert_eq!(title("a\nb"), Err(BadText::Control { at: 1 }));
    }

    #[test]
    fn length_is_counted_in_characters() {
        let most = "🎉".repeat(MOST_CHARS);
        assert_eq!(body(&most).unwrap(), most);
        let more = "a".repeat(MOST_CHARS + 1);
        assert_eq!(body(&more), Err(BadText::TooLong { chars: MOST_CHARS + 1, most: MOST_CHARS }));
        assert!(matches!(body(&"x".repeat(1 << 20)), Err(BadText::TooLong { .. })));
        assert_eq!(title(&" a".repeat(50)).unwrap().chars().count(), 99);
        assert!(title(&"a".repeat(101)).is_err());
        // U+FB2C is three characters when composed.
        assert!(matches!(body(&"\u{FB2C}".repeat(MOST_CHARS)), Err(BadText::TooLong { chars: 12_000, .. })));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_taken_again_and_stays(sent in "\\PC{0,80}") {
            if let Ok(kept) = body(&sent) {
                prop_assert!(kept.chars().count() <= MOST_CHARS);
                prop_assert!(!kept.contains('\0'));
                prop_assert_eq!(body(&kept), Ok(kept));
            }
        }
    }
}
