//! Real servers for tests: each on free ports, with its data in a folder of its own, gone with the value that holds it,
//! and with the process of the tests if that is killed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this is for tests")]

pub mod ports;
pub mod postgres;
mod process;
pub mod redis;
