//! R3: everything in Redis is deleted in mid-stream.

use super::{
    Finding, Ground,
    streams::{Size, Streams},
};
use crate::{installation::Options, nodes::Nodes};
use std::time::Duration;
use test_servers::redis::Server;

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::single();
    let nodes = Nodes::start(ground.settings, Options::default(), &redis.url(), 3)?;
    let size = Size { channels: ground.size(80, 30), clients: ground.size(600, 90), each: 1 };
    let mut streams = Streams::start(ground, &nodes, size)?;
    streams.publish(&nodes, ground.size(2_000.0, 300.0), size.channels / 2, 128);
    // The quiet channels have a message now, too.
    ground.pause(Duration::from_secs(4))?;
    redis.flush();
    ground.pause(Duration::from_secs(ground.size(10, 4)))?;
    let outcome = streams.finish(ground)?;
    outcome.report(finding);
    let (told, seats) = (outcome.told, outcome.seats);
    finding.promise("100 % are told that they cannot go on", told == seats, format!("{told} of {seats}"));
    Ok(())
}
