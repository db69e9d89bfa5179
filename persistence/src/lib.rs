//! What lasts: the schema, its migrations, the repositories and the log of rooms.
//!
//! This crate may name the database; it knows no socket and no rule of a feature. It reads no clock: times are
//! arguments. Every repository takes the school first and never returns rows of another.

pub mod classes;
mod column_word;
pub mod games;
mod micros;
mod multi_row;
mod page;
pub mod people;
pub mod quizzes;
pub mod room_log;
pub mod schools;
mod store;
mod unavailable;

pub use micros::Micros;
pub use page::{Cursor, InvalidCursor, Page};
pub use room_log::{MemoryRoomLog, RoomLog, SqliteRoomLog};
pub use store::{DatabaseLocation, Store};
pub use unavailable::Unavailable;
