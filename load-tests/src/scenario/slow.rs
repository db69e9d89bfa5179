//! Readers that stall, beside readers that do not.

use super::seconds;
use crate::{
    audience::Audience,
    broadcast::{Broadcast, Plan},
    outcome::{Outcome, number},
    seating::Seating,
    stage::Stage,
};
use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use std::time::Duration;

/// Receive buffer of all readers, bytes: a phone's, not a data centre's.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// Time in which stalled readers, reading again, come to the end of what the kernel keeps for them.
const REST: Duration = Duration::from_secs(2);

/// Flags of `slow`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Slow {
    /// Readers
    #[arg(long, default_value_t = 1_000)]
    connections: usize,
    /// Percent of them that stop reading in the second half
    #[arg(long, default_value_t = 1.0)]
    stalled: f64,
    /// Deliveries a second
    #[arg(long, default_value_t = 50_000.0)]
    rate: f64,
    /// Bytes of a message; large enough that the kernel's buffers fill and the server's own queue is reached
    #[arg(long, default_value_t = 4_096)]
    bytes: usize,
    /// Seconds of each half
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
}

impl Slow {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a small count"
        )]
        let stalled = (self.connections as f64 * self.stalled / 100.0).round() as usize;
        ensure!(stalled > 0 && stalled < self.connections, "some readers must stall, and some must not");
        let plan = Plan {
            seating: Seating { channels: 1, each: 1 },
            connections: self.connections,
            rate: self.rate,
            at_once: 1,
            bytes: self.bytes,
            warmup: seconds(2.0),
            length: seconds(self.seconds),
        };
        let small = |audience: &mut Audience| audience.receive_buffer(Some(RECEIVE_BUFFER));
        let mut broadcast = Broadcast::open_with(stage, plan, small)?;
        let before = broadcast.measure(stage)?;
        let all_read = broadcast.latency().ms(0.99);
        let mut alone = Outcome::default();
        alone.times("before", "due to read, all readers read", broadcast.latency());

        broadcast.stall_from(self.connections - stalled)?;
        let beside = broadcast.play(stage, seconds(self.seconds), "some readers stall")?;
        let mut outcome = broadcast.outcome(&beside);
        outcome.faults.lost += before.faults.lost;
        outcome.faults.ended += before.faults.ended;
        let change = (broadcast.latency().ms(0.99) / all_read - 1.0) * 100.0;
        let grown = beside.resident_most.saturating_sub(before.resident_most);
        let mut first = Outcome::default();
        first.figure("p99_change", "change of the others' p99", "%", change);
        let per_stalled = |bytes: u64| number(bytes) / number(stalled as u64);
        if broadcast.running.pid().is_some() {
            let grown = per_stalled(grown) / 1024.0;
            first.figure("grown_kib", "memory per stalled reader, at the most", "KiB", grown);
        }
        // Only now: to look whether the server has ended them, they must read.
        let ended = broadcast.audience.resume_stalled(REST)?;
        let ended = per_stalled(ended as u64) * 100.0;
        first.figure("ended", "stalled readers that the server has ended", "%", ended);
        first.figures.extend(alone.figures);
        first.figures.append(&mut outcome.figures);
        outcome.figures = first.figures;
        outcome.distributions.extend(alone.distributions);
        Ok(outcome)
    }
}
