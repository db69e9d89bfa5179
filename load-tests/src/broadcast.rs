//! The measurement that most scenarios are made of: subscribers sit in channels, messages are published by a schedule,
//! and the server's processor time is divided by what arrived.

use crate::{
    audience::{Audience, Faults, Guests},
    latency::Latency,
    outcome::{Outcome, number},
    pacing::Schedule,
    peer::{Needs, Running},
    process::Usage,
    publisher::{Programme, Published, Publisher},
    seating::Seating,
    stage::Stage,
};
use anyhow::ensure;
use std::time::{Duration, Instant};

/// Most publications a second: beyond it, what is measured is publishing.
const MOST_PUBLICATIONS: f64 = 2_000.0;
/// Time without a delivery after which the rest counts as lost.
const SILENCE: Duration = Duration::from_secs(5);
/// Time between two looks at the server's memory.
const LOOK: Duration = Duration::from_millis(200);
/// Share of the time, percent, that a server may wait for its core before its figures are called into question.
const MOST_WAITED: f64 = 10.0;
/// Time for everything that was started to come to rest before memory is read.
const REST: Duration = Duration::from_millis(500);

/// What is published to whom.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Who sits where.
    pub seating: Seating,
    /// Subscribers.
    pub connections: usize,
    /// Deliveries a second, over all subscribers.
    pub rate: f64,
    /// Messages that are due at the same moment, each to another channel.
    pub at_once: usize,
    /// Bytes of a payload.
    pub bytes: usize,
    /// Time before counting begins.
    pub warmup: Duration,
    /// Time that counts.
    pub length: Duration,
}

impl Plan {
    fn programme(&self, length: Duration, most: f64) -> Programme {
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let per_message = (self.connections * self.seating.each) as f64 / self.seating.channels as f64;
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let at_once = self.at_once as f64;
        let publications = (self.rate / per_message.max(f64::MIN_POSITIVE)).min(most);
        // A little ahead, so that the first is not late already.
        let start = Instant::now() + Duration::from_millis(20);
        Programme {
            schedule: Schedule::new(start, publications / at_once, length),
            channels: self.seating.channels,
            at_once: self.at_once,
            bytes: self.bytes,
        }
    }
}

/// Subscribers and a publisher at a running server.
pub struct Broadcast {
    /// The server.
    pub running: Running,
    /// Those who listen.
    pub audience: Audience,
    publisher: Option<Publisher>,
    plan: Plan,
    most: f64,
    honest: usize,
    before: Usage,
    seated: Usage,
}

/// What a programme gave.
pub struct Measured {
    /// Deliveries that were read.
    pub deliveries: u64,
    /// Data frames that they came in.
    pub frames: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// The server's processor time.
    pub cpu: Duration,
    /// The same by process, where there are several.
    pub cpu_by_node: Vec<Duration>,
    /// Time that it was ready to run and another had its core.
    pub waited: Duration,
    /// Processor time of what stands beside it.
    pub cpu_beside: Option<Duration>,
    /// This process's own.
    pub cpu_own: Duration,
    /// From first to last.
    pub elapsed: Duration,
    /// The most memory that the server was seen with, bytes.
    pub resident_most: u64,
    /// What went wrong.
    pub faults: Faults,
    /// How publishing went.
    pub published: Published,
}

impl Broadcast {
    /// Starts the server and seats everybody.
    pub fn open(stage: &Stage, plan: Plan) -> anyhow::Result<Self> {
        Self::open_at(stage, plan, Needs::default(), |_| {})
    }

    /// The same, with a say in how the audience connects.
    pub fn open_with(stage: &Stage, plan: Plan, prepare: impl FnOnce(&mut Audience)) -> anyhow::Result<Self> {
        Self::open_at(stage, plan, Needs::default(), prepare)
    }

    /// The same over Redis: published to the first of several processes, with everybody seated at the others.
    pub fn open_across(stage: &Stage, plan: Plan, nodes: usize) -> anyhow::Result<Self> {
        ensure!(nodes > 1, "from one process to another takes two");
        Self::open_at(stage, plan, Needs { nodes, apart: true, ..Needs::default() }, |_| {})
    }

