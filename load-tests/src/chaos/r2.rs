//! R2: a node stops for five seconds, and Redis, which may keep 64 KB for it, gives its subscriptions up.

use super::{
    Finding, Ground,
    streams::{Size, Streams},
};
use crate::{installation::Options, nodes::Nodes, outcome::number};
use std::{collections::HashSet, time::Duration};
use test_servers::redis::{Server, ServerOptions};

/// Room for what a client has missed after five seconds of large messages.
const OUTBOX: &str = "outbox_bytes = 33554432\n";

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let limit = ["--client-output-buffer-limit", "pubsub", "65536", "65536", "1"];
    let options = ServerOptions { args: limit.map(str::to_owned).into(), ..ServerOptions::default() };
    let redis = Server::with(&options);
    let nodes = Nodes::start(
        ground.settings,
        Options { history: 200, limits: OUTBOX.to_owned(), ..Options::default() },
        &redis.url(),
        3,
    )?;
    let size = Size { channels: ground.size(80, 30), clients: ground.size(240, 90), each: 1 };
    let mut streams = Streams::start(ground, &nodes, size)?;
    // Far more in five seconds than the sockets between Redis and a node take.
    streams.publish(&nodes, ground.size(600.0, 300.0), 10, 16_384);
    ground.pause(Duration::from_secs(1))?;
    let mut given_up = 0;
    for round in 0..ground.size(3, 1) {
        ground.progress.say("a node is stopped");
        let node = nodes.node(round % nodes.all().len());
        let before = subscribed(&redis);
        node.stop()?;
        ground.pause(Duration::from_secs(5))?;
        given_up += before.difference(&subscribed(&redis)).count();
        node.cont()?;
        ground.pause(Duration::from_secs(ground.size(6, 2)))?;
        streams.crowd.check()?;
    }
    let outcome = streams.finish(ground)?;
    outcome.report(finding);
    outcome.expect_nobody_told(finding);
    finding.figure("given_up", "connections that Redis gave up", "", number(given_up as u64));
    // In the short form the sockets of a slow machine may hold all that is published meanwhile.
    if ground.size(true, false) {
        finding.promise("Redis gave a connection up", given_up > 0, format!("{given_up}"));
    }
    Ok(())
}

/// The ids of the connections that are subscribed.
fn subscribed(redis: &Server) -> HashSet<String> {
    let clients = redis.cli(&["client", "list", "type", "pubsub"]);
    clients.lines().filter_map(|client| client.split(' ').next()).map(str::to_owned).collect()
}
