//! What messages are found by: the same words on either database.

use std::collections::BTreeSet;
use std::ops::Range;

/// Letters of a word that count; what comes behind them is not looked at. Postgres takes 2,046 bytes, and lower case of a
/// letter has 12 at most.
const LETTERS: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// The word without case, its first 64 letters.
    pub folded: String,
}

/// The words of a text in their order: what lies between other characters than letters and digits. A character of Chinese
/// or Japanese is a word, since nothing stands between those.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    let mut end_word = |start: &mut Option<usize>, end| {
        if let Some(start) = start.take() {
            words.push(word(text, start..end));
        }
    };
    for (at, letter) in text.char_indices() {
        if stands_alone(letter) {
            end_word(&mut start, at);
            start = Some(at);
            end_word(&mut start, at + letter.len_utf8());
        } else if letter.is_alphanumeric() {
            start.get_or_insert(at);
        } else {
            end_word(&mut start, at);
        }
    }
    end_word(&mut start, text.len());
    words
}

fn word(text: &str, at: Range<usize>) -> Word {
    let letters = text[at.clone()].chars().take(LETTERS);
    // Lower case may bring marks that are no letters, such as the dot of İ.
    let folded = letters.flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect();
    Word { at, folded }
}

fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        && letter.is_alphanumeric()
}

/// The words of a message in the form of its column: each once, between spaces.
pub(super) fn column(body: &str) -> String {
    let words: BTreeSet<String> = words(body).into_iter().map(|word| word.folded).collect();
    // Postgres takes no empty one.
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_have_no_case_and_stand_between_other_characters() {
        assert_eq!(folded("Don't SHOUT, Ädlé: 3.14!"), ["don", "t", "shout", "ädlé", "3", "14"]);
        assert_eq!(folded(" \n…"), [""; 0]);
        assert_eq!(folded("İzmir ÉCOLE"), ["izmir", "école"]);
    }

    #[test]
    fn a_character_that_needs_no_space_is_a_word() {
        assert_eq!(folded("学校chat。です"), ["学", "校", "chat", "で", "す"]);
    }

    #[test]
    fn a_word_tells_where_it_stands() {
        let text = "Ä 校b";
        let found: Vec<&str> = words(text).into_iter().map(|word| &text[word.at]).collect();
        assert_eq!(found, ["Ä", "校", "b"]);
    }

    #[test]
    fn a_column_has_each_word_once_and_none_is_too_long_for_a_database() {
        assert_eq!(column("b A b a"), "a b");
        assert!(column(&"ŉ".repeat(4_000)).len() < 2_046);
    }
}