    /// The same with all that a scenario may ask of its server.
    pub fn open_at(
        stage: &Stage,
        plan: Plan,
        needs: Needs,
        prepare: impl FnOnce(&mut Audience),
    ) -> anyhow::Result<Self> {
        ensure!(plan.connections > 0 && plan.rate > 0.0, "connections and rate must be above zero");
        ensure!(
            plan.seating.channels <= usize::from(u16::MAX) && plan.seating.each <= plan.seating.channels,
            "between 1 and 65535 channels, and none twice for a connection"
        );
        let running = stage.start(needs, plan.connections)?;
        let guests = Guests {
            dialect: running.dialect,
            tokens: running.tokens(plan.connections)?,
            channels: running.channels(plan.seating.channels),
            seating: plan.seating,
        };
        let mut audience = Audience::new(&running, guests, plan.connections)?;
        prepare(&mut audience);
        let before = running.usage()?;
        audience.enter_all(0..plan.connections, &stage.progress)?;
        audience.run_until(Instant::now() + REST)?;
        let seated = running.usage()?;
        let publisher = running.publisher(&running.channels(plan.seating.channels))?;
        let honest = plan.connections;
        let most = MOST_PUBLICATIONS;
        Ok(Self { running, audience, publisher: Some(publisher), plan, most, honest, before, seated })
    }

    /// From `honest` on, nobody reads any more.
    pub fn stall_from(&mut self, honest: usize) -> anyhow::Result<()> {
        self.honest = honest;
        self.audience.stall_from(honest)
    }

    /// Warms up, then measures.
    pub fn measure(&mut self, stage: &Stage) -> anyhow::Result<Measured> {
        self.play(stage, self.plan.warmup, "warming up")?;
        self.play(stage, self.plan.length, "measuring")
    }

    /// Publishes as often as the rate takes from now on: publishing is a part of what is measured.
    pub fn publish_without_limit(&mut self) {
        self.most = f64::INFINITY;
    }

    /// Changes the rate of what is played from now on.
    pub fn set_rate(&mut self, rate: f64) {
        self.plan.rate = rate;
    }

    /// Publishes for a while and waits for what follows from it.
    pub fn play(&mut self, stage: &Stage, length: Duration, doing: &str) -> anyhow::Result<Measured> {
        let publisher = self.publisher.take();
        let publisher = publisher.ok_or_else(|| anyhow::anyhow!("publishing has failed before"))?;
        self.audience.count_from_now();
        let nodes = self.running.usages()?;
        let (before, own, beside): (Usage, _, _) =
            (nodes.iter().copied().sum(), Usage::read(None)?.cpu, self.running.usage_beside()?);
        let began = Instant::now();
        let programme = self.plan.programme(length, self.most);
        let expected = programme.deliveries(self.plan.seating, self.honest);
        let mut playing = Some(publisher.play(programme)?);
        let mut published = Published::default();
        let mut last = (0, began);
        let (mut resident_most, mut looked) = (before.resident, began);
        while playing.is_some() || self.audience.deliveries() < expected {
            self.audience.turn(Instant::now() + Duration::from_millis(50))?;
            if playing.as_ref().is_some_and(crate::publisher::Playing::is_over)
                && let Some(over) = playing.take()
            {
                let (publisher, done) = over.finish()?;
                (self.publisher, published) = (Some(publisher), done);
            }
            let deliveries = self.audience.deliveries();
            if deliveries != last.0 {
                last = (deliveries, Instant::now());
            } else if playing.is_none() && last.1.elapsed() > SILENCE {
                break;
            }
            if looked.elapsed() > LOOK {
                looked = Instant::now();
                resident_most = resident_most.max(self.running.usage()?.resident);
            }
            stage.progress.say(&format!("{doing}, {deliveries} of {expected} deliveries"));
        }
        let elapsed = began.elapsed();
        let nodes_now = self.running.usages()?;
        let usage: Usage = nodes_now.iter().copied().sum();
        let cpu_by_node =
            nodes_now.iter().zip(&nodes).map(|(now, before)| now.cpu.saturating_sub(before.cpu)).collect();
        let deliveries = self.audience.deliveries();
        let (frames, bytes) = self.audience.received();
        let beside_now = self.running.usage_beside()?;
        let faults = self.audience.faults();
        Ok(Measured {
            deliveries,
            frames,
            bytes,
            cpu: usage.cpu.saturating_sub(before.cpu),
            cpu_by_node,
            waited: usage.waited.saturating_sub(before.waited),
            cpu_beside: beside_now.zip(beside).map(|(now, before)| now.cpu.saturating_sub(before.cpu)),
            cpu_own: Usage::read(None)?.cpu.saturating_sub(own),
            elapsed,
            resident_most: resident_most.max(usage.resident),
            // Whatever never came, at the end or before a connection ended, is lost as well.
            faults: Faults { lost: expected.saturating_sub(deliveries), ..faults },
            published,
        })
    }

