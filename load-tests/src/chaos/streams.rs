//! Listeners on channels, and publishers to them: the ground of every trial that is about continuity.

use super::{
    Ground,
    check::{Published, Stream, Verdict},
    client::{Account, Who},
    crowd::Crowd,
    feed::{Feed, Flow},
    finding::Finding,
    history::{Entry, History, Listener},
};
use crate::{installation::KEPT, latency::Latency, mark, nodes::Nodes, outcome::number};
use anyhow::Context as _;
use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Time for everybody to be there, at the start and at the end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Within so long a loss of continuity is noticed; and a moment to mend it.
const SETTLED: Duration = Duration::from_secs(4);
/// What takes longer than this was not on the usual way, nanoseconds.
const LATE: u64 = 100_000_000;
/// Complaints that are written out.
const SHOWN: usize = 5;

/// How many of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) channels: usize,
    pub(super) clients: usize,
    /// Channels of each client.
    pub(super) each: usize,
}

/// Listeners and publishers that run.
pub(super) struct Streams {
    pub(super) crowd: Crowd<Listener>,
    names: Vec<String>,
    /// By client, the indices of its channels.
    seats: Vec<Vec<usize>>,
    feed: Option<Feed>,
}

/// What became of them.
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    /// Subscriptions in all.
    pub(super) seats: usize,
    /// Of these, told once or more that they cannot go on.
    pub(super) told: usize,
    pub(super) published: usize,
    /// From due to delivered, of what was late.
    pub(super) late: Latency,
    /// From a cut to all subscriptions.
    pub(super) gaps: Latency,
    /// When each publication came, and how long after it was due; nanoseconds.
    delays: Vec<(u64, u64)>,
}

impl Streams {
    /// Lets clients come, spread over the nodes, and waits for them.
    pub(super) fn start(ground: &Ground, nodes: &Nodes, size: Size) -> anyhow::Result<Self> {
        Self::start_named(ground, nodes, size, KEPT, 0)
    }

    /// The same beside another crowd: channels whose names begin with `prefix`, clients who are other people.
    pub(super) fn start_named(
        ground: &Ground,
        nodes: &Nodes,
        size: Size,
        prefix: &str,
        first: usize,
    ) -> anyhow::Result<Self> {
        let names: Vec<String> = (0..size.channels).map(|index| format!("{prefix}{index}")).collect();
        let people = first..first + size.clients;
        let tokens = people
            .map(|number| nodes.signer().token(number, "student"))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut crowd = Crowd::new(ground.runtime.clone(), nodes.addresses());
        let mut seats = Vec::new();
        for (number, token) in tokens.into_iter().enumerate() {
            // Such that each channel has clients on each node.
            let chosen: Vec<usize> =
                (0..size.each).map(|turn| (number / nodes.all().len() + turn * 7) % size.channels).collect();
            let channels = chosen.iter().map(|index| names[*index].clone()).collect();
            let who = Who { token, channels, node: number, seed: ground.seed ^ number as u64 };
            crowd.add(who, Listener(History::new(size.each)));
            seats.push(chosen);
        }
        crowd.wait_until_whole(PATIENCE, &ground.progress)?;
        Ok(Self { crowd, names, seats, feed: None })
    }

    /// Begins to publish: `per_second` messages a second to most channels, and now and then one to each of the last
    /// `quiet`, so that some messages are their channel's last for a while; `bytes` each.
    pub(super) fn publish(&mut self, nodes: &Nodes, per_second: f64, quiet: usize, bytes: usize) {
        let named: Vec<(usize, String)> = self.names.iter().cloned().enumerate().collect();
        let (busy, silent) = named.split_at(named.len() - quiet);
        let busy = Flow { channels: busy.to_vec(), per_second, bytes, publishers: 12 };
        let mut flows = vec![busy];
        if quiet > 0 {
            let per_second = number(quiet as u64) / 3.0;
            flows.push(Flow { channels: silent.to_vec(), per_second, bytes, publishers: 2 });
        }
        self.feed = Some(Feed::start(nodes.addresses(), &flows));
    }

    /// Where clients and publishers go from now on.
    pub(super) fn go_to(&self, nodes: &[SocketAddr]) {
        self.crowd.set_nodes(nodes.to_vec());
        if let Some(feed) = &self.feed {
            feed.set_nodes(nodes.to_vec());
        }
    }

