//! One publisher, many subscribers.

use super::seconds;
use crate::{
    broadcast::{Broadcast, Plan},
    outcome::Outcome,
    seating::Seating,
    stage::Stage,
};
use clap::Args;
use serde::Serialize;

/// Flags of `fanout`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Fanout {
    /// Subscribers
    #[arg(long, default_value_t = 1_000)]
    connections: usize,
    /// Channels; each subscriber sits in one
    #[arg(long, default_value_t = 1)]
    channels: usize,
    /// Deliveries a second
    #[arg(long, default_value_t = 150_000.0)]
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
    /// Processes over one Redis, the first of which is published to, with the subscribers at the others; 1 is one by itself
    #[arg(long, default_value_t = 1)]
    nodes: usize,
}

impl Fanout {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        let plan = Plan {
            seating: Seating { channels: self.channels, each: 1 },
            connections: self.connections,
            rate: self.rate,
            at_once: 1,
            bytes: self.bytes,
            warmup: seconds(self.warmup),
            length: seconds(self.seconds),
        };
        let mut broadcast = match self.nodes {
            0 | 1 => Broadcast::open(stage, plan)?,
            nodes => Broadcast::open_across(stage, plan, nodes)?,
        };
        let measured = broadcast.measure(stage)?;
        Ok(broadcast.outcome(&measured))
    }
}
