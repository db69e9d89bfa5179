//! One quiz with thousands of players: how evenly a question opens, how fast answers are acknowledged, and what a
//! player costs the server. Every player is a connection that answers each question once, at a random moment.

mod game;
mod players;

use super::seconds;
use crate::{
    fleet::{Fleet, Opening},
    latency::Latency,
    outcome::{Outcome, number},
    peer::{Needs, Peer, Running},
    process::Usage,
    stage::Stage,
};
use anyhow::{bail, ensure};
use clap::Args;
use game::Game;
use players::{Hall, Round};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Longest time for anything to happen.
const PATIENCE: Duration = Duration::from_secs(60);
/// Connections that are made at once: as many as a school's uplink would carry at the same instant.
const AT_ONCE: usize = 16;
/// Time for the results of thousands to arrive before the next step is timed.
const BREATH: Duration = Duration::from_secs(1);

/// Flags of `quiz`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Quiz {
    /// Players
    #[arg(long, default_value_t = 5_000)]
    players: usize,
    /// Questions
    #[arg(long, default_value_t = 5)]
    questions: usize,
    /// Seconds over which the answers to a question are spread
    #[arg(long, default_value_t = 1.0)]
    answer_within: f64,
    /// Seed of the moments and answers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Quiz {
    pub(super) fn run(&self, stage: &Stage) -> anyhow::Result<Outcome> {
        ensure!(self.players > 0 && self.questions > 0, "players and questions must be above zero");
        if matches!(stage.peer, Peer::Floor | Peer::SocketIo) {
            bail!("{} knows no quiz", stage.peer);
        }
        let running = stage.start(Needs { demo: true, ..Needs::default() }, self.players)?;
        let game = Game::open(running.target, self.players, self.questions)?;

        let before = running.usage()?;
        stage.progress.say("joining");
        let tokens = game.join(self.players)?;
        let mut hall = Hall::new(&game, tokens, self.questions);
        let mut fleet = Fleet::new()?;
        self.take_seats(stage, &running, &mut fleet, &mut hall)?;
        let seated = running.usage()?;
        self.play(stage, &mut fleet, &mut hall, &game)?;
        let played = running.usage()?;
        self.outcome(&running, &hall, [before, seated, played])
    }

    fn take_seats(
        &self,
        stage: &Stage,
        running: &Running,
        fleet: &mut Fleet,
        hall: &mut Hall,
    ) -> anyhow::Result<()> {
        let path = running.dialect.path(&[]);
        let opening = Opening { target: running.target, path, receive_buffer: None };
        let until = Instant::now() + PATIENCE;
        let mut begun = 0;
        while hall.seated() < hall.size() {
            while begun < hall.size() && begun - hall.seated() < AT_ONCE {
                fleet.open(begun, &opening)?;
                begun += 1;
            }
            fleet.turn(Instant::now() + Duration::from_millis(50), hall)?;
            hall.check()?;
            stage.progress.say(&format!("{} of {} seated", hall.seated(), hall.size()));
            ensure!(Instant::now() < until, "only {} of {} got a seat", hall.seated(), hall.size());
        }
        Ok(())
    }

    /// Leads the game; the server opens, closes and reveals by itself once all have answered.
    fn play(&self, stage: &Stage, fleet: &mut Fleet, hall: &mut Hall, game: &Game) -> anyhow::Result<()> {
        let mut dice = StdRng::seed_from_u64(self.seed);
        let within = seconds(self.answer_within);
        for question in 0..self.questions {
            stage.progress.say(&format!("question {} of {}", question + 1, self.questions));
            // From the lobby or the board to the next question.
            fleet.send(Hall::HOST, &game.command("next"))?;
            let until = Instant::now() + PATIENCE;
            while !hall.is_complete(question) {
                fleet.turn(hall.next_due().unwrap_or(until), hall)?;
                hall.check()?;
                for player in hall.newly_opened() {
                    hall.answer_at(player, Instant::now() + within.mul_f64(dice.random()));
                }
                while let Some(player) = hall.take_due(Instant::now()) {
                    fleet.send(player, &game.answer(question, dice.random_range(0..game::OPTIONS)))?;
                }
                ensure!(
                    Instant::now() < until,
                    "question {} does not end: {}",
                    question + 1,
                    hall.state(question)
                );
            }
            fleet.run_until(Instant::now() + BREATH, hall)?;
            // From the solution to the board.
            fleet.send(Hall::HOST, &game.command("next"))?;
            fleet.run_until(Instant::now() + BREATH / 4, hall)?;
        }
        fleet.send(Hall::HOST, &game.command("end"))?;
        fleet.run_until(Instant::now() + BREATH / 4, hall)?;
        hall.check()
    }

    fn outcome(&self, running: &Running, hall: &Hall, usage: [Usage; 3]) -> anyhow::Result<Outcome> {
        let [before, seated, played] = usage;
        let (mut opened, mut acknowledged, mut resulted) = (Latency::new(), Latency::new(), Latency::new());
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        for question in 0..self.questions {
            let rounds: Vec<Round> = hall.rounds(question)?;
            let first = |moment: fn(&Round) -> Instant| rounds.iter().map(moment).min();
            let (first_open, first_result) = (first(|round| round.opened), first(|round| round.resulted));
            for round in &rounds {
                let since = |first: Option<Instant>, moment: Instant| {
                    first.map_or(Duration::ZERO, |first| moment.saturating_duration_since(first))
                };
                opened.record(nanos(since(first_open, round.opened)));
                resulted.record(nanos(since(first_result, round.resulted)));
                acknowledged.record(nanos(round.acknowledged.saturating_duration_since(round.due)));
            }
        }
        let mut outcome = Outcome::default();
        let players = number(self.players as u64);
        outcome.times("open", "a question opens, after the first player saw it", &opened);
        outcome.times("acknowledged", "an answer is acknowledged, after it was due", &acknowledged);
        outcome.times("result", "own result, after the first player saw one", &resulted);
        if running.pid().is_some() {
            let micros = |from: Usage, to: Usage| to.cpu.saturating_sub(from.cpu).as_secs_f64() * 1e6;
            let answers = players * number(self.questions as u64);
            outcome.figure(
                "answer_us",
                "server CPU per player and question",
                "µs",
                micros(seated, played) / answers,
            );
            outcome.figure("join_us", "server CPU per join", "µs", micros(before, seated) / players);
            let grown = number(seated.resident.saturating_sub(before.resident)) / players / 1024.0;
            outcome.figure("resident_kib", "memory per player", "KiB", grown);
        }
        Ok(outcome)
    }
}
