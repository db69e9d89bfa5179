//! The HTTP API of what lasts, over a Postgres with more than a million answers.

mod routes;

use super::seconds;
use crate::{
    http::Http,
    installation::{Installation, Options, Place, SCHOOL},
    latency::Latency,
    outcome::{Outcome, number},
    pacing::Schedule,
    process::free_address,
    stage::Stage,
    statistics::share_within,
    tokens::Signer,
};
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use routes::{ALL, Route};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use test_servers::postgres::{APP, OWNER, Server};

const FILL: &str = include_str!("records/fill.sql");
/// Answers of one game: twenty-five players, twenty questions.
const OF_A_GAME: usize = 500;
/// For a server that has to make its tables first.
const READY: Duration = Duration::from_secs(60);
/// What the server measures of its database.
const BUCKETS: &str = "schoolbell_db_seconds_bucket{";

/// Flags of `records`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Records {
    /// Requests a second
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// Seconds that count, after those that do not
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Seconds that do not
    #[arg(long, default_value_t = 5.0)]
    warmup: f64,
    /// Rows of answers, at least
    #[arg(long, default_value_t = 1_000_000)]
    answers: usize,
    /// Requests that may be under way at once: with more due, those wait, and their wait counts
    #[arg(long, default_value_t = 64)]
    workers: u64,
    /// The server's connections to Postgres
    #[arg(long, default_value_t = 10)]
    connections: u32,
}

/// Times of one route, and how many answers were no success.
struct Seen {
    latency: Latency,
    failed: u64,
    first: Option<String>,
}

impl Seen {
    fn none() -> Self {
        Self { latency: Latency::new(), failed: 0, first: None }
    }

    fn add(&mut self, other: Self) {
        for (nanos, count) in other.latency.counts() {
            self.latency.record_many(nanos, count);
        }
        self.failed += other.failed;
        self.first = self.first.take().or(other.first);
    }
}

/// The server under load.
struct Target<'a> {
    address: SocketAddr,
    signer: &'a Signer,
}

impl Records {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!(
            self.rate > 0.0 && self.workers > 0 && self.answers > 0,
            "rate, workers and answers must be above zero"
        );
        let postgres = Server::start_with(&["fsync=on", "full_page_writes=on", "shared_buffers=256MB"]);
        let database = postgres.empty_database();
        let head = format!(
            "database_url = \"{}\"\n[postgres]\nowner_url = \"{}\"\nconnections = {}\n",
            postgres.url(APP, &database),
            postgres.url(OWNER, &database),
            self.connections,
        );
        let installation =
            Installation::new(&stage.settings, Options { head, api: false, ..Options::default() })?;
        let address = free_address()?;
        let place = Place {
            name: "schoolbell".to_owned(),
            listen: address,
            redis: None,
            core: stage.settings.server_core(),
            clock: None,
        };
        let mut started = installation.start(&place)?;
        started.wait_for(address)?;
        wait_until_ready(address)?;
        let games = self.answers.div_ceil(OF_A_GAME);
        stage.progress.say(&format!("filling {} answers", games * OF_A_GAME));
        postgres.sql(&database, &filling(games));
        let rows: f64 = postgres.sql(&database, "SELECT count(*) FROM answer").parse()?;

        let target = Target { address, signer: installation.signer() };
        let routes = target.known()?;
        stage.progress.say("warming up");
        self.load(&target, &routes, seconds(self.warmup))?;
        let before = database_times(address)?;
        stage.progress.say("the load that counts");
        let began = Instant::now();
        let seen = self.load(&target, &routes, seconds(self.seconds))?;
        let took = began.elapsed();
        let after = database_times(address)?;
        started.check()?;
        let times: BTreeMap<String, f64> = after
            .into_iter()
            .map(|(edge, count)| (edge.clone(), count - before.get(&edge).copied().unwrap_or(0.0)))
            .collect();
        Ok(self.outcome(&routes, seen, rows, took, &times))
    }

    /// Plays the mix: each request has its moment, whether or not the one before is answered.
    fn load(
        &self,
        target: &Target<'_>,
        routes: &[(Route, u32)],
        length: Duration,
    ) -> anyhow::Result<Vec<Seen>> {
        let schedule = Schedule::new(Instant::now() + Duration::from_millis(50), self.rate, length);
        let next = AtomicU64::new(0);
        let worker = || -> anyhow::Result<Vec<Seen>> {
            let mut seen: Vec<Seen> = routes.iter().map(|_| Seen::none()).collect();
            let mut http = Http::connect(target.address)?;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= schedule.count() {
                    return Ok(seen);
                }
                // The same mix in each run.
                let mut random = StdRng::seed_from_u64(index);
                let place = drawn(routes, &mut random);
                let request = routes[place].0.request(&mut random, now_ms()?);
                let token = target.signer.token(request.who.0, request.who.1)?;
                let due = schedule.at(index);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                let answer = request.send(&mut http, &token);
                seen[place].latency.record_time(due.elapsed());
                if !matches!(answer, Ok(200..300)) {
                    seen[place].failed += 1;
                    let why = answer.map_or_else(|error| format!("{error:#}"), |status| status.to_string());
                    seen[place].first.get_or_insert(why);
                    http = Http::connect(target.address)?;
                }
            }
        };
        let all = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.workers).map(|_| scope.spawn(worker)).collect();
            let ended =
                workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| bail!("a worker died")));
            ended.collect::<anyhow::Result<Vec<_>>>()
        })?;
        let mut sum: Vec<Seen> = routes.iter().map(|_| Seen::none()).collect();
        for of_worker in all {
            for (sum, seen) in sum.iter_mut().zip(of_worker) {
                sum.add(seen);
            }
        }
        Ok(sum)
    }

    fn outcome(
        &self,
        routes: &[(Route, u32)],
        seen: Vec<Seen>,
        rows: f64,
        took: Duration,
        times: &BTreeMap<String, f64>,
    ) -> Outcome {
        let mut all = Seen::none();
        let mut outcome = Outcome::default();
        let mut by_route = Outcome::default();
        for ((route, _), seen) in routes.iter().zip(seen) {
            let key = route.key();
            for (suffix, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
                if seen.latency.count() > 0 {
                    let label = format!("{}, {suffix}", route.name());
                    by_route.figure(&format!("{key}_{suffix}_ms"), &label, "ms", seen.latency.ms(share));
                }
            }
            if let Some(why) = &seen.first {
                outcome.notes.push(format!(
                    "{}: {} were no success; the first: {why}",
                    route.name(),
                    seen.failed
                ));
            }
            all.add(seen);
        }
        outcome.figure("api_p95_ms", "all requests, due to answered, p95", "ms", all.latency.ms(0.95));
        if let Some(p95) = share_within(times, 0.95) {
            outcome.figure("database_p95_ms", "statements and transactions, p95", "ms", p95 * 1e3);
        }
        outcome.figure("failed", "answers that were no success", "", number(all.failed));
        outcome.figure("answers", "rows of answers", "", rows);
        outcome.figure("rate", "requests a second", "1/s", number(all.latency.count()) / took.as_secs_f64());
        outcome.times("api", "all requests, due to answered", &all.latency);
        outcome.figures.extend(by_route.figures);
        for (route, _) in ALL.iter().filter(|(route, _)| !routes.iter().any(|(known, _)| known == route)) {
            outcome
                .notes
                .push(format!("{}: this server has none; its share went to the others", route.name()));
        }
        outcome.notes.push(format!(
            "Postgres, server and load on one machine; {} connections to the database, fsync on",
            self.connections
        ));
        outcome
    }
}

