//! Words that no player may be called. Whole words only: parts of words refuse real places and people.

use crate::fold::{Strictness, fold};

/// Folded words. Left out on purpose is what is also a name somewhere: Dick, Cock, Fanny, Phuc, Porn, Puta, Gay …
const WORDS: &[&str] = &[
    "arschloch",
    "arsehole",
    "asshole",
    "bitch",
    "bitches",
    "blowjob",
    "bullshit",
    "connard",
    "cunt",
    "cunts",
    "encule",
    "faggot",
    "faggots",
    "fotze",
    "fuck",
    "fucked",
    "fucker",
    "fuckers",
    "fucking",
    "fuckyou",
    "hitler",
    "hurensohn",
    "kurwa",
    "merde",
    "mierda",
    "missgeburt",
    "motherfucker",
    "nigga",
    "nigger",
    "niggers",
    "paedophile",
    "pedophile",
    "penis",
    "pendejo",
    "porno",
    "pussy",
    "putain",
    "rapist",
    "retard",
    "salope",
    "schlampe",
    "shit",
    "shitty",
    "slut",
    "sluts",
    "spastic",
    "vagina",
    "wanker",
    "whore",
    "whores",
    "wichser",
    "блядь",
    "пизда",
    "сука",
    "хуй",
];

/// Whether a whole word of `name`, or the whole name written in spaced letters, is on the list.
pub fn is_blocked(name: &str) -> bool {
    let folded = fold(name, Strictness::LENIENT);
    let plain = words(&folded);
    let disguised_text: String = folded.chars().map(letter_behind).collect();
    let disguised = words(&disguised_text);
    // "f u c k": single letters in a row are read as one word.
    let spelled = |words: &[&str]| {
        words.split(|w| w.chars().nth(1).is_some()).any(|letters| is_word(&letters.concat()))
    };
    plain.iter().chain(&disguised).any(|word| is_word(word)) || spelled(&plain) || spelled(&disguised)
}

fn is_word(word: &str) -> bool {
    WORDS.contains(&word)
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect()
}

/// The letter that a digit or sign stands for in disguised words.
fn letter_behind(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        _ => c,
    }
}
