//! F1: the owner of running games is killed.

use super::{
    Finding, Ground,
    client::Account,
    quiz::{Games, Member, Size},
};
use crate::{installation::Options, latency::Latency, mark, nodes::Nodes};
use std::time::{Duration, Instant};
use test_servers::redis::Server;

/// Time for play to resume, milliseconds.
const RESUMED_MS: f64 = 3_000.0;
/// For what was sent before a kill, nanoseconds.
const ON_ITS_WAY: u64 = 300_000_000;
/// Answers that were due within so long after the kill were given to games without an owner.
const AROUND: Duration = Duration::from_secs(3);

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::single();
    let nodes = Nodes::start(ground.settings, Options::default(), &redis.url(), 3)?;
    let size = Size {
        games: ground.size(60, 9),
        players: ground.size(20, 8),
        questions: ground.size(12, 3),
        answer_within: Duration::from_millis(ground.size(4_000, 2_500)),
    };
    let games = Games::open(ground, &nodes, size)?;
    games.begin();
    let mut kills: Vec<(Instant, usize)> = Vec::new();
    for round in 0..ground.size(3, 1) {
        ground.pause(Duration::from_millis(ground.size(5_000, 2_000) + ground.seed % 1_000))?;
        let victim = round % nodes.all().len();
        ground.progress.say("a node is killed");
        kills.push((Instant::now(), victim));
        nodes.node(victim).kill();
        ground.pause(Duration::from_secs(ground.size(8, 4)))?;
        nodes.restart(victim)?;
        nodes.wait_until_ready()?;
        games.crowd.check()?;
    }
    let played = games.finish(ground, &nodes, Duration::from_secs(180))?;
    played.report(finding);
    played.expect_nobody_shut_out(finding);

    // The first kill is known to hit the games that were opened at its node; where they went then is Redis's to know.
    let mut silences = Latency::new();
    if let Some((kill, victim)) = kills.first() {
        let of_victim = played.tables.iter().filter(|(game, _)| game.node == *victim);
        of_victim.for_each(|(_, table)| silences.record_time(silence(table, *kill)));
    }
    let waits = kills.iter().map(|(kill, _)| played.waits(*kill, AROUND).ms(0.99)).fold(0.0, f64::max);
    let silent = silences.ms(0.99);
    finding.figure("answer_p99_ms", "answers around a kill p99", "ms", waits);
    finding.figure("silence_p99_ms", "silence of a game after the kill p99", "ms", silent);
    finding.promise(
        "play resumes within 3 s (p99)",
        silences.count() > 0 && silent.max(waits) <= ground.at_most(RESUMED_MS),
        format!("{silent:.0} ms of silence in {} games, {waits:.0} ms for an answer", silences.count()),
    );
    Ok(())
}

/// How long a game was silent after a kill: to the end of the longest pause, between two things that anybody saw or was
/// answered, that began about then.
fn silence(table: &[Account<Member>], kill: Instant) -> Duration {
    let kill = mark::nanos(kill);
    let mut moments: Vec<u64> = table.iter().flat_map(|account| account.mind.moments()).collect();
    moments.sort_unstable();
    let pauses = moments.iter().zip(moments.iter().skip(1));
    // What was on its way at the kill still arrives.
    let about_then = pauses.filter(|(from, to)| **to > kill && **from < kill + ON_ITS_WAY);
    let lengths = about_then.map(|(from, to)| to - *from.max(&kill));
    lengths.max().map_or(Duration::ZERO, Duration::from_nanos)
}
