//! Several messages for each connection at the same moment.

use super::seconds;
use crate::{
    broadcast::{Broadcast, Plan},
    outcome::Outcome,
    seating::Seating,
    stage::Stage,
};
use clap::Args;
use serde::Serialize;

/// Flags of `burst`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Burst {
    /// Subscribers
    #[arg(long, default_value_t = 5_000)]
    connections: usize,
    /// Channels of each; one message goes to every channel at the same moment
    #[arg(long, default_value_t = 20)]
    channels: usize,
    /// Bursts a second
    #[arg(long, default_value_t = 1.0)]
    bursts: f64,
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

impl Burst {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let rate = self.bursts * (self.channels * self.connections) as f64;
        let plan = Plan {
            seating: Seating { channels: self.channels, each: self.channels },
            connections: self.connections,
            rate,
            at_once: self.channels,
            bytes: self.bytes,
            warmup: seconds(self.warmup),
            length: seconds(self.seconds),
        };
        let mut broadcast = Broadcast::open(stage, plan)?;
        let measured = broadcast.measure(stage)?;
        Ok(broadcast.outcome(&measured))
    }
}
