//! Words on the wire: ids, commands, replies, pushes, codes and their encodings.
//!
//! This crate may name serde and codecs; it never touches a socket, a clock or a store.

pub mod ids;
pub mod quiz;