    /// Times of the last programme.
    pub fn latency(&self) -> &Latency {
        self.audience.latency()
    }

    /// Memory by which the server grew for each connection, bytes.
    pub fn resident_per_connection(&self) -> f64 {
        number(self.seated.resident.saturating_sub(self.before.resident))
            / number(self.plan.connections as u64)
    }

    /// The numbers of a programme, as most scenarios report them.
    pub fn outcome(&self, measured: &Measured) -> Outcome {
        let mut outcome =
            Outcome { faults: measured.faults, deliveries: measured.deliveries, ..Outcome::default() };
        let known = self.running.pid().is_some();
        if known {
            outcome.figure("cpu_us", "server CPU per delivery", "µs", measured.cpu_us());
        }
        outcome.times("latency", "due to read", self.latency());
        let (seconds, deliveries) = (measured.elapsed.as_secs_f64(), number(measured.deliveries));
        outcome.figure("rate", "deliveries", "1/s", deliveries / seconds);
        outcome.figure("per_frame", "messages per frame", "", deliveries / number(measured.frames));
        outcome.figure("bytes", "bytes on the wire per delivery", "B", number(measured.bytes) / deliveries);
        if known {
            if let [_, _, ..] = measured.cpu_by_node[..] {
                for (node, cpu) in measured.cpu_by_node.iter().enumerate() {
                    let label = format!("core in use by node {}", node + 1);
                    outcome.figure(&format!("load_{}", node + 1), &label, "%", share(*cpu, measured.elapsed));
                }
            } else {
                outcome.figure("load", "server's core in use", "%", measured.load_percent());
            }
            let waited = measured.waited.as_secs_f64() / seconds * 100.0;
            outcome.figure("waited", "time that the server waited for its core", "%", waited);
            if waited > MOST_WAITED {
                outcome.notes.push(
                    "other work had the server's core at times: what it had to say piled up, and its figures are not \
                     those of a quiet machine"
                        .to_owned(),
                );
            }
            outcome.figure(
                "resident_kib",
                "memory per connection",
                "KiB",
                self.resident_per_connection() / 1024.0,
            );
        }
        if let Some(beside) = measured.cpu_beside {
            outcome.figure(
                "cpu_beside_us",
                "Redis CPU per delivery",
                "µs",
                beside.as_secs_f64() * 1e6 / deliveries,
            );
            outcome.figure(
                "cpu_redis_us",
                "Redis CPU per publication",
                "µs",
                beside.as_secs_f64() * 1e6 / number(measured.published.messages),
            );
            outcome.figure("load_redis", "core in use by Redis", "%", share(beside, measured.elapsed));
        }
        outcome.figure("load_own", "generator's core in use", "%", share(measured.cpu_own, measured.elapsed));
        let latest = measured.published.latest.as_secs_f64() * 1e3;
        outcome.figure("latest_publish_ms", "latest publication behind its moment", "ms", latest);
        outcome.notes.push(format!("published by {}", self.running.publishes_by()));
        outcome.notes.extend(self.audience.ends().first().map(|end| format!("a connection ended: {end}")));
        outcome
    }
}

impl Measured {
    /// The server's processor time per delivery, µs.
    pub fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / number(self.deliveries)
    }

    /// How much of a core the server used, percent.
    pub fn load_percent(&self) -> f64 {
        share(self.cpu, self.elapsed)
    }

    /// How much of a core the busiest process used, Redis included, percent.
    pub fn busiest_percent(&self) -> f64 {
        let all = self.cpu_by_node.iter().chain(&self.cpu_beside);
        share(all.max().copied().unwrap_or_default(), self.elapsed)
    }
}

/// Processor time as a share of a core, percent.
pub fn share(cpu: Duration, elapsed: Duration) -> f64 {
    cpu.as_secs_f64() / elapsed.as_secs_f64() * 100.0
}
