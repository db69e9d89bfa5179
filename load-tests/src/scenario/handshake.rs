//! New connections: handshake, token, connect, subscribe.

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

/// Time for a server to be done with connections that have gone.
const REST: Duration = Duration::from_secs(2);

/// Flags of `handshake`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Handshake {
    /// Connections in each round
    #[arg(long, default_value_t = 4_000)]
    connections: usize,
    /// Rounds that count, after one that does not
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Subscriptions of each
    #[arg(long, default_value_t = 1)]
    subscriptions: usize,
}

impl Handshake {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!(self.connections > 0 && self.rounds > 0, "connections and rounds must be above zero");
        let running = stage.start(Needs::default(), self.connections)?;
        let channels = (self.connections * self.subscriptions).div_ceil(30).max(self.subscriptions);
        let guests = Guests {
            dialect: running.dialect,
            tokens: running.tokens(self.connections)?,
            channels: running.channels(channels),
            seating: Seating { channels, each: self.subscriptions },
        };
        let mut audience = Audience::new(&running, guests, self.connections)?;
        let (mut cpu, mut own, mut wall, mut leaving) =
            (Duration::ZERO, Duration::ZERO, Duration::ZERO, Duration::ZERO);
        // The first round fills pools and caches, and allocates what later rounds use again.
        for round in 0..=self.rounds {
            let (before, began) = ((running.usage()?.cpu, Usage::read(None)?.cpu), Instant::now());
            audience.enter_all(0..self.connections, &stage.progress)?;
            let (after, took) = ((running.usage()?.cpu, Usage::read(None)?.cpu), began.elapsed());
            for id in 0..self.connections {
                audience.leave(id);
            }
            audience.run_until(Instant::now() + REST)?;
            if round > 0 {
                cpu += after.0.saturating_sub(before.0);
                own += after.1.saturating_sub(before.1);
                wall += took;
                leaving += running.usage()?.cpu.saturating_sub(after.0);
            }
        }
        let all = number((self.connections * self.rounds) as u64);
        let mut outcome = Outcome::default();
        if running.pid().is_some() {
            outcome.figure("per_cpu_s", "handshakes per CPU-second", "1/s", all / cpu.as_secs_f64());
            outcome.figure("cpu_us", "server CPU per handshake", "µs", cpu.as_secs_f64() * 1e6 / all);
            outcome.figure(
                "leaving_us",
                "server CPU per end of a connection",
                "µs",
                leaving.as_secs_f64() * 1e6 / all,
            );
        }
        outcome.figure("per_s", "handshakes per second", "1/s", all / wall.as_secs_f64());
        let own = own.as_secs_f64() / wall.as_secs_f64() * 100.0;
        outcome.figure("load_own", "generator's core in use", "%", own);
        Ok(outcome)
    }
}
