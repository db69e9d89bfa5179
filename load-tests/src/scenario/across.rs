//! From one node to another over Redis, at a chosen load.

use super::seconds;
use crate::{
    broadcast::{Broadcast, Plan},
    outcome::{Outcome, number},
    seating::Seating,
    stage::Stage,
};
use anyhow::ensure;
use clap::Args;
use serde::Serialize;

/// Deliveries a second while it is found out what one costs.
const PROBE: f64 = 20_000.0;
/// Seconds of that, and of the second look: what comes at once is written at once, so the cost falls as the rate grows.
const PROBE_S: f64 = 3.0;

/// Flags of `across`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Across {
    /// Channels: classes
    #[arg(long, default_value_t = 100)]
    channels: usize,
    /// Members of each
    #[arg(long, default_value_t = 30)]
    members: usize,
    /// Percent of a core that the busiest process, a node or Redis, is to use; how many deliveries that is is found out first
    #[arg(long, default_value_t = 50.0)]
    load: f64,
    /// Deliveries a second, instead of a load
    #[arg(long)]
    rate: Option<f64>,
    /// Processes: the first is published to, the members are at the others
    #[arg(long, default_value_t = 2)]
    nodes: usize,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
    /// Seconds that count
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
}

impl Across {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!((1.0..=95.0).contains(&self.load), "a load is between 1 and 95 percent");
        let plan = Plan {
            seating: Seating { channels: self.channels, each: 1 },
            connections: self.channels * self.members,
            rate: self.rate.unwrap_or(PROBE),
            at_once: 1,
            bytes: self.bytes,
            warmup: seconds(2.0),
            length: seconds(self.seconds),
        };
        let mut broadcast = Broadcast::open_across(stage, plan, self.nodes)?;
        broadcast.publish_without_limit();
        if self.rate.is_none() {
            broadcast.play(stage, seconds(1.0), "warming up")?;
            for _ in 0..2 {
                let probe = broadcast.play(stage, seconds(PROBE_S), "finding the rate")?;
                let rate = number(probe.deliveries) / probe.elapsed.as_secs_f64();
                broadcast.set_rate(rate * self.load / probe.busiest_percent());
            }
        }
        let measured = broadcast.measure(stage)?;
        let mut outcome = broadcast.outcome(&measured);
        outcome.figure("busiest", "core in use by the busiest process", "%", measured.busiest_percent());
        outcome.notes.push(
            "the members' nodes have the server's core; the node that is published to, Redis and the generator share the other"
                .to_owned(),
        );
        Ok(outcome)
    }
}
