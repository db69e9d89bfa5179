//! R1: all connections on which Redis brings publications are cut, twice a second.

use super::{
    Finding, Ground,
    streams::{Size, Streams, every},
};
use crate::{installation::Options, nodes::Nodes};
use std::time::Duration;
use test_servers::redis::Server;

/// What a gap may take until it is noticed and closed, milliseconds.
const NOTICED_MS: f64 = 1_500.0;

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::single();
    let nodes = Nodes::start(ground.settings, Options::default(), &redis.url(), 3)?;
    let size = Size { channels: ground.size(80, 30), clients: ground.size(240, 90), each: 1 };
    let mut streams = Streams::start(ground, &nodes, size)?;
    streams.publish(&nodes, ground.size(2_000.0, 500.0), ground.size(40, 15), 128);
    let length = Duration::from_secs(ground.size(60, 5));
    let mut cuts = 0;
    every(Duration::from_millis(500), length, || {
        redis.kill_pubsub_connections();
        cuts += 1;
        ground.progress.say(&format!("cut {cuts} times"));
        streams.crowd.check()
    })?;
    let outcome = streams.finish(ground)?;
    outcome.report(finding);
    outcome.expect_nobody_told(finding);
    let late = outcome.late.ms(0.99);
    finding.promise(
        "a gap is closed within 1.5 s (p99)",
        late <= ground.at_most(NOTICED_MS),
        format!("{late:.0} ms"),
    );
    finding.note(format!("the connections were cut {cuts} times"));
    Ok(())
}
