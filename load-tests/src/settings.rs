//! What applies to every scenario.

use crate::{peer::Peer, process};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// How messages are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PublishBy {
    /// By the server's HTTP API if it has one, else as a client
    Auto,
    /// As a client that may publish
    Client,
    /// By the server's HTTP API
    Api,
}

/// Flags of every scenario.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Server to measure: schoolbell, floor, socketio, or url=ws://host:port/connection/websocket
    #[arg(long, global = true, default_value = "schoolbell", value_name = "PEER")]
    pub peer: Peer,
    /// The server's binary
    #[arg(long, global = true, default_value = "target/release/schoolbell", value_name = "FILE")]
    pub binary: PathBuf,
    /// How messages are published
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub publish: PublishBy,
    /// Core of the server; `none` leaves it to the kernel
    #[arg(long, global = true, default_value = "0", value_parser = core)]
    server_core: Core,
    /// Core of the generator; `none` leaves it to the kernel
    #[arg(long, global = true, default_value = "1", value_parser = core)]
    load_core: Core,
    /// Process to read the use of, of a server that runs already
    #[arg(long, global = true, value_name = "PID")]
    pub server_pid: Option<u32>,
    /// HS256 secret to sign tokens with, for a server that runs already; without it there are none
    #[arg(long, global = true, value_name = "TEXT")]
    pub token_secret: Option<String>,
    /// Key of the HTTP API of a server that runs already
    #[arg(long, global = true, value_name = "TEXT")]
    pub api_key: Option<String>,
    /// Path of that API
    #[arg(long, global = true, default_value = "/api", value_name = "PATH")]
    pub api_path: String,
    /// Heading of the report; the scenario's name without
    #[arg(long, global = true, value_name = "TEXT")]
    pub title: Option<String>,
    /// Write the report as JSON; `-` is standard output
    #[arg(long, global = true, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report as a page
    #[arg(long, global = true, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// A core, or none in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Core(Option<usize>);

fn core(text: &str) -> Result<Core, String> {
    if text == "none" {
        return Ok(Core(None));
    }
    text.parse().map(|core| Core(Some(core))).map_err(|_| "give the number of a core, or `none`".to_owned())
}

impl Settings {
    /// Core of the server. A machine of one core has nothing to separate.
    pub fn server_core(&self) -> Option<usize> {
        self.server_core.0.filter(|_| several_cores())
    }

    /// Core of the generator.
    pub fn load_core(&self) -> Option<usize> {
        self.load_core.0.filter(|_| several_cores())
    }

    /// Checks that the machine can hold as many connections.
    pub fn check_connections(&self, connections: usize) -> anyhow::Result<()> {
        let most = process::open_files().saturating_sub(200);
        anyhow::ensure!(
            connections <= most,
            "{connections} connections need as many open files, and {most} are allowed; raise the limit (ulimit -n)"
        );
        Ok(())
    }
}

/// Before this process is pinned, which is when it matters.
fn several_cores() -> bool {
    crate::machine::cores() > 1
}
