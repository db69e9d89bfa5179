//! Words on the wire: ids, commands, replies, pushes, codes and their encodings.
//!
//! This crate may name serde and codecs; it never touches a socket, a clock or a store.

pub mod channel;
pub mod chat;
pub mod codes;
pub mod command;
pub mod emulation;
pub mod encoding;
pub mod filter;
pub mod frame;
pub mod ids;
pub mod payload;
pub mod push;
pub mod quiz;
pub mod reply;
pub mod role;

pub use channel::Channel;
pub use codes::{Disconnect, ErrorBody, Unsubscribed};
pub use command::{Command, Request};
pub use emulation::EmulationRequest;
pub use encoding::{Encoding, Message, SharedMessage};
pub use frame::Frame;
pub use payload::Payload;
pub use push::{ClientInfo, Publication, Push, PushBody, SubscribePush};
pub use reply::{Reply, ReplyBody};
