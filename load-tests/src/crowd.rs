//! Subscribers in several processes of the generator: one process may not open as many files as there are connections to
//! be. Each is this binary again, takes orders on standard input and answers on standard output, a line each. They agree on
//! the time by the machine's monotonic clock.

mod order;
mod share;
mod speech;

pub use order::{Speech, Tally};
pub use share::serve;

use crate::{
    interrupt,
    peer::Running,
    process::{self, Usage},
    progress::Progress,
    seating::Seating,
};
use anyhow::{Context as _, bail, ensure};
use order::{Answer, Order, Seats};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Descriptors of a process that are no connections.
const SPARE: usize = 200;
/// Time for all connections of a process to be let in, and for any other answer.
const PATIENCE: Duration = Duration::from_secs(600);

/// The processes. They end when this is dropped.
pub struct Crowd {
    shares: Vec<Share>,
    _tokens: TempDir,
}

/// One process, with its part of the connections.
struct Share {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<anyhow::Result<Answer>>,
}

impl Crowd {
    /// How many processes `connections` need at the least.
    pub fn processes_for(connections: usize) -> usize {
        connections.div_ceil(process::open_files().saturating_sub(SPARE).max(1))
    }

    /// Starts `processes` processes for `connections` subscribers of a server, with a place for each; nobody is let in yet.
    pub fn start(
        running: &Running,
        seating: Seating,
        connections: usize,
        processes: usize,
        core: Option<usize>,
    ) -> anyhow::Result<Self> {
        ensure!(processes >= Self::processes_for(connections), "more processes are needed: --crowd");
        ensure!(seating.channels < usize::from(u16::MAX), "fewer channels are needed: 65,534 at the most");
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let tokens = running.tokens(connections)?;
        let mut shares = Vec::with_capacity(processes);
        for part in 0..processes {
            let (first, end) = (connections * part / processes, connections * (part + 1) / processes);
            let file = folder.path().join(format!("tokens-{part}"));
            std::fs::write(&file, tokens.get(first..end).unwrap_or_default().join("\n"))?;
            let mut share = Share::start(core)?;
            share.order(&Order::Sit(Seats {
                dialect: running.dialect,
                doors: running.doors.clone(),
                tokens: file,
                namespace: running.namespace().to_owned(),
                channels: seating.channels,
                each: seating.each,
                first,
                connections: end - first,
                all: connections,
            }))?;
            shares.push(share);
        }
        Ok(Self { shares, _tokens: folder })
    }

    /// Lets everybody in.
    pub fn enter(&mut self, progress: &Progress) -> anyhow::Result<()> {
        self.ask(&Order::Enter, "connecting", progress)?;
        Ok(())
    }

    /// Subscribes everybody to one more channel, by its place.
    pub fn follow(&mut self, channel: usize, progress: &Progress) -> anyhow::Result<()> {
        self.ask(&Order::Follow { channel }, "subscribing", progress)?;
        Ok(())
    }

    /// Forgets what was counted, and counts from now on.
    pub fn count_from_now(&mut self, progress: &Progress) -> anyhow::Result<()> {
        self.ask(&Order::Count, "beginning to count", progress)?;
        Ok(())
    }

    /// Has members speak by a schedule. This does not wait for them.
    pub fn speak(&mut self, speech: Speech, progress: &Progress) -> anyhow::Result<()> {
        self.ask(&Order::Speak(speech), "giving out the schedule", progress)?;
        Ok(())
    }

    /// What was counted so far, by all together.
    pub fn tally(&mut self, progress: &Progress) -> anyhow::Result<Tally> {
        let answers = self.ask(&Order::Tell, "counting", progress)?;
        let mut all = Tally::default();
        for answer in answers {
            let Answer::Tally(tally) = answer else { bail!("a process of the generator tells no tally") };
            all.add(*tally);
        }
        Ok(all)
    }

    /// What its processes have used, all together.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let usages = self.shares.iter().map(|share| Usage::read(Some(share.child.id())));
        Ok(usages.collect::<anyhow::Result<Vec<_>>>()?.into_iter().sum())
    }

    /// Gives an order to all at once, then waits for their answers.
    fn ask(&mut self, order: &Order, doing: &str, progress: &Progress) -> anyhow::Result<Vec<Answer>> {
        for share in &mut self.shares {
            share.order(order)?;
        }
        let began = Instant::now();
        let count = self.shares.len();
        let mut answers = Vec::with_capacity(count);
        for (index, share) in self.shares.iter_mut().enumerate() {
            answers.push(share.answer(|| {
                let seconds = began.elapsed().as_secs();
                progress.say(&format!("{doing}, {index} of {count} processes are done after {seconds} s"));
            })?);
        }
        Ok(answers)
    }
}

impl Share {
    fn start(core: Option<usize>) -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        let mut command = Command::new(&this);
        command.arg("launch");
        if let Some(core) = core {
            command.arg("--core").arg(core.to_string());
        }
        command.arg("--").arg(&this).arg("crowd");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        process::in_a_group_of_its_own(&mut command);
        let mut child = command.spawn().context("no process for a part of the connections")?;
        let (orders, said) = (child.stdin.take(), child.stdout.take());
        let (orders, said) = (orders.context("no way in")?, said.context("no way out")?);
        let (sender, answers) = channel();
        let listen = move || {
            for line in BufReader::new(said).lines() {
                let answer =
                    line.map_err(anyhow::Error::from).and_then(|line| Ok(serde_json::from_str(&line)?));
                if sender.send(answer).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("crowd".to_owned()).spawn(listen)?;
        Ok(Self { child, orders, answers })
    }

    fn order(&mut self, order: &Order) -> anyhow::Result<()> {
        let line = serde_json::to_string(order)? + "\n";
        self.orders.write_all(line.as_bytes()).context("a process of the generator has ended")
    }

    fn answer(&mut self, meanwhile: impl Fn()) -> anyhow::Result<Answer> {
        let until = Instant::now() + PATIENCE;
        loop {
            interrupt::check()?;
            match self.answers.recv_timeout(Duration::from_millis(200)) {
                Ok(Ok(Answer::Failed(why))) => bail!("a process of the generator failed: {why}"),
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => bail!("a process of the generator has ended"),
                Err(RecvTimeoutError::Timeout) => meanwhile(),
            }
            ensure!(Instant::now() < until, "a process of the generator does not answer");
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
