//! Live quiz battles: pure rules first, then a thin service.
//!
//! The rules (everything but `service` and `room`) take time, presence and randomness as arguments and touch no socket,
//! clock or store. Start reading at [`game`].

pub mod fold;
pub mod game;
pub mod guess;
pub mod interchange;
pub mod nickname;
pub mod pin;
pub mod question;
pub mod replay;
pub mod report;
pub mod room;
pub mod score;
pub mod service;
pub mod settings;
