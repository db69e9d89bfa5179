//! What is searched for, and where it stands in a message.

use persistence::chat::words;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;

/// Most characters of a search.
pub const MOST_CHARS: usize = 200;
/// Most words of it.
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
#[error("search for one to eight words, 200 characters at most")]
pub struct BadSearch;

/// The words of a search, without case: all have to be found, the last one also as the beginning of a word.
///
/// # Errors
/// [`BadSearch`]
pub fn searched(query: &str) -> Result<Vec<String>, BadSearch> {
    if query.len() > MOST_CHARS * 4 || query.chars().count() > MOST_CHARS {
        return Err(BadSearch);
    }
    let found: Vec<String> = words(query).into_iter().map(|word| word.folded).collect();
    if (1..=MOST_WORDS).contains(&found.len()) { Ok(found) } else { Err(BadSearch) }
}

/// The part of a message around the first word that was found, cut where found words begin and end.
#[must_use]
pub fn fragments(body: &str, searched: &[String]) -> Vec<Fragment> {
    let Some((prefix, whole)) = searched.split_last() else { return Vec::new() };
    let mut found = words(body);
    found.retain(|word| whole.contains(&word.folded) || word.folded.starts_with(prefix.as_str()));
    let (start, end) = window(body, found.first().map_or(0, |first| first.at.start));
    let mut pieces = Vec::new();
    let mut add = |text: &str, matched: bool| {
        if !text.is_empty() {
            pieces.push(Fragment { text: text.to_owned(), matched });
        }
    };
    add(if start > 0 { "…" } else { "" }, false);
    let mut at = start;
    for word in found.into_iter().filter(|word| word.at.start >= start && word.at.end <= end) {
        add(&body[at..word.at.start], false);
        add(&body[word.at.clone()], true);
        at = word.at.end;
    }
    add(&body[at..end], false);
    add(if end < body.len() { "…" } else { "" }, false);
    pieces
}

/// Bytes of the part that is shown, whole graphemes around `first`.
fn window(body: &str, first: usize) -> (usize, usize) {
    let before = body[..first].grapheme_indices(true).rev().take(BEFORE).last();
    let start = before.map_or(first, |(at, _)| at);
    let shown = body[start..].grapheme_indices(true).nth(SHOWN);
    (start, shown.map_or(body.len(), |(at, _)| start + at))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(body: &str, query: &str) -> String {
        let mark =
            |piece: &Fragment| if piece.matched { format!("[{}]", piece.text) } else { piece.text.clone() };
        fragments(body, &searched(query).unwrap()).iter().map(mark).collect()
    }

    #[test]
    fn words_are_marked_where_they_stand_and_the_last_one_by_its_beginning() {
        for (body, query, wanted) in [
            ("The Nile is long", "nile", "The [Nile] is long"),
            ("The Nile and the Niger", "ni", "The [Nile] and the [Niger]"),
            ("The Nile and the Niger", "the ni", "[The] [Nile] and [the] [Niger]"),
            ("Ädlé Ädler", "ädlé", "[Ädlé] Ädler"),
            ("<b>Nile</b>", "NILE", "<b>[Nile]</b>"),
            ("nothing of it", "other", "nothing of it"),
            ("学校chat", "校 ch", "学[校][chat]"),
        ] {
            assert_eq!(shown(body, query), wanted);
        }
    }

    #[test]
    fn a_long_message_is_cut_around_what_was_found() {
        let body = format!("{} needle {}", "hay ".repeat(200), "hay ".repeat(200));
        let text = shown(&body, "needle");
        assert!(text.starts_with('…') && text.ends_with('…') && text.contains("[needle]"), "{text}");
        // And two dots and two brackets.
        assert_eq!(text.chars().count(), SHOWN + 4);
    }

    #[test]
    fn a_search_has_words_and_not_too_many() {
        assert_eq!(searched(" the  Nile! ").unwrap(), ["the", "nile"]);
        for query in ["", "  ", "!?", "a b c d e f g h i", &"a".repeat(201)] {
            assert_eq!(searched(query), Err(BadSearch), "{query}");
        }
    }

    proptest! {
        #[test]
        fn pieces_put_together_are_the_part_that_is_shown(body in "\\PC{0,60}", query in "\\w{1,6}") {
            if let Ok(words) = searched(&query) {
                let text: String = fragments(&body, &words).into_iter().map(|piece| piece.text).collect();
                prop_assert_eq!(text, body);
            }
        }
    }
}
