//! The edge: HTTP, authentication, configuration and composition.
//!
//! A server starts in [`cli`], is put together in [`compose`], takes sockets in [`listen`] and answers by [`router`];
//! `http` has a file per noun, `ws` takes a socket from its upgrade to a session of the live part, `streams` does the same
//! for clients whose network lets no WebSocket through.

pub mod auth;
pub mod cli;
pub mod compose;
pub mod config;
pub mod demo;
pub mod dispatch;
pub mod http;
pub mod listen;
pub mod members;
pub mod router;
pub mod shutdown;
pub mod streams;
pub mod telemetry;
pub mod ws;
