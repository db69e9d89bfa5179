//! What is learned: grades and mastery.
//!
//! The rules are pure: they take what is known, the time as an argument, and give numbers with their reasons.

pub mod grades;
pub mod mastery;
