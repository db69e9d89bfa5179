//! Connections that only stay.

use super::seconds;
use crate::{
    audience::{Audience, Guests},
    outcome::{Outcome, number},
    peer::Needs,
    process::Usage,
    seating::Seating,
    stage::Stage,
};
use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Time for allocations of the handshakes to be given back and tasks to come to rest.
const REST: Duration = Duration::from_secs(3);

/// Flags of `idle`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Idle {
    /// Connections
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Subscriptions of each; every channel has thirty subscribers
    #[arg(long, default_value_t = 2)]
    subscriptions: usize,
    /// Seconds that count; a few intervals of pings
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
}

impl Idle {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!(self.connections > 0, "connections must be above zero");
        let running = stage.start(Needs::default(), self.connections)?;
        let channels = (self.connections * self.subscriptions).div_ceil(30).max(self.subscriptions);
        let guests = Guests {
            dialect: running.dialect,
            tokens: running.tokens(self.connections)?,
            channels: running.channels(channels),
            seating: Seating { channels, each: self.subscriptions },
        };
        let mut audience = Audience::new(&running, guests, self.connections)?;
        let before = running.usage()?;
        audience.enter_all(0..self.connections, &stage.progress)?;
        audience.run_until(Instant::now() + REST)?;
        let seated = running.usage()?;

        audience.count_from_now();
        let (began, length) = (Instant::now(), seconds(self.seconds));
        while began.elapsed() < length {
            let next = (began + length).min(Instant::now() + Duration::from_secs(1));
            audience.run_until(next)?;
            stage.progress.say(&format!("idle for {:.0} s", began.elapsed().as_secs_f64()));
        }
        let elapsed = began.elapsed().as_secs_f64();
        let idle = running.usage()?;
        Ok(self.outcome(&audience, [before, seated, idle], elapsed, running.pid().is_some()))
    }

    fn outcome(&self, audience: &Audience, usage: [Usage; 3], elapsed: f64, known: bool) -> Outcome {
        let [before, seated, idle] = usage;
        let connections = number(self.connections as u64);
        let mut outcome = Outcome { faults: audience.faults(), ..Outcome::default() };
        let per_connection = |bytes: u64| number(bytes) / connections;
        if known {
            let resident = per_connection(idle.resident.saturating_sub(before.resident));
            outcome.figure("resident_b", "memory per idle connection", "B", resident);
            let cpu = idle.cpu.saturating_sub(seated.cpu).as_secs_f64() * 1e6 / connections / elapsed;
            outcome.figure("cpu_us", "server CPU per connection and second", "µs/s", cpu);
            let peak = per_connection(idle.peak.saturating_sub(before.resident));
            outcome.figure("peak_b", "most memory per connection, while connecting", "B", peak);
            let entry = seated.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / connections;
            outcome.figure("entry_us", "server CPU per new connection", "µs", entry);
        }
        let (frames, _) = audience.received();
        outcome.figure("frames", "frames per connection", "", number(frames) / connections);
        outcome
    }
}
