//! The command line.

use crate::{
    chaos::Chaos,
    compare, crowd, floor, interrupt,
    peer::Peer,
    process,
    report::{self, Report},
    scenario::Scenario,
    settings::Settings,
};
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use std::{ffi::OsString, io::Write as _, net::SocketAddr, path::PathBuf};

/// Puts load on Schoolbell and its peers, and says what it costs them.
#[derive(Debug, Parser)]
#[command(name = "schoolbell-load", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Play(Scenario),
    /// Play a scenario against several servers in turn, several times
    Compare {
        /// Servers; the first is set in relation to the others
        #[arg(long, value_delimiter = ',', default_value = "schoolbell,floor", value_name = "PEER,…")]
        peers: Vec<Peer>,
        /// Runs of each
        #[arg(long, default_value_t = 5)]
        runs: usize,
        #[command(subcommand)]
        scenario: Scenario,
    },
    /// Break something in the midst of a load, and judge what clients saw
    Chaos(Chaos),
    /// Make one page of several JSON reports
    Report {
        /// Reports, as --json wrote them
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Serve as the floor
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Be one of several processes that hold connections
    #[command(hide = true)]
    Crowd,
    /// Become another program, bound to this one's life
    #[command(hide = true)]
    Launch {
        #[arg(long)]
        core: Option<usize>,
        #[arg(last = true, required = true)]
        program: Vec<OsString>,
    },
}

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> anyhow::Result<()> {
        let Self { settings, command } = self;
        match command {
            Command::Floor { listen } => {
                process::raise_open_files()?;
                floor::serve(listen)
            }
            Command::Crowd => {
                process::raise_open_files()?;
                crowd::serve()
            }
            Command::Chaos(chaos) => chaos.run(&settings),
            Command::Launch { core, program } => Err(process::launch(core, &program)),
            Command::Report { files } => {
                let reports =
                    files.iter().map(|file| Report::read(file)).collect::<anyhow::Result<Vec<_>>>()?;
                let page = settings.html.clone().context("say where to write the page by --html")?;
                report::write_page(&page, &reports)
            }
            Command::Play(scenario) => play(&settings, &scenario, std::slice::from_ref(&settings.peer), 1),
            Command::Compare { peers, runs, scenario } => play(&settings, &scenario, &peers, runs),
        }
    }
}

fn play(settings: &Settings, scenario: &Scenario, peers: &[Peer], runs: usize) -> anyhow::Result<()> {
    interrupt::watch()?;
    process::raise_open_files()?;
    if let Some(core) = settings.load_core() {
        process::pin(core)?;
    }
    let report = compare::play(settings, scenario, peers, runs)?;
    let to_standard_output = settings.json.as_ref().is_some_and(|path| path.as_os_str() == "-");
    if let Some(path) = &settings.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        if to_standard_output {
            std::io::stdout().write_all(text.as_bytes())?;
        } else {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    if let Some(path) = &settings.html {
        report::write_page(path, std::slice::from_ref(&report))?;
    }
    if !to_standard_output {
        std::io::stdout().write_all(report::text(&report).as_bytes())?;
    }
    Ok(())
}
