//! Folding of texts for comparison: typed answers, nicknames, the blocklist.

use unicode_normalization::UnicodeNormalization;

/// Which differences count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strictness {
    /// `Paris` and `paris` differ.
    pub case: bool,
    /// `José` and `Jose` differ.
    pub accents: bool,
}

impl Strictness {
    /// Neither case nor accents count.
    pub const LENIENT: Self = Self { case: false, accents: false };
}

/// The form of `text` in which two texts that count as the same are equal.
///
/// Compatibility forms are unified (NFKD, then composed again, so that the result can be shown), runs of white
/// space become one space, typographic quotes and dashes become the plain ones; then case and accents go unless
/// `strict` keeps them. Marks that make another letter rather than an accent (Indic vowels, the Japanese voicing
/// mark) always stay.
#[must_use]
pub fn fold(text: &str, strict: Strictness) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfkd() {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        if is_invisible(c) || (!strict.accents && is_accent(c)) {
            continue;
        }
        if gap && !folded.is_empty() {
            folded.push(' ');
        }
        gap = false;
        push_letter(&mut folded, plain_punctuation(c), strict);
    }
    folded.nfc().collect()
}

fn push_letter(out: &mut String, c: char, strict: Strictness) {
    if strict.case {
        return push_base(out, c, strict);
    }
    match c {
        'ß' | 'ẞ' => out.push_str("ss"),
        'ς' => out.push('σ'),
        _ => {
            for lower in c.to_lowercase() {
                if strict.accents || !is_accent(lower) {
                    push_base(out, lower, strict);
                }
            }
        }
    }
}

/// Letters with a stroke or a ligature have no decomposition in Unicode, yet few keyboards have them.
fn push_base(out: &mut String, c: char, strict: Strictness) {
    if strict.accents {
        return out.push(c);
    }
    match c {
        'ø' => out.push('o'),
        'Ø' => out.push('O'),
        'ł' => out.push('l'),
        'Ł' => out.push('L'),
        'đ' => out.push('d'),
        'Đ' => out.push('D'),
        'ı' => out.push('i'),
        'æ' => out.push_str("ae"),
        'Æ' => out.push_str("AE"),
        'œ' => out.push_str("oe"),
        'Œ' => out.push_str("OE"),
        _ => out.push(c),
    }
}

fn plain_punctuation(c: char) -> char {
    match c {
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{02BC}' | '\u{02B9}' | '`' | '\u{00B4}' => '\'',
        '\u{201C}'..='\u{201F}' | '\u{2033}' | '«' | '»' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' => '-',
        _ => c,
    }
}

/// Marks that people leave out when they type without the right keyboard.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{FE20}'..='\u{FE2F}' // Latin, Greek, Cyrillic
        | '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}'..='\u{05C2}' | '\u{05C4}'..='\u{05C5}' | '\u{05C7}' // Hebrew points
        | '\u{064B}'..='\u{065F}' | '\u{0670}' // Arabic vowel signs
    )
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_spaces_do_not_count_when_lenient() {
        for (left, right) in [
            ("  São   Paulo ", "sao paulo"),
            ("STRASSE", "straße"),
            ("L’Aquila", "l'aquila"),
            ("1939–1945", "1939-1945"),
            ("Ångström", "angstrom"),
            ("Łódź", "lodz"),
            ("ﬁre", "FIRE"),
            ("ΟΔΟΣ", "οδος"),
            ("İstanbul", "istanbul"),
            ("e\u{301}tude", "étude"),
        ] {
            assert_eq!(
                fold(left, Strictness::LENIENT),
                fold(right, Strictness::LENIENT),
                "{left} and {right}"
            );
        }
    }

    #[test]
    fn strictness_keeps_what_it_names() {
        let case = Strictness { case: true, accents: false };
        assert_ne!(fold("Polish", case), fold("polish", case));
        assert_eq!(fold("Élan", case), fold("Elan", case));
        let accents = Strictness { case: false, accents: true };
        assert_ne!(fold("résumé", accents), fold("resume", accents));
        assert_eq!(fold("RÉSUMÉ", accents), fold("re\u{301}sume\u{301}", accents));
    }

    #[test]
    fn marks_that_make_another_letter_stay() {
        assert_ne!(fold("が", Strictness::LENIENT), fold("か", Strictness::LENIENT));
        assert_ne!(fold("की", Strictness::LENIENT), fold("का", Strictness::LENIENT));
    }

    #[test]
    fn folding_twice_changes_nothing_more() {
        for text in ["ẞtraße", "  a  b ", "ｆｕｌｌ", "Ⅳ", "«quoted»"] {
            let once = fold(text, Strictness::LENIENT);
            assert_eq!(fold(&once, Strictness::LENIENT), once);
        }
    }
}
