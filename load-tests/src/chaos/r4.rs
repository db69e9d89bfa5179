//! R4: Redis is killed in mid-quiz, and starts again over what it kept.

use super::{
    Finding, Ground,
    quiz::{Games, Size},
};
use crate::{installation::Options, nodes::Nodes};
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use std::time::{Duration, Instant};
use test_servers::redis::{Server, ServerOptions};

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Server::with(&ServerOptions { append_only: true, ..ServerOptions::default() });
    let nodes = Nodes::start(ground.settings, Options::default(), &redis.url(), 3)?;
    let size = Size {
        games: ground.size(60, 9),
        players: ground.size(20, 8),
        questions: ground.size(12, 3),
        answer_within: Duration::from_millis(ground.size(4_000, 2_000)),
    };
    let games = Games::open(ground, &nodes, size)?;
    games.begin();
    let mut dice = SmallRng::seed_from_u64(ground.seed);
    let mut kills = Vec::new();
    for _ in 0..ground.size(5, 1) {
        ground.pause(Duration::from_millis(dice.random_range(ground.size(3_000..7_000, 700..1_800))))?;
        ground.progress.say("Redis is killed");
        kills.push(Instant::now());
        redis.kill();
        ground.pause(Duration::from_millis(dice.random_range(200..2_500)))?;
        redis.restart();
        games.crowd.check()?;
    }
    let played = games.finish(ground, &nodes, Duration::from_secs(240))?;
    played.report(finding);
    played.expect_nobody_shut_out(finding);
    let waits =
        kills.iter().map(|kill| played.waits(*kill, Duration::from_secs(3)).ms(0.99)).fold(0.0, f64::max);
    finding.figure("answer_p99_ms", "answers around a kill p99", "ms", waits);
    finding.note(format!("Redis was killed {} times", kills.len()));
    Ok(())
}
