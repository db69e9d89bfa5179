//! F4: all clients but a few lose their connections at the same moment, and come back.

use super::{
    Finding, Ground,
    streams::{Size, Streams},
};
use crate::{installation::Options, nodes::Nodes};
use std::time::{Duration, Instant};
use test_servers::redis::Server;

/// Time for everybody to be back.
const BACK: Duration = Duration::from_secs(10);
/// Three nodes, Redis and the generator share two cores here: a share of what a node admits that has its own.
const ADMISSION: &str = "connects_per_second = 800\nconnects_burst = 60\n";
/// How much slower it may be for those who stayed.
const SLOWER: f64 = 2.0;
/// Below this a delay is not slow, whatever it was before, milliseconds.
const QUICK_MS: f64 = 20.0;
/// With fewer cores three nodes, Redis, those who come back and those who stayed wait for each other.
const CORES: usize = 6;
/// Counts the statements that a node sends to its SQL store.
const STATEMENTS: &str = "schoolbell_store_statements_total";

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::single();
    let options = Options { limits: ADMISSION.to_owned(), ..Options::default() };
    let nodes = Nodes::start(ground.settings, options, &redis.url(), 3)?;
    let (channels, clients) = (ground.size(600, 30), ground.size(18_000, 300));
    // Each of them has a machine of its own outside of this one: here they must not keep the servers waiting.
    let humble = ground.humble()?;
    let storm = Streams::start(&humble, &nodes, Size { channels, clients, each: 1 })?;
    let survivors = Size { channels: ground.size(30, 10), clients: ground.size(90, 30), each: 1 };
    let mut survivors = Streams::start_named(ground, &nodes, survivors, "kept:survivor-", clients)?;
    survivors.publish(&nodes, 100.0, 0, 128);
    ground.pause(Duration::from_secs(3))?;
    let (calm, before) = (Instant::now(), statements(&nodes)?);
    ground.pause(Duration::from_secs(ground.size(10, 3)))?;

    let (cut, at_cut) = (Instant::now(), statements(&nodes)?);
    storm.crowd.cut();
    // The first look must not see those who are still to hear of it.
    ground.pause(Duration::from_millis(250))?;
    storm.crowd.wait_until_whole(Duration::from_secs(60), &ground.progress)?;
    let back = cut.elapsed();
    let after = statements(&nodes)?;

    let storm = storm.finish(ground)?;
    let stayed = survivors.finish(ground)?;
    storm.expect_continuity(finding);
    stayed.report(finding);
    finding.promise(
        "all are back within 10 s",
        back <= BACK,
        format!("{clients} clients after {:.1} s", back.as_secs_f64()),
    );
    let (before_ms, during_ms) =
        (stayed.between(calm, cut).ms(0.99), stayed.between(cut, cut + back).ms(0.99));
    finding.figure("back_ms", "all back", "ms", back.as_secs_f64() * 1e3);
    finding.figure("before_p99_ms", "p99 of who stayed, before", "ms", before_ms);
    finding.figure("during_p99_ms", "and during the storm", "ms", during_ms);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores >= CORES && !ground.short {
        finding.promise(
            "for those who stayed p99 is at most twice what it was",
            during_ms <= (before_ms * SLOWER).max(QUICK_MS),
            format!("{before_ms:.1} ms before, {during_ms:.1} ms during"),
        );
    } else {
        finding.note(format!(
            "how much slower it was for those who stayed is no promise here: nodes, Redis and clients share {cores} cores"
        ));
    }
    match (before, at_cut, after) {
        (Some(before), Some(at_cut), Some(after)) => {
            // What nodes ask without anybody's coming, they ask now as well.
            let usual = (at_cut - before) / (cut - calm).as_secs_f64() * back.as_secs_f64();
            let sent = after - at_cut;
            finding.promise(
                "0 SQL statements for it",
                sent <= usual.ceil(),
                format!("{sent} statements, {usual:.1} as usual"),
            );
        }
        _ => finding.note(format!("SQL reads are not known: the server has no {STATEMENTS}")),
    }
    Ok(())
}

/// What all nodes sent to their store so far.
fn statements(nodes: &Nodes) -> anyhow::Result<Option<f64>> {
    let counts =
        nodes.all().iter().map(|node| node.metric(STATEMENTS)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(counts.into_iter().flatten().reduce(|sum, count| sum + count))
}
