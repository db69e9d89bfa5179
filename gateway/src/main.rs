//! The binary.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::cli::Cli::parse().run()
}
