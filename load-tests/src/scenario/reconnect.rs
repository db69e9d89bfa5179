//! Everybody is cut off and comes back.

use super::seconds;
use crate::{
    audience::{Audience, Guests},
    dialect::Dialect,
    latency::Latency,
    outcome::{Outcome, number},
    pacing::Schedule,
    peer::{Needs, Running},
    publisher::Programme,
    seating::Seating,
    stage::Stage,
};
use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Time for everybody to be back, after the last one has begun.
const PATIENCE: Duration = Duration::from_secs(60);
/// Members of a channel: a class.
const CLASS: usize = 30;

/// Flags of `reconnect`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Reconnect {
    /// Connections
    #[arg(long, default_value_t = 5_000)]
    connections: usize,
    /// Seconds over which they come back, evenly
    #[arg(long, default_value_t = 5.0)]
    within: f64,
    /// Messages that each channel gets while they are away
    #[arg(long, default_value_t = 5)]
    missed: u64,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
}

impl Reconnect {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!(self.connections > 0 && self.within > 0.0, "connections and within must be above zero");
        let running = stage.start(Needs { recovery: true, ..Needs::default() }, self.connections)?;
        let channels = self.connections.div_ceil(CLASS);
        let seating = Seating { channels, each: 1 };
        let guests = Guests {
            dialect: running.dialect,
            tokens: running.tokens(self.connections)?,
            channels: running.channels(channels),
            seating,
        };
        let mut audience = Audience::new(&running, guests, self.connections)?;
        audience.keep_positions();
        audience.enter_all(0..self.connections, &stage.progress)?;
        audience.count_from_now();

        for id in 0..self.connections {
            audience.leave(id);
        }
        self.publish_meanwhile(&running, channels)?;
        let away = running.usage()?;
        let latency = self.come_back(stage, &mut audience)?;
        let back = running.usage()?;

        let all = number(self.connections as u64);
        let mut outcome = Outcome { faults: audience.faults(), ..Outcome::default() };
        outcome.times("back", "due to come back, to subscribed and caught up", &latency);
        if running.pid().is_some() {
            let cpu = back.cpu.saturating_sub(away.cpu).as_secs_f64() * 1e6 / all;
            outcome.figure("cpu_us", "server CPU per return", "µs", cpu);
            outcome.figure("peak_b", "most memory per connection", "B", number(back.peak) / all);
        }
        let missed = self.connections as u64 * self.missed;
        // The others keep nothing: nobody can ask them for it.
        if running.dialect == Dialect::Centrifuge && self.missed > 0 {
            outcome.deliveries = audience.deliveries();
            let caught_up = number(outcome.deliveries) / number(missed) * 100.0;
            outcome.figure("caught_up", "missed messages that were recovered", "%", caught_up);
            outcome.faults.lost = missed.saturating_sub(outcome.deliveries);
        }
        Ok(outcome)
    }

    fn publish_meanwhile(&self, running: &Running, channels: usize) -> anyhow::Result<()> {
        if self.missed == 0 {
            return Ok(());
        }
        let publisher = running.publisher(&running.channels(channels))?;
        let rate = 1_000.0;
        let length = Duration::from_secs_f64(number(self.missed * channels as u64) / rate);
        let schedule = Schedule::new(Instant::now(), rate, length);
        let programme = Programme { schedule, channels, at_once: 1, bytes: self.bytes };
        let (mut publisher, _) = publisher.play(programme)?.finish()?;
        publisher.wait(Duration::from_millis(500))
    }

    /// Each begins at its moment, whether or not those before it are through.
    fn come_back(&self, stage: &Stage, audience: &mut Audience) -> anyhow::Result<Latency> {
        let within = seconds(self.within);
        let per_second = number(self.connections as u64) / within.as_secs_f64();
        let schedule = Schedule::new(Instant::now() + Duration::from_millis(10), per_second, within);
        for (id, moment) in (0..self.connections).zip(schedule.moments().map(|(_, moment)| moment)) {
            while Instant::now() < moment {
                audience.turn(moment)?;
            }
            audience.enter(id)?;
            if id % 16 == 0 {
                audience.turn(Instant::now())?;
            }
            stage.progress.say(&format!("{id} of {} have begun to come back", self.connections));
        }
        let until = Instant::now() + PATIENCE;
        while audience.entering() > 0 && Instant::now() < until {
            audience.turn(Instant::now() + Duration::from_millis(50))?;
        }
        let mut latency = Latency::new();
        for (id, moment) in (0..self.connections).zip(schedule.moments().map(|(_, moment)| moment)) {
            if let Some(ready) = audience.ready_at(id) {
                latency.record(u64::try_from(ready.saturating_duration_since(moment).as_nanos())?);
            }
        }
        let missing = number(self.connections as u64) - number(latency.count());
        ensure!(missing == 0.0, "{missing} connections did not come back: {:?}", audience.ends());
        Ok(latency)
    }
}
