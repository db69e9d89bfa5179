//! The chat with its surroundings. The only part of this crate that waits for anything; one file per noun.
