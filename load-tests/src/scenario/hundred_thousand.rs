//! As many connections as one machine holds, over several nodes: what they cost while nothing happens, and how long a
//! message to all of them takes.

use super::seconds;
use crate::{
    broadcast::share,
    crowd::{Crowd, Tally},
    interrupt, mark,
    outcome::{Outcome, number},
    pacing::Schedule,
    peer::{Needs, Running},
    process::Usage,
    publisher::{Programme, Publisher},
    seating::Seating,
    stage::Stage,
    statistics::median,
};
use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Time for allocations of the handshakes to be given back and tasks to come to rest.
const REST: Duration = Duration::from_secs(5);
/// Time after which what has not arrived counts as lost, and between two messages to all.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(2);
/// From the order to publish to the moment at which it is due.
const AHEAD: Duration = Duration::from_millis(20);

/// Flags of `hundred-thousand`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct HundredThousand {
    /// Connections, each in its personal channel and in that of its class
    #[arg(long, default_value_t = 100_000)]
    connections: usize,
    /// Processes of the server over one Redis; 1 is one by itself
    #[arg(long, default_value_t = 6)]
    processes: usize,
    /// Processes of the generator; 0 is as many as there have to be
    #[arg(long, default_value_t = 0)]
    crowd: usize,
    /// Members of a class; they are at different processes
    #[arg(long, default_value_t = 30)]
    members: usize,
    /// Seconds of rest that count; a few intervals of pings
    #[arg(long, default_value_t = 75.0)]
    seconds: f64,
    /// Messages to all, one after the other
    #[arg(long, default_value_t = 5)]
    messages: usize,
    /// Bytes of a message
    #[arg(long, default_value_t = 128)]
    bytes: usize,
}

/// What everything has used by a moment.
struct Look {
    nodes: Usage,
    redis: Option<Usage>,
    crowd: Usage,
    at: Instant,
}

/// One message to all.
struct Sent {
    first: Duration,
    last: Duration,
    tally: Tally,
}

impl HundredThousand {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!(self.processes > 0 && self.members > 0, "processes and members must be above zero");
        ensure!(self.connections >= self.processes, "fewer connections than processes");
        let needs = Needs::of_nodes(self.processes);
        // What one process of the server has to hold.
        let running = stage.start(needs, self.connections.div_ceil(self.processes))?;
        let classes = self.connections.div_ceil(self.members);
        let processes = if self.crowd > 0 { self.crowd } else { Crowd::processes_for(self.connections) };
        let seating = Seating { channels: classes, each: 1 };
        let core = stage.settings.load_core();
        let mut crowd = Crowd::start(&running, seating, self.connections, processes, core)?;
        let look = |crowd: &Crowd| Look::take(&running, crowd);

        let before = look(&crowd)?;
        crowd.enter(&stage.progress)?;
        let entered = look(&crowd)?;
        wait(REST)?;
        crowd.count_from_now(&stage.progress)?;
        let seated = look(&crowd)?;
        let until = Instant::now() + seconds(self.seconds);
        while Instant::now() < until {
            wait(Duration::from_secs(1).min(until.saturating_duration_since(Instant::now())))?;
            let left = until.saturating_duration_since(Instant::now());
            stage.progress.say(&format!("idle for another {:.0} s", left.as_secs_f64()));
        }
        let idle = look(&crowd)?;
        let rested = crowd.tally(&stage.progress)?;

