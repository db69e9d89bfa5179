#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod defects;
mod leaks;
mod people;
mod play;
mod presence;
mod properties;
mod room;
mod table;
mod travel;
