//! What is learned: grades and mastery, and the records that they come from.
//!
//! The rules are pure: they take what is known, the time as an argument, and give numbers with their reasons. Only `service`
//! waits for anything: it decides who may, keeps, and tells whom it concerns.

pub mod grades;
pub mod mastery;
pub mod roster_file;
pub mod service;
