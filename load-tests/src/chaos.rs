//! Trials: real nodes over a real Redis, something that goes wrong, and a judgement of what clients saw. One file per
//! trial, all of one shape: what is built, what is broken, what must hold.

mod check;
mod client;
mod crowd;
mod f1;
mod f2;
mod f3;
mod f4;
mod f5;
mod f6;
mod feed;
mod finding;
mod history;
mod proxy;
mod quiz;
mod r1;
mod r2;
mod r3;
mod r4;
mod r5;
mod streams;
mod w2;
mod wire;

use crate::{interrupt, process, progress::Progress, settings::Settings};
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use finding::Finding;
use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// Flags of `chaos`.
#[derive(Clone, Debug, Args)]
pub struct Chaos {
    /// What goes wrong
    trial: Trial,
    /// A few seconds of it, with fewer clients
    #[arg(long)]
    short: bool,
    /// Seed of everything that is left to chance; a new one without
    #[arg(long)]
    seed: Option<u64>,
}

/// The trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Trial {
    /// All connections that are subscribed to Redis are cut, twice a second
    R1,
    /// A node stops for five seconds, and Redis gives its subscriptions up
    R2,
    /// Everything in Redis is deleted
    R3,
    /// Redis is killed in mid-quiz, and starts again
    R4,
    /// A cluster moves a slot and loses a master
    R5,
    /// The owner of running games is killed
    F1,
    /// An owner hangs for ten seconds, and another can speak to Redis in one direction only
    F2,
    /// All nodes are restarted, one after the other
    F3,
    /// All clients lose their connections at once
    F4,
    /// A fourth node comes and goes
    F5,
    /// Two nodes have wrong clocks, which jump
    F6,
    /// Postgres is killed, and games are played and end without it
    W2,
}

/// What a trial works with.
struct Ground<'a> {
    settings: &'a Settings,
    short: bool,
    seed: u64,
    progress: Progress,
    runtime: Arc<Runtime>,
}

impl Ground<'_> {
    /// The figure of the full form, or of the short one.
    fn size<T>(&self, full: T, short: T) -> T {
        if self.short { short } else { full }
    }

    /// The longest time that a promise allows, milliseconds. The short form runs beside compilers and as a debug build: it
    /// is about what must never happen, and about time only roughly.
    fn at_most(&self, ms: f64) -> f64 {
        if self.short { ms * 2.0 } else { ms }
    }

    /// The same, with threads for its clients that give way to those of servers and of other clients.
    fn humble(&self) -> anyhow::Result<Self> {
        let progress = Progress::new(self.progress.heading().to_owned());
        Ok(Ground { progress, runtime: crowd::humble_runtime()?, ..*self })
    }

    /// Waits, unless interrupted.
    fn pause(&self, length: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + length;
        while Instant::now() < until {
            interrupt::check()?;
            std::thread::sleep(Duration::from_millis(20).min(until - Instant::now()));
        }
        Ok(())
    }
}

impl Chaos {
    /// Runs the trial and says what it found.
    ///
    /// # Errors
    /// If a promise was broken, or the trial could not be made.
    pub fn run(self, settings: &Settings) -> anyhow::Result<()> {
        interrupt::watch()?;
        process::raise_open_files()?;
        let seed = self.seed.unwrap_or_else(rand::random);
        let name =
            self.trial.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let ground = Ground {
            settings,
            short: self.short,
            seed,
            progress: Progress::new(format!("chaos {name}")),
            runtime: crowd::runtime()?,
        };
        ground.progress.done(&format!("seed {seed}"));
        let mut finding = Finding::new(&name, self.short, seed);
        let began = Instant::now();
        let run = match self.trial {
            Trial::R1 => r1::run,
            Trial::R2 => r2::run,
            Trial::R3 => r3::run,
            Trial::R4 => r4::run,
            Trial::R5 => r5::run,
            Trial::F1 => f1::run,
            Trial::F2 => f2::run,
            Trial::F3 => f3::run,
            Trial::F4 => f4::run,
            Trial::F5 => f5::run,
            Trial::F6 => f6::run,
            Trial::W2 => w2::run,
        };
        run(&ground, &mut finding)
            .with_context(|| format!("chaos {name} with seed {seed} could not be finished"))?;
        finding.seconds = began.elapsed().as_secs_f64();
        if let Some(path) = &settings.json {
            let text = serde_json::to_string_pretty(&finding)? + "\n";
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        std::io::stdout().write_all(finding.text().as_bytes())?;
        if !finding.is_good() {
            bail!("chaos {name} with seed {seed}: a promise was broken");
        }
        Ok(())
    }
}
