//! F6: two nodes whose clocks are hours off, and jump by days in the middle of games.

use super::{
    Finding, Ground,
    quiz::{Games, Size},
};
use crate::{installation::Options, nodes::Nodes};
use anyhow::Context as _;
use std::time::Duration;
use test_servers::redis::Server;

/// How far the clocks of the nodes are off: at the start, and after they jump. The last node's clock is right, so that it
/// and the others would see each other's deadlines as long past or far ahead.
const OFF: [[&str; 2]; 2] = [["+2h", "-3d"], ["-1h", "+1d"]];
/// What a node shows of the difference, by its metrics, is at least this.
const AN_HOUR_S: f64 = 3_590.0;
const OFFSET: &str = "schoolbell_clock_offset_seconds";

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::single();
    let mut nodes = Nodes::none(ground.settings, Options::default())?;
    for [at_first, _] in OFF {
        nodes.add_off(&redis.url(), at_first)?;
    }
    nodes.add(&redis.url(), None)?;
    nodes.wait_until_ready()?;
    let size = Size {
        games: ground.size(30, 9),
        players: ground.size(20, 8),
        questions: ground.size(12, 3),
        answer_within: Duration::from_millis(ground.size(4_000, 2_000)),
    };
    let games = Games::open(ground, &nodes, size)?;
    games.begin();
    ground.pause(Duration::from_millis(1_500 + ground.seed % 1_000))?;
    let mut off = Vec::new();
    for (index, [at_first, then]) in OFF.into_iter().enumerate() {
        let shown =
            nodes.node(index).metric(OFFSET)?.context("a node does not say how far its clock is off")?;
        off.push(shown.abs());
        ground.progress.say(&format!("the clock of node {index} goes from {at_first} to {then}"));
        nodes.node(index).set_clock(then)?;
        ground.pause(Duration::from_secs(ground.size(8, 1)))?;
    }
    // A game of a node with a wrong clock goes on at one with another.
    ground.progress.say("a node is killed");
    nodes.node(0).kill();
    ground.pause(Duration::from_secs(ground.size(8, 3)))?;
    games.crowd.check()?;
    let played = games.finish(ground, &nodes, Duration::from_secs(240))?;
    played.report(finding);
    played.expect_nobody_shut_out(finding);
    finding.promise(
        "the clocks were really off",
        off.iter().all(|seconds| *seconds >= AN_HOUR_S),
        format!("{off:.0?} s"),
    );
    Ok(())
}
