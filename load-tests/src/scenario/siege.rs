//! Thousands of attackers that hold sockets and do nothing useful, beside an honest audience.

mod attackers;

use super::seconds;
use crate::{
    broadcast::{Broadcast, Measured, Plan},
    outcome::{Outcome, number},
    pacing::Schedule,
    peer::Running,
    publisher::{Playing, Programme},
    seating::Seating,
    stage::Stage,
    statistics::median,
};
use anyhow::ensure;
use attackers::{Attack, Force, Kind, Look, Seen};
use clap::Args;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Zero-window readers of one channel, at the most: few, so that what is measured is no fan-out to thousands.
const ROOM: usize = 50;
/// Messages that each of their channels gets a second, and the bytes of one: the second or third closes a window, and the
/// kernel keeps what follows. More would measure its buffers.
const FED_A_SECOND: usize = 1;
const FED_BYTES: usize = 1_024;
/// Time for the last attackers to be through, and by which the feed outlasts the measurement.
const REST: Duration = Duration::from_secs(1);
/// Figures of a broadcast that mean nothing where the server has attackers to look after as well.
const NOT_HERE: [&str; 3] = ["cpu_us", "load", "resident_kib"];
/// Share of the attackers below which a siege is called thin.
const FULL: f64 = 0.95;

/// Flags of `siege`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Siege {
    /// Honest members of one channel
    #[arg(long, default_value_t = 500)]
    connections: usize,
    /// Deliveries to them a second
    #[arg(long, default_value_t = 25_000.0)]
    rate: f64,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
    /// Seconds of each half
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Attackers, of each kind as many
    #[arg(long, default_value_t = 15_000)]
    attackers: usize,
    /// What they do
    #[arg(long, value_enum, value_delimiter = ',', default_value = "headers,silent,zero-window")]
    kinds: Vec<Kind>,
    /// Attackers that come (and come back) a second, at the most
    #[arg(long, default_value_t = 2_000.0)]
    arrivals: f64,
}

impl Siege {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!(self.attackers > 0 && self.arrivals > 0.0, "attackers and arrivals must be above zero");
        ensure!(!self.kinds.is_empty(), "name what the attackers do by --kinds");
        // The server, which this process starts, has the same limit.
        stage.settings.check_connections(self.connections + self.attackers)?;
        let plan = Plan {
            seating: Seating { channels: 1, each: 1 },
            connections: self.connections,
            rate: self.rate,
            at_once: 1,
            bytes: self.bytes,
            warmup: seconds(2.0),
            length: seconds(self.seconds),
        };
        let mut broadcast = Broadcast::open(stage, plan)?;
        let alone = broadcast.measure(stage)?;
        let p99_alone = broadcast.latency().ms(0.99);
        let mut times_alone = Outcome::default();
        times_alone.times("alone", "due to read, alone", broadcast.latency());

        let coming = seconds(number(self.attackers as u64) / self.arrivals) + REST;
        let feed = self.feed(&broadcast.running, coming)?;
        let attack = Attack::begin(&broadcast.running, self.force(&broadcast.running)?)?;
        let arrival = broadcast.play(stage, coming, "the attackers come")?;
        let from = Instant::now();
        let beside = broadcast.play(stage, seconds(self.seconds), "beside the attackers")?;
        let until = Instant::now();
        let seen = attack.end()?;
        if let Some(feed) = feed {
            feed.finish()?;
        }

