//! `schoolbell-load`: load scenarios, and what they cost a server.

mod audience;
mod broadcast;
mod chaos;
mod cli;
mod compare;
mod crowd;
mod dialect;
mod fleet;
mod floor;
mod frame;
mod http;
mod installation;
mod interrupt;
mod latency;
mod machine;
mod mark;
mod nodes;
mod outcome;
mod pacing;
mod peer;
mod process;
mod progress;
mod publisher;
mod report;
mod scenario;
mod seating;
mod settings;
mod stage;
mod statistics;
mod tokens;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The causes in one line: what failed, and why.
            eprintln!("schoolbell-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}
