//! Small rooms whose members sit at several nodes: every message crosses Redis.

use super::seconds;
use crate::{
    broadcast::share,
    crowd::{Crowd, Speech, Tally},
    interrupt, mark,
    outcome::{Outcome, number},
    peer::{Needs, Running},
    process::Usage,
    seating::Seating,
    stage::Stage,
};
use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Time for everything that was started to come to rest.
const REST: Duration = Duration::from_secs(3);
/// Time in which it is seen what Redis does when nobody speaks.
const SILENT: Duration = Duration::from_secs(10);
/// Time without a delivery after which the rest counts as lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// From the order to speak to the first moment.
const AHEAD: Duration = Duration::from_millis(200);
/// Share of the generator's time, percent, above which its figures are its own rather than the server's.
const HONEST: f64 = 85.0;

/// Flags of `rooms-across`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct RoomsAcross {
    /// Rooms
    #[arg(long, default_value_t = 5_000)]
    rooms: usize,
    /// Members of each
    #[arg(long, default_value_t = 20)]
    members: usize,
    /// Messages a second in each room, said by one of its members
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Rooms that a connection is in
    #[arg(long, default_value_t = 2)]
    each: usize,
    /// Processes of the server over one Redis, the members of a room at all of them; 1 is one by itself
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// Processes of the generator; 0 is as many as there have to be
    #[arg(long, default_value_t = 0)]
    crowd: usize,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
    /// Seconds that count
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Seconds before
    #[arg(long, default_value_t = 5.0)]
    warmup: f64,
}

/// What everything has used by a moment.
struct Look {
    nodes: Vec<Usage>,
    redis: Option<Usage>,
    crowd: Usage,
    at: Instant,
}

impl RoomsAcross {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!(self.each > 0 && self.rooms >= self.each && self.members > 0, "no room is empty");
        ensure!(self.rate > 0.0, "the rate must be above zero");
        let connections = self.rooms * self.members / self.each;
        let seating = Seating { channels: self.rooms, each: self.each };
        let needs = Needs::of_nodes(self.nodes);
        let running = stage.start(needs, connections.div_ceil(self.nodes.max(1)))?;
        let processes = if self.crowd > 0 { self.crowd } else { Crowd::processes_for(connections) };
        let core = stage.settings.load_core();
        let mut crowd = Crowd::start(&running, seating, connections, processes, core)?;
        crowd.enter(&stage.progress)?;
        wait(REST)?;
        let look = |crowd: &Crowd| Look::take(&running, crowd);
        let (silent, rested) = (look(&crowd)?, {
            if running.beside.is_some() {
                wait(SILENT)?;
            }
            look(&crowd)?
        });

