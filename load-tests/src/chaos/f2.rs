//! F2: an owner hangs and goes on later as if nothing had happened; and one that can speak to Redis in one direction only.

use super::{
    Finding, Ground,
    proxy::{Blocked, Proxy},
    quiz::{Games, Size},
};
use crate::{installation::Options, nodes::Nodes};
use std::time::{Duration, Instant};
use test_servers::redis::Server;

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::single();
    let proxy = Proxy::open(&ground.runtime, redis.port())?;
    let mut nodes = Nodes::none(ground.settings, Options::default())?;
    nodes.add(&format!("redis://{}", proxy.address), None)?;
    for _ in 0..2 {
        nodes.add(&redis.url(), None)?;
    }
    nodes.wait_until_ready()?;
    let size = Size {
        games: ground.size(60, 9),
        players: ground.size(20, 8),
        questions: ground.size(12, 3),
        answer_within: Duration::from_millis(ground.size(4_000, 2_000)),
    };
    let games = Games::open(ground, &nodes, size)?;
    games.begin();
    let away = Duration::from_secs(ground.size(10, 5));
    let rest = Duration::from_secs(ground.size(6, 1));
    ground.pause(Duration::from_millis(1_500 + ground.seed % 1_000))?;

    ground.progress.say("a node is stopped");
    let stopped = Instant::now();
    nodes.node(1).stop()?;
    ground.pause(away)?;
    nodes.node(1).cont()?;
    ground.pause(rest)?;
    // A short trial is over by then.
    let ways = [Blocked { to_redis: true, from_redis: false }, Blocked { to_redis: false, from_redis: true }];
    for blocked in ways.into_iter().take(ground.size(2, 1)) {
        ground.progress.say("a way to Redis is blocked");
        proxy.block(blocked);
        ground.pause(ground.size(away, Duration::from_secs(3)))?;
        proxy.block(Blocked::default());
        ground.pause(rest)?;
        games.crowd.check()?;
    }
    let played = games.finish(ground, &nodes, Duration::from_secs(240))?;
    played.report(finding);
    let waits = played.waits(stopped, Duration::from_secs(3));
    finding.figure("answer_p99_ms", "answers around the stop p99", "ms", waits.ms(0.99));
    finding.note(
        "players who are connected to the stopped node wait for it: their answers count in the figure above",
    );
    Ok(())
}
