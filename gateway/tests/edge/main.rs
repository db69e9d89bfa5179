//! The edge from outside: a real server on a port of its own, spoken to as clients do.

#![expect(clippy::unwrap_used, reason = "tests")]

mod api;
mod cli;
mod client;
mod frames;
mod games;
mod harness;
mod jwks;
mod library;
mod live;
mod nodes;
mod pages;
mod postgres;
mod practice;
mod raw;
mod redis_faults;
mod resume;
mod robustness;
mod server_api;
mod sign_in;
mod sockets;
mod storms;
mod streams;