impl Target<'_> {
    /// The routes that this server has.
    fn known(&self) -> anyhow::Result<Vec<(Route, u32)>> {
        let mut known = Vec::new();
        for (route, share) in ALL {
            let request = route.request(&mut StdRng::seed_from_u64(0), now_ms()?);
            let token = self.signer.token(request.who.0, request.who.1)?;
            let status = request.send(&mut Http::connect(self.address)?, &token)?;
            match status {
                200..300 => known.push((route, share)),
                404 | 405 => {}
                _ => bail!("{}: {status}; the school is not filled as this server wants it", route.name()),
            }
        }
        ensure!(!known.is_empty(), "the server knows none of the routes");
        Ok(known)
    }
}

/// Which route is next, by their shares.
fn drawn(routes: &[(Route, u32)], random: &mut StdRng) -> usize {
    let mut left = random.random_range(0..routes.iter().map(|(_, share)| share).sum());
    routes
        .iter()
        .position(|(_, share)| left.checked_sub(*share).map(|rest| left = rest).is_none())
        .unwrap_or(0)
}

fn filling(games: usize) -> String {
    let rules = r#"{"drop_lowest":0,"drop_highest":0,"keep_highest":0,"aggregation":"extra_credit_mean","only_graded":true,"extra_credit":false,"max_points":100.0}"#;
    let question = r#"{"prompt":"Is it?","time_limit_s":20,"points":1,"kind":"true_false","correct":true}"#;
    let questions = vec![question; 20].join(",");
    let quiz = format!(r#"{{"title":"Quiz","description":"","questions":[{questions}]}}"#);
    let filled = FILL.replace("{school}", SCHOOL).replace("{games}", &games.to_string());
    filled.replace("{rules}", rules).replace("{quiz}", &quiz).replace("{settings}", "{}")
}

fn now_ms() -> anyhow::Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("a clock before 1970")?;
    Ok(u64::try_from(since.as_millis())?)
}

fn wait_until_ready(address: SocketAddr) -> anyhow::Result<()> {
    let until = Instant::now() + READY;
    while Http::connect(address)?.try_get("/ready", ("Accept", "*/*"))?.0 != 200 {
        ensure!(Instant::now() < until, "the server is not ready within {READY:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// How often the database took at most so long, by the bucket's edge.
fn database_times(address: SocketAddr) -> anyhow::Result<BTreeMap<String, f64>> {
    let (_, text) = Http::connect(address)?.try_get("/metrics", ("Accept", "*/*"))?;
    let mut times = BTreeMap::new();
    for line in String::from_utf8_lossy(&text).lines().filter_map(|line| line.strip_prefix(BUCKETS)) {
        let Some((labels, count)) = line.rsplit_once("} ") else { continue };
        let Some(edge) = labels.split("le=\"").nth(1).and_then(|rest| rest.split('"').next()) else {
            continue;
        };
        *times.entry(edge.to_owned()).or_insert(0.0) += count.parse::<f64>()?;
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_drawn_by_their_shares() {
        let routes = [(Route::Library, 1), (Route::Quiz, 3)];
        let mut random = StdRng::seed_from_u64(7);
        let drawn = (0..4_000).filter(|_| drawn(&routes, &mut random) == 1).count();
        assert!((2_850..3_150).contains(&drawn), "{drawn}");
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let sql = filling(2_000);
        for name in ["{school}", "{games}", "{rules}", "{quiz}", "{settings}"] {
            assert!(!sql.contains(name), "{name}");
        }
    }
}