    /// Ends the publishing, waits until everything must have arrived, and judges what was seen.
    pub(super) fn finish(mut self, ground: &Ground) -> anyhow::Result<Outcome> {
        let logs = self.feed.take().map_or_else(|| Ok(Vec::new()), Feed::finish)?;
        self.crowd.wait_until_whole(PATIENCE, &ground.progress)?;
        ground.pause(SETTLED)?;
        self.crowd.wait_until_whole(PATIENCE, &ground.progress)?;
        let accounts = self.crowd.finish()?;
        let logs: HashMap<usize, Vec<Published>> = logs.into_iter().collect();
        Ok(judge(&self.names, &self.seats, &logs, &accounts))
    }
}

fn judge(
    names: &[String],
    seats: &[Vec<usize>],
    logs: &HashMap<usize, Vec<Published>>,
    accounts: &[Account<Listener>],
) -> Outcome {
    let mut verdict = Verdict::default();
    let mut told = 0;
    for (index, name) in names.iter().enumerate() {
        let mut heard: Vec<(usize, &[Entry])> = Vec::new();
        for (client, (account, seats)) in accounts.iter().zip(seats).enumerate() {
            for (place, _) in seats.iter().enumerate().filter(|(_, channel)| **channel == index) {
                heard.push((client, account.mind.0.channels[place].as_slice()));
            }
        }
        let published = logs.get(&index).map_or(&[][..], Vec::as_slice);
        let of_channel = Stream { name, published, heard: &heard, numbered: true }.check();
        told += of_channel.told.len();
        verdict.merge(of_channel);
    }
    let (mut late, mut gaps) = (Latency::new(), Latency::new());
    for account in accounts {
        let delays = account.mind.0.delays.iter().map(|(_, delay)| *delay);
        delays.filter(|delay| *delay > LATE).for_each(|delay| late.record(delay));
        for (_, gap) in &account.gaps {
            gaps.record(u64::try_from(gap.as_nanos()).unwrap_or(u64::MAX));
        }
    }
    let published = logs.values().map(Vec::len).sum();
    let seats = seats.iter().map(Vec::len).sum();
    let delays = accounts.iter().flat_map(|account| account.mind.0.delays.iter().copied()).collect();
    Outcome { verdict, seats, told, published, late, gaps, delays }
}

impl Outcome {
    /// Says that nothing was lost, doubled or reordered, and nothing hidden.
    pub(super) fn expect_continuity(&self, finding: &mut Finding) {
        let complaints = &self.verdict.complaints;
        let seen = match complaints.as_slice() {
            [] => format!("{} deliveries of {} publications", self.verdict.deliveries, self.published),
            [first, ..] => format!("{} complaints; {first}", complaints.len()),
        };
        finding.promise("0 lost, doubled or reordered; no silent hole", complaints.is_empty(), seen);
        for complaint in self.verdict.firsts().skip(1).take(SHOWN) {
            finding.note(complaint.to_string());
        }
    }

    /// Says what continuity was like, with its figures.
    pub(super) fn report(&self, finding: &mut Finding) {
        self.expect_continuity(finding);
        finding.figure("published", "published", "", number(self.published as u64));
        finding.figure("delivered", "delivered", "", number(self.verdict.deliveries));
        finding.figure("late", "late", "", number(self.late.count()));
        if self.late.count() > 0 {
            finding.figure("late_p99_ms", "late p99", "ms", self.late.ms(0.99));
        }
        finding.figure("recovered", "recovered", "", number(self.verdict.recovered));
        finding.figure("told", "told", "", number(self.told as u64));
    }

    /// From due to delivered, of what came between two moments.
    pub(super) fn between(&self, from: Instant, until: Instant) -> Latency {
        let (from, until) = (mark::nanos(from), mark::nanos(until));
        let mut latency = Latency::new();
        let within = self.delays.iter().filter(|(at, _)| (from..until).contains(at));
        within.for_each(|(_, delay)| latency.record(*delay));
        latency
    }

    /// Says that nobody had to be told, since the stream was never lost.
    pub(super) fn expect_nobody_told(&self, finding: &mut Finding) {
        finding.promise(
            "nobody is told that it cannot go on",
            self.told == 0,
            format!("{} of {} subscriptions", self.told, self.seats),
        );
    }
}

/// The time from now on, for loops that do something at a pace.
pub(super) fn every(
    pace: Duration,
    length: Duration,
    mut each: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut next = began;
    while began.elapsed() < length {
        each().context("the trial's fault cannot be made")?;
        next += pace;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        crate::interrupt::check()?;
    }
    Ok(())
}
