//! W2: Postgres is killed while games are played, and comes back when all of them have ended.

use super::{
    Finding, Ground,
    quiz::{Games, Given, Played, Report, Size, check_scores, nickname},
};
use crate::{installation::Options, latency::Latency, nodes::Nodes};
use anyhow::{Context as _, ensure};
use serde::Deserialize;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use test_servers::{
    postgres::{OWNER, Server as Postgres},
    redis::{Server as Redis, ServerOptions},
};

/// For what has waited to be in the database after its return.
const DRAINED_WITHIN: Duration = Duration::from_secs(120);
/// How much longer an answer may take while it is away, p99.
const LIVE_RATIO: f64 = 1.2;
/// A difference that nobody can tell from the machine's own unrest, milliseconds.
const UNREST_MS: f64 = 5.0;

/// Every game with its participants and their answers, a line of JSON each.
const ROWS: &str = "
    SELECT json_build_object('game', g.game_id, 'state', g.state, 'report', json_build_object('participants',
        (SELECT coalesce(json_agg(json_build_object('nickname', p.nickname, 'score', p.final_score, 'answers',
            (SELECT coalesce(json_agg(json_build_object('question', a.question, 'answer', a.value, 'points', a.points)), '[]')
             FROM answer a WHERE a.game_id = p.game_id AND a.participant_id = p.participant_id))), '[]')
         FROM participant p WHERE p.game_id = g.game_id)))
    FROM game g";

/// A game as the database has it.
#[derive(Deserialize)]
struct Row {
    game: String,
    state: String,
    report: Report,
}

pub(super) fn run(ground: &Ground, finding: &mut Finding) -> anyhow::Result<()> {
    let redis = Redis::with(&ServerOptions { append_only: true, ..ServerOptions::default() });
    let postgres = Postgres::start();
    let database = postgres.empty_database();
    let head = format!("database_url = \"{}\"\n", postgres.url(OWNER, &database));
    let nodes = Nodes::start(ground.settings, Options { head, ..Options::default() }, &redis.url(), 2)?;
    let size = Size {
        games: ground.size(150, 6),
        players: ground.size(20, 6),
        questions: ground.size(160, 6),
        answer_within: Duration::from_millis(ground.size(2_500, 1_500)),
    };
    let games = Games::open(ground, &nodes, size)?;
    games.begin();
    // What comes of the openings is written by then, and some answers say how fast it is with a database.
    let calm = Instant::now();
    ground.pause(Duration::from_secs(ground.size(60, 3)))?;
    let away = Instant::now();
    postgres.kill();
    let at_least = Duration::from_secs(ground.size(600, 20));
    let at_most = at_least + Duration::from_secs(ground.size(900, 100));
    while away.elapsed() < at_least || games.over() < games.games.len() {
        games.crowd.check()?;
        ensure!(
            away.elapsed() < at_most,
            "only {} of {} games ended without Postgres within {at_most:?}",
            games.over(),
            games.games.len()
        );
        let (over, all) = (games.over(), games.games.len());
        ground.progress.say(&format!("Postgres is away; {over} of {all} games have ended"));
        ground.pause(Duration::from_millis(100))?;
    }
    let ready = nodes.all().iter().filter(|node| node.is_ready()).count();
    let waiting = sum(&nodes, "schoolbell_journal_depth_facts")?;
    let gone = away.elapsed();
    postgres.restart();
    let drained = drained(ground, &nodes, &postgres, &database, games.games.len())?;
    let played = games.finish(ground, &nodes, Duration::from_secs(60))?;
    played.report(finding);
    played.expect_nobody_shut_out(finding);
    live(ground, &played, (calm, away, gone), finding);

    finding.figure("away_s", "Postgres was away", "s", gone.as_secs_f64());
    finding.figure("waiting", "facts that waited", "", waiting);
    finding.promise("nodes are ready without Postgres", ready == nodes.all().len(), format!("{ready} are"));
    let seen = drained.map_or("never".to_owned(), |after| format!("{:.1} s", after.as_secs_f64()));
    finding.figure("drained_s", "drained after", "s", drained.map_or(f64::NAN, |after| after.as_secs_f64()));
    finding.promise("drained within 120 s of its return", drained.is_some(), seen);
    let wrong = compare(&postgres.sql(&database, ROWS), &played)?;
    let dead = postgres.sql(&database, "SELECT count(*) FROM wb_dead_letter");
    finding.promise(
        "rows equal what clients were told: 0 lost, 0 doubled",
        wrong.is_empty() && dead == "0",
        wrong
            .first()
            .map_or_else(|| format!("{dead} dead letters"), |first| format!("{}: {first}", wrong.len())),
    );
    wrong.into_iter().skip(1).take(5).for_each(|text| finding.note(text));
    Ok(())
}

