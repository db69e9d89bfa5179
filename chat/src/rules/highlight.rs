//! What is searched for, and where it stands in a message.

use serde::Serialize;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation as _;

/// Most characters of a search, and most words of it that count.
pub const MOST_CHARS: usize = 200;
const MOST_WORDS: usize = 8;
/// Characters of a message that are shown of a find, and how many of them before the first word that was found.
const SHOWN: usize = 240;
const BEFORE: usize = 60;

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fragment {
    /// The piece as it stands there.
    pub text: String,
    /// Whether it is what was searched for.
    #[serde(rename = "match")]
    pub matched: bool,
}

/// Nothing can be searched for by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("search for one to eight words, {MOST_CHARS} characters at most")]
pub struct BadSearch;

/// The words of a search: all have to be found, the last one also as the beginning of a word.
///
/// # Errors
/// [`BadSearch`]
pub fn words(query: &str) -> Result<Vec<String>, BadSearch> {
    if query.chars().count() > MOST_CHARS || query.chars().any(char::is_control) {
        return Err(BadSearch);
    }
    let words: Vec<String> = query.unicode_words().map(|word| word.nfc().collect()).collect();
    if words.is_empty() || words.len() > MOST_WORDS { Err(BadSearch) } else { Ok(words) }
}

/// The part of a message around the first word that was found, cut where words of the search begin and end. What was found
/// without a word of this form, such as by a part of a compound, begins at the message's start.
#[must_use]
pub fn fragments(body: &str, words: &[String]) -> Vec<Fragment> {
    let wanted: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let Some((prefix, whole)) = wanted.split_last() else { return Vec::new() };
    let found = body.unicode_word_indices().filter(|(_, word)| {
        let word = fold(word);
        whole.contains(&word) || word.starts_with(prefix.as_str())
    });
    let found: Vec<(usize, usize)> = found.map(|(at, word)| (at, at + word.len())).collect();
    let (start, end) = window(body, found.first().map_or(0, |first| first.0));
    let mut pieces = Vec::new();
    let mut add = |text: &str, matched: bool| {
        if !text.is_empty() {
            pieces.push(Fragment { text: text.to_owned(), matched });
        }
    };
    if start > 0 {
        add("…", false);
    }
    let mut at = start;
    for (from, to) in found.into_iter().filter(|(from, to)| *from >= start && *to <= end) {
        add(&body[at..from], false);
        add(&body[from..to], true);
        at = to;
    }
    add(&body[at..end], false);
    if end < body.len() {
        add("…", false);
    }
    pieces
}

/// Bytes of the part that is shown, whole graphemes around `first`.
fn window(body: &str, first: usize) -> (usize, usize) {
    let before = body[..first].grapheme_indices(true).rev().take(BEFORE).last();
    let start = before.map_or(first, |(at, _)| at);
    let shown = body[start..].grapheme_indices(true).nth(SHOWN);
    (start, shown.map_or(body.len(), |(at, _)| start + at))
}

/// Neither case nor marks count: one of the databases searches like this, and more that is marked does no harm.
fn fold(word: &str) -> String {
    word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(body: &str, query: &str) -> String {
        let mark = |piece: &Fragment| if piece.matched { format!("[{}]", piece.text) } else { piece.text.clone() };
        fragments(body, &words(query).unwrap()).iter().map(mark).collect()
    }

    #[test]
    fn words_are_marked_where_they_stand_and_the_last_one_by_its_beginning() {
        for (body, query, wanted) in [
            ("The Nile is long", "nile", "The [Nile] is long"),
            ("The Nile and the Niger", "ni", "The [Nile] and the [Niger]"),
            ("The Nile and the Niger", "ni the", "[The] Nile and [the] Niger"),
            ("Café au lait", "cafe", "[Café] au lait"),
            ("<b>Nile</b>", "NILE", "<b>[Nile]</b>"),
            ("nothing of it", "other", "nothing of it"),
            ("你好 世界", "世", "你好 [世]界"),
        ] {
            assert_eq!(shown(body, query), wanted);
        }
    }

    #[test]
    fn a_long_message_is_cut_around_what_was_found() {
        let body = format!("{} needle {}", "hay ".repeat(200), "hay ".repeat(200));
        let text = shown(&body, "needle");
        assert!(text.starts_with("…") && text.ends_with("…") && text.contains("[needle]"), "{text}");
        assert_eq!(text.chars().count(), SHOWN + 4);
    }

    #[test]
    fn a_search_has_words_and_not_too_many() {
        assert_eq!(words(" the  Nile! ").unwrap(), ["the", "Nile"]);
        for query in ["", "  ", "!?", "a b c d e f g h i", &"a".repeat(201), "a\0b"] {
            assert_eq!(words(query), Err(BadSearch), "{query}");
        }
    }

    proptest! {
        #[test]
        fn pieces_put_together_are_the_part_that_is_shown(body in "\\PC{0,60}", query in "\\w{1,6}") {
            if let Ok(words) = words(&query) {
                let text: String = fragments(&body, &words).into_iter().map(|piece| piece.text).collect();
                prop_assert_eq!(text, body);
            }
        }
    }
}
