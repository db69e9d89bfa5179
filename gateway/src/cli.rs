//! The command line. Usage and configuration errors end with code 2, failures with 1, each with one line on standard
//! error.

mod config;
mod journal;
mod migrate;
mod serve;
mod token;

use crate::config::{Config, ConfigError, Layers};
use clap::{Args, Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// A real-time engagement engine for schools.
#[derive(Debug, Parser)]
#[command(name = "schoolbell", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Where the configuration comes from.
#[derive(Debug, Args)]
struct Common {
    /// Configuration file; ./schoolbell.toml without, if it exists
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the database and the generated secrets
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Postgres instead of a file in that folder: postgres://user:password@host/database
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Make a development token, signed with this server's own secret
    Token(token::Token),
    /// Print the effective configuration, secrets masked
    Config(config::Show),
    /// Bring the database up to date without serving
    Migrate,
    /// Look at the journal of what is on its way to the database, and mend what could not be written
    Journal(journal::Journal),
}

/// Why a command failed, by exit code.
enum Failure {
    /// Usage or configuration: 2.
    Config(String),
    /// Everything else: 1.
    Other(anyhow::Error),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl Cli {
    /// Does what was asked.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Serve(serve) => serve.run(self.common),
            Command::Token(token) => token.run(self.common),
            Command::Config(show) => show.run(self.common),
            Command::Migrate => migrate::run(self.common),
            Command::Journal(journal) => journal.run(self.common),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(Failure::Config(message)) => {
                eprintln!("schoolbell: {message}");
                ExitCode::from(2)
            }
            Err(Failure::Other(error)) => {
                // The causes in one line: what failed, and why.
                eprintln!("schoolbell: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

impl Common {
    /// The layers below a command's own flags.
    fn layers(self) -> Layers {
        let environment = std::env::vars_os();
        // A name or value that is no text is none of ours.
        let environment = environment
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut layers = Layers { file: self.config, environment: environment.collect(), flags: Vec::new() };
        if let Some(folder) = self.data_dir {
            layers.flags.push(("--data-dir", &["data_dir"], folder));
        }
        if let Some(url) = self.database_url {
            layers.flags.push(("--database-url", &["database_url"], url));
        }
        layers
    }

    fn load(self) -> Result<Config, Failure> {
        Ok(self.layers().load(Path::new("."))?)
    }
}

/// One line of a command's own output. Whoever has stopped reading does not want it.
fn say(line: &str) {
    use std::io::Write as _;
    let _unread = writeln!(std::io::stdout(), "{line}");
}

/// Sockets of which it is taken up at a time that something happened on them.
const IO_EVENTS: usize = 64;

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    use anyhow::Context as _;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    // What happened on sockets is taken up a few at a time, after every sixty-one steps of tasks: by the thousand, as is usual,
    // those who are connected wait behind a whole storm of those who come or go.
    let built = builder.enable_all().max_io_events_per_tick(IO_EVENTS).build();
    built.context("the system gives no threads")
}