fn sum(nodes: &Nodes, name: &str) -> anyhow::Result<f64> {
    let each = nodes.all().iter().map(|node| Ok(node.metric(name)?.unwrap_or(0.0)));
    each.sum()
}

/// How long after now all games have ended in the database.
fn drained(
    ground: &Ground,
    nodes: &Nodes,
    postgres: &Postgres,
    database: &str,
    games: usize,
) -> anyhow::Result<Option<Duration>> {
    const ENDED: &str = "SELECT count(*) FROM game WHERE state = 'ended'";
    let back = Instant::now();
    while back.elapsed() < DRAINED_WITHIN {
        let ended: usize = postgres.sql(database, ENDED).parse().context("a count")?;
        if ended == games && sum(nodes, "schoolbell_journal_depth_facts")? == 0.0 {
            return Ok(Some(back.elapsed()));
        }
        ground.progress.say(&format!("Postgres is back; {ended} of {games} games are written"));
        ground.pause(Duration::from_millis(100))?;
    }
    Ok(None)
}

/// Compares answers with a database and without.
fn live(
    ground: &Ground,
    played: &Played,
    (calm, away, gone): (Instant, Instant, Duration),
    finding: &mut Finding,
) {
    let (mut with, mut without) = (Latency::new(), Latency::new());
    for (_, due, acknowledged) in played.acknowledged() {
        let took = acknowledged.saturating_duration_since(due);
        if due >= calm && acknowledged < away {
            with.record_time(took);
        } else if due >= away && due < away + gone {
            without.record_time(took);
        }
    }
    let (calm_ms, away_ms) = (with.ms(0.99), without.ms(0.99));
    finding.figure("live_p99_ms", "answer p99 with Postgres", "ms", calm_ms);
    finding.figure("away_p99_ms", "and without", "ms", away_ms);
    finding.figure(
        "answers_per_s",
        "answers/s without",
        "",
        crate::outcome::number(without.count()) / gone.as_secs_f64(),
    );
    // In the short form there are some hundred answers, of which the worst few are the p99.
    let allowed = if ground.short { calm_ms * 3.0 + 50.0 } else { calm_ms * LIVE_RATIO + UNREST_MS };
    finding.promise(
        "live play does not notice: answers p99 at most 1.2 times",
        with.count() > 0 && without.count() > 0 && away_ms <= allowed,
        format!("{away_ms:.1} ms instead of {calm_ms:.1} ms"),
    );
}

/// What is wrong with the rows.
fn compare(lines: &str, played: &Played) -> anyhow::Result<Vec<String>> {
    let rows = lines.lines().map(serde_json::from_str::<Row>).collect::<Result<Vec<_>, _>>();
    let rows: HashMap<String, Row> =
        rows.context("a row of a game")?.into_iter().map(|row| (row.game.clone(), row)).collect();
    let mut wrong = Vec::new();
    for (game, table) in &played.tables {
        let Some(row) = rows.get(&game.id) else {
            wrong.push(format!("game {} has no row", game.id));
            continue;
        };
        if row.state != "ended" {
            wrong.push(format!("game {} is {} in the database", game.id, row.state));
        }
        let players = table.iter().skip(1).enumerate();
        let given: Vec<(String, &[Given])> =
            players.map(|(index, account)| (nickname(index + 1), account.mind.answers())).collect();
        let of_game = check_scores(&row.report, &given).into_iter();
        wrong.extend(of_game.map(|wrong| format!("game {}: {wrong}", game.id)));
    }
    Ok(wrong)
}
