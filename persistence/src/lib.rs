//! What lasts: the schema, its migrations, the repositories and the log of rooms; and Redis, which nodes share.
//!
//! This crate may name the database and Redis; it knows no client's socket and no rule of a feature. What it keeps is
//! stamped with times that are arguments. Every repository takes the school first and never returns rows of another.

pub mod assignments;
pub mod attendance;
pub mod audit;
pub mod chat;
pub mod classes;
mod column_word;
pub mod courses;
mod db;
pub mod games;
pub mod gradebook;
mod id_list;
pub mod idempotency;
pub mod items;
pub mod journal;
pub mod lessons;
pub mod mastery;
mod micros;
mod months;
mod multi_row;
mod page;
pub mod people;
pub mod progress;
pub mod quizzes;
pub mod redis;
pub mod responses;
pub mod room_log;
pub mod rosters;
pub mod schools;
pub mod sessions;
pub mod skills;
mod store;
mod unavailable;

pub use db::postgres::{InvalidPostgresUrl, PostgresConfig, PostgresUrl};
pub use micros::Micros;
pub use months::{KeptMonths, Retention};
pub use page::{Cursor, InvalidCursor, Page};
pub use room_log::{ArchivedRoomLog, MemoryRoomLog, RedisRoomLog, RoomLog, StoredRoomLog};
pub use store::{DatabaseLocation, MigrateError, OpenError, RowSecurity, Store};
pub use unavailable::Unavailable;
