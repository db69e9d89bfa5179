//! R5: a cluster moves a slot from one master to another, and then loses a master to its replica.

use super::{
    Finding, Ground,
    streams::{Size, Streams},
};
use crate::{installation::Options, nodes::Nodes};
use anyhow::Context as _;
use std::time::{Duration, Instant};
use test_servers::redis::Cluster;

/// Time for all subscriptions to be alive again, milliseconds.
const ALIVE_MS: f64 = 8_000.0;

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let cluster = Cluster::three_masters_and_replicas();
    let nodes = Nodes::start(ground.settings, Options::default(), &cluster.url(), 3)?;
    let size = Size { channels: ground.size(120, 60), clients: ground.size(360, 180), each: 1 };
    let mut streams = Streams::start(ground, &nodes, size)?;
    streams.publish(&nodes, ground.size(1_000.0, 200.0), 20, 128);
    ground.pause(Duration::from_secs(ground.size(5, 2)))?;

    for from in 0..ground.size(3, 1) {
        let keys = cluster.masters()[from].cli(&["--scan", "--pattern", "*kept:*"]);
        let key = keys.lines().next().context("no stream lies on this master")?;
        ground.progress.say("a slot moves");
        cluster.move_slot_of(key, (from + 1) % 3);
        ground.pause(Duration::from_secs(ground.size(5, 2)))?;
        streams.crowd.check()?;
    }
    ground.progress.say("a master is killed");
    let killed = Instant::now();
    cluster.masters()[2].kill();
    ground.pause(Duration::from_secs(ground.size(20, 6)))?;
    let outcome = streams.finish(ground)?;
    outcome.report(finding);
    let moved = outcome.between(killed - Duration::from_secs(3_600), killed);
    let lost = outcome.between(killed, Instant::now());
    finding.figure("moved_max_ms", "longest wait while slots moved", "ms", moved.ms(1.0));
    finding.figure("killed_max_ms", "longest wait after the kill", "ms", lost.ms(1.0));
    finding.promise(
        "all subscriptions are alive again within 8 s",
        moved.ms(1.0).max(lost.ms(1.0)) <= ground.at_most(ALIVE_MS),
        format!("{:.0} ms and {:.0} ms", moved.ms(1.0), lost.ms(1.0)),
    );
    if outcome.told > 0 {
        finding.note(
            "who is told has a stream whose end the replica had not yet taken: the epoch is another one",
        );
    }
    Ok(())
}
