//! A channel at a chosen load of the server.

use super::seconds;
use crate::{
    broadcast::{Broadcast, Plan},
    outcome::Outcome,
    seating::Seating,
    stage::Stage,
};
use anyhow::{Context as _, ensure};
use clap::Args;
use serde::Serialize;

/// Deliveries a second while the cost of one is found out.
const PROBE: f64 = 100_000.0;
/// Seconds of that.
const PROBE_S: f64 = 3.0;

/// Flags of `latency`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct LatencyAtLoad {
    /// Members of the channel
    #[arg(long, default_value_t = 1_000)]
    connections: usize,
    /// Percent of the server's core that is to be in use; how many deliveries that is is found out first
    #[arg(long, default_value_t = 50.0)]
    load: f64,
    /// Deliveries a second, instead of a load
    #[arg(long)]
    rate: Option<f64>,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
    /// Seconds that count
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
}

impl LatencyAtLoad {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!((1.0..=95.0).contains(&self.load), "a load is between 1 and 95 percent");
        let plan = Plan {
            seating: Seating { channels: 1, each: 1 },
            connections: self.connections,
            rate: self.rate.unwrap_or(PROBE),
            at_once: 1,
            bytes: self.bytes,
            warmup: seconds(2.0),
            length: seconds(self.seconds),
        };
        let mut broadcast = Broadcast::open(stage, plan)?;
        if self.rate.is_none() {
            broadcast
                .running
                .pid()
                .context("without the server's process its load is not known; give --rate")?;
            broadcast.play(stage, seconds(1.0), "warming up")?;
            let probe = broadcast.play(stage, seconds(PROBE_S), "finding the rate")?;
            broadcast.set_rate(self.load / 100.0 * 1e6 / probe.cpu_us());
        }
        let measured = broadcast.measure(stage)?;
        Ok(broadcast.outcome(&measured))
    }
}