        let mut outcome = Outcome { faults: rested.faults, ..Outcome::default() };
        self.tell_rest(&mut outcome, &[before, entered, seated, idle]);
        outcome.figure(
            "pings",
            "frames per connection while idle",
            "",
            number(rested.frames) / number(self.connections as u64),
        );
        if self.messages > 0 {
            let began = Instant::now();
            crowd.follow(classes, &stage.progress)?;
            let took = began.elapsed().as_secs_f64();
            outcome.figure("follow_s", "all of them subscribed to one more channel within", "s", took);
            wait(REST)?;
            let channel = format!("{}{classes}", running.namespace());
            let mut publisher = running.publisher(&[channel])?.numbered_from(classes);
            let before = look(&crowd)?;
            let mut sent = Vec::new();
            for message in 1..=self.messages {
                stage.progress.say(&format!("message {message} of {} to all", self.messages));
                sent.push(self.send(&mut crowd, &mut publisher, stage)?);
                wait(PAUSE)?;
            }
            self.tell_broadcast(&mut outcome, &sent, &[before, look(&crowd)?]);
        }
        outcome.notes.extend(rested.ends.first().map(|end| format!("a connection ended: {end}")));
        outcome.notes.push(format!(
            "processes of the server, on one core: {}; of the generator, on the other with Redis: {processes}",
            self.processes
        ));
        Ok(outcome)
    }

    /// Publishes one message and waits until all have it.
    fn send(&self, crowd: &mut Crowd, publisher: &mut Publisher, stage: &Stage) -> anyhow::Result<Sent> {
        crowd.count_from_now(&stage.progress)?;
        let due = Instant::now() + AHEAD;
        let schedule = Schedule::of(due, 1.0, 1);
        publisher.run(&Programme { schedule, channels: 1, at_once: 1, bytes: self.bytes })?;
        let all = self.connections as u64;
        let tally = loop {
            wait(Duration::from_millis(200))?;
            let tally = crowd.tally(&stage.progress)?;
            if tally.deliveries >= all || due.elapsed() > PATIENCE {
                break tally;
            }
        };
        let since = |nanos: u64| mark::moment(nanos).saturating_duration_since(due);
        let (first, last) =
            tally.span.map_or((PATIENCE, PATIENCE), |(first, last)| (since(first), since(last)));
        Ok(Sent { first, last, tally })
    }

    fn tell_rest(&self, outcome: &mut Outcome, [before, entered, seated, idle]: &[Look; 4]) {
        let connections = number(self.connections as u64);
        let grown = number(idle.nodes.resident.saturating_sub(before.nodes.resident)) / connections;
        outcome.figure("resident_b", "memory per idle connection", "B", grown);
        let length = (idle.at - seated.at).as_secs_f64();
        let a_second = |cpu: Duration| cpu.as_secs_f64() * 1e6 / connections / length;
        let nodes = idle.nodes.cpu.saturating_sub(seated.nodes.cpu);
        outcome.figure("cpu_us", "server CPU per connection and second", "µs/s", a_second(nodes));
        if let (Some(seated_redis), Some(idle_redis)) = (seated.redis, idle.redis) {
            let redis = idle_redis.cpu.saturating_sub(seated_redis.cpu);
            outcome.figure("redis_us", "Redis CPU per connection and second", "µs/s", a_second(redis));
            outcome.figure(
                "load_redis",
                "core in use by Redis, idle",
                "%",
                share(redis, idle.at - seated.at),
            );
        }
        let waited = idle.nodes.waited.saturating_sub(seated.nodes.waited);
        let waited = share(waited, idle.at - seated.at);
        outcome.figure("waited", "time that the servers waited for their core, idle", "%", waited);
        let peak = number(idle.nodes.peak.saturating_sub(before.nodes.resident)) / connections;
        outcome.figure("peak_b", "most memory per connection, while connecting", "B", peak);
        let entry = entered.nodes.cpu.saturating_sub(before.nodes.cpu).as_secs_f64() * 1e6 / connections;
        outcome.figure("entry_us", "server CPU per new connection", "µs", entry);
        let took = (entered.at - before.at).as_secs_f64();
        outcome.figure("entered_s", "all of them connected within", "s", took);
        let empty = number(before.nodes.resident) / number(self.processes as u64) / 1e6;
        outcome.figure("empty_mb", "memory of an empty process", "MB", empty);
        if let (Some(before), Some(entered), Some(idle)) = (before.redis, entered.redis, idle.redis) {
            let entry = entered.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / connections;
            outcome.figure("entry_redis_us", "Redis CPU per new connection", "µs", entry);
            let grown = number(idle.resident.saturating_sub(before.resident)) / connections;
            outcome.figure("redis_b", "memory of Redis per connection", "B", grown);
        }
        let crowd = idle.crowd.cpu.saturating_sub(seated.crowd.cpu);
        outcome.figure("load_own", "generator's core in use, idle", "%", share(crowd, idle.at - seated.at));
    }

    fn tell_broadcast(&self, outcome: &mut Outcome, sent: &[Sent], [before, after]: &[Look; 2]) {
        let ms = |of: fn(&Sent) -> Duration| {
            median(&sent.iter().map(|sent| of(sent).as_secs_f64() * 1e3).collect::<Vec<_>>())
        };
        outcome.figure(
            "first_ms",
            "a message to all: its first delivery",
            "ms",
            ms(|sent| sent.first).unwrap_or(f64::NAN),
        );
        outcome.figure("last_ms", "… its last", "ms", ms(|sent| sent.last).unwrap_or(f64::NAN));
        let slowest = sent.iter().map(|sent| sent.last).max().unwrap_or_default();
        outcome.figure(
            "slowest_ms",
            "… the last one of the slowest message",
            "ms",
            slowest.as_secs_f64() * 1e3,
        );
        let mut all = Tally::default();
        for sent in sent {
            all.add(sent.tally.clone());
        }
        outcome.times("latency", "a message to all, due to read", &all.latency());
        let expected = (self.connections * sent.len()) as u64;
        outcome.deliveries = all.deliveries;
        outcome.faults.lost += expected.saturating_sub(all.deliveries);
        outcome.faults.out_of_order += all.faults.out_of_order;
        outcome.faults.ended += all.faults.ended;
        let cpu = after.nodes.cpu.saturating_sub(before.nodes.cpu).as_secs_f64() * 1e6;
        let label = "server CPU per delivery of a message to all, what rests included";
        outcome.figure("delivery_us", label, "µs", cpu / number(all.deliveries));
        outcome.notes.extend(all.ends.first().map(|end| format!("a connection ended: {end}")));
    }
}

impl Look {
    fn take(running: &Running, crowd: &Crowd) -> anyhow::Result<Self> {
        Ok(Self {
            nodes: running.usage()?,
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
