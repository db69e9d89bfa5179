//! Many small rooms that all speak.

use super::seconds;
use crate::{
    broadcast::{Broadcast, Plan},
    outcome::Outcome,
    seating::Seating,
    stage::Stage,
};
use clap::Args;
use serde::Serialize;

/// Flags of `rooms`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Rooms {
    /// Rooms
    #[arg(long, default_value_t = 300)]
    rooms: usize,
    /// Members of each: a class
    #[arg(long, default_value_t = 30)]
    members: usize,
    /// Messages a second in each room
    #[arg(long, default_value_t = 5.0)]
    rate: f64,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
    /// Seconds that count
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Seconds before
    #[arg(long, default_value_t = 2.0)]
    warmup: f64,
}

impl Rooms {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        let connections = self.rooms * self.members;
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let rate = self.rate * connections as f64;
        let plan = Plan {
            seating: Seating { channels: self.rooms, each: 1 },
            connections,
            rate,
            at_once: 1,
            bytes: self.bytes,
            warmup: seconds(self.warmup),
            length: seconds(self.seconds),
        };
        let mut broadcast = Broadcast::open(stage, plan)?;
        let measured = broadcast.measure(stage)?;
        Ok(broadcast.outcome(&measured))
    }
}
