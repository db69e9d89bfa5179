//! F5: a fourth node comes, and goes again.

use super::{
    Finding, Ground,
    quiz::{Games, Size},
};
use crate::{
    installation::Options,
    nodes::{Node, Nodes},
    outcome::number,
};
use std::time::{Duration, Instant};
use test_servers::redis::Server;

/// Games in the memory of a node, which are those that it owns.
const ROOMS: &str = "schoolbell_rooms";
/// Time for rooms to find their places.
const SETTLED: Duration = Duration::from_secs(30);

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::single();
    let mut nodes = Nodes::start(ground.settings, Options::default(), &redis.url(), 3)?;
    let count = ground.size(200, 24);
    let size = Size { games: count, players: 2, questions: 2, answer_within: Duration::from_millis(500) };
    let games = Games::open(ground, &nodes, size)?;
    let before = settled(ground, &nodes, count)?;

    nodes.add(&redis.url(), None)?;
    nodes.wait_until_ready()?;
    games.crowd.set_nodes(nodes.addresses());
    // Somebody has to look at a room for it to move, or its alarm to ring: what settles is looked at twice.
    ground.pause(Duration::from_secs(ground.size(6, 3)))?;
    let four = settled(ground, &nodes, count)?;
    let arrived = moved(&before, &four);

    games.crowd.set_nodes(nodes.addresses().into_iter().take(3).collect());
    nodes.node(3).terminate()?;
    nodes.node(3).wait_for_end(Duration::from_secs(60))?;
    ground.pause(Duration::from_secs(ground.size(6, 3)))?;
    let three = settled(ground, &nodes, count)?;
    let left = moved(&four, &three);

    let most = number(count as u64) * (0.25 + 0.10);
    for (text, moved, rooms) in [
        ("a fourth node takes at most 1/4 + 10 % of the rooms", arrived, &four),
        ("its going moves at most 1/4 + 10 % of the rooms", left, &three),
    ] {
        finding.promise(text, moved > 0.0 && moved <= most, format!("{moved} of {count}, by node {rooms:?}"));
    }
    finding.figure("arrived", "rooms that moved when it came", "", arrived);
    finding.figure("left", "rooms that moved when it went", "", left);
    // All of them can still be played, wherever they are.
    games.begin();
    games.finish(ground, &nodes, Duration::from_secs(180))?.report(finding);
    Ok(())
}

/// Rooms by node, once their sum is right and they stay where they are.
fn settled(ground: &Ground, nodes: &Nodes, count: usize) -> anyhow::Result<Vec<f64>> {
    let rooms = || -> anyhow::Result<Vec<f64>> {
        let of_node = |node: &Node| match node.pid() {
            Some(_) => Ok(node.metric(ROOMS)?.unwrap_or(0.0)),
            None => Ok(0.0),
        };
        nodes.all().iter().map(of_node).collect()
    };
    let until = Instant::now() + SETTLED;
    let mut last = rooms()?;
    loop {
        ground.pause(Duration::from_millis(500))?;
        let now = rooms()?;
        let sum: f64 = now.iter().sum();
        if now == last && sum >= number(count as u64) {
            return Ok(now);
        }
        anyhow::ensure!(Instant::now() < until, "{count} rooms do not find their places: {now:?} by node");
        last = now;
    }
}

/// Rooms that some nodes have more than before: those that moved, if none changed places with another.
fn moved(before: &[f64], after: &[f64]) -> f64 {
    let of = |index: usize| before.get(index).copied().unwrap_or(0.0);
    after.iter().enumerate().map(|(index, count)| (count - of(index)).max(0.0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_is_counted_once() {
        assert!((moved(&[10.0, 10.0, 10.0], &[8.0, 7.0, 8.0, 7.0]) - 7.0).abs() < 1e-9);
        assert!((moved(&[8.0, 7.0, 8.0, 7.0], &[10.0, 10.0, 10.0, 0.0]) - 7.0).abs() < 1e-9);
    }
}
