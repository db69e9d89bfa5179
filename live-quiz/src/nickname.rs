//! Names that players choose for a game, and names that the school gives them.

mod blocked;

use crate::fold::{Strictness, fold};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Longest nickname, in characters as a reader counts them (grapheme clusters).
pub const MAX_GRAPHEMES: usize = 20;
/// Code points in one such character: a family of emoji has ten, a stack of accents has many.
const MAX_POINTS_PER_GRAPHEME: usize = 10;
const MAX_ACCENTS_PER_GRAPHEME: usize = 3;

/// Why a nickname is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NicknameError {
    /// Nothing is left to see.
    #[error("choose a name with at least one visible character")]
    Empty,
    /// More than 20 characters.
    #[error("choose a name of at most 20 characters")]
    TooLong,
    /// Control, direction or invisible characters, or a tower of accents.
    #[error("choose a name without invisible or control characters")]
    Characters,
    /// A word of the blocklist.
    #[error("choose another name")]
    Blocked,
}

/// A name that a player typed, as it will be shown: trimmed, composed, inner spaces single.
///
/// # Errors
/// Empty, too long, made of characters that could disguise or break the display, or offensive.
pub fn check(typed: &str) -> Result<String, NicknameError> {
    if typed.len() > 1_000 {
        return Err(NicknameError::TooLong);
    }
    let name = tidy(typed);
    if !is_displayable(&name) {
        return Err(NicknameError::Characters);
    }
    if !name.chars().any(is_visible) {
        return Err(NicknameError::Empty);
    }
    if name.graphemes(true).count() > MAX_GRAPHEMES {
        return Err(NicknameError::TooLong);
    }
    if blocked::is_blocked(&name) {
        return Err(NicknameError::Blocked);
    }
    Ok(name)
}

/// The form in which two names that look alike are equal.
#[must_use]
pub fn key(name: &str) -> String {
    fold(name, Strictness::LENIENT)
}

/// A name from the school's roll as it is shown in a game: never refused, shortened to fit, numbered if `is_taken` says
/// that the [`key`] of the plain one is in use.
pub fn from_roll(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let cleaned: String = name.chars().filter(|c| c.is_whitespace() || !is_forbidden(*c)).collect();
    let mut shown = shorten(&tidy(&cleaned), MAX_GRAPHEMES);
    if !shown.chars().any(is_visible) {
        shown = "Player".to_owned();
    }
    if !is_taken(&key(&shown)) {
        return shown;
    }
    let mut number = 2_u64;
    loop {
        let suffix = format!(" {number}");
        let candidate = shorten(&shown, MAX_GRAPHEMES - suffix.len()) + &suffix;
        if !is_taken(&key(&candidate)) {
            return candidate;
        }
        number += 1;
    }
}

fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect()
}

fn shorten(name: &str, graphemes: usize) -> String {
    name.graphemes(true).take(graphemes).collect::<String>().trim_end().to_owned()
}

fn is_displayable(name: &str) -> bool {
    let points: Vec<char> = name.chars().collect();
    let joiners_ok = points.iter().enumerate().all(|(i, c)| {
        // Joiners shape Persian and Indic names and build emoji; between Latin letters they only disguise.
        !matches!(c, '\u{200C}' | '\u{200D}')
            || (i > 0
                && points[i - 1] > '\u{02FF}'
                && points.get(i + 1).is_some_and(|next| *next > '\u{02FF}'))
    });
    let towers_ok = name.graphemes(true).all(|g| {
        g.chars().count() <= MAX_POINTS_PER_GRAPHEME
            && g.chars().filter(|c| ('\u{0300}'..='\u{036F}').contains(c)).count() <= MAX_ACCENTS_PER_GRAPHEME
    });
    joiners_ok && towers_ok && !name.chars().any(is_forbidden)
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace()
        && !('\u{0300}'..='\u{036F}').contains(&c)
        && !matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{200C}' | '\u{200D}')
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' // direction
            | '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'
            | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}' // without width or ink
            | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{10FFFF}' // tags, private use
        )
}

#[cfg(test)]
mod tests;
