//! F3: all nodes are restarted, one after the other, under their clients.

use super::{
    Finding, Ground,
    quiz::{self, Games},
    streams::{Size, Streams},
};
use crate::{installation::Options, nodes::Nodes, outcome::number};
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};
use test_servers::redis::Server;

/// Time from a cut to all subscriptions, milliseconds.
const GAP_MS: f64 = 1_000.0;
/// Closes a second; and a little, since a second is not a second on both sides of a socket.
const CLOSES: usize = 1_000;
const TOLERANCE: usize = 50;
/// Close code of a node that goes down.
const SHUTDOWN: u16 = 3001;

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::single();
    let nodes = Nodes::start(ground.settings, Options::default(), &redis.url(), 3)?;
    let size = Size { channels: ground.size(500, 30), clients: ground.size(15_000, 300), each: 1 };
    let games = quiz::Size {
        games: ground.size(30, 6),
        players: ground.size(10, 5),
        questions: ground.size(14, 5),
        answer_within: Duration::from_millis(ground.size(4_000, 2_500)),
    };
    let games = Games::open(ground, &nodes, games)?;
    let mut streams = Streams::start(ground, &nodes, size)?;
    streams.publish(&nodes, ground.size(250.0, 100.0), 5, 128);
    games.begin();
    ground.pause(Duration::from_secs(2))?;
    let began = Instant::now();
    for index in 0..nodes.all().len() {
        ground.progress.say(&format!("node {index} is restarted"));
        // As a load balancer does that looks at /ready.
        let others: Vec<SocketAddr> =
            nodes.addresses().into_iter().filter(|address| *address != nodes.node(index).address()).collect();
        streams.go_to(&others);
        games.crowd.set_nodes(others);
        nodes.node(index).terminate()?;
        nodes.node(index).wait_for_end(Duration::from_secs(60))?;
        nodes.restart(index)?;
        nodes.wait_until_ready()?;
        streams.go_to(&nodes.addresses());
        games.crowd.set_nodes(nodes.addresses());
        ground.pause(Duration::from_secs(ground.size(3, 1)))?;
        streams.crowd.check()?;
        games.crowd.check()?;
    }
    let took = began.elapsed();
    let closes = streams.crowd.closes();
    let outcome = streams.finish(ground)?;
    let played = games.finish(ground, &nodes, Duration::from_secs(240))?;
    outcome.report(finding);
    played.report(finding);
    played.expect_nobody_shut_out(finding);
    finding.figure("answer_p99_ms", "answers meanwhile p99", "ms", played.waits(began, took).ms(0.99));
    outcome.expect_nobody_told(finding);
    let gap = outcome.gaps.ms(0.99);
    finding.figure("gap_p99_ms", "client gap p99", "ms", gap);
    finding.promise(
        "the gap of a client is at most 1 s (p99)",
        gap <= ground.at_most(GAP_MS),
        format!("{gap:.0} ms"),
    );
    let rate = most_in_a_second(closes.iter().map(|(_, at)| *at).collect());
    finding.figure("closes_per_s", "most closes in a second", "", number(rate as u64));
    finding.promise("at most 1,000 closes a second", rate <= CLOSES + TOLERANCE, format!("{rate}"));
    let mut codes: BTreeMap<u16, usize> = BTreeMap::new();
    closes.iter().for_each(|(code, _)| *codes.entry(*code).or_default() += 1);
    let polite = closes.iter().filter(|(code, _)| *code == SHUTDOWN).count();
    finding.promise(
        "all are told why",
        polite == closes.len(),
        format!("{polite} of {} closes; by code, 0 without: {codes:?}", closes.len()),
    );
    Ok(())
}

/// The most moments that lie within any one second.
fn most_in_a_second(mut moments: Vec<Instant>) -> usize {
    moments.sort_unstable();
    let mut window = VecDeque::new();
    let mut most = 0;
    for moment in moments {
        window.push_back(moment);
        while window.front().is_some_and(|first| moment.duration_since(*first) >= Duration::from_secs(1)) {
            window.pop_front();
        }
        most = most.max(window.len());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_second_is_found_wherever_it_begins() {
        let began = Instant::now();
        let at = |ms: u64| began + Duration::from_millis(ms);
        assert_eq!(most_in_a_second(vec![at(5_000), at(0), at(900), at(1_800), at(1_850)]), 3);
        assert_eq!(most_in_a_second(Vec::new()), 0);
    }
}