        let mut outcome = Outcome::default();
        let change = broadcast.latency().ms(0.99) / p99_alone;
        outcome.figure("p99_change", "the audience's p99, beside the attackers ÷ alone", "×", change);
        self.tell(&mut outcome, &seen, from, until);
        if broadcast.running.pid().is_some() {
            outcome.figure("load_alone", "server's core in use, alone", "%", alone.load_percent());
            outcome.figure("load", "server's core in use, beside the attackers", "%", beside.load_percent());
            let most = arrival.resident_most.max(beside.resident_most);
            let grown = number(most.saturating_sub(alone.resident_most)) / number(self.attackers as u64);
            outcome.figure("grown_kib", "memory per attacker, at the most", "KiB", grown / 1024.0);
        }
        let honest = broadcast.outcome(&beside);
        outcome.figures.extend(times_alone.figures);
        outcome
            .figures
            .extend(honest.figures.into_iter().filter(|figure| !NOT_HERE.contains(&figure.key.as_str())));
        outcome.distributions.extend(honest.distributions);
        outcome.distributions.extend(times_alone.distributions);
        outcome.notes.extend(honest.notes);
        outcome.deliveries = beside.deliveries;
        for Measured { faults, .. } in [&alone, &arrival, &beside] {
            outcome.faults.lost += faults.lost;
            outcome.faults.out_of_order += faults.out_of_order;
            outcome.faults.ended += faults.ended;
        }
        Ok(outcome)
    }

    /// Attackers that subscribe.
    fn readers(&self) -> usize {
        let of_kind = |id: &usize| self.kinds[id % self.kinds.len()] == Kind::ZeroWindow;
        (0..self.attackers).filter(of_kind).count()
    }

    /// Their channels, none of which is the audience's.
    fn rooms(&self, running: &Running) -> Vec<String> {
        running.channels(1 + self.readers().div_ceil(ROOM)).split_off(1)
    }

    fn force(&self, running: &Running) -> anyhow::Result<Force> {
        // Users of their own, as the audience's places are taken.
        let mut tokens = running.tokens(self.connections + self.readers())?;
        Ok(Force {
            attackers: self.attackers,
            kinds: self.kinds.clone(),
            arrivals: self.arrivals,
            tokens: tokens.split_off(self.connections.min(tokens.len())),
            channels: self.rooms(running),
        })
    }

    /// Publishes to those who do not read.
    fn feed(&self, running: &Running, coming: Duration) -> anyhow::Result<Option<Playing>> {
        let rooms = self.rooms(running);
        if rooms.is_empty() {
            return Ok(None);
        }
        let publisher = running.publisher(&rooms)?;
        let per_second = number((rooms.len() * FED_A_SECOND) as u64);
        let length = coming + seconds(self.seconds) + REST;
        let schedule = Schedule::new(Instant::now(), per_second, length);
        let programme = Programme { schedule, channels: rooms.len(), at_once: 1, bytes: FED_BYTES };
        publisher.play(programme).map(Some)
    }

    /// Says how many attackers there were and what became of them.
    fn tell(&self, outcome: &mut Outcome, seen: &Seen, from: Instant, until: Instant) {
        if let Some((held, ended)) = between(&seen.looks, from, until) {
            outcome.figure("held", "attackers held at once, median", "", held);
            outcome.figure("ended", "attackers that the server ends", "1/s", ended);
            if held < number(self.attackers as u64) * FULL {
                outcome.notes.push(
                    "the siege is thin: the server ends attackers faster than they come back; raise --arrivals"
                        .to_owned(),
                );
            }
        }
        for (kind, ends) in &seen.ends {
            let first = ends.first.as_deref().map_or_else(String::new, |why| format!("; the first: {why}"));
            outcome.notes.push(format!("{}: {} ended by the server{first}", kind.name(), ends.count));
        }
    }
}

/// Of the looks between two moments: the median of those held, and the ends a second. `None` with fewer than two looks.
fn between(looks: &[Look], from: Instant, until: Instant) -> Option<(f64, f64)> {
    let looks: Vec<&Look> = looks.iter().filter(|look| look.at >= from && look.at <= until).collect();
    let (first, last) = (looks.first()?, looks.last()?);
    let time = last.at.duration_since(first.at).as_secs_f64();
    let held: Vec<f64> = looks.iter().map(|look| number(look.held)).collect();
    let ended = number(last.ended - first.ended) / time;
    median(&held).filter(|_| time > 0.0).map(|held| (held, ended))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_looks_of_the_time_that_counts_are_taken() {
        let start = Instant::now();
        let look = |second, held, ended| Look { at: start + Duration::from_secs(second), held, ended };
        let looks = [look(0, 1, 0), look(1, 90, 10), look(2, 100, 10), look(3, 95, 30), look(9, 7, 900)];
        let (from, until) = (start + Duration::from_secs(1), start + Duration::from_secs(3));
        assert_eq!(between(&looks, from, until), Some((95.0, 10.0)));
        assert_eq!(between(&looks[..2], from, until), None);
        assert_eq!(between(&[], from, until), None);
    }
}
