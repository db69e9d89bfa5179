//! A series of fan-outs over channels and connections.

use super::seconds;
use crate::{
    broadcast::{Broadcast, Plan},
    outcome::{Outcome, Point, number},
    seating::Seating,
    stage::Stage,
};
use clap::Args;
use serde::Serialize;

/// Flags of `growth`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Growth {
    /// Numbers of channels, one curve each
    #[arg(long, value_delimiter = ',', default_value = "1,10,100")]
    channels: Vec<usize>,
    /// Numbers of connections
    #[arg(long, value_delimiter = ',', default_value = "100,300,1000,3000,10000,19000")]
    connections: Vec<usize>,
    /// Deliveries a second; fewer where that would take more than 2,000 publications
    #[arg(long, default_value_t = 100_000.0)]
    rate: f64,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
    /// Seconds that count, for each point
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
}

impl Growth {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        for &channels in &self.channels {
            for &connections in self.connections.iter().filter(|connections| **connections >= channels) {
                stage.progress.say(&format!("{channels} channels, {connections} connections"));
                let plan = Plan {
                    seating: Seating { channels, each: 1 },
                    connections,
                    rate: self.rate,
                    at_once: 1,
                    bytes: self.bytes,
                    warmup: seconds(1.0),
                    length: seconds(self.seconds),
                };
                let mut broadcast = Broadcast::open(stage, plan)?;
                let measured = broadcast.measure(stage)?;
                let cpu = measured.cpu_us();
                let name =
                    if channels == 1 { "1 channel".to_owned() } else { format!("{channels} channels") };
                let label = format!("{name}, {connections} connections: CPU per delivery");
                outcome.figure(&format!("cpu_us_{channels}_{connections}"), &label, "µs", cpu);
                let p99 = broadcast.latency().ms(0.99);
                let label = format!("{name}, {connections} connections: p99");
                outcome.figure(&format!("p99_ms_{channels}_{connections}"), &label, "ms", p99);
                outcome.curve.push(Point { series: name, x: number(connections as u64), y: cpu });
                let point = broadcast.outcome(&measured);
                outcome.deliveries += point.deliveries;
                outcome
                    .notes
                    .extend(point.notes.into_iter().map(|note| format!("{channels}/{connections}: {note}")));
                outcome.faults.lost += measured.faults.lost;
                outcome.faults.out_of_order += measured.faults.out_of_order;
                outcome.faults.ended += measured.faults.ended;
            }
        }
        Ok(outcome)
    }
}
