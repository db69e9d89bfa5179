//! Conversations of a school: direct ones, those of groups and those of classes.
//!
//! The rules are pure: they take what is known, the time as an argument, and say what may be. Only `service` waits for
//! anything: it asks the store, tells the channels, and answers.

pub mod rules;
pub mod service;
