//! What may be written, by whom, and when: functions of what they are told, without a clock or a store.

pub mod body;
pub mod emoji;
pub mod highlight;
pub mod mentions;
pub mod modes;
pub mod policy;
pub mod rights;
pub mod standing;
