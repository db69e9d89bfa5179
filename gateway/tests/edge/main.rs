//! The edge from outside: a real server on a port of its own, spoken to as clients do.

#![expect(clippy::unwrap_used, reason = "tests")]

mod api;
mod assignments;
mod audit_log;
mod chat;
mod class_channels;
mod classes;
mod classroom;
mod cli;
mod client;
mod courses;
mod foreign;
mod frames;
mod games;
mod gradebook;
mod harness;
mod idempotency;
mod journal;
mod jwks;
mod library;
mod live;
mod nodes;
mod pages;
mod postgres;
mod posting;
mod practice;
mod progress;
mod raw;
mod redis_faults;
mod resume;
mod robustness;
mod roster_files;
mod server_api;
mod sign_in;
mod sockets;
mod storms;
mod streams;