        let counts = seating.subscribers(connections);
        self.play(&mut crowd, &counts, seconds(self.warmup), stage)?;
        let before = look(&crowd)?;
        let tally = self.play(&mut crowd, &counts, seconds(self.seconds), stage)?;
        let after = look(&crowd)?;
        let mut outcome =
            Outcome { faults: tally.faults, deliveries: tally.deliveries, ..Outcome::default() };
        let expected = self.expected(&counts, self.messages(seconds(self.seconds)));
        outcome.faults.lost = expected.saturating_sub(tally.deliveries);
        self.tell(&mut outcome, &tally, [&silent, &rested], [&before, &after]);
        outcome.notes.extend(tally.ends.first().map(|end| format!("a connection ended: {end}")));
        Ok(outcome)
    }

    fn messages(&self, length: Duration) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of messages")]
        let messages = (self.per_second() * length.as_secs_f64()).round().max(1.0) as u64;
        messages
    }

    fn per_second(&self) -> f64 {
        self.rate * number(self.rooms as u64)
    }

    fn expected(&self, counts: &[u64], messages: u64) -> u64 {
        let rooms = self.rooms as u64;
        let rest = usize::try_from(messages % rooms).unwrap_or(0);
        messages / rooms * counts.iter().sum::<u64>() + counts.iter().take(rest).sum::<u64>()
    }

    /// Has the members speak for a while, and waits for what follows from it.
    fn play(
        &self,
        crowd: &mut Crowd,
        counts: &[u64],
        length: Duration,
        stage: &Stage,
    ) -> anyhow::Result<Tally> {
        crowd.count_from_now(&stage.progress)?;
        let (start, messages) = (Instant::now() + AHEAD, self.messages(length));
        let speech =
            Speech { start: mark::nanos(start), per_second: self.per_second(), messages, bytes: self.bytes };
        crowd.speak(speech, &stage.progress)?;
        let expected = self.expected(counts, messages);
        // Not asked meanwhile: to answer takes the time of those who are to be quick.
        let mut waiting = Duration::from_millis(500);
        while start.elapsed() < length + waiting {
            wait(Duration::from_millis(100))?;
        }
        let mut last = (0, Instant::now());
        loop {
            let tally = crowd.tally(&stage.progress)?;
            if tally.deliveries != last.0 {
                last = (tally.deliveries, Instant::now());
            }
            if tally.deliveries >= expected || last.1.elapsed() > PATIENCE {
                return Ok(tally);
            }
            waiting += Duration::from_millis(200);
            wait(Duration::from_millis(200))?;
        }
    }

    fn tell(&self, outcome: &mut Outcome, tally: &Tally, rest: [&Look; 2], run: [&Look; 2]) {
        let [before, after] = run;
        let length = after.at - before.at;
        let (deliveries, messages) = (number(tally.deliveries), number(tally.spoken));
        outcome.times("latency", "due to read", &tally.latency());
        outcome.figure("rate", "deliveries", "1/s", self.per_second() * deliveries / messages);
        outcome.figure("publications", "publications", "1/s", self.per_second());
        let cpu = |of: fn(&Look) -> Duration| of(after).saturating_sub(of(before));
        let nodes = cpu(|look| look.nodes.iter().map(|usage| usage.cpu).sum());
        outcome.figure("cpu_us", "server CPU per delivery", "µs", nodes.as_secs_f64() * 1e6 / deliveries);
        let redis = |from: &Look, to: &Look| {
            let (from, used) = (from.redis?.cpu, to.redis?.cpu);
            Some(used.saturating_sub(from))
        };
        if let (Some(used), Some(silent)) = (redis(before, after), redis(rest[0], rest[1])) {
            outcome.figure("load_redis", "core in use by Redis", "%", share(used, length));
            let silent = share(silent, rest[1].at - rest[0].at);
            outcome.figure("load_redis_silent", "core in use by Redis while nobody speaks", "%", silent);
            let a_message = (used.as_secs_f64() - silent / 100.0 * length.as_secs_f64()) * 1e6 / messages;
            let label = "Redis CPU per publication, without what it uses anyhow";
            outcome.figure("cpu_redis_us", label, "µs", a_message);
        }
        for (node, (now, before)) in after.nodes.iter().zip(&before.nodes).enumerate() {
            let label = format!("core in use by node {}", node + 1);
            let cpu = now.cpu.saturating_sub(before.cpu);
            outcome.figure(&format!("load_{}", node + 1), &label, "%", share(cpu, length));
        }
        let waited: Duration = after
            .nodes
            .iter()
            .zip(&before.nodes)
            .map(|(now, before)| now.waited.saturating_sub(before.waited))
            .sum();
        outcome.figure(
            "waited",
            "time that the nodes waited for a core, all together",
            "%",
            share(waited, length),
        );
        let own = share(cpu(|look| look.crowd.cpu), length);
        outcome.figure("load_own", "core in use by the generator", "%", own);
        let latest = Duration::from_nanos(tally.latest).as_secs_f64() * 1e3;
        outcome.figure("latest_publish_ms", "latest message behind its moment", "ms", latest);
        outcome.figure(
            "per_frame",
            "messages per frame",
            "",
            deliveries / number(tally.frames.saturating_sub(tally.spoken)),
        );
        if own > HONEST {
            outcome.notes.push(
                "the generator was as busy as it can be: times are its own as much as the server's"
                    .to_owned(),
            );
        }
    }
}

impl Look {
    fn take(running: &Running, crowd: &Crowd) -> anyhow::Result<Self> {
        Ok(Self {
            nodes: running.usages()?,
            redis: running.usage_beside()?,
            crowd: crowd.usage()?,
            at: Instant::now(),
        })
    }
}

fn wait(time: Duration) -> anyhow::Result<()> {
    std::thread::sleep(time);
    interrupt::check()
}
